"""How the two networks of ct-l3 are trained: what they see, the data sets, nnU-Net's own trainer."""
