"""Affine and piecewise linear operators of torch, each traced and compared with torch itself in
float64.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

import relurules as rr


class Forward(nn.Module):
    """Two layers a and b, and a forward given as a function of them and the input."""

    def __init__(
        self, forward: Callable[[nn.Module, nn.Module, Tensor], Any], size: int = 4
    ) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body, self.a, self.b = forward, nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, x: Tensor) -> Any:
        return self.body(self.a, self.b, x)


VECTOR: dict[str, Callable[[nn.Module, nn.Module, Tensor], Any]] = {
    "sub": lambda a, b, x: a(x) - b(x),
    "sub constant": lambda a, b, x: F.relu(a(x) - 0.5) - 2,
    "constant minus": lambda a, b, x: 1.5 - F.relu(a(x)),
    "neg": lambda a, b, x: -F.relu(a(x)),
    "mul": lambda a, b, x: 3 * F.relu(a(x)) * torch.tensor([1.0, -2.0, 0.5, 0.0]),
    "constant on the left": lambda a, b, x: torch.tensor([2.0, 3.0, 4.0, 5.0]) * a(x),
    "div": lambda a, b, x: a(x) / 3 + x / torch.tensor([1.0, 2.0, 3.0, 4.0]),
    "matmul": lambda a, b, x: F.relu(a(x)) @ torch.arange(8.0).reshape(4, 2),
    "addmm": lambda a, b, x: torch.addmm(
        torch.ones(2), x, torch.arange(8.0).reshape(4, 2), beta=2, alpha=0.5
    ),
    "addmm of two": lambda a, b, x: torch.addmm(b(x), x, torch.eye(4)),
    "sum": lambda a, b, x: F.relu(a(x)).sum(1, keepdim=True),
    "mean": lambda a, b, x: F.relu(a(x)).mean(dim=1, keepdim=True) + x,
    "cumsum": lambda a, b, x: F.relu(a(x)).cumsum(1),
    "slice": lambda a, b, x: F.relu(a(x))[:, 1:3],
    "step": lambda a, b, x: a(x)[:, ::2],
    "select": lambda a, b, x: a(x)[:, 2],
    "index": lambda a, b, x: a(x)[:, [3, 0, 0]],
    "index_select": lambda a, b, x: torch.index_select(a(x), 1, torch.tensor([2, 1])),
    "split": lambda a, b, x: torch.cat(
        [part.relu() for part in a(x).split([1, 3], dim=1)][::-1], 1
    ),
    "split evenly": lambda a, b, x: torch.cat(
        [part.relu() for part in a(x).split(2, dim=1)][::-1], 1
    ),
    "chunk": lambda a, b, x: a(x).chunk(2, dim=1)[1] + x.chunk(2, dim=1)[0],
    "unbind": lambda a, b, x: a(x).unbind(1)[3] - x.unbind(1)[0],
    "stack": lambda a, b, x: torch.stack([a(x), b(x).relu()], dim=1).sum(1),
    "pad": lambda a, b, x: F.pad(a(x).relu(), (1, 2), value=7.0),
    "flip": lambda a, b, x: a(x).flip(1) + x,
    "expand": lambda a, b, x: a(x)[:, :1].expand(-1, 4) + x,
    "permute": lambda a, b, x: a(x).reshape(-1, 2, 2).permute(0, 2, 1).reshape(-1, 4).relu(),
    "transpose": lambda a, b, x: a(x).view(-1, 2, 2).transpose(1, 2).flatten(1).relu(),
    "squeeze": lambda a, b, x: a(x).unsqueeze(2).squeeze(2),
    "unflatten": lambda a, b, x: a(x).unflatten(1, (2, 2)).sum(2),
    "abs": lambda a, b, x: a(x).abs(),
    "clamp": lambda a, b, x: a(x).clamp(-0.25, 0.5),
    "clamp below": lambda a, b, x: a(x).clamp(min=0.1),
    "clamp above": lambda a, b, x: a(x).clamp_max(0.1),
    "clamp to infinity": lambda a, b, x: a(x).clamp(-0.1, float("inf")),
    "clamp by tensors": lambda a, b, x: a(x).clamp(torch.zeros(4), torch.arange(4.0)),
    "hardtanh": lambda a, b, x: F.hardtanh(3 * a(x), -1, 2),
    "relu6": lambda a, b, x: F.relu6(20 * a(x)),
    "hardsigmoid": lambda a, b, x: F.hardsigmoid(10 * a(x)),
    "threshold": lambda a, b, x: F.threshold(a(x), 0.2, 0.2),
    "softshrink": lambda a, b, x: F.softshrink(a(x), 0.3),
    "rrelu": lambda a, b, x: F.rrelu(a(x), 0.1, 0.3),
    "maximum": lambda a, b, x: torch.maximum(a(x), b(x)),
    "minimum": lambda a, b, x: torch.minimum(a(x), torch.tensor(0.25)),
    "max of two": lambda a, b, x: torch.max(torch.tensor([0.125, 0.25, -0.5, 0.0]), a(x)),
    "min of two": lambda a, b, x: torch.min(a(x), b(x)),
    "amax": lambda a, b, x: a(x).amax(1),
    "amin": lambda a, b, x: a(x).amin(dim=1, keepdim=True) + x,
    "max of parts": lambda a, b, x: a(x).reshape(-1, 2, 2).amax(dim=(1, 2)),
    "nested": lambda a, b, x: torch.maximum(b(a(x).abs()).clamp(0, 1), F.leaky_relu(x, 0.1)).amax(
        1
    ),
    "own normalisation": lambda a, b, x: a((x - torch.tensor([1.0, 2.0, 3.0, 4.0])) / 5).relu(),
    "shared weights": lambda a, b, x: a(a(a(x).relu()).relu()),
    "dense": lambda a, b, x: torch.cat([x, a(x).relu(), b(torch.maximum(a(x), x)).relu()], 1),
    "two outputs": lambda a, b, x: (a(x).relu(), b(x).abs().sum(1)),
    "other names": lambda a, b, x: torch.clip(
        torch.subtract(torch.multiply(a(x), 2), b(x)), -1, 1
    ).absolute(),
    "division by another name": lambda a, b, x: torch.negative(torch.true_divide(a(x), 3)),
    "joined by other names": lambda a, b, x: torch.hstack(
        [torch.concat([a(x), x], 1), torch.column_stack([x, b(x)])]
    ),
    "einsum": lambda a, b, x: torch.einsum(
        "ni,ij->nj", a(x).relu(), torch.arange(12.0).reshape(4, 3)
    ),
    "tensordot and inner": lambda a, b, x: (
        torch.tensordot(a(x), torch.eye(4), 1) + torch.inner(x, torch.ones(4, 4))
    ),
    "baddbmm": lambda a, b, x: torch.baddbmm(
        x[:, None], a(x)[:, None], torch.eye(4).expand(x.shape[0], 4, 4)
    ),
    "addcmul and addcdiv": lambda a, b, x: torch.addcmul(x, a(x), torch.ones(4)).addcdiv(
        b(x), torch.full((4,), 3.0)
    ),
    "lerp": lambda a, b, x: torch.lerp(a(x), x, 0.25) + torch.lerp(x, b(x), torch.arange(4.0)),
    "moved dimensions": lambda a, b, x: (
        a(x).reshape(-1, 2, 2).movedim(1, 2).swapaxes(1, 2).mT.flatten(1).relu()
    ),
    "repeat and tile": lambda a, b, x: (
        a(x).repeat(1, 2) + x.tile(1, 2) + x.repeat_interleave(2, dim=1)
    ),
    "roll and narrow": lambda a, b, x: a(x).roll(1, 1).narrow(1, 1, 2).expand_as(x[:, :2]),
    "gather": lambda a, b, x: a(x).gather(1, torch.tensor([[2, 0]]).expand(x.shape[0], 2)),
    "diff and diagonals": lambda a, b, x: a(x).diff(dim=1).diag_embed().diagonal(dim1=1, dim2=2),
    "triangles": lambda a, b, x: (a(x).view(-1, 2, 2).tril() - x.view(-1, 2, 2).triu()).flatten(1),
    "unfold": lambda a, b, x: a(x).unfold(1, 2, 1).flatten(1),
    "reflected and repeated": lambda a, b, x: F.pad(
        F.pad(a(x)[:, None], (1, 2), mode="reflect"), (2, 0), "replicate"
    ),
    "wrapped": lambda a, b, x: F.pad(a(x)[:, None], (1, 2), mode="circular"),
    "parts replaced": lambda a, b, x: replaced(a(x), x),
    "scattered": lambda a, b, x: torch.zeros_like(x).index_add(
        1, torch.tensor([2, 0]), a(x)[:, :2]
    ),
    "beside ones": lambda a, b, x: torch.cat(
        [a(x), torch.ones_like(x), x.new_full((x.shape[0], 1), 2.0)], 1
    ),
    "without gradients": lambda a, b, x: without_gradients(a, x),
    "constant mask": lambda a, b, x: torch.where(
        torch.tensor([True, False, True, False]), a(x), b(x)
    ),
    "masked fill": lambda a, b, x: a(x).masked_fill(torch.tensor([True, False, False, True]), 0.5),
    "larger of two": lambda a, b, x: (
        a(x).view(-1, 2, 2).max(-1)[0] - b(x).view(-1, 2, 2).min(-1).values
    ),
    "fmax and fmin": lambda a, b, x: torch.fmax(a(x), torch.fmin(b(x), x)),
    "clamp by one tensor": lambda a, b, x: a(x).clamp(min=torch.arange(4.0)),
    "dropouts": lambda a, b, x: F.alpha_dropout(
        F.dropout1d(a(x)[:, None], 0.5, training=False), 0.5, training=False
    ),
    "where is relu": lambda a, b, x: torch.where(a(x) > 0, a(x), 0.0),
    "where is leaky": lambda a, b, x: torch.where(a(x) < 0, 0.1 * a(x), a(x)),
    "where is max": lambda a, b, x: torch.where(a(x) >= b(x), a(x), b(x)),
    "where meets a constant": lambda a, b, x: torch.where(x <= 1, torch.ones_like(x), x),
    "where between equals": lambda a, b, x: torch.where(x > 1, a(x), a(x)),
    "where of fixed entries": lambda a, b, x: torch.where(
        x * torch.tensor([0, 1, 1, 1]) >= 0, F.pad(x[:, 1:], (1, 0)), 0
    ),
    "masked by a comparison": lambda a, b, x: a(x).masked_fill(~(a(x) > 0), 0.0),
    "times a comparison": lambda a, b, x: (a(x) > 0.0).float() * a(x) + x * (x < 0),
}


def replaced(x: Tensor, y: Tensor) -> Tensor:
    """Entries are written one after the other."""
    x = x.clone()
    x[:, 0] = 0
    x[:, 1:3] = y[:, :2] * 2
    x[:, [3, 1]] = y[:, 2:]
    x[:, 2] *= 3
    return x


def without_gradients(a: nn.Module, x: Tensor) -> Any:
    """Part of a forward is under no_grad."""
    with torch.no_grad():
        y = a(x).relu()
    return a(y)


def agrees(model: nn.Module, columns: int, input_shape: tuple[int, ...] | None = None) -> int:
    """Compare the traced network with torch on random rows of several sizes; returns the number of
    neurons.
    """
    graph = rr.trace(model, input_shape=input_shape)
    X = np.random.default_rng(1).normal(size=(200, columns)) * 10.0 ** np.random.default_rng(
        2
    ).integers(-1, 3, (200, 1))
    rows = torch.tensor(X).reshape(200, *(input_shape or (columns,)))
    torch.set_default_dtype(torch.float64)  # literals in a forward are float64 too
    try:
        with torch.no_grad():
            outputs = model.double().eval()(rows)
    finally:
        torch.set_default_dtype(torch.float32)
    parts = outputs if isinstance(outputs, tuple) else (outputs,)
    expected = np.concatenate([part.reshape(200, -1).numpy() for part in parts], axis=1)
    assert (
        np.abs(graph.evaluate(X) - expected) <= 1e-12 * graph.network.magnitude(X) + 1e-300
    ).all()
    return len(graph.network)


@pytest.mark.parametrize("case", VECTOR)
def test_operator_on_vectors(case: str) -> None:
    agrees(Forward(VECTOR[case]), 4)


IMAGES: dict[str, Callable[[], nn.Module]] = {
    "conv": lambda: nn.Sequential(nn.Conv2d(2, 3, 3, padding=1, stride=2), nn.ReLU()),
    "conv same": lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3, padding="same"), nn.Flatten(), nn.Linear(192, 2)
    ),
    "grouped, dilated, without bias": lambda: nn.Conv2d(2, 4, 2, groups=2, dilation=2, bias=False),
    "average pool": lambda: nn.Sequential(nn.AvgPool2d(3, padding=1, stride=2), nn.ReLU()),
    "global average": lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    ),
    "max pool": lambda: nn.MaxPool2d(2),
    "max pool, padded": lambda: nn.MaxPool2d(3, stride=2, padding=1),
    "max pool, dilated": lambda: nn.MaxPool2d((2, 3), stride=(2, 1), dilation=(3, 1)),
    "max pool, ceil": lambda: nn.MaxPool2d(3, stride=3, ceil_mode=True),
    "transposed conv": lambda: nn.Sequential(
        nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1), nn.ReLU()
    ),
    "adaptive max pool": lambda: nn.AdaptiveMaxPool2d((3, 2)),
    "nearest": lambda: nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(2, 1, 3)),
    "bilinear": lambda: nn.Upsample(scale_factor=2, mode="bilinear"),
    "bicubic": lambda: nn.Upsample(size=(5, 9), mode="bicubic", align_corners=True),
    "shuffled": lambda: nn.Sequential(
        nn.PixelUnshuffle(2), nn.ChannelShuffle(2), nn.PixelShuffle(2)
    ),
    "folded": lambda: nn.Sequential(nn.Unfold(3), nn.ReLU(), nn.Fold((4, 8), 3)),
    "reflection pad": lambda: nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(2, 1, 3)),
    "three dimensions": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 2)),
        nn.Conv3d(1, 2, (1, 3, 3)),
        nn.MaxPool3d((1, 2, 3)),
        nn.AvgPool3d((2, 1, 1)),
    ),
    "instance norm": lambda: nn.InstanceNorm2d(2, affine=True, track_running_stats=True),
    "batch norm": lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.PReLU(3)),
    "in place": lambda: nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(inplace=True), nn.MaxPool2d(2)
    ),
}


@pytest.mark.parametrize("case", IMAGES)
def test_operator_on_images(case: str) -> None:
    torch.manual_seed(0)
    model = IMAGES[case]()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean, layer.running_var = torch.randn(3), torch.rand(3) + 0.5
    agrees(
        model,
        2 * 4 * 8 if case != "conv same" else 128,
        (2, 4, 8) if case != "conv same" else (2, 8, 8),
    )


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv1d(2, 3, 3, padding=1),
        nn.AvgPool1d(2),
        nn.MaxPool1d(3, padding=1),
        nn.AdaptiveAvgPool1d(2),
    ],
)
def test_operator_on_sequences(layer: nn.Module) -> None:
    agrees(nn.Sequential(layer, nn.ReLU()), 2 * 6, (2, 6))


def test_a_maximum_of_two_is_one_neuron_each() -> None:
    assert agrees(Forward(VECTOR["maximum"]), 4) == 4
    assert agrees(Forward(VECTOR["clamp"]), 4) == 8
    assert agrees(Forward(VECTOR["amax"]), 4) == 3


def test_a_convolutional_network_on_digits_becomes_rules() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 2, 3, stride=2),
        nn.BatchNorm2d(2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2, 3),
    )
    graph = rr.trace(model, input_shape=(1, 8, 8))
    assert len(graph.features) == 64
    pixels = np.random.default_rng(0).integers(0, 17, size=(50, 64)).astype(float)
    center = pixels[0]
    rules = rr.extract(graph, domain=rr.Domain.box(center - 0.25, center + 0.25), max_regions=200)
    inside = center + np.random.default_rng(1).uniform(-0.25, 0.25, size=(100, 64))
    assert rules.complete
    assert rr.verify(rules, rules, inside)
    assert (
        np.abs(rules.predict(inside) - graph.evaluate(inside)).max()
        < 1e-12 * graph.network.magnitude(inside).max()
    )


@pytest.mark.parametrize("rows", [1, 2])
def test_a_fixed_first_dimension_is_part_of_the_input(rows: int) -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    program = torch.export.export(module, (torch.zeros(rows, 3),))
    graph = rr.trace(program)
    assert (len(graph.features), len(graph.outputs)) == (3 * rows, 2 * rows)
    X = np.random.default_rng(0).normal(size=(5, 3 * rows))
    with torch.no_grad():
        expected = module.double()(torch.tensor(X).reshape(-1, 3)).reshape(5, -1).numpy()
    assert np.abs(graph.evaluate(X) - expected).max() < 1e-12
    rules = rr.extract(program, domain=rr.Domain.box([0.0] * 3 * rows, [0.1] * 3 * rows))
    assert rr.verify(
        rr.emit(rules, "python"), program, 0.1 * np.random.default_rng(1).random((20, 3 * rows))
    )
