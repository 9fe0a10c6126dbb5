"""How the bundled weights of octa-vessels are trained and measured."""
