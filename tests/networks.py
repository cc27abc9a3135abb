"""Random small networks for property tests; half are degenerate: integer weights, duplicated and
zero rows.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn

import relurules as rr
from relurules.ir import Partition

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A torch module and a domain to ask about it."""

    model: nn.Module
    domain: rr.Domain
    seed: int


def _weights(random: np.random.Generator, rows: int, columns: int, whole: bool) -> Array:
    """Rows of a layer, bias last; with `whole` they are small integers, some of them zero, doubled
    or negated.
    """
    table = random.normal(size=(rows, columns + 1))
    if whole:
        table = random.integers(-2, 3, size=(rows, columns + 1)).astype(float)
        for row in range(rows):
            trick = random.integers(6)
            if trick == 0:
                table[row] = 0.0
            elif trick == 1 and row:
                table[row] = table[row - 1]
            elif trick == 2 and row:
                table[row] = -table[row - 1]
    return table


def _activation(random: np.random.Generator, width: int) -> nn.Module:
    match random.integers(4):
        case 0:
            return nn.ReLU()
        case 1:
            return nn.LeakyReLU(float(random.uniform(-1, 1)))
        case 2:
            return nn.PReLU(init=float(random.uniform(-1, 1)))
    prelu = nn.PReLU(width)
    prelu.weight.data = torch.tensor(
        random.choice([-1.0, 0.0, 0.25, 0.5, 1.0, random.uniform(-1, 1)], size=width)
    ).float()
    return prelu


def _model(
    random: np.random.Generator, inputs: int, widths: list[int], outputs: int, whole: bool
) -> nn.Module:
    layers: list[nn.Module] = []
    sizes = [inputs, *widths, outputs]
    for i, (fan_in, width) in enumerate(pairwise(sizes)):
        linear = nn.Linear(fan_in, width)
        table = torch.tensor(_weights(random, width, fan_in, whole)).float()
        linear.weight.data, linear.bias.data = table[:, :-1].contiguous(), table[:, -1].contiguous()
        layers += [linear] if i == len(widths) else [linear, _activation(random, width)]
    return nn.Sequential(*layers)


@st.composite
def cases(draw: st.DrawFn, halves: tuple[float, ...] = (1e-3, 0.1, 1.0, 2.0)) -> Case:
    """1 to 5 inputs, 0 to 3 hidden layers of 1 to 6 neurons, slopes in [-1, 1], boxes of the given
    half-widths.
    """
    seed = draw(st.integers(0, 2**32 - 1))
    inputs = draw(st.integers(1, 5))
    widths = draw(st.lists(st.integers(1, 6), max_size=3))
    whole = draw(st.booleans())
    random = np.random.default_rng(seed)
    model = _model(random, inputs, widths, draw(st.integers(1, 3)), whole)
    center = np.zeros(inputs) if whole else random.normal(size=inputs)
    half = draw(st.sampled_from(halves)) * np.ones(inputs)
    domain = rr.Domain.box(center - half, center + half)
    return Case(model, domain, seed)


def float64_output(model: nn.Module, X: Array) -> Array:
    """What torch itself computes, with the weights read into float64."""
    with torch.no_grad():
        return np.asarray(model.double().eval()(torch.tensor(X)).numpy(), dtype=np.float64)


def telling_points(rules: rr.RuleSet, partition: Partition, seed: int, count: int = 100) -> Array:
    """Points in the domain: random ones, corners, interior points, points on region boundaries and
    on vertices.
    """
    random = np.random.default_rng(seed)
    domain = rules.domain
    lower, upper = np.maximum(domain.lower, -100.0), np.minimum(domain.upper, 100.0)
    inside = random.uniform(lower, upper, size=(count, len(domain)))
    corners = np.array(np.meshgrid(*zip(lower, upper, strict=True))).reshape(len(domain), -1).T
    points = [inside, corners, partition.points]
    tree = partition.tree
    for _ in range(count if len(tree.neurons) else 0):
        chosen = random.choice(len(tree.neurons), size=random.integers(1, len(domain) + 1))
        start = random.uniform(lower, upper)
        rows, offsets = tree.normals[chosen], tree.offsets[chosen]
        move, *_ = np.linalg.lstsq(rows, -(rows @ start + offsets), rcond=None)
        points.append(np.clip(start + move, domain.lower, domain.upper)[None])
    return np.vstack(points)
