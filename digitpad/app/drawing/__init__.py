"""The views around the drawing: canvas, network input, answer, activations, the user's digits.

In: pointer events. Out: strokes, which go to the session; readings, which come from it.
"""
