"""The views around the drawing: the canvas, what the network sees, the answer and the activations.

In: pointer events. Out: strokes, which go to the session; readings, which come from it.
"""
