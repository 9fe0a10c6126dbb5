"""What every picture of the segmentation service has: the notice burnt in, and how it is written as PNG."""
