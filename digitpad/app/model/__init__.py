"""What the open model is, and how well it reads.

In: the session's model. Out: its metadata, accuracy and confusion matrix on the screen.
"""
