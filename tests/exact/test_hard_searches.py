"""Searches on which the simplex method gave up end, or stop at their limit, with true regions."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from handmade import graph
from torch import nn

import relurules as rr
from exact.arrangement import ExactNetwork
from exact.draws import Draw, random_layers
from exact.judging import assert_holds, judge_rules
from relurules.ir import Partition

LIMIT = 50


def torch_default(seed: int, sizes: Sequence[int]) -> nn.Sequential:
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for fan_in, width in pairwise(sizes):
        layers += [nn.Linear(fan_in, width), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("seed", range(6))
def test_default_weights_over_784_columns(seed: int) -> None:
    model = torch_default(seed, (784, 10, 10, 10))
    partition = rr.partition(model, rr.Domain.box([0] * 784, [1] * 784), max_regions=LIMIT)
    assert partition.complete or len(partition) >= LIMIT
    check_patterns(partition)


@pytest.mark.parametrize("seed", range(24))
def test_weights_of_any_magnitude(seed: int) -> None:
    draw = wild(seed)
    partition = rr.partition(graph(draw.network), draw.domain, max_regions=LIMIT)
    assert partition.complete or len(partition) >= LIMIT
    assert len(partition) >= 1


@pytest.mark.parametrize("seed", range(24))
def test_values_with_weights_of_any_magnitude(seed: int) -> None:
    assert_holds([wild(seed)], lambda draw: judge_rules(draw, 40))


#: Bounds of its neurons are linear programs with terms of 1e10, for which the presolve of HiGHS
#: wrote beyond its own memory.
_EXTRACT = """
from handmade import graph
import relurules as rr
from exact.draws import arrangement

draw = arrangement(895)
rr.extract(graph(draw.network), domain=draw.domain)
"""


def test_a_solver_never_takes_the_process_down() -> None:
    tests = Path(__file__).resolve().parents[1]
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(tests.parent), str(tests)])}
    command = [sys.executable, "-c", _EXTRACT]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def wild(seed: int) -> Draw:
    """A network of layers whose numbers are multiplied by 1e-30 to 1e30, each or by neurons."""
    draw, random = random_layers(seed), np.random.default_rng([20, seed])
    net = draw.network
    K, d = net.A.shape
    rows = 10.0 ** random.uniform(-30, 30, (K, 1))
    each = seed % 2 == 0
    sizes = 10.0 ** random.uniform(-30, 30, (K, d + K)) if each else np.repeat(rows, d + K, axis=1)
    changed = replace(
        net,
        A=net.A * sizes[:, :d],
        L=net.L * sizes[:, d:],
        b=net.b * rows[:, 0],
        slope=np.where(np.abs(net.slope - 1) < 0.01, 0.0, net.slope),
    )
    return Draw(f"wild {draw.kind}", seed, changed, draw.domain)


def check_patterns(partition: Partition) -> None:
    """Every point shows its region's pattern, exactly."""
    net = partition.network
    arguments = ExactNetwork.of(replace(net, C=net.A, U=net.L, c=net.b))
    for pattern, x in zip(partition.patterns.tolist(), partition.points.tolist(), strict=True):
        z = arguments.evaluate(x)
        assert [1 if value >= 0 else -1 for value in z] == pattern
