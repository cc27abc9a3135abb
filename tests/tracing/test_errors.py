"""Models that can't be traced: the message names the operator and its module, or what else stands
in the way.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import relurules as rr
from relurules.errors import CheckError, DomainError, ModelError
from relurules.tracing.torch import front_end


class Calls(nn.Module):
    """A module whose forward is given as a function of its layer `a` and its input."""

    def __init__(
        self, forward: Callable[[nn.Module, Tensor], Any], layer: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.body, self.a = forward, nn.Linear(3, 3) if layer is None else layer

    def forward(self, x: Tensor) -> Any:
        return self.body(self.a, x)


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell, self.last = nn.LSTM(3, 4, batch_first=True), nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.cell(x.reshape(-1, 1, 3))[0].flatten(1))


def after(layer: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Sequential(layer), nn.Linear(3, 1))


OPERATORS: dict[str, tuple[Callable[[], nn.Module], str, str]] = {
    "sigmoid": (lambda: after(nn.Sigmoid()), "aten::sigmoid", "module '2.0'"),
    "tanh": (lambda: after(nn.Tanh()), "aten::tanh", "module '2.0'"),
    "gelu": (lambda: after(nn.GELU()), "aten::gelu", "module '2.0'"),
    "softmax": (lambda: after(nn.Softmax(dim=1)), "aten::softmax", "module '2.0'"),
    "elu": (lambda: after(nn.ELU()), "aten::elu", "module '2.0'"),
    "softplus": (lambda: after(nn.Softplus()), "aten::softplus", "module '2.0'"),
    "silu": (lambda: after(nn.SiLU()), "aten::silu", "module '2.0'"),
    "layer norm": (lambda: after(nn.LayerNorm(3)), "aten::layer_norm", "module '2.0'"),
    "product": (lambda: Calls(lambda a, x: a(x) * x), "aten::mul", "forward"),
    "square": (lambda: Calls(lambda a, x: a(x) ** 2), "aten::pow", "forward"),
    "division": (lambda: Calls(lambda a, x: x / a(x)), "aten::div", "forward"),
    "weights from the input": (
        lambda: Calls(lambda a, x: nn.functional.linear(a(x), x)),
        "aten::linear",
        "its argument 'weight' depends on the input",
    ),
    "random": (lambda: Calls(lambda a, x: a(x) + torch.rand(3)), "aten::rand", "random"),
    "noise on the input": (
        lambda: Calls(lambda a, x: a(x) + torch.randn_like(x)),
        "aten::randn_like",
        "forward",
    ),
    "dropout that stays on": (
        lambda: Calls(lambda a, x: nn.functional.dropout(a(x), 0.5, training=True)),
        "aten::dropout",
        "training mode",
    ),
    "batch statistics": (
        lambda: after(nn.BatchNorm1d(3, track_running_stats=False)),
        "aten::batch_norm",
        "module '2.0'",
    ),
    "matrix product": (
        lambda: Calls(lambda a, x: a(x) @ x.transpose(0, 1)),
        "aten::matmul",
        "multiplies two values",
    ),
    "hardswish": (lambda: after(nn.Hardswish()), "aten::hardswish", "module '2.0'"),
    "jump": (lambda: after(nn.Threshold(0.5, 0.0)), "aten::threshold", "isn't continuous"),
    "hardshrink": (lambda: after(nn.Hardshrink()), "aten::hardshrink", "module '2.0'"),
    "choice": (
        lambda: Calls(lambda a, x: torch.where(x > 0, a(x), x)),
        "aten::where",
        "so it jumps",
    ),
    "choice of another": (
        lambda: Calls(lambda a, x: torch.where(x > 1, x, a(x) * 0)),
        "aten::where",
        "so it jumps",
    ),
    "mask that jumps": (
        lambda: Calls(lambda a, x: a(x).masked_fill(x < 0, 0.0)),
        "aten::masked_fill",
        "so it jumps",
    ),
    "comparison as a number": (
        lambda: Calls(lambda a, x: a(x) + (x > 0)),
        "aten::add",
        "reads a comparison",
    ),
    "product of comparisons": (
        lambda: Calls(lambda a, x: (x > 0).float() * (x < 1)),
        "aten::mul",
        "two comparisons",
    ),
    "two comparisons": (
        lambda: Calls(lambda a, x: torch.where((x > 0) & (x < 1), x, 0)),
        "__and__",
        "comparison",
    ),
    "limits from the input": (
        lambda: Calls(lambda a, x: a(x).clamp(min=x)),
        "aten::clamp",
        "depend on the input",
    ),
    "limits crossed": (lambda: Calls(lambda a, x: a(x).clamp(2.0, 1.0)), "aten::clamp", "exceeds"),
    "largest of the batch": (
        lambda: Calls(lambda a, x: a(x).amax(0, keepdim=True)),
        "aten::amax",
        "rows of the batch",
    ),
    "place of the largest": (
        lambda: Calls(lambda a, x: a(x).max(1)[1] + x[:, 0]),
        "aten::max",
        "which jump",
    ),
    "squeeze and excite": (
        lambda: Calls(lambda a, x: x * nn.functional.hardsigmoid(a(x))),
        "aten::mul",
        "multiplies two values",
    ),
    "random slopes": (
        lambda: Calls(lambda a, x: nn.functional.rrelu(a(x), training=True)),
        "aten::rrelu",
        "training mode",
    ),
}


@pytest.mark.parametrize("case", OPERATORS)
def test_unsupported_operator_is_named_with_its_place(case: str) -> None:
    make, operator, where = OPERATORS[case]
    with pytest.raises(ModelError) as raised:
        rr.trace(make())
    message = str(raised.value)
    assert operator in message
    assert where in message
    assert "Supported: Linear, ReLU" in message


@pytest.mark.parametrize(
    "forward",
    [
        lambda a, x: a(x) - x.mean(0),
        lambda a, x: a(x).sum(0),
        lambda a, x: x[0],
        lambda a, x: a(x).flip(0),
        lambda a, x: a(x).mean(),
        lambda a, x: a(x) * x.shape[0],
    ],
    ids=["centred", "sum", "first", "reversed", "mean of all", "times the number of rows"],
)
def test_rows_that_influence_one_another(forward: Callable[[nn.Module, Tensor], Any]) -> None:
    with pytest.raises(
        ModelError, match="first dimension is no batch: 7 rows together give something else"
    ):
        rr.trace(Calls(forward))


@pytest.mark.parametrize(
    ("forward", "operator"),
    [
        (lambda a, x: a(x) - x.mean(0), "aten::mean"),
        (lambda a, x: a(x).sum(0), "aten::sum"),
        (lambda a, x: a(x).flip(0), "aten::flip"),
        (lambda a, x: a(x).T.cumsum(1).T, "aten::cumsum"),
    ],
)
def test_the_operator_by_which_rows_influence_one_another(
    forward: Callable[[nn.Module, Tensor], Any], operator: str
) -> None:
    with pytest.raises(
        ModelError,
        match=rf"influence one another in operator {operator}.* in the model's own forward",
    ):
        rr.trace(Calls(forward))


def test_batch_normalisation_in_training_mode_is_named() -> None:
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)).train()
    sizes = ((torch.export.Dim.DYNAMIC, torch.export.Dim.STATIC),)
    program = torch.export.export(module, (torch.zeros(4, 2),), dynamic_shapes=sizes)
    with pytest.raises(
        ModelError, match=r"batch_norm.* in module '1' .*training mode.*call model\.eval\(\)"
    ):
        rr.trace(program)


class _Counting(nn.Module):
    """Counts its calls; counted: whether the count is in its output."""

    def __init__(self, counted: bool) -> None:
        super().__init__()
        self.counted, self.layer = counted, nn.Linear(2, 1)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return torch.relu(self.layer(x)) + (self.calls if self.counted else 0)


def test_what_is_another_function_at_every_call() -> None:
    box = rr.Domain.box([-1, -1], [1, 1])
    assert len(rr.extract(_Counting(counted=False), domain=box)) in (1, 2)
    with pytest.raises(ModelError, match=r"changes its buffer 'calls' whenever it runs"):
        rr.extract(_Counting(counted=True), domain=box)


def test_outputs_of_no_numbers() -> None:
    for forward in (lambda a, x: a(x)[:, :0], lambda a, x: (a(x)[:, :0], a(x))):
        with pytest.raises(
            ModelError,
            match=r"output 0 of the model has the shape \(1, 0\) for a row, which holds no",
        ):
            rr.trace(Calls(forward))


def test_a_fixed_batch_is_named_where_the_data_do_not_fit() -> None:
    fixed = torch.export.export(nn.Sequential(nn.Linear(3, 1), nn.ReLU()), (torch.zeros(5, 3),))
    with pytest.raises(DomainError, match="batch fixed to 5: export with a dynamic one"):
        rr.extract(fixed, data=np.random.default_rng(0).normal(size=(20, 3)))


def doubled(x: Tensor, times: int) -> Tensor:
    for _ in range(times):
        x = torch.cat([x, x], dim=1)
    return x.sum(dim=1, keepdim=True)


@pytest.mark.parametrize(
    ("forward", "operator"),
    [
        (lambda a, x: doubled(a(x), 40), "aten::cat"),
        (lambda a, x: a(x) + torch.full((2**34, 1), 1.0).sum(), "aten::full"),
        (lambda a, x: a(x).unsqueeze(-1).expand(-1, 3, 2**34).sum(-1), "aten::expand"),
    ],
    ids=["doublings", "a constant", "views"],
)
def test_huge_tensors_are_refused_before_they_are_made(
    forward: Callable[[nn.Module, Tensor], Any], operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = list[Any]()
    monkeypatch.setattr(front_end, "apply_affine_operator", lambda *given: computed.append(given))
    with pytest.raises(
        ModelError, match=rf"operator {operator} .*is too large: \d+ numbers; at most 134217728"
    ):
        rr.trace(Calls(forward))
    assert not computed


def test_sizes_are_not_believed_either() -> None:
    """A file may claim other shapes than its operators give; these are asked of torch before
    anything is made.
    """
    program = torch.export.export(Calls(lambda a, x: a(x).repeat(1, 2)), (torch.zeros(1, 3),))
    (node,) = [node for node in program.graph.nodes if "repeat" in str(node.target)]
    node.args = (node.args[0], [1, 2**40])
    with pytest.raises(
        ModelError, match=r"aten::repeat .*its result of shape \(1, 3298534883328\) is too large"
    ):
        rr.trace(program)


def test_weights_that_claim_more_numbers_than_they_store() -> None:
    module = nn.Linear(3, 1)
    module.register_buffer("wide", torch.ones(1).expand(2**35))
    program = torch.export.export(
        Calls(lambda a, x: a(x) + a.wide[:1], module), (torch.zeros(1, 3),)
    )
    with pytest.raises(ModelError, match=r"34359738368 numbers"):
        rr.trace(program)


def test_lstm_is_refused() -> None:
    with pytest.raises(
        ModelError, match=r"aten::(lstm|zeros|transpose|select)|torch\.export can't trace"
    ) as raised:
        rr.trace(Recurrent(), input_shape=(3,))
    assert "upported" in str(raised.value)


@pytest.mark.parametrize(
    ("forward", "said"),
    [
        (lambda a, x: a(x) if x.sum() > 0 else x, "path doesn't depend on values"),
        (lambda a, x: a(x)[: int(x[0, 0])], "torch.export can't trace this model"),
        (lambda a, x: a(torch.tensor(x.numpy())), "torch.export can't trace this model"),
        (lambda a, x: a(x[:, :2]), "rows of shape (3,)"),
        (lambda a, x: 1 / 0, "ZeroDivisionError"),
    ],
    ids=["branch", "size from a value", "leaves torch", "wrong size", "raises"],
)
def test_what_torch_cannot_export(forward: Callable[[nn.Module, Tensor], Any], said: str) -> None:
    with pytest.raises(ModelError) as raised:
        rr.trace(Calls(forward))
    assert said in str(raised.value)


def test_unknown_input_size() -> None:
    with pytest.raises(ModelError, match="give input_shape="):
        rr.trace(nn.ReLU())
    with pytest.raises(ModelError, match=r"rows of shape \(5,\)"):
        rr.trace(nn.Linear(3, 1), input_shape=(5,))


@pytest.mark.parametrize("shape", [(-1,), (0,), 3, "ab", (2.5,), (1, None)], ids=str)
def test_input_shapes_that_are_none(shape: Any) -> None:
    with pytest.raises(ModelError, match="expected the positive sizes of one row") as raised:
        rr.trace(nn.Linear(3, 1), input_shape=shape)
    assert f"input_shape={shape!r}" in str(raised.value)


def test_weights_that_are_not_there() -> None:
    with pytest.raises(ModelError, match="weight is on the device meta, which holds no numbers"):
        rr.trace(nn.Linear(3, 1, device="meta"))


def test_export_with_two_dynamic_dimensions() -> None:
    sizes = ({0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC},)
    program = torch.export.export(nn.ReLU(), (torch.zeros(2, 3),), dynamic_shapes=sizes)
    with pytest.raises(ModelError, match=r"no dynamic dimension but the first"):
        rr.trace(program)


def test_export_in_training_mode() -> None:
    module = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5)).train()
    program = torch.export.export(
        module, (torch.zeros(2, 3),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)
    )
    with pytest.raises(ModelError, match=r"aten::dropout.*training mode; call model\.eval\(\)"):
        rr.trace(program)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(
    ("parameter", "at"),
    [("0.weight", (1, 2)), ("0.bias", (0,)), ("1.running_mean", (3,)), ("2.weight", (2,))],
)
def test_weights_that_are_not_finite(parameter: str, at: tuple[int, ...], value: float) -> None:
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.PReLU(4))
    with torch.no_grad():
        module.state_dict()[parameter][at] = value
    with pytest.raises(ModelError) as raised:
        rr.trace(module)
    assert f"{parameter}{list(at)} is {value}" in str(raised.value)
    assert "1 of " in str(raised.value)


def test_constants_that_are_not_finite() -> None:
    with pytest.raises(ModelError):
        rr.trace(Calls(lambda a, x: a(x) + torch.tensor([1.0, float("nan"), 0.0])))


def test_slope_that_is_not_finite() -> None:
    with pytest.raises(ModelError):
        rr.trace(nn.Sequential(nn.Linear(3, 2), nn.LeakyReLU(float("nan"))))


def test_a_batch_norm_without_spread_of_rows_is_no_network() -> None:
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2, eps=0.0))
    module[1].running_var.zero_()
    with pytest.raises((ModelError, CheckError)):
        rr.trace(module)


def test_rows_that_mix_are_noticed() -> None:
    with pytest.raises((ModelError, CheckError)):
        rr.trace(Calls(lambda a, x: torch.cat([a(x), x], dim=0)))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (None, "type NoneType can't be traced"),
        (np.zeros((2, 2)), "type ndarray can't be traced"),
        ({"0.weight": torch.zeros(1)}, "type dict can't be traced"),
        (nn.Linear, "type type can't be traced"),
        ("model.h5", "files of type '.h5' can't be read"),
        ("model", "files of type '' can't be read"),
    ],
    ids=str,
)
def test_what_is_no_model(model: Any, said: str) -> None:
    with pytest.raises(ModelError) as raised:
        rr.trace(model)
    assert said in str(raised.value)
    assert "supported: torch.nn.Module" in str(raised.value)
