"""digitpad: draw a digit and watch a network that you trained yourself recognise it."""

__version__ = "0.1.0"
