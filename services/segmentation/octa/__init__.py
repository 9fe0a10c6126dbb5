"""The vessels of an OCT-angiography en-face image: network, weights, and the way in and out of it."""
