"""What every service stands on: settings, server, health, logs, metrics, errors, blobs, the worker loop."""
