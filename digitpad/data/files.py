"""The types that the readers of data files share.

Each reader returns images (n, 784) uint8 and labels (n,) int64, and some return notes.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Images: TypeAlias = NDArray[np.uint8]
Labels: TypeAlias = NDArray[np.int64]
Split: TypeAlias = Literal["train", "test"]


class Note(str):
    """A sentence for the user that says what a reader left out or changed."""

    __slots__ = ()
