"""Generated stubs of radmesh.segmentation.v1."""
