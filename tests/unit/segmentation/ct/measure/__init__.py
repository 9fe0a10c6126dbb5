"""Stage 2 of ct-l3."""
