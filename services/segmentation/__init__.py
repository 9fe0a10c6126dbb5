"""The service that runs the segmentation models."""
