"""CT: from an uploaded image to a volume with geometry."""
