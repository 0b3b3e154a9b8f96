"""Read a digit in an image, decide whether the network is sure, and measure how often it is right.

In: a model and images. Out: a `Reading` of one image, or an `Evaluation` of a data set.
"""
