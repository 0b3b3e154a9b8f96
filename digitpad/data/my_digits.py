"""The user's own labelled drawings: a stroke file that grows by a line for each.

The file is the truth: a drawing is in it, on the disk, before `MyDigits.add` returns, and windows
that are open at the same time share it. Each drawing has a key "drawing_id" by which they find it.

A digit that was corrected on a photograph has no strokes: its line holds its pixels instead (see
`sample_images`).
"""

from __future__ import annotations

import hashlib
import re
import time
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace as changed
from pathlib import Path
from typing import NamedTuple, TypeAlias

import platformdirs

from digitpad.data import dataset
from digitpad.data.dataset import NON_DIGIT
from digitpad.data.kinds import kind_of
from digitpad.data.sample_images import of_image
from digitpad.drawing.strokes import Sample, from_line, to_line
from digitpad.errors import DigitpadError
from digitpad.files import writing

_NAME = "my-digits.jsonl"
_MAX_BYTES = 1 << 28
_MOST_AT_ONCE = 100_000  # digits
_UNDO_STEPS = 100
_ID = "drawing_id"

# What a change has to put back: by id, where each drawing was and what it was; None: nowhere.
_Before: TypeAlias = dict[str, tuple[int, Sample] | None]


def default_path() -> Path:
    """Return where the user's digits are: in the system's folder for data of programs."""
    return Path(platformdirs.user_data_dir("digitpad", appauthor=False)) / _NAME


class Imported(NamedTuple):
    """What came of an import: how many digits were added, and what was left out or changed."""

    added: int
    notes: tuple[str, ...]


class MyDigits:
    """The drawings in a file, with undo.

    Parameters
    ----------
    path : Path, optional
        By default `default_path()`. The file need not exist.

    Attributes
    ----------
    path : Path
    samples : tuple of Sample
        In the order of the file, oldest first, each with an `id_of`. Those without a label are
        kept, but are not in `by_label`.
    notice : str
        Where the file was damaged: a sentence that says what was kept; otherwise empty.

    Raises
    ------
    DigitpadError
        If the file cannot be read at all; it stays as it is.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = default_path() if path is None else path
        self.samples: tuple[Sample, ...] = ()
        self.notice = ""
        self._undo: list[_Before] = []
        self._seen: tuple[int, ...] | None = None
        self.refresh()

    def by_label(self) -> dict[int, list[Sample]]:
        """Return the drawings of each digit, 0 to 9."""
        found: dict[int, list[Sample]] = {digit: [] for digit in range(10)}
        for sample in self.samples:
            if sample.label is not None:
                found[sample.label].append(sample)
        return found

    def refresh(self) -> bool:
        """Read the file again if it was changed by another window; return whether it was.

        Raises
        ------
        DigitpadError
            If it cannot be read.
        """
        if self._seen is not None and self._signature() == self._seen:
            return False
        try:
            if not self.path.exists():
                self._adopt(())
                return True
            try:
                with writing.locked(self.path):
                    self._read(repair=True)
            except OSError:  # a folder that may only be looked at, a full disk
                self._read(repair=False)
        except OSError as error:
            raise self._unreadable(error) from None
        return True

    def add(self, samples: Iterable[Sample]) -> list[Sample]:
        """Append drawings and return them with their ids; they are on the disk then.

        Raises
        ------
        DigitpadError
            If they cannot be written; the file is then as it was.
        """
        new = [_with_id(sample) for sample in samples]
        if not new:
            return new
        data = b"".join(map(to_line, new))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with writing.locked(self.path):
                if self._signature() != self._seen or not self._ends_with_a_line():
                    self._read(repair=True)
                if self._size() + len(data) > _MAX_BYTES:
                    raise DigitpadError(
                        f"“{self.path.name}” would hold more than {_MAX_BYTES >> 20} MiB: export "
                        "your digits, delete what you need no longer, and add fewer at once."
                    )
                writing.append(self.path, data)
                self._adopt((*self.samples, *new))
        except OSError as error:
            raise self._unwritable(error) from None
        self._remember({id_of(sample): None for sample in new})
        return new

    def remove(self, ids: Collection[str]) -> None:
        """Delete drawings; those that another window has deleted already are no error.

        Raises
        ------
        DigitpadError
            If the file cannot be written; it is then as it was.
        """
        self._change(dict.fromkeys(ids))

    def relabel(self, ids: Collection[str], label: int) -> None:
        """Change drawings' label.

        Raises
        ------
        DigitpadError
            If the file cannot be written; it is then as it was.
        """
        self.refresh()
        mine = {id_of(sample): sample for sample in self.samples}
        self._change({key: (0, changed(mine[key], label=label)) for key in ids if key in mine})

    @property
    def can_undo(self) -> bool:
        """Whether something was added, deleted or relabelled by this object."""
        return bool(self._undo)

    def undo(self) -> None:
        """Take the last addition, deletion or relabelling back; nothing if there is none.

        Raises
        ------
        DigitpadError
            If the file cannot be written; it is then as it was.
        """
        if self._undo:
            self._change(self._undo[-1], remember=False)
            self._undo.pop()

    def import_files(self, paths: Sequence[Path]) -> Imported:
        """Add the labelled digits of any files and folders that `dataset.load` reads.

        Returns
        -------
        Imported
            Drawings that are here already, by their id, are not added.

        Raises
        ------
        DigitpadError
            If one cannot be read or holds no labelled digits; nothing is added then.
        """
        found: list[Sample] = []
        notes: list[str] = []
        for path in paths:
            samples, said = labelled_samples(path, _MOST_AT_ONCE - len(found))
            found += samples
            notes += said
        here = {id_of(sample) for sample in self.samples}
        new = []
        for sample in found:
            key = find_id(sample)
            if key is None or key not in here:
                new.append(sample)
                if key is not None:
                    here.add(key)
        return Imported(len(self.add(new)), tuple(dict.fromkeys(notes)))

    # -- the file --------------------------------------------------------------------------------

    def _change(
        self, wanted: Mapping[str, tuple[int, Sample] | None], remember: bool = True
    ) -> None:
        """Make drawings what they should be: others, at this place if they are gone; None: gone."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with writing.locked(self.path):
                self._read(repair=True)
                at = {id_of(sample): index for index, sample in enumerate(self.samples)}
                before: _Before = {
                    key: (at[key], self.samples[at[key]]) for key in wanted if key in at
                }
                kept = []
                for sample in self.samples:
                    other = wanted.get(id_of(sample), (0, sample))
                    if other is not None:
                        kept.append(other[1])
                back = [other for key, other in wanted.items() if other and key not in at]
                for index, sample in sorted(back, key=lambda item: item[0]):
                    kept.insert(index, sample)
                if before or back:
                    writing.replace(self.path, b"".join(map(to_line, kept)))
                    self._adopt(kept)
        except OSError as error:
            raise self._unwritable(error) from None
        if remember and before:
            self._remember(before)

    def _remember(self, before: _Before) -> None:
        self._undo.append(before)
        del self._undo[:-_UNDO_STEPS]

    def _adopt(self, samples: Iterable[Sample]) -> None:
        self.samples = tuple(samples)
        self._seen = self._signature()

    def _signature(self) -> tuple[int, ...]:
        """Return what differs after every change of the file; () if there is none."""
        try:
            status = self.path.stat()
        except OSError:
            return ()
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def _ends_with_a_line(self) -> bool:
        if not self._signature() or not self.path.stat().st_size:
            return True
        with self.path.open("rb") as file:
            file.seek(-1, 2)
            return file.read() == b"\n"

    def _read(self, *, repair: bool) -> None:
        """Read what is readable; to repair, keep a damaged file aside and write a sound one.

        What is cut short at the file's end is a drawing that was never reported as saved: it is
        left out without a word.
        """
        if not self.path.exists():
            self._adopt(())
            return
        if self.path.stat().st_size > _MAX_BYTES:
            raise DigitpadError(
                f"“{self.path}” holds more than {_MAX_BYTES >> 20} MiB: move it elsewhere, and "
                "import what you need of it."
            )
        data = self.path.read_bytes()
        lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        samples: list[Sample] = []
        ids: set[str] = set()
        bad = 0
        for line in lines:
            if line.strip():
                try:
                    sample = from_line(line)
                except DigitpadError:
                    bad += 1
                    continue
                samples.append(_identified(sample, line, ids))
                ids.add(id_of(samples[-1]))
        torn = bool(bad) and _is_torn(lines[-1])
        if repair and (bad or lines[-1]):
            if bad > torn:
                aside = self.path.with_name(
                    f"{self.path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
                    f"-{uuid.uuid4().hex[:4]}{self.path.suffix}"
                )
                writing.replace(aside, data)
                self.notice = (
                    f"{bad} of {bad + len(samples)} lines of “{self.path.name}” could not be read. "
                    f"The other digits were kept; the damaged file is “{aside}”."
                )
            writing.replace(self.path, b"".join(map(to_line, samples)))
        elif bad > torn:
            self.notice = (
                f"{bad} of {bad + len(samples)} lines of “{self.path}” cannot be read, and the "
                "folder cannot be written to: the other digits are shown."
            )
        self._adopt(samples)

    def _unreadable(self, error: OSError) -> DigitpadError:
        return DigitpadError(
            f"“{self.path}” cannot be read ({error.strerror or error}): check its permissions."
        )

    def _unwritable(self, error: OSError) -> DigitpadError:
        return DigitpadError(
            f"“{self.path}” cannot be written ({error.strerror or error}): free some disk "
            "space, or check the folder's permissions."
        )


def _is_torn(line: bytes) -> bool:
    """Tell whether a line that has no end is the beginning of one that `to_line` made."""
    if not line.startswith(b'{"label":'):
        return False
    try:
        from_line(line)
    except DigitpadError:
        return True
    return False


def id_of(sample: Sample) -> str:
    """Return by what name a drawing in `MyDigits.samples` can be removed or relabelled."""
    return str(sample.extra[_ID])


def find_id(sample: Sample) -> str | None:
    """Return the id of a drawing from any source; None if it has none."""
    found = sample.extra.get(_ID)
    usable = isinstance(found, str) and re.fullmatch("[0-9a-f]{32}", found) is not None
    return str(found) if usable else None


def _with_id(sample: Sample) -> Sample:
    """Return a new drawing with the time and an id; what was imported keeps its own."""
    own = {"added": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())} | sample.extra
    return changed(sample, extra=own if find_id(sample) else own | {_ID: uuid.uuid4().hex})


def _identified(sample: Sample, line: bytes, taken: Collection[str]) -> Sample:
    """Return a drawing with an id; one that had none gets what every window derives alike."""
    key = find_id(sample)
    if key is not None and key not in taken:
        return sample
    key, number = "", 0
    while not key or key in taken:
        key = hashlib.sha256(line.strip() + b"%d" % number).hexdigest()[:32]
        number += 1
    return changed(sample, extra=sample.extra | {_ID: key})


def labelled_samples(path: Path, most: int = _MOST_AT_ONCE) -> tuple[list[Sample], tuple[str, ...]]:
    """Return the labelled digits of a file or folder, and what was left out or changed.

    They are strokes, or images where there are none; see `Dataset.notes`.

    Parameters
    ----------
    path : Path
    most : int
        That may be in it.

    Raises
    ------
    DigitpadError
        If it cannot be read, or holds no labelled digits or too many.
    """
    if kind_of(path) == "strokes":
        samples, notes = dataset.labelled_strokes(path)
    else:
        data = dataset.load(path, split="train")
        _check_number(len(data), path, most)
        samples = [
            of_image(image, label)
            for image, label in zip(data.images, data.labels.tolist(), strict=True)
            if label != NON_DIGIT
        ]
        notes = data.notes
    _check_number(len(samples), path, most)
    if not samples:
        raise DigitpadError(f"“{path.name}” holds no labelled digits: choose another file.")
    return samples, notes


def _check_number(n: int, path: Path, most: int) -> None:
    if n > most:
        raise DigitpadError(
            f"“{path.name}” holds {n:,} digits, too many to be your own: train with it as a data "
            f"set, or import at most {_MOST_AT_ONCE:,} at once."
        )
