"""Masks beside those of the stock command."""
