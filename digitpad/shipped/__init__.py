"""How the model that ships is made: its data, allographs, non-digits and recipe.

In: MNIST and stroke files. Out: a training set, and networks trained on it.
"""
