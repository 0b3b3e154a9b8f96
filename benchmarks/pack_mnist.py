"""Pack the four raw IDX files of MNIST into resources/mnist.

    python benchmarks/pack_mnist.py FOLDER

FOLDER holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
t10k-labels-idx1-ubyte as Yann LeCun published them. Their MD5 sums are checked before anything is
written, and again for what `mnist()` reads back.

The images become grey PNG files of 10,000 rows, one image of 784 pixels a row. Pillow inflates
twice as fast as Python, and files of equal size are decoded in parallel.
"""

from __future__ import annotations

import gzip
import hashlib
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from digitpad.data.mnist import mnist

MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}

ROWS = 10_000


def pack(source: Path, target: Path) -> None:
    """Check the raw files and write the packed ones."""
    raw = {name: (source / name).read_bytes() for name in MD5}
    for name, data in raw.items():
        if hashlib.md5(data).hexdigest() != MD5[name]:
            sys.exit(f"{source / name} is not the genuine file: its MD5 differs.")
    target.mkdir(parents=True, exist_ok=True)
    for name, data in raw.items():
        if "labels" in name:
            packed = gzip.compress(data, compresslevel=9, mtime=0)
            (target / f"{name}.gz").write_bytes(packed)
            continue
        rows = np.frombuffer(data, dtype=np.uint8, offset=16).reshape(-1, 784)
        for number, start in enumerate(range(0, len(rows), ROWS), start=1):
            path = target / f"{name.removesuffix('-idx3-ubyte')}-{number}.png"
            Image.fromarray(rows[start : start + ROWS]).save(path, optimize=True)


def idx_bytes(values: np.ndarray) -> bytes:
    """Return the bytes of an IDX file with these values, (n,) or (n, 28, 28)."""
    header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, dtype=">u4").tobytes()
    return header + values.astype(np.uint8).tobytes()


def check() -> None:
    """Compare what digitpad reads from the packed files with the originals."""
    train, validation, test = mnist()
    splits = {"train": train.concatenate(validation), "t10k": test}
    for name, split in splits.items():
        for kind, values in (
            ("images-idx3", split.images.reshape(-1, 28, 28)),
            ("labels-idx1", split.labels),
        ):
            file = f"{name}-{kind}-ubyte"
            if hashlib.md5(idx_bytes(values)).hexdigest() != MD5[file]:
                sys.exit(f"{file} does not come back as it was.")
            print(f"{file}: as published")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    pack(Path(sys.argv[1]), Path(__file__).resolve().parent.parent / "resources" / "mnist")
    check()
