"""The lines below the arithmetic's table: how its sum becomes the number that is looked for."""

from __future__ import annotations

import numpy as np

from digitpad.app.understand.arithmetic_table import (
    as_factor,
    in_product,
    in_sum,
    number,
    places_of,
)
from digitpad.inspection.backprop_steps import Arithmetic, Term, TrainingStep, superscript


def total(arithmetic: Arithmetic) -> str:
    """Return the sum of the terms, as the table's numbers add up."""
    places = places_of(arithmetic)
    return number(arithmetic.total) if places is None else in_sum(arithmetic.total, places)


def multiplier(arithmetic: Arithmetic) -> str:
    """Return what a sum is multiplied by: σ′(z) = a · (1 − a) = 0.2 · 0.8 = 0.16."""
    written = [number(factor.value) for factor in arithmetic.factors]
    symbols = [in_product(factor.symbol) for factor in arithmetic.factors]
    parts = [arithmetic.multiplier, " · ".join(symbols), " · ".join(written)]
    if len(written) > 1:
        parts.append(number(arithmetic.multiplier_value))
    return " = ".join(dict.fromkeys(parts))


def in_one_line(arithmetic: Arithmetic) -> str:
    """Return how a bias's number comes about: b′ = b − η · ∂C/∂b = 0.5 − 0.1 · 0.2 = 0.48."""
    if arithmetic.factors:  # the mean over a mini-batch
        symbols = [f"{arithmetic.multiplier} · Σ {arithmetic.terms[0].factors[0].symbol}"]
        terms = [f"{arithmetic.factors[0].symbol} · {_in_brackets(total(arithmetic))}"]
        value = number(arithmetic.result)
    else:
        places = places_of(arithmetic)
        symbols = [
            " · ".join(factor.symbol for factor in term.factors) for term in arithmetic.terms
        ]
        value = total(arithmetic)
        terms = [] if places is None else [_product(term, places) for term in arithmetic.terms]
    written = [" + ".join(each).replace("+ −", "− ") for each in (symbols, terms) if each]
    return " = ".join((arithmetic.symbol, *written, value))


def _product(term: Term, places: int) -> str:
    if len(term.factors) == 1:
        return in_sum(term.value, places)
    first, *others = (as_factor(factor.value, term.value, places) for factor in term.factors)
    return " · ".join((first, *map(_in_brackets, others)))


def _in_brackets(written: str) -> str:
    return f"({written})" if written.startswith("−") else written


def activation(step: TrainingStep, layer: int, neuron: int, sample: int) -> str:
    """Return how an activation is computed of its z, as HTML: a² = σ(z²) = 1 / (1 + e⁻ᶻ) = 0.6."""
    here = superscript(layer)
    parts = [f"a{here}"]
    match step.network.activation_of(layer):
        case "logistic":
            parts += [f"σ(z{here})", "1 / (1 + e<sup>−z</sup>)"]
        case "softmax":
            with np.errstate(over="ignore"):
                powers = np.exp(step.z[layer - 1][sample])
            quotient = f"{number(float(powers[neuron]))} / {number(float(powers.sum()))}"
            parts += ["e<sup>z</sup> / Σ e<sup>z</sup>", quotient]
        case "relu":
            parts += [f"max(0, z{here})"]
        case name:
            parts += [f"{name}(z{here})"]
    return " = ".join((*parts, number(float(step.a[layer][sample, neuron]))))
