"""Read and write models: a network and its metadata in one `.npz`, version 1.

    weights_1 … weights_L    (n_l, n_{l-1}) floating
    biases_1 … biases_L      (n_l,) floating
    metadata                 a JSON string: format, version, activation, …, and how it was trained
    state_…                  optional: the training's state, to continue it

Anyone can write one with `numpy.savez`; without metadata it means logistic neurons and the
quadratic cost. A file may come from anywhere, so nothing in it is trusted: every size is checked
before memory is allocated, nothing is unpickled, and every fault has an error message.
"""

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from digitpad import paths
from digitpad.errors import DigitpadError
from digitpad.files import json_text, limits, reading, writing
from digitpad.files.foreign import foreign_format
from digitpad.files.json_text import BadJson
from digitpad.nn import npz_archive
from digitpad.nn.network import Network
from digitpad.nn.npz_archive import BadArray

VERSION = 1

SUFFIXES = (".npz", ".json")
"""How the names of model files end."""

_FORMAT = "digitpad model"
_INPUTS, _OUTPUTS = 784, 10
_NETWORK_KEYS = ("activation", "output_activation", "cost")

# Far more than any network that can be trained here needs, its training's state included.
_MAX_BYTES = limits.MAX_BYTES
_MAX_METADATA = 16 << 20
_MAX_JSON = 16 << 20


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
    check_size(sum(array.nbytes for array in arrays.values()))
    try:
        with writing.replacing(Path(path)) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
    except OSError as error:
        raise DigitpadError(
            f"“{path}” cannot be written ({error.strerror or error}): choose another place or free "
            "some disk space."
        ) from None


def check_size(size: int) -> None:
    """Raise DigitpadError if a model file of so many bytes could not be opened again."""
    if size > _MAX_BYTES:
        raise DigitpadError(
            f"This model needs {size >> 20:,} MiB and could not be opened again: a model file may "
            f"hold {_MAX_BYTES >> 20:,} MiB. Use fewer neurons."
        )


def _plain(value: object) -> object:
    """Convert a value that JSON cannot hold, such as a NumPy number or a path."""
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else str(value)


def load(path: str | Path) -> Model:
    """Read a model.

    Parameters
    ----------
    path : str or Path
        A file that `save` wrote; an .npz file of weights and biases as Keras' `get_weights` returns
        them (transposed, unnamed); or the JSON file that the networks of M. Nielsen's book “Neural
        networks and deep learning” (2015) save themselves in.

    Raises
    ------
    DigitpadError
        If the file is not a usable model.
    """
    path = Path(path)
    if reading.first_bytes(path).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{"):
        return _model(path, _json_arrays(path))
    arrays = _read(path, r"(weights|biases)_\d+|metadata|arr_\d+")
    if not arrays:
        raise _without_layers(path)
    unnamed = sorted((name for name in arrays if name.startswith("arr_")), key=_number_of)
    if unnamed and not any(name.startswith("weights_") for name in arrays):
        for position, name in enumerate(unnamed):
            kind = "biases" if position % 2 else "weights"
            arrays[f"{kind}_{position // 2 + 1}"] = arrays[name]
    return _model(path, {k: a for k, a in arrays.items() if not k.startswith("arr_")})


def _number_of(name: str) -> int:
    return int(name.rpartition("_")[2])


def _json_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read Nielsen's JSON: sizes, weights W^l, biases b^l as columns, and the name of the cost."""
    try:
        text = reading.read_bytes(path, _MAX_JSON).removeprefix(codecs.BOM_UTF8)
        content = json_text.loads(text)
        if not isinstance(content, dict) or not {"weights", "biases"} <= content.keys():
            raise _refusal(path, "it is JSON, but holds no weights and biases")
        arrays = {}
        for kind in ("weights", "biases"):
            if not isinstance(content[kind], list) or len(content[kind]) > limits.MAX_MEMBERS:
                raise _refusal(path, "its weights and biases are not lists of layers")
            for number, values in enumerate(content[kind], start=1):
                arrays[f"{kind}_{number}"] = np.asarray(values, dtype=np.float32)
    except BadJson as error:
        raise _refusal(path, f"it {error}") from None
    except (TypeError, ValueError, OverflowError):
        raise _refusal(path, "its weights and biases are not arrays of numbers") from None
    cost = "cross-entropy" if "entropy" in str(content.get("cost", "")).lower() else "quadratic"
    arrays["metadata"] = np.array(json.dumps({"cost": cost}))
    return arrays


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
        with npz_archive.opened(path) as archive:
            return {
                name: archive.read(name, "U", _MAX_METADATA)
                if name in ("metadata", "state_values")
                else archive.read(name, "fiu")
                for name in archive.names
                if re.fullmatch(names, name, re.ASCII)
            }
    except BadArray as error:
        raise _foreign(path) or _refusal(path, f"it {error}") from None


def _foreign(path: Path) -> DigitpadError | None:
    """Return what to say of a network in a format that digitpad does not read, or None."""
    what = foreign_format(path)
    return None if what is None else _by_others(path, what)


def _by_others(path: Path, what: str) -> DigitpadError:
    return DigitpadError(
        f"“{path}” is {what}: load it with the program that wrote it, and save its weights and "
        "biases with numpy.savez(…, weights_1=…, biases_1=…)."
    )


def _without_layers(path: Path) -> DigitpadError:
    """Return what to say of a sound archive that holds no layers."""
    with npz_archive.opened(path) as archive:
        names = archive.names
    if any(name.endswith("data.pkl") for name in names):
        return _by_others(path, "a PyTorch file, which can run code when it is loaded")
    if any(name.endswith(".weights.h5") for name in names):
        return _by_others(path, "a Keras file")
    words = {word for name in names for word in re.findall("[a-z]+", name.lower())}
    if words & {"images", "x"} and words & {"labels", "y"}:
        return DigitpadError(
            f"“{path}” holds images and labels, not a network: choose a model, or train and "
            "evaluate with it as data."
        )
    return _refusal(path, "its arrays are not weights_1, biases_1, weights_2, biases_2 …")


def _model(path: Path, arrays: dict[str, NDArray[Any]]) -> Model:
    metadata = _metadata(path, arrays.pop("metadata", None))
    layers = len(arrays) // 2
    wanted = [f"{kind}_{n}" for kind in ("weights", "biases") for n in range(1, layers + 1)]
    if not layers or set(wanted) != set(arrays):
        raise _refusal(path, "its arrays are not weights_1, biases_1, weights_2, biases_2 …")
    if 4 * sum(array.size for array in arrays.values()) > _MAX_BYTES:
        raise _refusal(path, "it is too large in float32")
    arrays = _as_columns_and_rows(arrays, wanted)
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


def _as_columns_and_rows(
    arrays: dict[str, NDArray[Any]], wanted: list[str]
) -> dict[str, NDArray[Any]]:
    """Return W^l as (n_l, n_{l-1}) and b^l as (n_l,), also if weights are transposed as Keras'."""
    layers = len(wanted) // 2
    weights = [arrays[name] for name in wanted[:layers]]
    biases = [
        b.ravel() if b.ndim == 2 and 1 in b.shape else b
        for b in (arrays[name] for name in wanted[layers:])
    ]
    layers_fit = (
        w.ndim == 2 and b.shape == w.shape[1:] for w, b in zip(weights, biases, strict=True)
    )
    # Both ways would fit only if every matrix were square.
    if all(layers_fit) and (weights[0].shape[0], weights[-1].shape[1]) == (_INPUTS, _OUTPUTS):
        weights = [w.T for w in weights]
    return dict(zip(wanted, weights + biases, strict=True))


def _metadata(path: Path, array: NDArray[Any] | None) -> dict[str, Any]:
    if array is None:
        return {}
    try:
        metadata = None
        if array.ndim == 0:
            # The history of a training that diverged holds NaN.
            metadata = json_text.loads(str(array[()]), finite=False)
            json_text.check(metadata, finite=False)
    except BadJson as error:
        raise _refusal(path, f"the text of its metadata {error}") from None
    except ValueError:  # code points that do not exist
        metadata = None
    if not isinstance(metadata, dict):
        raise _refusal(path, "its metadata are not a JSON object")
    version = metadata.pop("version", VERSION)
    if version != VERSION:
        raise DigitpadError(
            f"“{path}” has version {version!s:.20}, which is too new for this version of digitpad: "
            "update digitpad."
        )
    metadata.pop("format", None)
    return metadata


def _refusal(path: Path, why: str) -> DigitpadError:
    # The reason may quote the file, at any length.
    why = why if len(why) <= 300 else f"{why[:300]} …"
    return DigitpadError(f"“{path}” is not a usable model: {why}. Choose another file.")
