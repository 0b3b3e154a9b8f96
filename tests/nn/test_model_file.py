"""Models survive being saved; what is no model, or a hostile one, is refused in a sentence."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from digitpad.errors import DigitpadError
from digitpad.files import limits
from digitpad.nn import model_file
from digitpad.nn.model_file import Model
from digitpad.nn.network import Network
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.state import TrainingState
from tests.files.memory import needs_resource, read_elsewhere

Arrays = dict[str, NDArray[Any]]


def arrays(sizes: tuple[int, ...] = (784, 4, 10)) -> Arrays:
    network = Network(sizes, seed=3)
    found: Arrays = {}
    for number, (w, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        found |= {f"weights_{number}": w, f"biases_{number}": b + 0.5}
    return found


def savez(path: Path, content: Arrays) -> Path:
    np.savez(path, **content)  # type: ignore[arg-type]
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "m.npz"


def refusal(path: Path) -> str:
    with pytest.raises(DigitpadError) as error:
        model_file.load(path)
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 600
    assert f"“{path}”" in message or not str(path).isprintable()
    assert message.endswith(".")
    assert ".." not in message.replace(str(path), "")
    return message


# -- round trips -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("activation", "output", "cost"),
    [
        ("logistic", "logistic", "quadratic"),
        ("relu", "softmax", "cross-entropy"),
        ("tanh", "tanh", "quadratic"),
        ("step", "step", "quadratic"),
    ],
)
def test_a_model_comes_back_bit_for_bit(
    file: Path, activation: str, output: str, cost: str
) -> None:
    network = Network(
        (784, 12, 7, 10), activation=activation, output_activation=output, cost=cost, seed=1
    )
    metadata = {"name": "mine", "history": [{"epoch": 1, "cost": 0.25}], "η": "“3”"}
    model_file.save(file, Model(network, metadata))
    model = model_file.load(file)
    assert model.metadata == metadata
    assert model.network.parameters.dtype == np.float32
    assert model.network.parameters.tobytes() == network.parameters.tobytes()
    assert model.network.sizes == network.sizes
    kinds = (model.network.activation, model.network.output_activation, model.network.cost)
    assert kinds == (activation, output, cost)
    assert model_file.load_state_arrays(file) is None


def test_a_training_s_state_comes_back(file: Path) -> None:
    h = Hyperparameters(hidden_layers=(4,), momentum=0.5)
    network = h.new_network()
    state = TrainingState(epoch=2, position=30, seconds=1.5, history=[{"epoch": 1}])
    state.hyperparameters = h
    state.velocity = np.arange(network.parameters.size, dtype=np.float32)
    model_file.save(file, Model(network), state.to_arrays())
    back = TrainingState.load(file)
    assert back is not None
    assert back.velocity is not None
    assert back.velocity.tobytes() == state.velocity.tobytes()
    assert (back.epoch, back.position, back.history) == (2, 30, [{"epoch": 1}])
    assert back.hyperparameters == h
    assert (model_file.load(file).network.parameters == network.parameters).all()


def test_half_precision_is_loaded_as_float32(file: Path) -> None:
    network = Network((784, 30, 10), seed=2)
    model_file.save(file, Model(network), dtype=np.float16)
    assert file.stat().st_size < network.parameters.size * 2 + 4000
    back = model_file.load(file).network.parameters
    assert back.dtype == np.float32
    assert (back == network.parameters.astype(np.float16)).all()
    for dtype in (np.float16, np.float32, np.float64):
        model_file.save(file, Model(network), dtype=dtype)
        with np.load(file) as written:
            kinds = {name: written[name].dtype for name in written.files if name != "metadata"}
        assert kinds == dict.fromkeys(["weights_1", "biases_1", "weights_2", "biases_2"], dtype)


def test_anyone_can_write_a_model_with_numpy(file: Path) -> None:
    content = arrays()
    savez(file, content)
    model = model_file.load(file)
    kinds = (model.network.activation, model.network.output_activation, model.network.cost)
    assert kinds == ("logistic", "logistic", "quadratic")
    assert model.metadata == {}
    assert (model.network.weights[1] == content["weights_2"]).all()
    assert (model.network.biases[0] == content["biases_1"]).all()


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", ["float64", "float16", ">f4", "int8", "uint32"])
def test_any_numbers_in_any_order_do(file: Path, write: Callable[..., None], dtype: str) -> None:
    content = {
        name: np.asfortranarray(np.rint(array * 4).clip(0).astype(dtype))
        for name, array in reversed(arrays().items())
    }
    write(file, **content)
    assert (model_file.load(file).network.weights[0] == content["weights_1"].astype("f4")).all()


def test_metadata_may_hold_what_json_does_not(file: Path) -> None:
    metadata: dict[str, Any] = {
        "sizes": (784, 10),
        "accuracy": np.float32(0.5),
        "list": np.arange(3),
        "path": Path("data"),
        "weights_1": "a name that is taken",
        "version": 7,
        "name": "η “3”",
    }
    more: dict[Any, Any] = {(1, 2): "no key in JSON"}
    model_file.save(file, Model(Network((784, 10)), metadata | more))
    with np.load(file) as written:
        assert "η “3”" in str(written["metadata"])  # for those who look into the file
    assert model_file.load(file).metadata == {
        "sizes": [784, 10],
        "accuracy": 0.5,
        "list": [0, 1, 2],
        "path": "data",
        "weights_1": "a name that is taken",
        "name": "η “3”",
    }


def test_a_history_that_diverged_comes_back(file: Path) -> None:
    metadata = {"history": [{"cost": float("inf")}, {"cost": -float("inf")}]}
    model_file.save(file, Model(Network((784, 10)), metadata))
    assert model_file.load(file).metadata == metadata


# -- models of other programs ----------------------------------------------------------------------


def expected() -> Network:
    return Network((784, 30, 12, 10), seed=5)


@pytest.mark.parametrize("sizes", [(784, 10), (784, 784, 10), (784, 30, 12, 10)])
def test_weights_as_keras_returns_them(file: Path, sizes: tuple[int, ...]) -> None:
    network = Network(sizes, seed=5)
    layers = [
        array
        for w, b in zip(network.weights, network.biases, strict=True)
        for array in (w.T, b[:, None])
    ]
    np.savez(file, *layers)
    assert np.array_equal(model_file.load(file).network.parameters, network.parameters)
    names = [f"{kind}_{n}" for n in range(1, len(sizes)) for kind in ("weights", "biases")]
    savez(file, dict(zip(names, layers, strict=True)))
    assert np.array_equal(model_file.load(file).network.parameters, network.parameters)


def test_unnamed_arrays_are_read_in_the_order_of_their_numbers(file: Path) -> None:
    network = Network((784, 9, 8, 7, 6, 5, 10), seed=5)  # arr_0 to arr_11
    layers = zip(network.weights, network.biases, strict=True)
    np.savez(file, *(array for w, b in layers for array in (w.T, b)))
    assert np.array_equal(model_file.load(file).network.parameters, network.parameters)


def test_named_arrays_are_the_model_whatever_unnamed_ones_there_are(file: Path) -> None:
    savez(file, arrays() | {"arr_0": np.zeros((4, 784)), "arr_1": np.zeros(4)})
    assert (model_file.load(file).network.weights[0] == arrays()["weights_1"]).all()


def nielsen(network: Network, **changes: Any) -> str:
    content = {
        "sizes": list(network.sizes),
        "weights": [w.tolist() for w in network.weights],
        "biases": [b[:, None].tolist() for b in network.biases],
        "cost": "CrossEntropyCost",
    }
    return json.dumps(content | changes)


def test_networks_of_nielsens_book(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(nielsen(expected()))
    model = model_file.load(path)
    assert np.array_equal(model.network.parameters, expected().parameters)
    assert model.network.cost == "cross-entropy"
    path.write_text(nielsen(expected(), cost="QuadraticCost"))
    assert model_file.load(path).network.cost == "quadratic"


@pytest.mark.parametrize("before", ["\ufeff", " \r\n", "\ufeff\n\t  "])
def test_json_may_begin_with_a_byte_order_mark_and_space(tmp_path: Path, before: str) -> None:
    path = tmp_path / "net.json"
    path.write_text(before + nielsen(expected()), encoding="utf-8")
    assert np.array_equal(model_file.load(path).network.parameters, expected().parameters)


def test_json_of_weights_and_biases_alone_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    content = json.loads(nielsen(expected()))
    path.write_text(json.dumps({kind: content[kind] for kind in ("weights", "biases")}))
    model = model_file.load(path)
    assert np.array_equal(model.network.parameters, expected().parameters)
    assert model.network.cost == "quadratic"


def test_json_and_metadata_may_be_as_large_as_is_allowed(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.json"
    text = nielsen(Network((784, 10)))
    path.write_text(text)
    monkeypatch.setattr(model_file, "_MAX_JSON", len(text))
    assert model_file.load(path).network.sizes == (784, 10)
    monkeypatch.setattr(model_file, "_MAX_JSON", len(text) - 1)
    with pytest.raises(DigitpadError, match=r"net\.json” holds more than"):
        model_file.load(path)
    text = '{"name": "' + 100 * "m" + '"}'
    savez(file, arrays() | {"metadata": np.array(text)})
    monkeypatch.setattr(model_file, "_MAX_METADATA", 4 * len(text))  # four bytes a character
    assert model_file.load(file).metadata == {"name": 100 * "m"}
    monkeypatch.setattr(model_file, "_MAX_METADATA", 4 * len(text) - 1)
    assert "metadata" in refusal(file)


def test_a_refusal_is_one_sentence_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text("{}")
    why = "it is JSON, but holds no weights and biases"
    assert refusal(path) == f"“{path}” is not a usable model: {why}. Choose another file."


def archive(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name in names:
            file.writestr(name, b"\x80\x02}q\x00.")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (pickle.dumps([1.0]), "is a Python pickle, which can run code when it is loaded"),
        (b"\x89HDF\r\n\x1a\n" + bytes(90), "is an HDF5 file"),
        (archive("net/data.pkl", "net/version"), "is a PyTorch file, which can run code"),
        (archive("metadata.json", "config.json", "model.weights.h5"), "is a Keras file"),
    ],
    ids=["pickle", "HDF5", "PyTorch", "Keras"],
)
def test_sound_files_of_other_programs_come_with_the_way_out(
    file: Path, content: bytes, told: str
) -> None:
    file.write_bytes(content)
    message = refusal(file)
    assert told in message
    assert "numpy.savez(…, weights_1=…, biases_1=…)" in message
    assert "damaged" not in message
    # What it says leads on.
    network = Network((784, 10), seed=2)
    np.savez(file, weights_1=network.weights[0], biases_1=network.biases[0])
    assert np.array_equal(model_file.load(file).network.parameters, network.parameters)


@pytest.mark.parametrize("name", ["images", "labels", "x_train", "y"])
def test_half_of_a_data_set_is_not_called_one(file: Path, name: str) -> None:
    savez(file, {name: np.zeros(3)})
    assert "its arrays are not weights_1, biases_1" in refusal(file)


@pytest.mark.parametrize("names", [("images", "labels"), ("x_train", "y_train"), ("X", "Y")])
def test_a_data_set_is_not_a_damaged_model(file: Path, names: tuple[str, str]) -> None:
    savez(file, dict.fromkeys(names, np.zeros(3)))
    assert refusal(file) == (
        f"“{file}” holds images and labels, not a network: choose a model, or train and evaluate "
        "with it as data."
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "it is not JSON"),
        ("{}", "it is JSON, but holds no weights and biases"),
        ('{"weights": 3, "biases": []}', "are not lists of layers"),
        ('{"weights": [], "biases": 3}', "are not lists of layers"),
        ('{"weights": [], "biases": []}', "its arrays are not weights_1"),
        ('{"weights": ["x"], "biases": [[1]]}', "are not arrays of numbers"),
        ('{"weights": [[[1], [1, 2]]], "biases": [[1]]}', "are not arrays of numbers"),
        (nielsen(Network((784, 3))), "its layers 784-3 do not go from 784 to 10"),
        (nielsen(Network((7, 10))), "its layers 7-10 do not go from 784 to 10"),
        (nielsen(Network((784, 10)), biases=[[10**400] * 10]), "are not arrays of numbers"),
        (nielsen(Network((784, 10)), biases=[[None] * 10]), "values that are not finite"),
        ('{"weights": ' + "[" * 900 + "]" * 900 + ', "biases": []}', "are not arrays of numbers"),
        ('{"weights": {"1": [[1]]}, "biases": [[1]]}', "are not lists of layers"),
        # A number of layers for each of which NumPy took microseconds and much memory.
        ('{"weights": [' + "[]," * 201 + '[]], "biases": []}', "are not lists of layers"),
    ],
)
def test_json_that_is_no_network(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "net.json"
    path.write_text(content)
    message = refusal(path)
    assert "is not a usable model" in message
    assert why in message


def test_json_may_have_as_many_layers_as_an_archive_arrays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.json"
    path.write_text(nielsen(expected()))
    monkeypatch.setattr(limits, "MAX_MEMBERS", 3)
    assert model_file.load(path).network.sizes == expected().sizes
    monkeypatch.setattr(limits, "MAX_MEMBERS", 2)
    assert "are not lists of layers" in refusal(path)


# -- saving ----------------------------------------------------------------------------------------


def test_a_file_that_is_replaced_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.npz", tmp_path / "link.npz"
    model_file.save(real, Model(Network((784, 10), seed=0)))
    real.chmod(0o640)
    link.symlink_to(real)
    model_file.save(link, Model(Network((784, 10), seed=1)))
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert (model_file.load(real).network.parameters == Network((784, 10), seed=1).parameters).all()
    assert sorted(tmp_path.iterdir()) == [link, real]


@needs_resource
def test_a_full_disk_leaves_the_old_file(file: Path) -> None:
    import resource

    model_file.save(file, Model(Network((784, 10), seed=0)))
    before = file.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(DigitpadError, match="cannot be written"):
            model_file.save(file, Model(Network((784, 10), seed=1)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    model = Model(Network((784, 10)))
    with pytest.raises(DigitpadError, match=r"cannot be written \(No such file or directory\)"):
        model_file.save(tmp_path / "missing" / "m.npz", model)
    (tmp_path / "folder").mkdir()
    with pytest.raises(DigitpadError, match="cannot be written"):
        model_file.save(tmp_path / "folder", model)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_what_could_not_be_opened_again_is_not_saved(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_file, "_MAX_BYTES", 10_000)
    with pytest.raises(DigitpadError, match="could not be opened again"):
        model_file.save(file, Model(Network((784, 10))))
    assert not file.exists()


def test_the_largest_file_that_can_be_opened_again_may_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_file, "_MAX_BYTES", 5 << 20)
    model_file.check_size(5 << 20)
    with pytest.raises(DigitpadError) as error:
        model_file.check_size(7 << 20)
    assert "needs 7 MiB" in str(error.value)
    assert "may hold 5 MiB" in str(error.value)
    with pytest.raises(DigitpadError):
        model_file.check_size((5 << 20) + 1)


def test_a_file_of_half_precision_must_fit_as_float32(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network((784, 10))
    model_file.save(file, Model(network), dtype=np.float16)
    size = 4 * network.parameters.size
    monkeypatch.setattr(model_file, "_MAX_BYTES", size)
    assert model_file.load(file).network.sizes == (784, 10)
    monkeypatch.setattr(model_file, "_MAX_BYTES", size - 1)
    assert "too large in float32" in refusal(file)


# -- refusals --------------------------------------------------------------------------------------


def test_what_is_no_file(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "missing.npz")
    assert "not a regular file" in refusal(tmp_path)
    with pytest.raises(DigitpadError, match="cannot be read"):  # its name is shortened
        model_file.load(tmp_path / ("x" * 300))
    refusal(Path("a\0b"))
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "not a regular file" in refusal(tmp_path / "pipe")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_no_permission(file: Path) -> None:
    savez(file, arrays())
    file.chmod(0)
    assert "cannot be read" in refusal(file)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + b"\0" * 18, b"\x93NUMPY", b"{}"])
def test_what_is_no_archive(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    refusal(file)


def changed(**changes: Any) -> Arrays:
    return {name: np.asarray(a) for name, a in (arrays() | changes).items() if a is not None}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({}, "arrays are not"),
        (changed(biases_2=None), "arrays are not"),
        (changed(weights_4=np.ones((10, 10))), "arrays are not"),
        (changed(weights_2=np.ones((10, 5))), "do not fit"),
        (changed(biases_1=np.ones(5)), "do not fit"),
        (changed(biases_1=np.ones((4, 2))), "do not fit"),
        (changed(biases_1=np.ones((2, 2))), "do not fit"),
        (changed(weights_1=np.ones(784)), "do not fit"),
        (changed(weights_1=np.ones(784), biases_1=np.float32(1)), "do not fit"),
        (changed(weights_1=np.float32(1)), "do not fit"),
        (changed(weights_1=np.ones((0, 784)), biases_1=np.ones(0)), "do"),
        (changed(weights_1=np.ones((4, 100))), "its layers 100-4-10 do not go from 784 to 10"),
        (changed(weights_2=np.ones((3, 4)), biases_2=np.ones(3)), "784 to 10"),
        (changed(biases_2=np.full(10, np.nan)), "biases_2 holds values that are not finite"),
        (changed(biases_1=np.full(4, -np.inf)), "biases_1 holds values that are not finite"),
        (changed(biases_1=np.full(4, 1e300)), "biases_1 holds values that are not finite"),
        (changed(weights_2=np.full((10, 4), 1j)), "has the wrong type"),
        (changed(weights_2=np.full((10, 4), "x")), "has the wrong type"),
        (changed(metadata=np.arange(3)), "has the wrong type"),
        (changed(metadata="["), "not JSON"),
        (changed(metadata="[]"), "a JSON object"),
        (changed(metadata="[" * 100_000), "not JSON"),
        (changed(metadata='{"n": ' + "9" * 9999 + "}"), "not JSON"),
        (changed(metadata='{"n": ' + "9" * 30 + "}"), "an integer that is too large"),
        (changed(metadata='{"n": ' + "[" * 99 + "]" * 99 + "}"), "nested too deeply"),
        (changed(metadata=["{}", "{}"]), "a JSON object"),
        (changed(metadata='{"version": 2}'), "update digitpad"),
        (changed(metadata='{"version": "' + "9" * 9999 + '"}'), "update digitpad"),
        (changed(metadata='{"activation": "sine"}'), "sine"),
        (changed(metadata='{"activation": ["relu"]}'), "activation"),
        (changed(metadata='{"activation": "' + "x" * 99_999 + '"}'), "xxx …"),
        (changed(metadata='{"cost": 3}'), "cost"),
        (changed(metadata='{"output_activation": "tanh", "cost": "cross-entropy"}'), "between 0"),
    ],
)
def test_arrays_that_make_no_model(file: Path, content: Arrays, why: str) -> None:
    assert why in refusal(savez(file, content))


def test_weights_so_large_that_nothing_comes_of_them(file: Path) -> None:
    content = {name: np.full_like(array, 3e38) for name, array in arrays().items()}
    content["metadata"] = np.array('{"activation": "relu"}')
    content["weights_2"][:, ::2] *= -1
    assert "not finite" in refusal(savez(file, content))


@pytest.mark.parametrize("level", [0.0, 1.0, 2.0])
def test_outputs_must_be_finite_without_ink_and_full_of_it(file: Path, level: float) -> None:
    """One hidden neuron is active only where all pixels are as bright as `level`."""
    share = np.float32(2e38) / 784
    weights = np.full((1, 784), share if level else -share)
    bias = {0.0: 1e38, 1.0: 0.0, 2.0: -2.2e38}[level]
    content: Arrays = {
        "weights_1": weights,
        "biases_1": np.array([bias]),
        "weights_2": np.full((10, 1), 1e3),
        "biases_2": np.zeros(10),
        "metadata": np.array('{"activation": "relu", "output_activation": "relu"}'),
    }
    savez(file, content)
    if level <= 1:
        assert "its outputs are not finite" in refusal(file)
    else:
        assert model_file.load(file).network.sizes == (784, 1, 10)


def test_pickled_objects_are_never_unpickled(file: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return os.mkdir, (str(file.parent / "trapped"),)

    for name in ("weights_1", "metadata", "state_values"):
        trap = np.empty(1, dtype=object)
        trap[0] = Trap()
        savez(file, changed(**{name: trap}))
        with pytest.raises(DigitpadError):
            model_file.load_state_arrays(file) if name == "state_values" else model_file.load(file)
    assert not (file.parent / "trapped").exists()


def npy(array: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def header(text: str, version: int = 1) -> bytes:
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode()


def zipped(path: Path, replaced: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, array in arrays().items():
            archive.writestr(f"{name}.npy", replaced.get(name) or npy(array))
        for name in replaced.keys() - arrays().keys():
            archive.writestr(name, replaced[name])
    return path


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"\x93NUMPY",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 1000000000000)}"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (-4, -784)}") + bytes(12544),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 784)}") + bytes(12543),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 784)}") + bytes(12545),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (4, %s)}" % ("9" * 5000)),
        header("{'descr': '|V4', 'fortran_order': False, 'shape': (4, 784)}") + bytes(12544),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': 4}") + bytes(16),
        header("(" * 9000),
        header("{'descr': '<f4', 'shape': __import__('os').getpid()}"),
        header(" " * 2_000_000, version=2),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (%s)}" % ("1, " * 900)) + b"1234",
    ],
)
def test_arrays_whose_header_lies(file: Path, content: bytes) -> None:
    refusal(zipped(file, {"weights_1": content}))


def test_a_damaged_or_exotic_archive(file: Path) -> None:
    whole = savez(file, arrays()).read_bytes()
    for length in range(0, len(whole), 997):
        file.write_bytes(whole[:length])
        refusal(file)
    damaged = bytearray(whole)
    damaged[5000] ^= 1  # in the middle of weights_1
    file.write_bytes(damaged)
    refusal(file)
    assert "compression" in refusal(zipped(file, {}, zipfile.ZIP_LZMA))
    encrypted = bytearray(whole)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := encrypted.find(mark, place + 1)) >= 0:
            encrypted[place + flags] |= 1
    file.write_bytes(encrypted)
    assert "encrypted" in refusal(file)


def test_arrays_twice_or_in_folders(file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays().items():
            archive.writestr(f"folder/{name}.npy", npy(array))
    refusal(file)
    savez(file, arrays())
    with (
        pytest.warns(UserWarning, match="Duplicate"),
        zipfile.ZipFile(file, "a") as archive,
    ):
        archive.writestr("weights_1.npy", npy(np.zeros((4, 784))))
    assert "twice" in refusal(file)


def test_what_else_an_archive_holds_is_left_alone(file: Path) -> None:
    others = {"readme.txt": b"hello", "../../evil.npy": b"x", "other.npy": npy(np.ones(3))}
    # A digit that is not ASCII.
    zipped(file, others | {"weights_\N{FULLWIDTH DIGIT THREE}.npy": npy(np.ones((3, 3)))})
    assert model_file.load(file).network.sizes == (784, 4, 10)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


# -- traps for memory and time ---------------------------------------------------------------------


def bomb(path: Path) -> None:
    """Write a file of 300 KB that would unpack to 300 MB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        text = "{'descr': '<f4', 'fortran_order': False, 'shape': (100000, 784)}"
        archive.writestr("weights_1.npy", header(text) + bytes(313_600_000))


def sparse(path: Path) -> None:
    """Write a file that says it is 8 GB, though nothing of it is on the disk."""
    savez(path, arrays())
    with path.open("ab") as file:
        file.truncate(8 << 30)


def many_entries(path: Path) -> None:
    """Write a million entries in the archive's directory."""
    entry = b"PK\x01\x02" + bytes(24) + (1).to_bytes(2, "little") + bytes(16) + b"x"
    count = 1_000_000
    end = b"PK\x05\x06" + bytes(4) + b"\xff\xff" * 2
    end += (count * len(entry)).to_bytes(4, "little") + bytes(6)
    path.write_bytes(entry * count + end)


def long_metadata(path: Path) -> None:
    """Write metadata of 80 MB that pack to 80 KB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays().items():
            archive.writestr(f"{name}.npy", npy(array))
        archive.writestr("metadata.npy", npy(np.array('"' + "x" * 15_000_000 + '"')))


@needs_resource
@pytest.mark.parametrize("trap", [bomb, sparse, many_entries, long_metadata])
def test_traps_need_little_memory(file: Path, trap: Callable[[Path], None]) -> None:
    trap(file)
    message, mib = read_elsewhere("digitpad.nn.model_file:load", file)
    assert message
    assert mib < 100


def read_or_refuse(path: Path) -> None:
    for read in (model_file.load, TrainingState.load):
        message = ""
        try:
            read(path)
        except DigitpadError as error:
            message = str(error)
        assert "\n" not in message


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[int]]:
    """Return a model file, and the places in it that are not just numbers."""
    path = tmp_path_factory.mktemp("whole") / "m.npz"
    h = Hyperparameters(hidden_layers=(), momentum=0.5, patience=1)
    state = TrainingState(hyperparameters=h, velocity=np.zeros(7850, np.float32))
    model_file.save(path, Model(h.new_network(), {"name": "m"}), state.to_arrays())
    content = path.read_bytes()
    places = {
        min(found.start() + offset, len(content) - 1)
        for found in re.finditer(rb"PK\x01\x02|PK\x03\x04|PK\x05\x06|\x93NUMPY", content)
        for offset in range(100)
    }
    return content, sorted(places)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_change_of_a_file_s_bytes_raises_anything_else(
    whole: tuple[bytes, list[int]], tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(whole[0])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(whole[1]) | st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        start = data.draw(st.integers(0, len(content)))
        del content[start : start + data.draw(st.integers(0, 200))]
    path = tmp_path / "mutated.npz"
    path.write_bytes(content)
    read_or_refuse(path)


@settings(max_examples=150, deadline=None)
@given(
    metadata=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "activation",
                        "output_activation",
                        "cost",
                        "version",
                        "format",
                        "name",
                        "epoch",
                    ]
                )
                | st.text(max_size=5),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_no_metadata_raise_anything_else(
    metadata: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "metadata.npz"
    text = np.array(json.dumps(metadata))
    savez(path, {**arrays((784, 10)), "metadata": text, "state_values": text})
    read_or_refuse(path)
