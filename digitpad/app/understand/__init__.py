"""Views that explain: one training step, why this answer, the landscape, the mistakes, the map.

In: the session's network and image. Out: signals with images, highlights and changed networks; the
numbers come from `digitpad.inspection`.
"""
