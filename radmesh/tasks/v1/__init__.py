"""Generated stubs of radmesh.tasks.v1."""
