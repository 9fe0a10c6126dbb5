"""Deletes the files that nobody needs any more."""
