"""The worker side: the model child, the Work stream, the direct call."""
