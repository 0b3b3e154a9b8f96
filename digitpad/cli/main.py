"""digitpad in a terminal: opens the window, or reads, evaluates and trains without one.

What a command needs is imported by the command, so that `digitpad predict` answers at once and only
the window needs Qt.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from digitpad import __version__
from digitpad.cli import export, sweep_options, terminal, window
from digitpad.errors import DigitpadError
from digitpad.training import options as train_options

_DESCRIPTION = """\
Draw a digit and watch a neural network, trained by yourself, recognise it.

Without a command, digitpad opens its window; where there is no display, it
reads the examples that come with it in the terminal instead.
"""

_EXAMPLES = """\
examples:
  digitpad                                   draw, watch, train
  digitpad --model mine.npz                  the same with a model of your own
  digitpad predict seven.png strokes.jsonl   what do you see there?
  digitpad train --preset basic --out mine.npz
  digitpad evaluate --model mine.npz         how well does it read MNIST?
  digitpad sweep --lesson learning-rate      how large may the steps be?
  digitpad export --web page.html            share it as a web page

See “digitpad COMMAND --help” for details.
"""

# What the shell reports for a program that was interrupted, or whose reader went away.
_INTERRUPTED = 130
_READER_GONE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run digitpad as the command line says, and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; by default those of the process.

    Returns
    -------
    int
        0; 1 if what was asked cannot be done, 2 if it cannot be understood (both say why on
        stderr); 130 when interrupted.
    """
    if getattr(sys, "frozen", False):
        # A frozen program is its own Python: this runs what another process of it is to do.
        import multiprocessing

        multiprocessing.freeze_support()
    terminal.prepare()
    try:
        arguments = _parser().parse_args(argv)
        if arguments.command is not None and arguments.window_model is not None:
            terminal.complain("put --model FILE after the command", "digitpad")
            return 2
        arguments.argv = list(sys.argv[1:] if argv is None else argv)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except SystemExit as finished:  # argparse has said what there is to say
        return finished.code if isinstance(finished.code, int) else 1
    except DigitpadError as error:
        terminal.complain(str(error))
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return _READER_GONE
    except MemoryError:
        terminal.complain("There is not enough memory for this: use less data or fewer neurons.")
        return 1
    except OSError as error:
        _discard_output()
        terminal.complain(
            f"This did not work ({error.strerror or error}): free some disk space and try again."
        )
        return 1


def _discard_output() -> None:
    """Let what is still to be written vanish, lest Python complains of it when it ends."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in a sentence, not in a screenful of usage."""

    def error(self, message: str) -> NoReturn:
        terminal.complain(f"{message} (see {self.prog} --help)", self.prog)
        self.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="digitpad",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"digitpad {__version__}")
    parser.add_argument(
        "--model",
        dest="window_model",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="the model to open in the window (default: the one that ships)",
    )
    parser.set_defaults(run=_window_or_examples)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    _add_app(commands)
    _add_predict(commands)
    _add_evaluate(commands)
    _add_train(commands)
    _add_sweep(commands)
    _add_export(commands)
    return parser


def _add_command(
    commands: argparse._SubParsersAction[_Parser], name: str, brief: str, description: str
) -> _Parser:
    return commands.add_parser(
        name,
        help=brief,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


# -- the window ------------------------------------------------------------------------------------


def _add_app(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(
        commands,
        "app",
        "open the window",
        "Open the window, as digitpad does without a command; but where it cannot be\n"
        "opened, say what to install or set, and fail.",
    )
    parser.add_argument("--model", type=Path, metavar="FILE", help="the model to open in it")
    parser.set_defaults(run=_app)


def _app(arguments: argparse.Namespace) -> int:
    return window.open_window(arguments.model)


def _window_or_examples(arguments: argparse.Namespace) -> int:
    return window.open_window_or_read_examples(arguments.window_model)


# -- predict ---------------------------------------------------------------------------------------


def _add_predict(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(
        commands,
        "predict",
        "read pictures and pen strokes of digits",
        """\
Read digits: show what the network sees, its ten output activations and its
answer, or why it is not sure. More than a dozen digits get a line each.

A picture (PNG, JPEG, BMP, GIF, WebP, TIFF) shows one digit, dark on light or
light on dark. A stroke file holds a digit on each line, y downwards, in any
unit, and may be gzipped:
  {"label": 7, "strokes": [[[10, 10], [60, 10], [30, 90]]]}""",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what to read")
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="the model (default: the one that ships)"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print a JSON object for each digit on a line of its own: file, sample (in a stroke "
        "file, from 1), label, digit, sure, reason (if not sure: ambiguous, unknown or empty), "
        "confidence, activations",
    )
    parser.set_defaults(run=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from digitpad.cli import predict

    return predict.predict(arguments.files, arguments.model, as_json=arguments.json)


# -- evaluate --------------------------------------------------------------------------------------


def _add_evaluate(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(
        commands,
        "evaluate",
        "measure a model's accuracy on a data set",
        """\
Recognise every image of a data set and compare with its label: the accuracy
with its 95 % confidence interval, and the confusion matrix.

A data set is
  an IDX file, .gz or not, as MNIST, EMNIST and Fashion-MNIST come in, with its
    labels beside it or named by --labels
  an .npz file with the arrays images and labels (or x and y), or a pair of .npy
    files of such names
  a text file (.csv) with the label and 784 pixels of an image on each line
  a folder with sub-folders 0 to 9 of pictures, with pictures whose names begin
    with their digit (7_anna.jpg), or with such IDX files
  a stroke file (see “digitpad predict --help”); what has no label is left out""",
    )
    parser.add_argument(
        "--model", type=Path, metavar="FILE", help="the model (default: the one that ships)"
    )
    parser.add_argument(
        "--data", type=Path, metavar="DATA", help="the data set (default: MNIST's test images)"
    )
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE",
        help="the labels of IDX or .npy images, if elsewhere",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help='print {"accuracy": …, "n": …, "confusion": [[…]]}, a row for each label and a column '
        "for each digit that was read",
    )
    parser.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    from digitpad.cli import evaluate

    return evaluate.evaluate(
        arguments.model, arguments.data, arguments.labels, as_json=arguments.json
    )


# -- train -----------------------------------------------------------------------------------------


def _add_train(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(commands, "train", "train a network", train_options.DESCRIPTION)
    parser.usage = "digitpad train [--preset NAME] --out FILE [OPTION …]"
    train_options.add_options(parser)
    parser.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> int:
    from digitpad.cli import train

    return train.train(arguments)


# -- sweep -----------------------------------------------------------------------------------------


def _add_sweep(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(commands, "sweep", "try many hyperparameters", sweep_options.DESCRIPTION)
    sweep_options.add_options(parser)
    parser.set_defaults(run=_sweep)


def _sweep(arguments: argparse.Namespace) -> int:
    from digitpad.cli import sweep

    return sweep.sweep(arguments)


# -- export ----------------------------------------------------------------------------------------


def _add_export(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = _add_command(
        commands, "export", "write a web page, a picture or an ONNX file", export.DESCRIPTION
    )
    export.add_options(parser)
    parser.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    return export.export(arguments.model, web=arguments.web, svg=arguments.svg, onnx=arguments.onnx)
