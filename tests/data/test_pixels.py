"""Images that differ from MNIST's are put right, and that is said; others are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from digitpad.data.dataset import Dataset, load
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.recognition.evaluation import evaluate
from tests.data.examples import digits

DIGITS = digits()


def loaded(tmp_path: Path, images: NDArray[Any]) -> Dataset:
    np.savez(tmp_path / "digits.npz", images=images, labels=DIGITS.labels)
    return load(tmp_path / "digits.npz")


def test_mnist_itself_is_left_alone(tmp_path: Path) -> None:
    data = loaded(tmp_path, DIGITS.images)
    assert np.array_equal(data.images, DIGITS.images)
    assert data.notes == ()


@pytest.mark.parametrize(
    ("images", "note", "tolerance"),
    [
        (255 - DIGITS.images, "dark on light", 0),
        (1 - DIGITS.images / 255, "dark on light", 0),
        (
            DIGITS.images.reshape(-1, 28, 28).transpose(0, 2, 1).copy(),
            "turned upright",
            0,
        ),
        ((DIGITS.images > 127).astype(np.uint8), "from 0 to 1 and have been scaled", 128),
        ((DIGITS.images // 16).astype(np.int64), "from 0 to 15 and have been scaled", 16),
        ((DIGITS.images / 255 - 0.1307) / 0.3081, "normalised", 0),
        (DIGITS.images / 127.5 - 1, "normalised", 0),
        (1 - DIGITS.images / 127.5, "normalised", 0),
    ],
)
def test_what_differs_is_put_right_and_said(
    tmp_path: Path, images: NDArray[Any], note: str, tolerance: int
) -> None:
    data = loaded(tmp_path, images)
    assert note in " ".join(data.notes)
    assert np.abs(data.images.astype(int) - DIGITS.images).max() <= tolerance + 1
    assert evaluate(model_file.shipped().network, data).accuracy > 0.97


def test_everything_at_once(tmp_path: Path) -> None:
    lying = DIGITS.images.reshape(-1, 28, 28).transpose(0, 2, 1)
    data = loaded(tmp_path, (0.5 - lying / 255) / 0.5)
    assert len(data.notes) == 3
    assert np.abs(data.images.astype(int) - DIGITS.images).max() <= 1


@pytest.mark.parametrize(
    "images",
    [
        DIGITS.images * 300.0,
        DIGITS.images - DIGITS.images.mean(axis=0),
        np.random.default_rng(0).standard_normal(DIGITS.images.shape),
        np.full(DIGITS.images.shape, np.nan),
        np.full(DIGITS.images.shape, np.inf),
    ],
)
def test_what_cannot_be_put_right_is_refused(tmp_path: Path, images: NDArray[Any]) -> None:
    with pytest.raises(DigitpadError, match="scale them to 0 to 255"):
        loaded(tmp_path, images)


def test_notes_stay_with_the_data() -> None:
    data = Dataset(DIGITS.images, DIGITS.labels, "mine", ("Changed.",))
    assert data.take([1, 2]).notes == ("Changed.",)
    assert data.concatenate(DIGITS, data).notes == ("Changed.",)
