"""What the project generates for itself: stubs, and the page of settings."""
