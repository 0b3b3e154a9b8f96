"""Read and write models: a network and its metadata in one `.npz`, version 1.

    weights_1 … weights_L    (n_l, n_{l-1}) floating
    biases_1 … biases_L      (n_l,) floating
    metadata                 a JSON string: format, version, activation, …, and how it was trained
    state_…                  optional: the training's state, to continue it

Anyone can write one with `numpy.savez`; without metadata it means logistic neurons and the
quadratic cost. A file may come from anywhere, so nothing in it is trusted: every size is checked
before memory is allocated, nothing is unpickled, and every fault has an error message.
"""

import io
import json
import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from digitpad import paths
from digitpad.errors import DigitpadError
from digitpad.files import writing
from digitpad.nn import npz_archive
from digitpad.nn.network import Network

VERSION = 1

SUFFIXES = (".npz",)
"""How the names of model files end."""

_FORMAT = "digitpad model"
_INPUTS, _OUTPUTS = 784, 10
_NETWORK_KEYS = ("activation", "output_activation", "cost")

# Far more than any network that can be trained here needs, its training's state included.
_MAX_BYTES = 1 << 30
# The content may be four times as large as the file (weights compress badly), or small anyway; a
# file of a thousandth of its content is a zip bomb.
_MAX_UNPACKED = 4
_HARMLESS = 64 << 20
_MAX_METADATA = 16 << 20
_MAX_ARRAYS = 200
# More than NumPy accepts as an array's header.
_MAX_HEADER = 12 << 10


@dataclass
class Model:
    """A network and its metadata.

    Attributes
    ----------
    network : Network
    metadata : dict
        What JSON can hold: name, hyperparameters, history, data, created, command, seconds,
        accuracy, recognition … None of it is required.
    """

    network: Network
    metadata: dict[str, Any] = field(default_factory=dict)


def save(
    path: str | Path,
    model: Model,
    state: Mapping[str, NDArray[Any]] | None = None,
    *,
    dtype: DTypeLike = np.float32,
) -> None:
    """Write a model; if anything fails, an existing file stays as it was.

    Parameters
    ----------
    path : str or Path
        Usually ending in .npz. An existing file is replaced.
    model : Model
    state : mapping of arrays, optional
        The training's state, to continue it later; it makes the file larger.
    dtype : float dtype
        float16 halves the file and keeps three digits of each parameter.

    Raises
    ------
    DigitpadError
        If the file cannot be written.
    """
    network = model.network
    arrays: dict[str, NDArray[Any]] = {}
    for number, (w, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        arrays[f"weights_{number}"] = w.astype(dtype)
        arrays[f"biases_{number}"] = b.astype(dtype)
    own = {"format": _FORMAT, "version": VERSION}
    own |= {key: getattr(network, key) for key in _NETWORK_KEYS}
    more = {key: value for key, value in model.metadata.items() if key not in own}
    arrays["metadata"] = np.array(
        json.dumps(own | more, ensure_ascii=False, skipkeys=True, default=_plain)
    )
    if state is not None:
        arrays |= {f"state_{name}": array for name, array in state.items()}
    size = sum(array.nbytes for array in arrays.values())
    if size > _MAX_BYTES:
        raise DigitpadError(
            f"This model needs {size >> 20:,} MiB and could not be opened again: a model file may "
            f"hold {_MAX_BYTES >> 20:,} MiB. Use fewer neurons."
        )
    try:
        with writing.replacing(Path(path)) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise DigitpadError(
            f"“{path}” cannot be written ({error.strerror or error}): choose another place or free "
            "some disk space."
        ) from None


def _plain(value: object) -> object:
    """Convert a value that JSON cannot hold, such as a NumPy number or a path."""
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else str(value)


def load(path: str | Path) -> Model:
    """Read a model.

    Raises
    ------
    DigitpadError
        If the file is not a usable model.
    """
    return _model(Path(path), _read(Path(path), r"(weights|biases)_\d+|metadata"))


def load_state_arrays(path: str | Path) -> dict[str, NDArray[Any]] | None:
    """Read the state of the training that made a model, as it was given to `save`, or None.

    Raises
    ------
    DigitpadError
        If the file is broken.
    """
    arrays = _read(Path(path), r"state_\w+")
    if not arrays:
        return None
    return {name.removeprefix("state_"): array for name, array in arrays.items()}


def shipped() -> Model:
    """Read the model that comes with digitpad."""
    return load(paths.models() / "digitpad.npz")


def _read(path: Path, names: str) -> dict[str, NDArray[Any]]:
    """Read the arrays whose names match, trusting nothing that the file declares."""
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise DigitpadError(f"“{path}” is not a file: choose a model file.")
        with npz_archive.opened(path) as zipped:
            entries = zipped.infolist()
            if len(entries) > _MAX_ARRAYS:
                raise _refusal(path, f"it holds {len(entries):,} arrays")
            unpacked = sum(entry.file_size for entry in entries)
            packed = path.stat().st_size
            if unpacked > min(_MAX_BYTES, max(_HARMLESS, packed * _MAX_UNPACKED)):
                raise _refusal(path, f"it would unpack to {unpacked >> 20:,} MiB")
            arrays = {}
            for entry in entries:
                name = entry.filename.removesuffix(".npy")
                if re.fullmatch(names, name, re.ASCII):
                    if name in arrays:
                        raise _refusal(path, f"it holds {name} twice")
                    if entry.flag_bits & 1:
                        raise _refusal(path, "it is encrypted")
                    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                        raise _refusal(path, "its compression is not the one that NumPy uses")
                    arrays[name] = _array(path, name, zipped, entry)
            return arrays
    except FileNotFoundError:
        raise DigitpadError(f"There is no file “{path}”: check its name.") from None
    except zipfile.BadZipFile:
        raise _refusal(path, "it is not an .npz archive, or is incomplete") from None
    except OSError as error:
        raise DigitpadError(
            f"“{path}” cannot be read ({error.strerror or error}): choose another file."
        ) from None
    except DigitpadError:
        raise
    except npz_archive.DAMAGED:
        raise _refusal(path, "it is damaged") from None


def _array(path: Path, name: str, zipped: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    """Read one array whose header, declared size and content agree."""
    with zipped.open(entry) as file:
        start = io.BytesIO(file.read(_MAX_HEADER))
        try:
            shape, fortran, dtype = npz_archive.read_header(start)
        except Exception:
            raise _refusal(path, f"{name} is not a NumPy array") from None
        if dtype.kind not in ("U" if name in ("metadata", "state_values") else "fiu"):
            raise _refusal(path, f"{name} has the wrong type ({dtype})")
        size = math.prod(shape) * dtype.itemsize  # Python's integers do not overflow
        if any(length < 0 for length in shape) or size > entry.file_size:
            raise _refusal(path, f"{name} is shorter than its shape")
        if dtype.kind == "U" and size > _MAX_METADATA:
            raise _refusal(path, f"{name} is too long")
        content = bytearray(start.read())
        # To the end and not a byte beyond, so that the checksum is compared.
        content += file.read(max(0, size - len(content)) + 1)
    if len(content) != size:
        raise _refusal(path, f"{name} does not have the length of its shape")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C")


def _model(path: Path, arrays: dict[str, NDArray[Any]]) -> Model:
    metadata = _metadata(path, arrays.pop("metadata", None))
    layers = len(arrays) // 2
    wanted = [f"{kind}_{n}" for kind in ("weights", "biases") for n in range(1, layers + 1)]
    if not layers or set(wanted) != set(arrays):
        raise _refusal(path, "its arrays are not weights_1, biases_1, weights_2, biases_2 …")
    if 4 * sum(array.size for array in arrays.values()) > _MAX_BYTES:
        raise _refusal(path, "it is too large in float32")
    network_keys = {key: metadata.pop(key) for key in _NETWORK_KEYS if key in metadata}
    try:
        # What does not fit into float32 is found below.
        with np.errstate(over="ignore"):
            network = Network.from_parameters(
                [arrays[name] for name in wanted[:layers]],
                [arrays[name] for name in wanted[layers:]],
                **network_keys,
            )
    except DigitpadError as error:
        raise _refusal(path, str(error).rstrip(".")) from None
    except TypeError:
        raise _refusal(path, "its metadata do not name activation functions and a cost") from None
    if (network.sizes[0], network.sizes[-1]) != (_INPUTS, _OUTPUTS):
        described = "-".join(map(str, network.sizes))
        raise _refusal(path, f"its layers {described} do not go from {_INPUTS} to {_OUTPUTS}")
    for name, array in zip(wanted, network.weights + network.biases, strict=True):
        if not np.isfinite(array).all():
            raise _refusal(path, f"{name} holds values that are not finite")
    with np.errstate(all="ignore"):
        if not np.isfinite(network.feed_forward([[0.0] * _INPUTS, [1.0] * _INPUTS])).all():
            raise _refusal(path, "its weights are so large that its outputs are not finite")
    return Model(network, metadata)


def _metadata(path: Path, array: NDArray[Any] | None) -> dict[str, Any]:
    if array is None:
        return {}
    try:
        metadata = json.loads(str(array[()])) if array.ndim == 0 else None
    except (ValueError, RecursionError):
        metadata = None
    if not isinstance(metadata, dict):
        raise _refusal(path, "its metadata are not a JSON object")
    version = metadata.pop("version", VERSION)
    if version != VERSION:
        raise DigitpadError(
            f"“{path}” has version {version!r:.20}, which is too new for this version of digitpad: "
            "update digitpad."
        )
    metadata.pop("format", None)
    return metadata


def _refusal(path: Path, why: str) -> DigitpadError:
    # The reason may quote the file, at any length.
    why = why if len(why) <= 300 else f"{why[:300]} …"
    return DigitpadError(f"“{path}” is not a usable model: {why}. Choose another file.")
