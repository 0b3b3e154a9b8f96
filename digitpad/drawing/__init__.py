"""Turn strokes and pictures into what the network sees: an image of 28 x 28 pixels.

In: strokes of points, stroke files, pictures. Out: (28, 28) float32, 0 = background to 1 = ink.
"""
