"""The network: weights, biases, functions, feeding forward, backpropagation, its file.

In: input vectors of 784 pixels, or an `.npz` file. Out: activations, gradients, or an `.npz` file.
"""
