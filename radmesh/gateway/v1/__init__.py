"""Generated stubs of radmesh.gateway.v1."""
