"""Generated stubs of radmesh.segmentation."""
