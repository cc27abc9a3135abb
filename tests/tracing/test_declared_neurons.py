"""Neurons are counted by the shapes of a program alone, and never more than a trace finds."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import relurules as rr
from relurules.tracing.neuron_count import CountingBasis
from relurules.tracing.torch.declared_neurons import count_declared_neurons
from relurules.tracing.torch.program_weights import find_weights

F = nn.functional


class Applied(nn.Module):
    """A function of a layer of four numbers."""

    def __init__(self, function: Callable[[Any, Tensor], Any]) -> None:
        super().__init__()
        self.function, self.layer, self.own = function, nn.Linear(2, 4), nn.Linear(4, 4)
        self.bent, self.partly = nn.PReLU(4), nn.PReLU(4)
        with torch.no_grad():
            self.partly.weight[:2] = 1.0

    def forward(self, x: Tensor) -> Any:
        return self.function(self, self.layer(x))


#: What is done to four numbers -> the neurons that are counted, and those that there are.
CASES: dict[str, tuple[Callable[[Any, Tensor], Any], int, int]] = {
    "relu": (lambda _, z: z.relu(), 4, 4),
    "two slopes": (lambda m, z: m.bent(F.leaky_relu(z, 0.2)), 8, 8),
    "slopes of 1": (lambda m, z: m.partly(z), 2, 2),
    "a slope of 1": (lambda _, z: F.leaky_relu(z, 1.0), 0, 0),
    "clips": (lambda _, z: F.relu6(z) + F.hardtanh(z), 16, 16),
    "constants": (lambda m, z: F.linear(z.relu(), m.own.weight.relu()), 4, 4),
    "shapes": (lambda _, z: z.relu() + torch.ones_like(z).relu(), 4, 4),
    "largest": (lambda _, z: z.relu().amax(1, keepdim=True), 4, 7),
    "slopes worked out": (lambda m, z: F.prelu(z.relu(), m.bent.weight * 0.5), 4, 8),
}


@pytest.mark.parametrize("name", CASES)
def test_neurons_are_counted_by_shapes(name: str) -> None:
    function, counted, there = CASES[name]
    program = torch.export.export(
        Applied(function).eval(),
        (torch.zeros(2, 2),),
        dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
    )
    made = list[CountingBasis]()

    def make_basis(inputs: int) -> CountingBasis:
        made.append(CountingBasis(inputs))
        return made[0]

    count_declared_neurons(program, find_weights(program), make_basis)
    assert len(made[0]) == 2
    assert sum(made[0].counts.values()) == counted
    assert len(rr.trace(program).network) == there
