"""What the network reads in an image, whether it is sure, and how often it is right.

In: a model and images. Out: a `Reading` of one image, or an `Evaluation` of a data set.
"""
