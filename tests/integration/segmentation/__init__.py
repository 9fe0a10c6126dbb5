"""The segmentation service in a whole mesh."""
