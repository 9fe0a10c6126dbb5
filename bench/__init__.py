"""Measurements of the whole mesh on one machine, as ratios within one run where that is possible."""
