"""Small parts that several rooms of the window share: theme, icons, collapsible groups.

In: the palette. Out: colours, icons and widgets that know nothing of digits.
"""
