"""The shipped model's data: what is learned from, what is kept apart, and how sure it may be."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from digitpad.data.dataset import NON_DIGIT, Dataset
from digitpad.data.mnist import Mnist, mnist
from digitpad.drawing.rasterize import to_image, to_images
from digitpad.drawing.strokes import Sample, read_strokes, write_strokes
from digitpad.errors import DigitpadError
from digitpad.nn.network import Network
from digitpad.recognition.calibration import MIN_CONFIDENCE, are_sure, confidences
from digitpad.shipped import recipe

UNIPEN = Path(__file__).resolve().parents[3] / "shared" / "strokes"


@pytest.fixture(scope="module", autouse=True)
def _few_scribbles() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitpad.shipped.non_digits._SCRIBBLES", 60)
        patch.setattr("digitpad.shipped.non_digits._PAIRS", 20)
        yield


@pytest.fixture(scope="module")
def few() -> Mnist:
    data = mnist()
    return Mnist(data.train.take(slice(3000)), data.validation.take(slice(500)), data.test)


@pytest.fixture(scope="module")
def strokes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some digits of many writers, one writer all of whose labels are wrong, and some letters."""
    if not UNIPEN.is_dir():
        pytest.skip("needs the UNIPEN strokes in ../shared/strokes, which are not here")
    digits = read_strokes(UNIPEN / "unipen-1a.jsonl.gz")[::40]
    for sample in digits[::40]:
        wrong = ((sample.label or 0) + 1) % 10
        digits += 4 * [Sample(wrong, sample.strokes, {"writer": "careless"})]
    letters = read_strokes(UNIPEN / "unipen-1b-letters.jsonl.gz")[::10]
    path = tmp_path_factory.mktemp("strokes") / "some.jsonl.gz"
    write_strokes(path, digits + letters)
    return path


@pytest.fixture(scope="module")
def sets(few: Mnist, strokes: Path) -> tuple[Dataset, Dataset]:
    return recipe.data_sets(few, [strokes], 0)


def test_without_strokes_it_is_mnist(few: Mnist) -> None:
    training, validation = recipe.data_sets(few, [])
    assert training is few.train
    assert validation is few.validation


def test_strokes_without_a_label_are_refused(few: Mnist, tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    write_strokes(path, [Sample(None, (np.zeros((2, 2)),), {"letter": "x"})])
    with pytest.raises(DigitpadError, match="Not one sample of these stroke files has a label"):
        recipe.data_sets(few, [path])


def test_strokes_and_no_digits_are_learned_beside_mnist(
    few: Mnist, sets: tuple[Dataset, Dataset]
) -> None:
    training, validation = sets
    assert np.array_equal(training.images[: len(few.train)], few.train.images)
    others = training.take(slice(4 * len(few.train), None))
    assert set(others.labels) == {NON_DIGIT, *range(10)}
    assert set(validation.labels) == {NON_DIGIT, *range(10)}


def test_nobody_is_both_learned_from_and_kept_apart(
    strokes: Path, sets: tuple[Dataset, Dataset]
) -> None:
    validation = {image.tobytes() for image in sets[1].images}
    training = {image.tobytes() for image in sets[0].images}
    assert not validation & training
    writers: dict[str, set[bool]] = {}
    for sample in read_strokes(strokes):
        if sample.label is not None and sample.extra["writer"] != "careless":
            image = np.rint(to_image(sample.strokes) * 255).astype(np.uint8).tobytes()
            writers.setdefault(sample.extra["writer"], set()).add(image in validation)
    kept_apart = [name for name, found in writers.items() if True in found]
    assert 1 < len(kept_apart) < len(writers) / 6
    learned, others = recipe.split_by_writer([read_strokes(strokes)], np.random.default_rng(0))
    assert set(kept_apart) <= {sample.extra["writer"] for sample in others}
    assert not {s.extra["writer"] for s in learned} & {s.extra["writer"] for s in others}


def test_another_collection_does_not_change_who_is_held_back() -> None:
    def by(writers: str) -> list[Sample]:
        return [Sample(1, (np.zeros((1, 2)),), {"writer": name}) for name in writers]

    def held_back(*files: list[Sample]) -> set[object]:
        learned, apart = recipe.split_by_writer(files, np.random.default_rng(0))
        assert len(learned) + len(apart) == sum(map(len, files))
        assert not {s.extra["writer"] for s in learned} & {s.extra["writer"] for s in apart}
        return {sample.extra["writer"] for sample in apart}

    digits, letters, others = by("abcdefghijklmnopq"), by("pqrstuvwxyz"), by("0123456789" * 2)
    alone, both = held_back(digits, letters), held_back(digits, letters, others)
    assert alone < both
    assert both - alone <= set("0123456789")
    assert alone == held_back(digits + letters)


def test_pens_to_learn_from_are_of_all_widths(strokes: Path) -> None:
    samples = [sample for sample in read_strokes(strokes) if sample.label is not None][:200]

    def ink_of(data: Dataset) -> np.ndarray:
        sums: np.ndarray = data.inputs().sum(axis=1)
        return sums

    plain = recipe.drawn(samples)
    assert np.array_equal(plain.images, to_images([s.strokes for s in samples]).reshape(-1, 784))
    usual = recipe.drawn(samples, recipe.MEDIAN_PEN)
    learned = recipe.drawn(samples, recipe.MEDIAN_PEN, np.random.default_rng(0))
    wider = ink_of(learned) / ink_of(usual)
    assert 0.95 < np.median(wider) < 1.05
    assert wider.min() < 0.7
    assert wider.max() > 1.4
    assert (ink_of(plain) < ink_of(usual)).mean() > 0.95


def test_wrong_labels_are_found(few: Mnist, strokes: Path) -> None:
    samples = [sample for sample in read_strokes(strokes) if sample.label is not None]
    kept = recipe.without_mistakes(samples, few.train, 0)
    assert not [sample for sample in kept if sample.extra["writer"] == "careless"]
    others = [sample for sample in samples if sample.extra["writer"] != "careless"]
    assert len(kept) > 0.9 * len(others)


def test_the_same_seed_makes_the_same_data(
    few: Mnist, strokes: Path, sets: tuple[Dataset, Dataset]
) -> None:
    again = recipe.data_sets(few, [strokes], 0)
    for one, other in zip(sets, again, strict=True):
        assert np.array_equal(one.images, other.images)
        assert np.array_equal(one.labels, other.labels)


def network_with(z: np.ndarray) -> tuple[Network, Dataset]:
    """Return a network, and images for which its last weighted inputs are these, (n, 10)."""
    pixels = np.rint(z * 10 + 100).astype(np.uint8)
    images = np.zeros((len(z), 784), np.uint8)
    images[:, :10] = pixels
    weights = np.zeros((10, 784), np.float32)
    weights[:, :10] = 25.5 * np.eye(10)
    network = Network.from_parameters([weights], [np.full(10, -10.0)], cost="cross-entropy")
    return network, Dataset(images, np.zeros(len(z), np.int64), "z")


def test_the_temperature_makes_the_confidence_what_it_should_be() -> None:
    # Eight of ten samples with z_0 = 6 are right: an honest confidence is 0.8, not σ(6).
    z = np.full((1000, 10), -8.0)
    z[:, 0] = 6.0
    network, data = network_with(z)
    labels = np.where(np.arange(1000) % 5 == 0, 1, 0)
    calibration = recipe.calibrate(network, Dataset(data.images, labels, "z"))
    assert calibration.temperature > 2
    confidence = confidences(z[0], calibration.temperature, "logistic")[0]
    assert 0.7 < confidence < 0.9


def test_all_but_a_hundredth_of_the_digits_are_sure_enough() -> None:
    generator = np.random.default_rng(3)
    z = np.full((2000, 10), -9.0)
    z[:, 0] = 12 * np.sqrt(generator.uniform(0, 1, 2000))  # faint ones are rare
    z[:8, :2] = 5.0  # torn between 0 and 1
    network, data = network_with(z)
    calibration = recipe.calibrate(network, data, rejected=0.01)
    weighted, activations = network.outputs(data.inputs())
    probable = confidences(weighted, calibration.temperature, "logistic")
    torn = probable.max(axis=1) < MIN_CONFIDENCE
    assert torn[:8].all()
    assert torn.sum() < 15
    sure = are_sure(activations, probable, calibration.min_activation)
    assert (~sure).mean() == pytest.approx(0.01, abs=0.002)


def test_where_too_many_digits_are_torn_no_winner_is_too_faint() -> None:
    z = np.full((100, 10), -9.0)
    z[:, 0] = 2.0
    z[:5, :2] = 3.0
    network, data = network_with(z)
    calibration = recipe.calibrate(network, data, rejected=0.01)
    weighted, activations = network.outputs(data.inputs())
    probable = confidences(weighted, calibration.temperature, "logistic")
    assert are_sure(activations, probable, calibration.min_activation)[5:].all()
    network, data = network_with(np.full((100, 10), 3.0))  # torn between all of them
    assert recipe.calibrate(network, data, rejected=0.01).min_activation == 0


def test_confidences_share_one_and_leave_room_for_nothing() -> None:
    one, both, none = np.full((3, 10), -30.0)
    one[3] = both[3] = both[8] = 30.0
    assert confidences(one, 1.0, "logistic")[3] == pytest.approx(1)
    assert confidences(both, 1.0, "logistic")[[3, 8]] == pytest.approx([0.5, 0.5])
    assert confidences(none, 1.0, "logistic").max() < 1e-9
    assert confidences(none, 1.0, "softmax") == pytest.approx(np.full(10, 0.1))
    z = np.array([1.5] + [-40.0] * 9)
    assert confidences(z, 1.0, "logistic")[0] == pytest.approx(1 / (1 + np.exp(-1.5 - 1.5)))


def test_what_is_fainter_than_all_digits_is_not_sure_though_no_more_digits_may_be() -> None:
    z = np.full((1000, 10), -9.0)
    z[:, 0] = 6.0
    z[:30, :2] = 5.0  # torn between 0 and 1
    calibration = recipe.calibrate(*network_with(z))
    assert 0.9 < calibration.min_activation < 1 / (1 + np.exp(-6.0))
