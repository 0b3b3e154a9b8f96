"""The limits of what is read: one definition for every reader, in the window and the terminal.

Only regular files are read. What a file may hold is bounded, and what a compressed file may unpack
to is bounded by its own size, so that no file needs much more memory or time than its content is
worth.
"""

MAX_BYTES = 1 << 30
"""A data set or a model, unpacked. All of EMNIST, the largest of MNIST's relatives, is 638 MB."""

MAX_TEXT_BYTES = 1 << 28
"""A file of text, unpacked."""

MAX_PICTURE_BYTES = 1 << 27
"""A picture's file."""

MAX_LINE_BYTES = 1 << 22
"""One line of a stroke file: one digit, perhaps with other keys."""

MAX_LINES = 150_000
"""The lines of a stroke file, blank ones included: ten times the digits of UNIPEN."""

MAX_SAMPLE_POINTS = 100_000
"""The points of one sample in a stroke file. More than `strokes.MANY_POINTS` are thinned."""

MAX_SAMPLE_STROKES = 10_000
"""The strokes of one sample."""

MAX_FILE_POINTS = 20_000_000
"""The points of all samples of a stroke file.

A stroke counts as 12 points, and a value of another key as 10, for what they cost to read and keep.
"""

MAX_ENTRIES = 100_000
"""The files that are looked at in a folder."""

MAX_MEMBERS = 200
"""The arrays in an archive."""

MAX_JSON_DEPTH = 32
"""Nested lists and objects in JSON."""

MAX_JSON_KEYS = 1_000
"""The keys of one JSON object."""

MAX_JSON_VALUES = 1_000_000
"""The values in JSON, lists and objects included, apart from points and weights."""

MAX_SAMPLE_VALUES = 10_000
"""The values of the other keys of one sample in a stroke file."""

MAX_INTEGER = 1 << 63
"""The absolute value of an integer in JSON: larger ones do not fit into a float or an array."""

_FREE_BYTES = 16 << 20
_MAX_RATIO = 50


def max_unpacked(packed: int) -> int:
    """Return how many bytes a compressed file of this size may unpack to.

    Images of digits compress to a quarter, strokes to a third. Up to 16 MiB are always allowed, and
    50 times the file's size: Deflate can reach 1032, with which 1 MB would fill a GB.
    """
    return max(_FREE_BYTES, _MAX_RATIO * packed)


def max_line_bytes(lines: int) -> int:
    """Return how many bytes so many lines of a stroke file may have together.

    A digit takes half a KiB, and 8 KiB if the pen reported 700 points. A few may take far more: up
    to 16 MiB are always allowed, which are parsed within 2 seconds.
    """
    return _FREE_BYTES + (8 << 10) * lines
