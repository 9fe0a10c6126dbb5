"""Made-up nnU-Net models, as its trainer leaves them, and images for them."""
