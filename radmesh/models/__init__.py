"""Generated stubs of radmesh.models."""
