"""What tests share: a window without a screen, settings of its own, and a model that was trained."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

if not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
    os.environ["QT_QPA_PLATFORM"] = "offscreen"


@pytest.fixture(autouse=True)
def _settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Keep the settings of tests with a window apart from the user's and from each other's."""
    if "qtbot" not in request.fixturenames:
        yield
        return
    from PySide6.QtCore import QSettings

    before = QSettings.defaultFormat()
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))
    yield
    QSettings.setDefaultFormat(before)
