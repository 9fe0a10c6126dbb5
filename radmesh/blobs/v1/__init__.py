"""Generated stubs of radmesh.blobs.v1."""
