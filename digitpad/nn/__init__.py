"""The network: weights, biases, activation and cost functions, feeding forward, and its file.

In: input vectors of 784 pixels, or an `.npz` file. Out: activations, gradients, or an `.npz` file.
"""
