"""Where the files that ship with digitpad lie: in a checkout or in an installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    # A wheel carries the folders inside the package; a checkout has them beside it.
    installed = _PACKAGE / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def resources() -> Path:
    """Return the folder with the data sets, icons and examples that ship."""
    return _shipped("resources")


def models() -> Path:
    """Return the folder with the models that ship."""
    return _shipped("models")
