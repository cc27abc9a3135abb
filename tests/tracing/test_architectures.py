"""Whole architectures as people build them: each is traced, is the model, and becomes rules where
it is small.
"""

import copy
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

import relurules as rr
from relurules.errors import ModelError
from relurules.networks import bounds
from relurules.networks.collapse import collapse
from relurules.tracing.affine import join_spans
from relurules.tracing.torch import front_end


class Residual(nn.Module):
    """An MLP whose blocks add to what they read."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(4, 6), nn.Linear(6, 2)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 6)) for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        for block in self.blocks:
            x = torch.relu(x + block(x))
        return self.last(x)


class Dense(nn.Module):
    """Every layer reads all earlier ones."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(4 + 3 * i, 3) for i in range(3))
        self.last = nn.Linear(13, 1)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.cat([x, nn.functional.leaky_relu(layer(x), 0.1)], dim=1)
        return self.last(x)


class Branches(nn.Module):
    """One trunk, three outputs of different kinds."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(4, 5), nn.PReLU(5))
        self.price, self.risk, self.kind = nn.Linear(5, 1), nn.Linear(5, 1), nn.Linear(5, 3)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        shared = self.trunk(x)
        kinds = torch.softmax(self.kind(shared), dim=1)
        return {
            "price": self.price(shared),
            "risk": torch.sigmoid(self.risk(shared)),
            "kinds": kinds,
        }


class Shared(nn.Module):
    """The same layer three times, and two towers with the same weights."""

    def __init__(self) -> None:
        super().__init__()
        self.tower, self.layer = nn.Sequential(nn.Linear(2, 4), nn.ReLU()), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        left, right = self.tower(x[:, :2]), self.tower(x[:, 2:])
        for _ in range(2):
            left = torch.relu(self.layer(left))
        return (left - right).abs().sum(dim=1, keepdim=True)


class Normalising(nn.Module):
    """Carries its own mean and deviation, clips, and turns its output back."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([1.0, 2.0, -3.0, 0.5]))
        self.register_buffer("deviation", torch.tensor([2.0, 0.5, 1.0, 4.0]))
        self.net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))

    def forward(self, x: Tensor) -> Tensor:
        scaled = torch.clamp((x - self.mean) / self.deviation, -3.0, 3.0)
        return self.net(scaled) * 17.5 + 3.25


def convolutional() -> nn.Module:
    """Convolution, batch norm, max-pooling and linear layers on 8x8 images."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3),
        nn.LeakyReLU(0.1),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(6, 10),
    )


class SqueezeExcite(nn.Module):
    """Channels are multiplied by weights that the input decides."""

    def __init__(self) -> None:
        super().__init__()
        self.squeeze = nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 4), nn.Hardsigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.squeeze(x)


class Gated(nn.Module):
    """A sigmoid inside."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.last = nn.Linear(4, 4), nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.sigmoid(self.layer(x)))


def as_torch(module: nn.Module, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """All outputs side by side, as torch computes them in float64."""
    with torch.no_grad():
        given = copy.deepcopy(module).double()(torch.tensor(X))
    return np.hstack([out.reshape(len(X), -1).numpy() for out in tree_leaves(given)])


def trained(make: Callable[[], nn.Module], inputs: int) -> nn.Module:
    """The module with statistics of batch norms from some rows, in evaluation mode."""
    torch.manual_seed(3)
    module = make()
    with torch.no_grad():
        module.train()(torch.randn(64, inputs))
    return module.eval()


ARCHITECTURES: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "residual": (Residual, 4),
    "dense": (Dense, 4),
    "branches": (Branches, 4),
    "shared weights": (Shared, 4),
    "own normalisation": (Normalising, 4),
    "convolutional": (convolutional, 64),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_traced_network_is_the_model(name: str) -> None:
    make, inputs = ARCHITECTURES[name]
    module = trained(make, inputs)
    graph = rr.trace(module, input_shape=(inputs,))
    X = (
        np.random.default_rng(0).normal(size=(200, inputs))
        * 10.0 ** np.linspace(-2, 3, 200)[:, None]
    )
    expected = as_torch(module, X)
    assert graph.evaluate(X).shape == expected.shape
    assert np.allclose(graph.evaluate(X), expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "convolutional"])
def test_its_rules_are_the_model(name: str) -> None:
    make, inputs = ARCHITECTURES[name]
    module = trained(make, inputs)
    X = np.random.default_rng(1).uniform(-1, 1, size=(500, inputs))
    rules = rr.extract(module, domain=rr.Domain.box([-1] * inputs, [1] * inputs))
    assert rules.complete
    assert np.abs(rules.predict(X) - as_torch(module, X)).max() <= 1e-9
    assert rr.verify(rr.emit(rules, "sql", form="network"), module, X)


@pytest.mark.parametrize(
    ("make", "said"),
    [(SqueezeExcite, "multiplies two values that depend on the input"), (Gated, "sigmoid")],
)
def test_what_multiplies_or_bends_inside_is_refused(
    make: Callable[[], nn.Module], said: str
) -> None:
    with pytest.raises(ModelError) as raised:
        rr.trace(make().eval(), input_shape=(4,))
    assert said in str(raised.value)


def test_outputs_of_branches_are_in_order() -> None:
    module: Any = trained(Branches, 4)
    x = torch.randn(5, 4, dtype=torch.float64)
    with torch.no_grad():
        given = module.double()(x)
    found = rr.trace(module, input_shape=(4,)).evaluate(x.numpy())
    assert np.allclose(found[:, 0], given["price"][:, 0].numpy())
    assert np.allclose(found[:, 1], given["risk"][:, 0].numpy())
    assert np.allclose(found[:, 2:], given["kinds"].numpy())


@pytest.mark.parametrize(
    "sizes", [(784, 128, 64, 10), (100, 500, 500, 1), (20, 250, 250, 250, 250, 1)], ids=str
)
def test_large_networks_are_traced_and_collapsed_in_few_steps(
    sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step for each operator, not for each neuron; linear programs for no more neurons than the
    collapse allows.
    """
    steps, programs = list[int](), list[int]()
    apply, propose = front_end.apply_affine_operator, bounds.propose_maximum
    monkeypatch.setattr(
        front_end,
        "apply_affine_operator",
        lambda *given: (steps.append(len(join_spans(given[0])) > 0), apply(*given))[1],
    )
    monkeypatch.setattr(
        bounds, "propose_maximum", lambda *given: (programs.append(1), propose(*given))[1]
    )
    torch.manual_seed(0)
    layers = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.ReLU())][:-1]
    graph = rr.trace(nn.Sequential(*layers))
    collapse(graph.network, rr.Domain.box([-1] * sizes[0], [1] * sizes[0]))
    assert sum(steps) == len(sizes) - 1
    assert len(programs) <= 2 * bounds.LP_NEURONS
    assert len(graph.network) == sum(sizes[1:-1])
