"""Region counts of the benchmark networks, each confirmed by at least two independent programs."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import relurules as rr

COUNTS = {
    "d2_16_16": 397,
    "d2_32_32_32": 2578,
    "d2_64_64": 4699,
    "d4_8_8_8": 4021,
    "d4_16_16": 11903,
    "d8_12_12": 345_954,
    "d12_10_10": 183_694,
    "d23_8_8": 7633,
    "deg_d2_8_8": 24,
    "deg_d3_6_6": 22,
}


def load(path: Path) -> nn.Module:
    """The network of an .npz file: linear layers W0, b0, W1, b1, ... with ReLU between them."""
    arrays = np.load(path)
    layers: list[nn.Module] = []
    for i in range(len(arrays.files) // 2):
        weight, bias = torch.tensor(arrays[f"W{i}"]), torch.tensor(arrays[f"b{i}"])
        linear = nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float64)
        linear.weight.data, linear.bias.data = weight, bias
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("name", COUNTS)
def test_region_count(nets: Path, name: str) -> None:
    model = load(nets / f"{name}.npz")
    d = model[0].in_features  # type: ignore[index,union-attr]
    partition = rr.partition(model, rr.Domain.box([-1] * d, [1] * d))
    assert partition.complete
    assert len(partition) == COUNTS[name]


def test_region_count_of_the_whole_plane(nets: Path) -> None:
    partition = rr.partition(load(nets / "d2_16_16.npz"), rr.Domain.unbounded(["a", "b"]))
    assert len(partition) == 545
