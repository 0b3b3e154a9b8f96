"""A model for use outside digitpad: as a web page, as a picture of the network, as ONNX.

In: a `Model`. Out: the text or the bytes of a file that needs no digitpad to be opened.
"""
