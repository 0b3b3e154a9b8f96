"""A small real data set."""

from __future__ import annotations

import pytest

from digitpad.data.mnist import mnist
from digitpad.experiments.run import RunData


@pytest.fixture(scope="session")
def data() -> RunData:
    whole = mnist()
    return RunData(whole.train.take(slice(2000)), whole.validation.take(slice(500)))
