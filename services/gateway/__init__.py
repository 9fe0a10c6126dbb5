"""The only public door of the mesh."""
