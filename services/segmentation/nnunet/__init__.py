"""Any nnU-Net v2 model: how it lies on disk, and its prediction in the model's child process."""
