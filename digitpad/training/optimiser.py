"""From a gradient to a step: plain SGD, momentum, Adam, and weight decay.

All parameters are one vector, so each rule is a line or two of the formula it implements.
"""

import math

import numpy as np
from numpy.typing import NDArray

from digitpad.nn.functions import Array
from digitpad.nn.network import Network, split_parameters
from digitpad.training.hyperparameters import Hyperparameters
from digitpad.training.minibatch import MiniBatchGradient
from digitpad.training.minibatch_parallel import ParallelGradient
from digitpad.training.state import TrainingState

# Adam's constants as its authors give them: D. P. Kingma, J. Ba, "Adam: a method for stochastic
# optimization" (2015).
_BETA_1 = 0.9
_BETA_2 = 0.999
_EPSILON = 1e-8


class Optimiser:
    """Makes steps with one network.

    Parameters
    ----------
    network : Network
        Changed in place.
    hyperparameters : Hyperparameters
        optimiser, momentum and l2 apply.
    state : TrainingState
        Keeps the momentum between steps.
    n : int
        Training samples, which the weight decay refers to.

    Attributes
    ----------
    learning_rate : float
        η of the next steps.
    """

    def __init__(
        self, network: Network, hyperparameters: Hyperparameters, state: TrainingState, n: int
    ) -> None:
        self.learning_rate = hyperparameters.learning_rate
        self._network = network
        self._state = state
        self._momentum = hyperparameters.momentum
        self._adam = hyperparameters.optimiser == "adam"
        self._decay = hyperparameters.l2 / n
        self._gradient: Array = np.empty(0)
        zeros = np.zeros_like
        if self._decay:
            self._is_weight = np.ones_like(network.parameters)
            for layer in split_parameters(self._is_weight, network.sizes):
                layer[:, -1] = 0
            self._shrink = zeros(network.parameters)
            self._shrinks_at = math.nan
        if not (self._adam or self._momentum):
            state.velocity = None
        elif state.velocity is None:
            state.velocity = zeros(network.parameters)
        if self._adam:
            if state.squares is None:
                state.squares = zeros(network.parameters)
            self._scratch = zeros(network.parameters)

    def step(
        self,
        gradient: MiniBatchGradient | ParallelGradient,
        x: Array,
        y: Array,
        z_out: Array,
        masks: list[NDArray[np.float32]] | None,
    ) -> None:
        """Learn from one mini-batch; arguments as for `MiniBatchGradient.compute`."""
        eta = self.learning_rate
        if self._decay and eta != self._shrinks_at:
            # w' = (1 - ηλ/n) w; biases do not decay, their factor is 1.
            np.multiply(self._is_weight, -eta * self._decay, out=self._shrink)
            self._shrink += 1
            self._shrinks_at = eta
        if self._adam:
            self._state.steps += 1
            factor, change = 1 / len(x), self._adam_step
        else:
            factor, change = eta / len(x), self._momentum_step if self._momentum else self._sgd_step
        self._gradient = gradient.vector
        gradient.compute(x, y, z_out, factor, masks, change)

    # Each changes a part of the parameters, of which it has the gradient (Adam) or η times it.

    def _sgd_step(self, part: slice) -> None:
        # w' = w - η ∂C/∂w
        parameters = self._network.parameters[part]
        if self._decay:
            parameters *= self._shrink[part]
        parameters -= self._gradient[part]

    def _momentum_step(self, part: slice) -> None:
        # v' = μ v - η ∂C/∂w,  w' = w + v'
        assert self._state.velocity is not None
        parameters, velocity = self._network.parameters[part], self._state.velocity[part]
        if self._decay:
            parameters *= self._shrink[part]
        velocity *= self._momentum
        velocity -= self._gradient[part]
        parameters += velocity

    def _adam_step(self, part: slice) -> None:
        state, eta = self._state, self.learning_rate
        assert state.velocity is not None
        assert state.squares is not None
        parameters, g, scratch = (
            vector[part] for vector in (self._network.parameters, self._gradient, self._scratch)
        )
        mean, squares = state.velocity[part], state.squares[part]
        if self._decay:
            parameters *= self._shrink[part]
        beta_1 = self._momentum or _BETA_1
        # m' = β1 m + (1 - β1) g,  v' = β2 v + (1 - β2) g²
        mean *= beta_1
        np.multiply(g, 1 - beta_1, out=scratch)
        mean += scratch
        squares *= _BETA_2
        np.multiply(g, g, out=scratch)
        scratch *= 1 - _BETA_2
        squares += scratch
        # w' = w - η m̂ / (√v̂ + ε), the hats being division by 1 - βᵗ; the steps' scalars are
        # gathered so that each weight sees one factor.
        correction = math.sqrt(1 - _BETA_2**state.steps)
        np.sqrt(squares, out=scratch)
        scratch += _EPSILON * correction
        np.divide(mean, scratch, out=scratch)
        scratch *= eta * correction / (1 - beta_1**state.steps)
        parameters -= scratch
