"""The processes of the mesh, one folder each, and the chassis that they stand on."""
