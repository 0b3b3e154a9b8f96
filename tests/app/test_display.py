"""Where no window can be opened, digitpad says what to do, and does not crash with Qt."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from digitpad.app import display

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Qt's way on Linux")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return subprocess.run(
        [sys.executable, "-m", "digitpad", *arguments],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@on_linux
@pytest.mark.parametrize(
    ("environment", "advice"),
    [
        ({"DISPLAY": ":4711"}, "DISPLAY"),
        ({"WAYLAND_DISPLAY": "no-such"}, "DISPLAY"),
        ({"QT_QPA_PLATFORM": "no-such"}, "unset QT_QPA_PLATFORM"),
    ],
)
def test_a_display_that_cannot_be_used(environment: dict[str, str], advice: str) -> None:
    for arguments in (("app",), ()):
        result = run(*arguments, **environment)
        assert result.returncode == 1
        assert result.stdout == ""
        assert result.stderr.startswith("digitpad: ")
        # A bare machine lacks a library before it lacks the display.
        assert advice in result.stderr or "sudo apt install" in result.stderr
        assert "Traceback" not in result.stderr
        assert "qt.qpa" not in result.stderr


@on_linux
def test_without_a_screen_the_trial_succeeds() -> None:
    code = "from digitpad.app import display; print(repr(display.problem()))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (result.stdout, result.stderr) == ("''\n", "")


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (
            ImportError("libEGL.so.1: cannot open shared object file: No such file or directory"),
            "library libEGL.so.1, which is missing",
        ),
        (ImportError("undefined symbol: _Z1f"), "undefined symbol"),
    ],
)
def test_a_library_that_is_missing_comes_with_the_packages(error: ImportError, what: str) -> None:
    message = display._of_import(error)
    assert what in message
    for package in ("sudo apt install", "libegl1", "sudo dnf install", "xcb-util-cursor"):
        assert package in message


def test_a_plugin_s_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    said = (
        'qt.core.library: "/x/platforms/libqxcb.so" cannot load: Cannot load library '
        "/x/platforms/libqxcb.so: libxcb-cursor.so.0: cannot open shared object file\n"
        "qt.qpa.plugin: Could not load the Qt platform plugin"
    )
    assert "library libxcb-cursor.so.0, which" in display._of_qt(said)
    monkeypatch.setenv("DISPLAY", ":3")
    assert "DISPLAY=:3" in display._of_qt("something else")


def test_pyside_that_is_not_installed() -> None:
    assert "pip install PySide6-Essentials" in display._of_import(ModuleNotFoundError("PySide6"))
