"""Experiments: many trainings whose hyperparameters differ, on all processors, and what they show.

In: a `Specification`, which gives ranges in place of values. Out: accuracies, a network, a report.
"""
