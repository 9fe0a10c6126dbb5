"""Images on their way in: what may come, where it stands, how it becomes an image."""
