"""The public services of the gateway, each translating between the protos and what stands behind it."""
