"""Many slices: which belong together, and whether they make one regular volume."""
