"""The options of `digitpad train`: one for each hyperparameter, explained in the text's words."""

from __future__ import annotations

import argparse
import textwrap
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from digitpad.errors import DigitpadError
from digitpad.training.hyperparameters import FIELDS, Field, Hyperparameters, check_value
from digitpad.training.presets import PRESETS, Preset, find_preset


def _described(preset: Preset) -> str:
    return textwrap.fill(
        preset.sentence,
        78,
        initial_indent=f"    {preset.spelling:<12} ",
        subsequent_indent=" " * 17,
    )


_PRESETS = "\n".join(
    "\n".join([f"  {heading.lower()}:", *map(_described, presets)])
    for heading, presets in groupby(PRESETS.values(), attrgetter("heading"))
)

DESCRIPTION = f"""\
Train a network by stochastic gradient descent and save it. Start from a
preset and change what you like:

{_PRESETS}

  digitpad train --preset basic --out mine.npz
  digitpad train --preset quick --hidden-layers 300,100 --out mine.npz
  digitpad train --continue mine.npz --epochs 20

Ctrl-C stops between two mini-batches and saves; --continue resumes from there
and reaches exactly the weights that uninterrupted training would have reached.
"""

# Above the first field of each group.
_GROUPS = {
    "hidden_layers": "the network",
    "optimiser": "how it learns",
    "rotation": "augmentation of the training images",
    "seed": "randomness",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `digitpad train`: one for each hyperparameter, and those for files."""
    files = parser.add_argument_group("what to train, and where to save it")
    files.add_argument(
        "--preset",
        type=_preset,
        metavar="NAME",
        help="the hyperparameters to start from (default: basic)",
    )
    files.add_argument("--out", type=Path, metavar="FILE", help="the model file to write, .npz")
    files.add_argument(
        "--continue",
        dest="start",
        type=Path,
        metavar="FILE",
        help="resume the training that saved this model, with its hyperparameters and data; if it "
        "was saved without its state, start a new training from its weights with its "
        "hyperparameters (default for --out: the same file)",
    )
    files.add_argument(
        "--data",
        type=Path,
        metavar="DATA",
        help="train on this instead of MNIST: anything that digitpad evaluate takes; a sixth "
        "of it is held out for validation",
    )
    files.add_argument(
        "--strokes",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="also train on pen strokes, and on non-digits",
    )
    files.add_argument(
        "--compact",
        action="store_true",
        help="save the weights in half precision (three digits) and not what --continue needs: "
        "a quarter of the size or less",
    )
    files.add_argument(
        "--json", action="store_true", help="print progress and result as JSON lines"
    )
    group: Any = parser
    for name, explained in FIELDS.items():
        if name in _GROUPS:
            group = parser.add_argument_group(_GROUPS[name])
        help_text = f"{explained.explanation} ({_plain_valid(explained)})"
        group.add_argument(
            option(name),
            dest=name,
            type=_converter(name),
            default=None,
            metavar=_METAVARS[explained.kind],
            help=help_text.replace("%", "%%"),
        )


def option(name: str) -> str:
    """Return the option of a hyperparameter, such as --learning-rate."""
    return f"--{name.replace('_', '-')}"


def given(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the hyperparameters that options were given for."""
    return {name: value for name in FIELDS if (value := getattr(arguments, name)) is not None}


def new_training(arguments: argparse.Namespace) -> tuple[Preset, Hyperparameters]:
    """Return the preset of a new training, and its hyperparameters.

    Raises
    ------
    DigitpadError
        If they do not go together.
    """
    preset = PRESETS[arguments.preset or "basic"]
    return preset, preset.hyperparameters.replace(**given(arguments))


_METAVARS = {int: "N", float: "X", str: "NAME", tuple: "N,N,…"}


def _plain_valid(explained: Field) -> str:
    # Names as they are typed, without blanks that would need quotes.
    if explained.choices:
        return ", ".join(choice.replace(" ", "-") for choice in explained.choices)
    if explained.kind is tuple:
        return f"{explained.valid}; none: no hidden layers"
    return explained.valid


def _preset(text: str) -> str:
    preset = find_preset(text)
    if preset is None:
        names = ", ".join(each.spelling for each in PRESETS.values())
        raise argparse.ArgumentTypeError(f"there is no preset “{text}”: choose one of {names}")
    return preset.name


def _converter(name: str) -> Any:
    explained = FIELDS[name]

    def convert(text: str) -> Any:
        value: Any = text
        if explained.kind is tuple:
            words = text.replace(",", " ").replace("-", " ").split()
            value = () if text == "none" else tuple(words) or text
        elif explained.kind is str:
            spaced = {choice.replace(" ", "-"): choice for choice in explained.choices}
            value = spaced.get(text, text)
        try:
            return check_value(name, value)
        except DigitpadError as error:
            raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None

    return convert
