"""Data sets: images of digits and their labels, from the files that people have.

In: MNIST, which ships, or a file or folder of the user's. Out: a `Dataset`, (n, 784) and (n,).
"""
