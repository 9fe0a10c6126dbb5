"""Generated stubs of radmesh.models.v1."""
