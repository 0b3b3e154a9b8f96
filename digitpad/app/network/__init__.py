"""The network as a picture: its layers, neurons and connections, live.

In: a network and the image that it reads. Out: which neuron the user points at or pins.
"""
