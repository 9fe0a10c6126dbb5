"""Webhooks: telling a receiver outside the mesh how a task ended."""
