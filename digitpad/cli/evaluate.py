"""`digitpad evaluate`: a model and a data set go in, accuracy and confusion matrix come out."""

from __future__ import annotations

import json
from pathlib import Path

from digitpad.cli import terminal
from digitpad.data import dataset
from digitpad.data.mnist import mnist
from digitpad.errors import DigitpadError
from digitpad.nn import model_file
from digitpad.nn.network import describe
from digitpad.recognition import evaluation


def evaluate(
    model_path: Path | None, data_path: Path | None, labels_path: Path | None, *, as_json: bool
) -> int:
    """Evaluate a model, print the result, and return the exit code.

    Parameters
    ----------
    model_path : Path or None
        None: the shipped model.
    data_path : Path or None
        None: MNIST's test images.
    labels_path : Path or None
        The labels of an IDX file, if they are not beside it.
    as_json : bool
        Print a JSON object instead of text.

    Raises
    ------
    DigitpadError
        If a file cannot be read.
    """
    if labels_path is not None and data_path is None:
        raise DigitpadError("Labels need images: name them with --data.")
    model = model_file.shipped() if model_path is None else model_file.load(model_path)
    if data_path is None:
        data = mnist().test
    else:
        data = dataset.load(data_path, labels_path)
        for note in data.notes:
            terminal.complain(note)
    with terminal.progress_bar(len(data), "evaluate") as progress:
        result = evaluation.evaluate(model.network, data, progress.update)
    if as_json:
        content = {
            "accuracy": result.accuracy,
            "n": result.n,
            "confusion": result.confusion.tolist(),
        }
        print(json.dumps(content))
        return 0
    low, high = result.interval
    correct = int(result.confusion.trace())
    print(f"network   {describe(model.network)}")
    print(f"data      {data.name}")
    print(f"accuracy  {terminal.percent(result.accuracy)}, {correct:,} of {result.n:,}")
    print(f"          {terminal.percent(low)} to {terminal.percent(high)} with 95 % confidence")
    print(f"cost      {result.cost:.4g}")
    print("\nHow often each digit (row) was read as which (column):")
    for line in terminal.confusion_lines(result):
        print(line)
    return 0
