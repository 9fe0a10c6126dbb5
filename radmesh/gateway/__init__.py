"""Generated stubs of radmesh.gateway."""
