"""Stochastic gradient descent: from hyperparameters and a data set to a trained network.

In: a `Dataset` and `Hyperparameters`. Out: better weights, and a report a few times a second.
"""
