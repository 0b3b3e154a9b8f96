"""The stages of a training step and their equations, each symbol with the array it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from digitpad.nn.functions import Array
from digitpad.nn.network import Network


class StageKind(Enum):
    """What happens in a stage."""

    INPUT = auto()
    FORWARD = auto()
    COST = auto()
    OUTPUT_ERROR = auto()  # BP1
    HIDDEN_ERROR = auto()  # BP2
    GRADIENTS = auto()  # BP3 and BP4, of every layer
    UPDATE = auto()

    @property
    def is_of_every_layer(self) -> bool:
        """Whether a stage of this kind is about all layers at once."""
        return self in (StageKind.GRADIENTS, StageKind.UPDATE)


@dataclass(frozen=True, eq=False)
class Equation:
    """An equation and the arrays that its symbols stand for.

    Attributes
    ----------
    name : str
        BP1 to BP4, as the text calls them; empty for the others.
    latex : str
    symbols : mapping of LaTeX to arrays
        Each key is part of `latex`. Rows are samples where there are several; W^l is
        (n_l, n_{l-1}). An equation of every layer has none: see `TrainingStep.symbols`.
    """

    name: str
    latex: str
    symbols: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of a training step.

    Attributes
    ----------
    kind : StageKind
    layer : int
        0 for the input, l for layer l, L for the cost; 0 where it is about every layer.
    equations : tuple of Equation
    """

    kind: StageKind
    layer: int
    equations: tuple[Equation, ...] = ()


def stages_of(
    network: Network, z: list[Array], a: list[Array], y: Array, deltas: tuple[Array, ...]
) -> tuple[Stage, ...]:
    """Return the stages of one training step with their equations.

    Parameters
    ----------
    network : Network
        With L layers.
    z : list of L arrays, z^l of shape (m, n_l)
    a : list of L + 1 arrays, a^l of shape (m, n_l)
    y : (m, n_L)
    deltas : tuple of L arrays, δ^l of shape (m, n_l)
    """
    last = len(z)
    stages = [Stage(StageKind.INPUT, 0, (Equation("", "a^{0} = x", {"a^{0}": a[0], "x": a[0]}),))]
    for layer in range(1, last + 1):
        w, b = f"W^{{{layer}}}", f"b^{{{layer}}}"
        before, here, weighted = f"a^{{{layer - 1}}}", f"a^{{{layer}}}", f"z^{{{layer}}}"
        function = r"\mathrm{softmax}" if network.activation_of(layer) == "softmax" else r"\sigma"
        sum_of_products = Equation(
            "",
            f"{weighted} = {w} {before} + {b}",
            {
                weighted: z[layer - 1],
                w: network.weights[layer - 1],
                before: a[layer - 1],
                b: network.biases[layer - 1],
            },
        )
        activated = Equation(
            "", rf"{here} = {function}({weighted})", {here: a[layer], weighted: z[layer - 1]}
        )
        stages.append(Stage(StageKind.FORWARD, layer, (sum_of_products, activated)))
    stages.append(Stage(StageKind.COST, last, (_cost_equation(network, a[-1], y),)))
    stages.append(
        Stage(StageKind.OUTPUT_ERROR, last, (_bp1(network, z[-1], a[-1], y, deltas[-1]),))
    )
    for layer in range(last - 1, 0, -1):
        here, above = f"{{{layer}}}", f"{{{layer + 1}}}"
        bp2 = Equation(
            "BP2",
            rf"\delta^{here} = (W^{above})^{{T}} \delta^{above} \odot \sigma'(z^{here})",
            {
                rf"\delta^{here}": deltas[layer - 1],
                f"W^{above}": network.weights[layer],
                rf"\delta^{above}": deltas[layer],
                f"z^{here}": z[layer - 1],
            },
        )
        stages.append(Stage(StageKind.HIDDEN_ERROR, layer, (bp2,)))
    mean = r"\frac{1}{m} \sum_{x} " if len(y) > 1 else ""
    bp3 = rf"\frac{{\partial C}}{{\partial b^{{l}}}} = {mean}\delta^{{l}}"
    bp4 = rf"\frac{{\partial C}}{{\partial W^{{l}}}} = {mean}\delta^{{l}} (a^{{l-1}})^{{T}}"
    stages.append(
        Stage(StageKind.GRADIENTS, 0, (Equation("BP3", bp3, {}), Equation("BP4", bp4, {})))
    )
    update = (
        Equation("", r"W^{l} \rightarrow W^{l} - \eta \frac{\partial C}{\partial W^{l}}", {}),
        Equation("", r"b^{l} \rightarrow b^{l} - \eta \frac{\partial C}{\partial b^{l}}", {}),
    )
    stages.append(Stage(StageKind.UPDATE, 0, update))
    return tuple(stages)


def _cost_equation(network: Network, a: Array, y: Array) -> Equation:
    here = f"a^{{{len(network.layers)}}}"
    several = len(y) > 1
    if network.cost == "quadratic":
        scale = r"\frac{1}{2m} \sum_{x}" if several else r"\frac{1}{2}"
        return Equation("", rf"C = {scale} \|y - {here}\|^{{2}}", {"y": y, here: a})
    mean = r"-\frac{1}{m} \sum_{x} \sum_{j}" if several else r"-\sum_{j}"
    if network.output_activation == "softmax":
        return Equation("", rf"C = {mean} y_{{j}} \ln {here}_{{j}}", {"y": y, here: a})
    both = rf"[y_{{j}} \ln {here}_{{j}} + (1 - y_{{j}}) \ln(1 - {here}_{{j}})]"
    return Equation("", f"C = {mean} {both}", {"y": y, here: a})


def _bp1(network: Network, z: Array, a: Array, y: Array, delta: Array) -> Equation:
    last = f"{{{len(network.layers)}}}"
    error, here, weighted = rf"\delta^{last}", f"a^{last}", f"z^{last}"
    symbols = {error: delta, here: a, "y": y}
    if network.cost == "cross-entropy":
        return Equation("BP1", rf"{error} = {here} - y", symbols)
    if network.output_activation == "softmax":
        inner = rf"{here} - y - \langle {here} - y,\, {here} \rangle"
        return Equation("BP1", rf"{error} = {here} \odot ({inner})", symbols)
    latex = rf"{error} = ({here} - y) \odot \sigma'({weighted})"
    return Equation("BP1", latex, symbols | {weighted: z})
