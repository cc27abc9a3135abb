"""Many 4-5-5-5-5-3 PReLU networks, one per seed, trained side by side on three two-bit functions
under the slope force.

The task and the training follow E. P. Csirmaz, "Interpreting Neural Networks by Reducing
Nonlinearities during Training", 2020. The networks never touch each other: seed k gives the same
network however many are trained with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from relurules.networks.activations import LINEAR_THRESHOLD
from relurules.training.force import force_rate, freeze_slopes, push_slopes

WIDTHS = (4, 5, 5, 5, 5, 3)
LEARNING_RATE = 0.01
COPIES = 4  # of the 16 rows in a batch
NOISE_SD = 0.01  # of the Gaussian noise added to the inputs at every step
START_SLOPE = 0.25
RATE_INTERVAL = 1000  # steps between two readings of the error, on which the force depends


@dataclass(frozen=True)
class Ensemble:
    """S networks of K hidden layers: weights (S, out, in), biases (S, out, 1), slopes (K, S,
    neurons, 1).
    """

    weights: list[Tensor]
    biases: list[Tensor]
    slopes: Tensor

    def nonlinear(self) -> Tensor:
        """Return how many PReLUs of each network are nonlinear: int64 (S,)."""
        return (self.slopes <= LINEAR_THRESHOLD).sum(dim=(0, 2, 3))

    def outputs(self, inputs: Tensor) -> Tensor:
        """Return every network's outputs (S, m, N) for inputs (d, N)."""
        return _forward(self, inputs.expand(len(self.weights[0]), -1, -1))[2]

    def network(self, seed: int) -> nn.Sequential:
        """Return the network of one seed as a plain module, in eval mode."""
        layers: list[nn.Module] = []
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            linear = nn.Linear(weight.shape[2], weight.shape[1])
            linear.weight.data, linear.bias.data = weight[seed].clone(), bias[seed, :, 0].clone()
            layers.append(linear)
            if k < len(self.slopes):
                prelu = nn.PReLU(weight.shape[1])
                prelu.weight.data = self.slopes[k, seed, :, 0].clone()
                layers.append(prelu)
        return nn.Sequential(*layers).eval()


def truth_table() -> tuple[Tensor, Tensor]:
    """Return the 16 binary inputs (4, 16) and their targets (3, 16): in1 xor in2, in3 xor in4, in1
    and in2.
    """
    rows = torch.cartesian_prod(*[torch.arange(2)] * 4).T
    return rows.float(), torch.stack(
        [rows[0] ^ rows[1], rows[2] ^ rows[3], rows[0] & rows[1]]
    ).float()


@torch.inference_mode()
def train(
    seeds: int, steps: int, *, freeze: bool, progress: Callable[[int, Tensor, Ensemble], None]
) -> Ensemble:
    """Train one network for each seed 0..seeds-1 by plain gradient descent on the mean squared
    error.

    A batch is the 16 rows COPIES times. `progress` gets the step, the error of each network (S,)
    and the ensemble at every reading of the error. With `freeze`, a slope that counts as linear
    stays 1 (variant of the published force).
    """
    generators = [torch.Generator().manual_seed(seed) for seed in range(seeds)]
    ensemble = _initial(generators)
    inputs, targets = (table.repeat(1, COPIES) for table in truth_table())
    noise = torch.empty(seeds, RATE_INTERVAL, *inputs.shape)
    frozen = torch.zeros_like(ensemble.slopes, dtype=torch.bool)
    rate = torch.zeros(seeds, 1, 1)
    for step in range(steps):
        if step % RATE_INTERVAL == 0:
            for own, generator in zip(noise, generators, strict=True):
                own.normal_(std=NOISE_SD, generator=generator)
        residual = _descend(ensemble, inputs + noise[:, step % RATE_INTERVAL], targets)
        push_slopes(ensemble.slopes, rate)
        if freeze:
            freeze_slopes(ensemble.slopes, frozen)
        if (step + 1) % RATE_INTERVAL == 0:
            error = residual.square().mean(dim=(1, 2))
            rate = force_rate(error, LEARNING_RATE).view(seeds, 1, 1)
            progress(step + 1, error, ensemble)
    return ensemble


def _initial(generators: list[torch.Generator]) -> Ensemble:
    """Draw weights and biases from U(+-1/sqrt(fan_in)), as torch's Linear does."""

    def drawn(generator: torch.Generator) -> list[Tensor]:
        return [
            torch.empty(out, columns).uniform_(-(fan_in**-0.5), fan_in**-0.5, generator=generator)
            for fan_in, out in pairwise(WIDTHS)
            for columns in (fan_in, 1)
        ]

    stacked = [torch.stack(same) for same in zip(*map(drawn, generators), strict=True)]
    slopes = torch.full((len(WIDTHS) - 2, len(generators), WIDTHS[1], 1), START_SLOPE)
    return Ensemble(stacked[0::2], stacked[1::2], slopes)


def _forward(ensemble: Ensemble, inputs: Tensor) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """Return each layer's input, each PReLU's min(0, z), and the outputs, for inputs (S, d, N)."""
    hidden, negatives = [inputs], []
    for weight, bias, slope in zip(
        ensemble.weights, ensemble.biases, ensemble.slopes, strict=False
    ):
        z = torch.baddbmm(bias, weight, hidden[-1])
        negatives.append(z.clamp(max=0.0))
        hidden.append(torch.addcmul(z, negatives[-1], slope - 1.0))  # z + (a - 1) min(0, z)
    return hidden, negatives, torch.baddbmm(ensemble.biases[-1], ensemble.weights[-1], hidden[-1])


def _descend(ensemble: Ensemble, inputs: Tensor, targets: Tensor) -> Tensor:
    """Take one gradient step in place and return the residuals (S, m, N) before it.

    The gradient is written out: for networks this small that takes about half the time of automatic
    differentiation.
    """
    hidden, negatives, outputs = _forward(ensemble, inputs)
    residual = outputs - targets
    gradient = residual * (2.0 / residual[0].numel())
    for k in reversed(range(len(ensemble.weights))):
        weight = ensemble.weights[k]
        upstream = torch.bmm(weight.mT, gradient)
        weight.baddbmm_(gradient, hidden[k].mT, alpha=-LEARNING_RATE)
        ensemble.biases[k].sub_(gradient.sum(dim=2, keepdim=True), alpha=LEARNING_RATE)
        if k > 0:
            negative, slope = negatives[k - 1], ensemble.slopes[k - 1]
            change = (upstream * negative).sum(dim=2, keepdim=True)
            gradient = upstream.mul_(
                torch.addcmul(torch.ones(()), negative.sign(), 1.0 - slope)
            )  # times 1 or a
            slope.sub_(change, alpha=LEARNING_RATE)
    return residual
