"""Sample images that Radmesh draws itself; they need numpy and Pillow only."""
