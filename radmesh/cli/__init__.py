"""The command `radmesh`."""
