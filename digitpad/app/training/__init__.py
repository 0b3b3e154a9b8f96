"""The training panel, the thread behind it, and the curves.

In: what the user chose. Out: a training that runs, and what it reports.
"""
