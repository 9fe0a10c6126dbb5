"""Generated stubs of radmesh.blobs."""
