"""The commands in a terminal: digitpad, predict, evaluate and train.

In: arguments and files. Out: text or JSON on stdout, files, and an exit code.
"""
