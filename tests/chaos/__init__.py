"""Breaks a running mesh at random, records what every client saw, and checks it against the promises."""
