"""Sweeps in the window: ranges in place of values, a table and a plot that fill.

In: ranges, or a lesson. Out: the networks of the runs that the user clicks.
"""
