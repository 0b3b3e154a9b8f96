"""What is chosen before training, not learned by it: one table of fields, checked, and explained.

`FIELDS` is the only place where a hyperparameter's range and meaning are written down; the training
panel's tooltips and `digitpad train --help` both come from it.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from digitpad.errors import DigitpadError
from digitpad.nn.functions import COSTS, check_pair, require_trainable
from digitpad.nn.network import INITIALISATIONS, Network

OPTIMISERS: tuple[str, ...] = ("sgd", "adam")
SCHEDULES: tuple[str, ...] = ("constant", "step", "cosine", "halve on plateau")


@dataclass(frozen=True)
class Field:
    """What a user should know of one hyperparameter.

    Attributes
    ----------
    label : str
        Its name in a form.
    explanation : str
        What it does, in the words of the text.
    kind : type
        int, float, str, or tuple (of int: the hidden layers).
    minimum, maximum : float
        The valid range, both ends included, of numbers.
    choices : tuple of str
        The valid values of a str.
    live : bool
        Whether it can change between two mini-batches of a running training.
    unit : str
        What a number counts, if anything.
    """

    label: str
    explanation: str
    kind: type
    minimum: float = 0.0
    maximum: float = 0.0
    choices: tuple[str, ...] = ()
    live: bool = False
    unit: str = ""

    @property
    def valid(self) -> str:
        """The valid values, as a phrase."""
        if self.choices:
            return ", ".join(self.choices)
        if self.kind is tuple:  # whose commas are between layers
            numbers = f"{self.minimum:g} to {self.maximum:g}"
            return f"0 to {MAX_HIDDEN_LAYERS} layers of {numbers} neurons"
        return f"{plain(self.minimum)} to {plain(self.maximum)} {self.unit}".strip()


def plain(number: float) -> str:
    """Return a number as people write it, without an exponent."""
    return f"{number:,.10f}".rstrip("0").rstrip(".")


_MARKED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")


def without_marks(text: str) -> str:
    """Return a number without the marks between its thousands: “10,000”, as `plain` writes it."""
    return text.replace(",", "") if _MARKED.fullmatch(text.strip()) else text


MAX_HIDDEN_LAYERS = 20

FIELDS: dict[str, Field] = {
    "hidden_layers": Field(
        "Hidden layers",
        "How many layers lie between the 784 inputs and the 10 outputs, and how many neurons each "
        "has. More neurons can distinguish more, but take longer to train.",
        tuple,
        1,
        5000,
    ),
    "activation": Field(
        "Activation",
        "How a hidden neuron computes its activation from its weighted input z. The logistic "
        "function σ is a smooth version of the perceptron's step: a small change in a weight makes "
        "a small change in the output. tanh is similar but ranges from −1 to 1; relu is max(0, z).",
        str,
        choices=("logistic", "tanh", "relu", "step"),
    ),
    "output_activation": Field(
        "Outputs",
        "How an output neuron computes its activation. Logistic outputs are independent of each "
        "other; softmax outputs add up to 1.",
        str,
        choices=("logistic", "softmax", "tanh", "relu", "step"),
    ),
    "cost": Field(
        "Cost",
        "The function that training minimises. Quadratic: 1/(2n) Σ‖y − a‖², as in the text. "
        "Cross-entropy: its gradient does not contain σ', so neurons that are badly wrong learn "
        "fast even when saturated.",
        str,
        choices=tuple(COSTS),
    ),
    "initialisation": Field(
        "First weights",
        "Training starts from random weights. Gaussian: mean 0 and standard deviation 1, as in "
        "the text. Scaled: divided by √n for a neuron with n inputs, so that it does not start "
        "saturated.",
        str,
        choices=INITIALISATIONS,
    ),
    "optimiser": Field(
        "Optimiser",
        "How a gradient becomes a step. sgd: w' = w − η ∂C/∂w, as in the text. adam: each weight "
        "has its own step size, scaled by its recent gradients.",
        str,
        choices=OPTIMISERS,
    ),
    "learning_rate": Field(
        "Learning rate η",
        "The size of each step down the gradient. If it is too small, training takes forever; if "
        "it is too large, the steps overshoot the valley and the cost grows.",
        float,
        1e-6,
        1000.0,
        live=True,
    ),
    "momentum": Field(
        "Momentum",
        "How much of the last step is added to the next, like a ball that rolls downhill. 0: none, "
        "as in the text. (With adam, the decay of the gradients' running mean; 0 then means the "
        "usual 0.9.)",
        float,
        0.0,
        0.999,
        live=True,
    ),
    "mini_batch_size": Field(
        "Mini-batch size m",
        "How many randomly chosen samples estimate the gradient for one step. A small m gives many "
        "noisy steps, a large m few accurate ones.",
        int,
        1,
        10_000,
        live=True,
        unit="samples",
    ),
    "epochs": Field(
        "Epochs",
        "How many times training goes through all training images.",
        int,
        1,
        10_000,
        unit="epochs",
    ),
    "training_images": Field(
        "Training images",
        "How many of the training images are used; 0: all. With few images, a network memorises "
        "them instead of learning digits: it overfits.",
        int,
        0,
        10_000_000,
        unit="images",
    ),
    "schedule": Field(
        "Schedule of η",
        "How the learning rate falls during training. step: to a tenth after half of the epochs, "
        "and again after three quarters. cosine: smoothly to 0. halve on plateau: to a half "
        "whenever accuracy has not improved for three epochs.",
        str,
        choices=SCHEDULES,
    ),
    "l2": Field(
        "Weight decay λ",
        "L2 regularisation: each step also multiplies the weights by 1 − ηλ/n, where n is the "
        "number of training images. Small weights overfit less.",
        float,
        0.0,
        1000.0,
        live=True,
    ),
    "dropout": Field(
        "Dropout",
        "The fraction of hidden neurons switched off at random for each sample: no neuron can rely "
        "on another, which reduces overfitting.",
        float,
        0.0,
        0.9,
        live=True,
    ),
    "patience": Field(
        "Patience",
        "Stop early when validation accuracy has not improved for this many epochs, and keep the "
        "best weights: from then on, the network only overfits. 0: never.",
        int,
        0,
        10_000,
        unit="epochs",
    ),
    "convergence": Field(
        "Convergence",
        "Stop when an epoch lowers the cost by less than this fraction: the cost has converged. "
        "0: never.",
        float,
        0.0,
        0.5,
    ),
    "rotation": Field(
        "Rotation",
        "Each training image is rotated by a random angle, so that the network never sees the same "
        "image twice. This is the standard deviation of the angle.",
        float,
        0.0,
        45.0,
        live=True,
        unit="degrees",
    ),
    "scaling": Field(
        "Scaling",
        "Each training image is stretched or squeezed at random in width and height. This is the "
        "standard deviation of the factor.",
        float,
        0.0,
        0.5,
        live=True,
    ),
    "shear": Field(
        "Slant",
        "Each training image is slanted at random, as handwriting is. This is the standard "
        "deviation of the sideways shift per unit of height.",
        float,
        0.0,
        1.0,
        live=True,
    ),
    "translation": Field(
        "Shift",
        "Each training image is moved at random. This is the standard deviation in each direction.",
        float,
        0.0,
        5.0,
        live=True,
        unit="pixels",
    ),
    "elastic": Field(
        "Elastic distortion",
        "Each training image is warped at random like rubber, which resembles a trembling hand. "
        "This is the standard deviation of a pixel's displacement.",
        float,
        0.0,
        5.0,
        live=True,
        unit="pixels",
    ),
    "elastic_smoothness": Field(
        "Elastic smoothness",
        "The distance over which neighbouring pixels move together: small values wobble, large "
        "ones warp.",
        float,
        2.0,
        14.0,
        live=True,
        unit="pixels",
    ),
    "seed": Field(
        "Seed",
        "Where the random numbers start. The same seed and the same hyperparameters give the same "
        "network, bit for bit.",
        int,
        0,
        2**31 - 1,
    ),
}
"""Every hyperparameter's range and meaning, by its name in `Hyperparameters`."""


@dataclass(frozen=True)
class Hyperparameters:
    """Everything that decides how a network is trained; see `FIELDS` for each meaning.

    The defaults are the text's: four layers 784-16-16-10 of sigmoid neurons, quadratic cost, plain
    mini-batch stochastic gradient descent.

    Raises
    ------
    DigitpadError
        If a value is not valid, or values do not go together; the message names the field and
        its valid range.
    """

    hidden_layers: tuple[int, ...] = (16, 16)
    activation: str = "logistic"
    output_activation: str = "logistic"
    cost: str = "quadratic"
    initialisation: str = "scaled"
    optimiser: str = "sgd"
    learning_rate: float = 3.0
    momentum: float = 0.0
    mini_batch_size: int = 10
    epochs: int = 30
    training_images: int = 0
    schedule: str = "constant"
    l2: float = 0.0
    dropout: float = 0.0
    patience: int = 0
    convergence: float = 0.0
    rotation: float = 0.0
    scaling: float = 0.0
    shear: float = 0.0
    translation: float = 0.0
    elastic: float = 0.0
    elastic_smoothness: float = 5.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, field in FIELDS.items():
            object.__setattr__(self, name, _checked(name, field, getattr(self, name)))
        require_trainable(self.activation, self.output_activation)
        check_pair(self.cost, self.output_activation)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Neurons in each layer of the network: 784, the hidden layers, 10."""
        return (784, *self.hidden_layers, 10)

    @property
    def distorts(self) -> bool:
        """Whether training images are distorted at all."""
        return any((self.rotation, self.scaling, self.shear, self.translation, self.elastic))

    def replace(self, **changes: Any) -> "Hyperparameters":
        """Return hyperparameters with some fields changed, checked anew."""
        return replace(self, **changes)

    def changes_from(self, other: "Hyperparameters") -> dict[str, Any]:
        """Return the fields, with their values here, in which these differ from others."""
        theirs = asdict(other)
        return {name: value for name, value in asdict(self).items() if value != theirs[name]}

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON can hold them."""
        return asdict(self) | {"hidden_layers": list(self.hidden_layers)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Hyperparameters":
        """Make them of a mapping; fields that it lacks get the defaults, unknown ones are errors.

        Raises
        ------
        DigitpadError
            For an unknown field or a value that is not valid.
        """
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                raise DigitpadError(
                    f"There is no hyperparameter “{name}”: there are {', '.join(FIELDS)}."
                )
        return cls(**values)

    def with_architecture(self, network: Network) -> "Hyperparameters":
        """Return hyperparameters that describe a network, with all other fields as here.

        Raises
        ------
        DigitpadError
            If no hyperparameters describe it, because it cannot be trained.
        """
        return self.replace(
            hidden_layers=network.sizes[1:-1],
            activation=network.activation,
            output_activation=network.output_activation,
            cost=network.cost,
        )

    def new_network(self) -> Network:
        """Return an untrained network as these hyperparameters describe it."""
        return Network(
            self.sizes,
            activation=self.activation,
            output_activation=self.output_activation,
            cost=self.cost,
            initialisation=self.initialisation,
            seed=self.seed,
        )


def check_value(name: str, value: Any) -> Any:
    """Return a valid value of the hyperparameter `name`, in its own type.

    Raises
    ------
    DigitpadError
        If it is not valid; says what is.
    """
    return _checked(name, FIELDS[name], value)


def _checked(name: str, field: Field, value: Any) -> Any:
    try:
        return _value(field, value)
    except (TypeError, ValueError, OverflowError):  # an integer may have 400 digits
        raise DigitpadError(
            f"{field.label} ({name}) cannot be {value!r}: use {field.valid}."
        ) from None


def _value(field: Field, value: Any) -> Any:
    """Return a value in the field's own type; TypeError, ValueError or OverflowError if invalid."""
    if field.kind is tuple:
        if not isinstance(value, (tuple, list)) or len(value) > MAX_HIDDEN_LAYERS:
            raise ValueError
        return tuple(_number(item, int, field) for item in value)
    if field.kind is str:
        if value not in field.choices:
            raise ValueError
        return value
    return _number(value, field.kind, field)


def _number(value: Any, kind: type, field: Field) -> Any:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, str):
        value = without_marks(value)
    number = float(value)
    if not math.isfinite(number) or not field.minimum <= number <= field.maximum:
        raise ValueError
    if kind is int and number != int(number):
        raise ValueError
    return kind(number)
