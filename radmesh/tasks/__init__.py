"""Generated stubs of radmesh.tasks."""
