"""How the model that ships is made: its training data and its recipe.

In: MNIST and stroke files. Out: a training set, and networks trained on it.
"""
