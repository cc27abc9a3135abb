"""The force that moves PReLU slopes towards 1, where the neuron is linear and can be merged into
the next layer.

After every backpropagation step each slope a becomes max(0, min(1, a + eta_p * sgn(1 - a))), where
eta_p = eta_0 * 0.01 * max(0, -log10(error) - 2) grows as the training error falls below 0.01.

Source: E. P. Csirmaz, "Interpreting Neural Networks by Reducing Nonlinearities during Training",
2020. Freezing a slope once it counts as linear is a variant: as published, backpropagation may pull
a linear slope away from 1 again.
"""

import torch
from torch import Tensor

from relurules.networks.activations import LINEAR_THRESHOLD


def force_rate(error: Tensor, learning_rate: float = 0.01) -> Tensor:
    """Return eta_p, how far the force moves a slope in one step, for a training error of any shape
    (same shape back).

    `error` is a mean squared error, at least 0; the rate is 0 for errors from 0.01 upwards. An
    error of 0 is read as the smallest normal number of its type, which keeps the rate finite. NaN
    stays NaN. Formula: the module's source.
    """
    return (
        learning_rate
        * 0.01
        * (-torch.log10(error.clamp(min=torch.finfo(error.dtype).tiny)) - 2.0).clamp(min=0.0)
    )


@torch.no_grad()
def push_slopes(slopes: Tensor, rate: Tensor | float) -> None:
    """Apply the force once, in place: move `slopes` by `rate` towards 1, then clamp them to [0, 1].

    `rate` is a finite number or broadcasts to the shape of `slopes`. A slope of exactly 1 stays; a
    move that would pass 1 from below is ended there by the clamp. Raises RuntimeError (from torch)
    when the shapes do not broadcast.
    """
    slopes.add_(rate * torch.sign(1.0 - slopes)).clamp_(0.0, 1.0)


@torch.no_grad()
def freeze_slopes(slopes: Tensor, frozen: Tensor) -> None:
    """Freeze, in place, what counts as linear: `frozen` gains the slopes past LINEAR_THRESHOLD; all
    frozen become 1.

    `frozen` is bool, of the shape of `slopes`. Called after every step it undoes what the gradient
    and the force did to the frozen slopes, so that they stay exactly 1.
    """
    frozen.logical_or_(slopes > LINEAR_THRESHOLD)
    slopes.masked_fill_(frozen, 1.0)
