"""Sizes that Qt gives no name in Python."""

UNLIMITED = 16_777_215  # QWIDGETSIZE_MAX, the largest maximum of a widget's width and height
