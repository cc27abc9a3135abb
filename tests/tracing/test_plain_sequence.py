"""Sequences of linear layers and (P)ReLUs are read without an export, which would read the same."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

import relurules as rr
from relurules.tracing.torch import front_end
from relurules.tracing.torch.plain_sequence import trace_plain_sequence


class Doubled(nn.Linear):
    """A layer that torch knows nothing of."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(x)


class Named(nn.Sequential):
    """A sequence with a name of its own."""


def make_plain() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))


def make_prelu() -> nn.PReLU:
    layer = nn.PReLU(4)
    with torch.no_grad():
        layer.weight[:] = torch.tensor([0.1, -0.7, 1.0, 0.0])
    return layer


PLAIN = {
    "two outputs": lambda: nn.Sequential(
        nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4, bias=False), nn.LeakyReLU(0.1), nn.Linear(4, 2)
    ),
    "nested": lambda: nn.Sequential(
        nn.Sequential(nn.Linear(3, 4), nn.ReLU()), nn.Sequential(), nn.Linear(4, 1)
    ),
    "no neuron": lambda: nn.Sequential(nn.Linear(2, 1)),
    "neurons last": lambda: nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.ReLU()),
    "float64": lambda: nn.Sequential(nn.Linear(2, 9), nn.ReLU(), nn.Linear(9, 3)).double(),
    "slopes": lambda: nn.Sequential(
        nn.Linear(3, 4), nn.LeakyReLU(1.0), nn.Linear(4, 2), nn.LeakyReLU(2.0)
    ),
    "one slope": lambda: nn.Sequential(
        nn.Linear(3, 4), nn.PReLU(), nn.Linear(4, 1), nn.PReLU(init=-0.3)
    ),
    "a slope for each": lambda: nn.Sequential(nn.Linear(3, 4), make_prelu(), nn.Linear(4, 2)),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_read_is_what_an_export_gives(name: str) -> None:
    torch.manual_seed(1)
    model = PLAIN[name]()
    plain, exported = trace_plain_sequence(model, None), front_end._trace_export(model, None)
    assert plain is not None

    found, expected = dict(vars(plain[0])), dict(vars(exported[0]))
    for kind in ("A", "L", "b", "C", "U", "c", "slope"):
        np.testing.assert_array_equal(
            getattr(found["network"], kind), getattr(expected["network"], kind)
        )

    assert found["network"].neurons == expected.pop("network").neurons
    layers, others = found.pop("layers"), expected.pop("layers")
    assert list(layers.nodes(data=True)) == list(others.nodes(data=True))
    assert list(layers.edges) == list(others.edges)
    found.pop("network")
    assert found == expected

    X = np.random.default_rng(0).normal(size=(20, plain[0].network.A.shape[1]))
    np.testing.assert_allclose(plain[1](X), exported[1](X), rtol=1e-14, atol=1e-14)


def _hook(model: nn.Sequential) -> None:
    model[0].register_forward_hook(lambda module, args, out: 2 * out)


def _hook_before(model: nn.Sequential) -> None:
    model[1].register_forward_pre_hook(lambda module, args: (args[0] + 1,))


def _own_forward(model: nn.Sequential) -> None:
    model[1].forward = torch.abs  # type: ignore[method-assign]


def _parametrised(model: nn.Sequential) -> None:
    parametrizations.weight_norm(model[0])


def _other_layer(model: nn.Sequential) -> None:
    model[1] = nn.Hardtanh()


def _derived_layer(model: nn.Sequential) -> None:
    model[0] = Doubled(3, 4)


def _shared_layer(model: nn.Sequential) -> None:
    model[0] = nn.Linear(4, 4)
    model[2] = model[0]


def _mixed_types(model: nn.Sequential) -> None:
    model[2].double()


def _sizes_apart(model: nn.Sequential) -> None:
    model[2] = nn.Linear(5, 1)


def _in_place(model: nn.Sequential) -> None:
    model[1] = nn.ReLU(inplace=True)


def _endless_slope(model: nn.Sequential) -> None:
    model[1] = nn.LeakyReLU(float("inf"))


def _endless_slopes(model: nn.Sequential) -> None:
    model[1] = nn.PReLU(4, init=float("inf"))


def _too_few_slopes(model: nn.Sequential) -> None:
    model[1] = nn.PReLU(3)


def _wide_slopes(model: nn.Sequential) -> None:
    model[1] = nn.PReLU().double()


def _not_finite(model: nn.Sequential) -> None:
    with torch.no_grad():
        model[0].weight[0, 0] = float("nan")


def _slope_of_a_tensor(model: nn.Sequential) -> None:
    model[1] = nn.LeakyReLU(torch.tensor(0.1))  # type: ignore[arg-type]


def _no_module(model: nn.Sequential) -> None:
    model._modules["1"] = None


def _sparse(model: nn.Sequential) -> None:
    model[0].weight = nn.Parameter(model[0].weight.detach().to_sparse())


CHANGES = (
    _hook,
    _hook_before,
    _own_forward,
    _parametrised,
    _other_layer,
    _derived_layer,
    _shared_layer,
    _mixed_types,
    _sizes_apart,
    _in_place,
    _endless_slope,
    _endless_slopes,
    _too_few_slopes,
    _wide_slopes,
    _not_finite,
    _slope_of_a_tensor,
    _no_module,
    _sparse,
)


@pytest.mark.parametrize("change", CHANGES)
def test_anything_else_is_left_to_the_export(change: Callable[[Any], None]) -> None:
    model = make_plain()
    assert trace_plain_sequence(model, None) is not None
    change(model)
    assert trace_plain_sequence(model, None) is None


def test_other_sequences_and_shapes_are_left_to_the_export() -> None:
    assert trace_plain_sequence(Named(nn.Linear(3, 1)), None) is None
    assert trace_plain_sequence(nn.Sequential(nn.ReLU(), nn.Linear(3, 1)), None) is None
    assert trace_plain_sequence(nn.Sequential(), None) is None
    assert trace_plain_sequence(make_plain(), (2, 3)) is None
    assert trace_plain_sequence(make_plain(), (3,)) is not None


def test_a_hook_of_all_modules_is_left_to_the_export() -> None:
    model = make_plain()
    handle = nn.modules.module.register_module_forward_hook(lambda module, args, out: 2 * out)
    try:
        assert trace_plain_sequence(model, None) is None
    finally:
        handle.remove()
    assert trace_plain_sequence(model, None) is not None


def test_weights_that_change_are_read_anew() -> None:
    model, row = make_plain(), np.array([[0.1, -0.2, 0.3]])
    before = rr.trace(model).evaluate(row)
    with torch.no_grad():
        model[2].bias += 1.0
    assert rr.trace(model).evaluate(row) == pytest.approx(before + 1.0)


@pytest.mark.parametrize("kind", [nn.Sequential, nn.Linear, nn.ReLU])
def test_types_that_a_program_changed_are_left_to_the_export(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, model = kind.forward, make_plain()
    monkeypatch.setattr(kind, "forward", lambda self, x: 2 * own(self, x))
    assert trace_plain_sequence(model, None) is None
    assert rr.trace(model).network.neurons  # by the export


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_what_was_read_stays_as_it_was(slope: float) -> None:
    model = make_plain().double()
    if slope:
        model[1] = nn.LeakyReLU(slope)
    read = trace_plain_sequence(model, None)
    assert read is not None
    X = np.random.default_rng(0).normal(size=(9, 3))
    due = read[1](X)

    with torch.no_grad():
        model[0].weight *= 3.0
    model[1].register_forward_hook(lambda module, args, out: out + 1.0)
    model[1].negative_slope = 0.5
    np.testing.assert_array_equal(read[1](X), due)


def test_rows_and_weights_as_programs_have_them() -> None:
    with torch.inference_mode():
        model = make_plain()
    read = trace_plain_sequence(model, None)
    assert read is not None
    X = np.random.default_rng(0).normal(size=(9, 3))
    np.testing.assert_array_equal(read[1](X[::-1]), read[1](X)[::-1])
    assert read[1](X[:0]).shape == (0, 1)
