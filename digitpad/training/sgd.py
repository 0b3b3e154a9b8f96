"""Training: mini-batch stochastic gradient descent, and when to stop.

    for each epoch:
        shuffle the training samples
        for each mini-batch of m of them:
            w' = w - η ∂C/∂w        b' = b - η ∂C/∂b
        look how well the network does on validation samples that it never learns from

`train` is a generator: it trains while its consumer iterates, and whatever the consumer does
between two reports happens between two mini-batches. To pause is not to ask for the next report;
to stop is to close the generator.

Every random choice follows from the seed, the epoch and the place in it, not from what was drawn
before. So a `TrainingState` says all there is to know, and a training that was interrupted
anywhere, even saved to a file, goes on to the same weights, bit for bit.
"""

import math
import time
from collections.abc import Callable, Generator
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from digitpad.data.dataset import Dataset
from digitpad.errors import DigitpadError
from digitpad.nn.functions import ACTIVATIONS, Array, require_trainable
from digitpad.nn.network import Network, one_hot
from digitpad.recognition.evaluation import evaluate
from digitpad.training.augment import distort
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.minibatch import MiniBatchGradient
from digitpad.training.minibatch_parallel import ParallelGradient, gradient_of
from digitpad.training.optimiser import Optimiser
from digitpad.training.state import TrainingState

# About so many samples are prepared (shuffled, scaled, distorted) at a time: enough to make NumPy's
# cost of a call disappear, few enough to stay in the processor's cache.
_CHUNK = 512
_PLATEAU = 3


class EndReason(StrEnum):
    """Why a training ended; the values are identifiers in files and JSON."""

    EPOCHS = "epochs"
    EARLY_STOPPING = "early stopping"
    CONVERGED = "converged"
    STOPPED = "stopped"
    FAILED = "failed"


class Diverged(DigitpadError):
    """The cost is no longer a number."""


class EpochReport(NamedTuple):
    """What an epoch brought.

    Attributes
    ----------
    epoch : int
        From 1.
    cost, accuracy : float
        Means over the epoch's mini-batches, as they were met (with dropout and distortions); the
        accuracy of the digits among them.
    validation_cost, validation_accuracy : float or None
        After the epoch, where there are validation samples.
    learning_rate : float
        At its end.
    seconds : float
        Its mini-batches' time, without pauses and validation.
    """

    epoch: int
    cost: float
    accuracy: float
    validation_cost: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float


class Progress(NamedTuple):
    """Where training is.

    Attributes
    ----------
    epoch, epochs : int
        The epoch under way (from 0) and how many there will be.
    batch, batches : int
        Mini-batches done in this epoch, and how many it has.
    costs : (k,) float32
        The cost of each mini-batch since the last report.
    cost : float
        Their mean.
    learning_rate : float
    samples_per_second : float
        Without pauses and validation.
    seconds_left : float
        Until all epochs are done.
    epoch_end : EpochReport or None
        Where an epoch has just ended.
    finished : EndReason or None
        In the last report, why there are no more: EPOCHS, EARLY_STOPPING or CONVERGED.
    """

    epoch: int
    epochs: int
    batch: int
    batches: int
    costs: NDArray[np.float32]
    cost: float
    learning_rate: float
    samples_per_second: float
    seconds_left: float
    epoch_end: EpochReport | None
    finished: EndReason | None


def train(
    network: Network,
    data: Dataset,
    hyperparameters: Hyperparameters,
    validation: Dataset | None = None,
    *,
    state: TrainingState | None = None,
    report_every: float = 1 / 30,
    report_within: Callable[[], int] | None = None,
) -> Generator[Progress, Hyperparameters | None, None]:
    """Train a network in place, reporting while it goes on.

    Parameters
    ----------
    network : Network
        As `hyperparameters.new_network()` makes it, or one that was trained before.
    data : Dataset
        To learn from.
    hyperparameters : Hyperparameters
        `send` others to the generator to change those fields that are `live` from the next
        mini-batch on; the change is noted in the history.
    validation : Dataset, optional
        Evaluated after each epoch. Patience needs it.
    state : TrainingState, optional
        A new one, to keep hold of; or that of a training that was interrupted, to resume it with
        the same data, seed and network.
    report_every : float
        Seconds between two reports; 0: after every mini-batch.
    report_within : function, optional
        Asked before each report: after how many further mini-batches it is due at the latest.

    Yields
    ------
    Progress
        After a mini-batch, and at each epoch's end.

    Raises
    ------
    DigitpadError
        If the network, the data and the hyperparameters do not go together.
    Diverged
        When the cost is no longer a number; the network then has the weights with which the epoch
        began (or was resumed).
    """
    state = TrainingState() if state is None else state
    blas = ThreadpoolController().select(user_api="blas")
    # As many as matrix products may use now: whoever set that limit needs the others.
    processors = max((library["num_threads"] for library in blas.info()), default=1)
    run = _Run(network, data, hyperparameters, validation, state, processors)
    due = time.perf_counter() + report_every
    while not run.finished:
        progress = None
        last = run.position_after(report_within() if report_within is not None else len(data))
        # Each product by one processor: see `parallel`. What the consumer of the reports does may
        # be quicker with all of them, so the limit ends here.
        with blas.limit(limits=1):
            while progress is None:
                progress = run.until(due, last)
        changed = yield progress
        if changed is not None:
            run.change(changed)
        due = time.perf_counter() + report_every


class _Run:
    """One training under way: its data, its buffers and its place."""

    def __init__(
        self,
        network: Network,
        data: Dataset,
        hyperparameters: Hyperparameters,
        validation: Dataset | None,
        state: TrainingState,
        processors: int,
    ) -> None:
        if hyperparameters.training_images:
            data = data.take(slice(hyperparameters.training_images))
        _check(network, data, hyperparameters, validation, state)
        self._network = network
        self._images = data.images
        self._labels = data.labels
        self._targets = one_hot(data.labels, network.sizes[-1])
        self._validation = validation
        self._state = state
        self._n = len(data)
        # What is no digit cannot be read rightly; a network is not blamed for it.
        self._digits = max(1, int((data.labels >= 0).sum()))
        self._processors = processors
        self._output = ACTIVATIONS[network.output_activation].function
        self._good: Array = network.parameters.copy()
        self._rate = 0.0
        self._validation_seconds = 0.0
        self._order_of = -1
        self.finished: EndReason | None = None
        state.begin(hyperparameters, network)
        if state.position >= self._n:
            state.begin_epoch()  # it was interrupted with other data, of which there were more
        self._prepare(hyperparameters)

    def _prepare(self, hyperparameters: Hyperparameters) -> None:
        """Allocate what depends on the hyperparameters."""
        self._h = hyperparameters
        m = hyperparameters.mini_batch_size
        sizes = self._network.sizes
        dtype = self._network.parameters.dtype
        self._batches = -(-self._n // m)
        rows = m * max(1, _CHUNK // m)
        self._pixels = np.empty((rows, sizes[0]), self._images.dtype)
        self._x = np.ones((rows, sizes[0] + 1), dtype)
        self._y = np.empty((rows, sizes[-1]), dtype)
        self._z = np.empty((rows, sizes[-1]), dtype)
        self._masks: list[NDArray[np.float32]] | None = None
        if hyperparameters.dropout:
            self._masks = [np.empty((rows, n), np.float32) for n in sizes[1:-1]]
        self._gradients: dict[int, MiniBatchGradient | ParallelGradient] = {}
        self._optimiser = Optimiser(self._network, hyperparameters, self._state, self._n)
        self._chunk_ready = False

    def change(self, hyperparameters: Hyperparameters) -> None:
        """Go on with other live hyperparameters from the next mini-batch."""
        changes = self._state.change(hyperparameters)
        if changes:
            self._state.chunk_start = self._state.position
            self._prepare(hyperparameters)

    def position_after(self, batches: int) -> int:
        """Return the position in the epoch, or beyond its end, after so many mini-batches."""
        return self._state.position + batches * self._h.mini_batch_size

    def until(self, deadline: float, last: int) -> Progress | None:
        """Run mini-batches until the deadline, a position, the chunk's or the epoch's end.

        Returns None where there is nothing to report yet.
        """
        state = self._state
        started = time.perf_counter()
        if not self._chunk_ready:
            self._fill_chunk()
        first = state.position
        end = min(state.chunk_start + len(self._x), self._n)
        # A training that diverges passes through inf and NaN on its way to the error message.
        with np.errstate(all="ignore"):
            while state.position < min(end, last):
                self._mini_batch()
                if time.perf_counter() >= deadline:
                    break
            costs = self._costs(first, state.position)
        elapsed = time.perf_counter() - started
        state.seconds += elapsed
        state.epoch_seconds += elapsed
        speed = (state.position - first) / elapsed
        self._rate = speed if not self._rate else 0.8 * self._rate + 0.2 * speed
        if state.position == end:
            state.chunk_start = end
            self._chunk_ready = False
        state.unreported.extend(costs)
        if not math.isfinite(sum(costs)):
            self._diverged()
        epoch_end = self._end_epoch() if state.position == self._n else None
        if epoch_end is None and state.position < last and time.perf_counter() < deadline:
            return None
        return self._progress(epoch_end)

    def _fill_chunk(self) -> None:
        """Shuffle the next samples into the buffers, distorted, with their dropout masks."""
        state, h = self._state, self._h
        if self._order_of != state.epoch:
            self._order = np.random.default_rng((h.seed, state.epoch)).permutation(self._n)
            self._order_of = state.epoch
        chosen = self._order[state.chunk_start : state.chunk_start + len(self._x)]
        count = len(chosen)
        # mode="clip" spares NumPy a detour by which it would leave `out` as it was after an error.
        pixels = np.take(self._images, chosen, axis=0, out=self._pixels[:count], mode="clip")
        np.take(self._targets, chosen, axis=0, out=self._y[:count], mode="clip")
        self._chosen = chosen
        if h.distorts or self._masks:
            generator = np.random.default_rng((h.seed, state.epoch, state.chunk_start))
        if h.distorts:
            distort(pixels, h, generator, self._x[:count])
        else:
            # The ones beside the images are scaled with them, from 255: memory without gaps is
            # gone through several times as quickly.
            x = self._x[:count]
            x[:, :-1] = pixels
            x[:, -1] = 255
            x *= 1 / 255
        for mask in self._masks or []:
            generator.random(out=mask, dtype=np.float32)
            np.greater_equal(mask, h.dropout, out=mask)
            mask /= 1 - h.dropout
        self._optimiser.learning_rate = self._learning_rate()
        self._chunk_ready = True

    def _learning_rate(self) -> float:
        """Return η as the schedule has it at the chunk's beginning."""
        h = self._h
        done = (self._state.epoch + self._state.chunk_start / self._n) / h.epochs
        if h.schedule == "step":
            return h.learning_rate * (0.01 if done >= 0.75 else 0.1 if done >= 0.5 else 1.0)
        if h.schedule == "cosine":
            return h.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
        return h.learning_rate * 0.5**self._state.halvings

    def _mini_batch(self) -> None:
        state = self._state
        start = state.position - state.chunk_start
        m = min(self._h.mini_batch_size, self._n - state.position)
        gradient = self._gradients.get(m)
        if gradient is None:
            gradient = self._gradients[m] = gradient_of(self._network, m, self._processors)
        end = start + m
        masks = self._masks and [mask[start:end] for mask in self._masks]
        self._optimiser.step(
            gradient, self._x[start:end], self._y[start:end], self._z[start:end], masks or None
        )
        state.position += m

    def _costs(self, first: int, last: int) -> list[float]:
        """Return the cost of each mini-batch from one position to another, and add them up."""
        state = self._state
        rows = slice(first - state.chunk_start, last - state.chunk_start)
        z, y = self._z[rows], self._y[rows]
        a = self._output(z)
        costs = self._network.sample_costs(z, a, y)
        m = self._h.mini_batch_size
        sums = np.add.reduceat(costs, np.arange(0, last - first, m)).tolist()
        # One by one in 64 bits, so that the total does not depend on when reports fell due.
        for total in sums:
            state.epoch_cost += total
        state.epoch_correct += int((z.argmax(axis=1) == self._labels[self._chosen[rows]]).sum())
        in_the_last = (last - first - 1) % m + 1
        return [total / m for total in sums[:-1]] + [sums[-1] / in_the_last]

    def _diverged(self) -> None:
        self._network.parameters[...] = self._good
        self._state.begin_epoch()
        self._state.forget_steps()
        raise Diverged(
            "The cost is no longer a number: the steps overshot further and further. The network "
            "has the weights of the last epoch's end again: train it with a smaller learning rate "
            "η."
        )

    def _end_epoch(self) -> EpochReport:
        state, h = self._state, self._h
        if not np.isfinite(self._network.parameters.sum(dtype=np.float64)):
            self._diverged()
        self._good[...] = self._network.parameters
        validation_cost = validation_accuracy = None
        started = time.perf_counter()
        if self._validation is not None:
            result = evaluate(self._network, self._validation)
            validation_cost, validation_accuracy = result.cost, result.accuracy
        self._validation_seconds = time.perf_counter() - started
        report = EpochReport(
            epoch=state.epoch + 1,
            cost=state.epoch_cost / self._n,
            accuracy=state.epoch_correct / self._digits,
            validation_cost=validation_cost,
            validation_accuracy=validation_accuracy,
            learning_rate=self._optimiser.learning_rate,
            seconds=state.epoch_seconds,
        )
        converged = state.end_epoch(report._asdict(), self._network)
        if h.schedule == "halve on plateau" and state.epochs_without_better >= _PLATEAU * (
            state.halvings + 1 - state.halvings_at_best
        ):
            state.halvings += 1
        if h.convergence and converged < h.convergence:
            self.finished = EndReason.CONVERGED
        elif h.patience and state.epochs_without_better >= h.patience:
            self.finished = EndReason.EARLY_STOPPING
        elif state.epoch >= h.epochs:
            self.finished = EndReason.EPOCHS
        if self.finished and h.patience and state.best_parameters is not None:
            self._network.parameters[...] = state.best_parameters
        return report

    def _progress(self, epoch_end: EpochReport | None) -> Progress:
        state, h = self._state, self._h
        costs = np.array(state.unreported, np.float32)
        state.unreported.clear()
        epochs_left = h.epochs - state.epoch
        samples_left = epochs_left * self._n - state.position
        return Progress(
            epoch=state.epoch - (epoch_end is not None),
            epochs=h.epochs,
            batch=self._batches if epoch_end else -(-state.position // h.mini_batch_size),
            batches=self._batches,
            costs=costs,
            cost=float(costs.mean()),
            learning_rate=self._optimiser.learning_rate,
            samples_per_second=self._rate,
            seconds_left=samples_left / self._rate + epochs_left * self._validation_seconds,
            epoch_end=epoch_end,
            finished=self.finished,
        )


def _check(
    network: Network,
    data: Dataset,
    hyperparameters: Hyperparameters,
    validation: Dataset | None,
    state: TrainingState,
) -> None:
    """Raise DigitpadError unless all of these go together."""
    h = hyperparameters
    require_trainable(network.activation, network.output_activation)
    described = (h.sizes, h.activation, h.output_activation, h.cost)
    if described != (network.sizes, network.activation, network.output_activation, network.cost):
        raise DigitpadError(
            "These hyperparameters describe another network than the one to be trained: make a new "
            "network, or use its own layers, activation functions and cost."
        )
    if not len(data):
        raise DigitpadError(f"“{data.name}” has no images to learn from: choose other data.")
    if h.output_activation == "softmax" and (data.labels < 0).any():
        raise DigitpadError(
            f"“{data.name}” has drawings that are no digits, for which no output is to be active, "
            "but softmax outputs always share 1 between them: choose logistic outputs."
        )
    if state.epoch >= h.epochs:
        raise DigitpadError(
            f"This training has been through its {h.epochs} epochs already: give it more epochs."
        )
    if h.patience and not (validation and len(validation)):
        raise DigitpadError(
            "Stopping early needs validation images: give some, or set the patience to 0."
        )
