"""Links at the end of a torch model become heads; inside it they are refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from networks import float64_output
from torch import Tensor, nn

import relurules as rr
from relurules.errors import CheckError, ModelError
from relurules.ir import Head
from relurules.tracing.affine import AffineTensor
from relurules.tracing.heads import LinkedTensor, apply_link, collect_scores, rearrange_heads

End = Callable[[Tensor], Any]


class Ending(nn.Module):
    """A small network and what follows."""

    def __init__(self, end: End) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.end, self.layers = end, nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4))

    def forward(self, x: Tensor) -> Any:
        return self.end(self.layers(x))


def in_place(z: Tensor) -> Tensor:
    return z.sigmoid_()


F = nn.functional
ALL = (0, 1, 2, 3)
SIGMOIDS = [Head("sigmoid", (i,)) for i in ALL]
SOFTMAX = [Head("softmax", ALL, i) for i in ALL]
LOG = [Head("log_softmax", ALL, i) for i in ALL]
MODELS: dict[str, tuple[End, list[Head]]] = {
    "Sigmoid": (nn.Sigmoid(), SIGMOIDS),
    "torch.sigmoid": (torch.sigmoid, SIGMOIDS),
    "expit": (torch.special.expit, SIGMOIDS),
    "sigmoid in place": (in_place, SIGMOIDS),
    "Softmax": (nn.Softmax(dim=1), SOFTMAX),
    "functional softmax": (lambda z: F.softmax(z, dim=-1), SOFTMAX),
    "softmax in float64": (lambda z: F.softmax(z, 1, dtype=torch.float64), SOFTMAX),
    "special softmax": (lambda z: torch.special.softmax(z, 1), SOFTMAX),
    "Softmin": (nn.Softmin(dim=1), SOFTMAX),
    "LogSoftmax": (nn.LogSoftmax(dim=1), LOG),
    "functional log_softmax": (lambda z: F.log_softmax(z, dim=-1), LOG),
    "exp": (torch.exp, [Head("exp", (i,)) for i in ALL]),
    "expm1": (torch.expm1, [Head("expm1", (i,)) for i in ALL]),
    "softplus": (nn.Softplus(), [Head("softplus", (i,)) for i in ALL]),
    "tanh": (torch.tanh, [Head("tanh", (i,)) for i in ALL]),
    "logit": (lambda z: torch.logit(z, eps=1e-3), [Head("logit", (i,)) for i in ALL]),
    "argmax": (lambda z: z.argmax(1), [Head("argmax", ALL)]),
    "argmax that keeps its dim": (
        lambda z: torch.argmax(z, dim=-1, keepdim=True),
        [Head("argmax", ALL)],
    ),
    "argmax of a slice": (lambda z: z[:, 1:3].argmax(1), [Head("argmax", (0, 1))]),
    "argmax as float": (lambda z: z.argmax(1).float(), [Head("argmax", ALL)]),
    "argmax as int32": (lambda z: z.argmax(1).int(), [Head("argmax", ALL)]),
    "argmax as its scores' type": (lambda z: z.argmax(1).type_as(z), [Head("argmax", ALL)]),
    "cast to the same type": (lambda z: torch.sigmoid(z).float(), SIGMOIDS),
    "cast to float64": (lambda z: torch.sigmoid(z.double()).to("cpu"), SIGMOIDS),
    "one of them": (lambda z: torch.sigmoid(z)[:, 2], [Head("sigmoid", (0,))]),
    "one of them, squeezed": (
        lambda z: torch.sigmoid(z)[:, 2:3].squeeze(),
        [Head("sigmoid", (0,))],
    ),
    "one part": (lambda z: torch.softmax(z, 1)[:, 1], SOFTMAX[1:2]),
    "along another dim": (
        lambda z: z.reshape(-1, 2, 2).softmax(1),
        [Head("softmax", s, i) for i in (0, 1) for s in ((0, 1), (2, 3))],
    ),
    "along dim 0 of what is transposed": (lambda z: z.t().softmax(0).t(), SOFTMAX),
    "argmax along another dim": (
        lambda z: z.reshape(-1, 2, 2).argmax(1),
        [Head("argmax", (0, 1)), Head("argmax", (2, 3))],
    ),
    "turned about": (
        lambda z: (
            torch.sigmoid(z)
            .reshape(-1, 2, 2)
            .transpose(1, 2)
            .flip(1)
            .permute(0, 2, 1)
            .flatten(1)
            .contiguous()
        ),
        SIGMOIDS,
    ),
    "split and joined": (lambda z: torch.cat(torch.sigmoid(z).chunk(2, 1)[::-1], 1), SIGMOIDS),
    "picked": (
        lambda z: torch.sigmoid(z)[:, [3, 3, 0]],
        [Head("sigmoid", (i,)) for i in (0, 0, 1)],
    ),
    "stacked with its complement": (
        lambda z: torch.stack([z[:, 0], -z[:, 0]], 1).sigmoid(),
        [Head("sigmoid", (0,)), Head("sigmoid", (1,))],
    ),
    "beside its scores": (
        lambda z: (z, z.softmax(1)[:, 1:3], z.argmax(1)),
        [*[Head("identity", (i,)) for i in ALL], *SOFTMAX[1:3], Head("argmax", ALL)],
    ),
    "joined with its scores": (
        lambda z: torch.cat([torch.sigmoid(z[:, :1]), z[:, :2], z[:, :1] * 0 + 1], 1),
        [
            Head("sigmoid", (0,)),
            Head("identity", (0,)),
            Head("identity", (1,)),
            Head("identity", (2,)),
        ],
    ),
    "a dict": (
        lambda z: {"p": z.softmax(1)[:, 0], "z": z[:, 0]},
        [SOFTMAX[0], Head("identity", (0,))],
    ),
}


def reference(model: nn.Module, X: Any) -> Any:
    with torch.no_grad():
        found = model.double().eval()(torch.tensor(X))
    parts = (
        found.values()
        if isinstance(found, dict)
        else found
        if isinstance(found, tuple)
        else [found]
    )
    return torch.cat([part.double().reshape(len(X), -1) for part in parts], 1).numpy()


@pytest.mark.parametrize("case", MODELS)
def test_heads(case: str) -> None:
    end, heads = MODELS[case]
    graph = rr.trace(Ending(end))
    assert list(graph.heads) == heads
    assert len(graph.outputs) == len(heads)
    assert len(graph.network.c) == 1 + max(i for one in heads for i in one.scores)
    X = np.random.default_rng(0).normal(size=(50, 3))
    rounding = (
        1e-7 if case == "cast to the same type" else 1e-14
    )  # the model in float64 rounds there
    assert np.allclose(graph.evaluate(X), reference(Ending(end), X), rtol=1e-12, atol=rounding)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    "case", ["Softmax", "argmax as float", "cast to float64", "beside its scores"]
)
def test_from_a_file(case: str, tmp_path: Path) -> None:
    end, heads = MODELS[case]
    sizes = ((torch.export.Dim.DYNAMIC, torch.export.Dim.STATIC),)
    program = torch.export.export(Ending(end).eval(), (torch.zeros(2, 3),), dynamic_shapes=sizes)
    torch.export.save(program, tmp_path / "model.pt2")
    assert list(rr.trace(tmp_path / "model.pt2").heads) == heads
    assert list(rr.trace(program.run_decompositions()).heads) == heads


def test_dim_0_where_the_first_dimension_is_part_of_the_input() -> None:
    program = torch.export.export(nn.Softmax(dim=0), (torch.zeros(2, 3),))
    graph = rr.trace(program)
    assert graph.heads[:2] == (Head("softmax", (0, 1), 0), Head("softmax", (2, 3), 0))
    X = np.random.default_rng(0).normal(size=(5, 6))
    expected = torch.softmax(torch.tensor(X).reshape(5, 2, 3), 1).reshape(5, 6).numpy()
    assert np.allclose(graph.evaluate(X), expected, atol=1e-15)


def test_outputs_without_a_link_are_as_ever() -> None:
    graph = rr.trace(Ending(lambda z: (z, z)))
    assert len(graph.network.c) == 8
    assert graph.heads == tuple(Head("identity", (i,)) for i in range(8))


def test_layers_show_the_link() -> None:
    layers = rr.trace(Ending(nn.Softmax(dim=1))).layers
    assert [
        data["size"]
        for _, data in layers.nodes(data=True)
        if data["operator"] == "aten::softmax.int"
    ] == [4]


def test_the_whole_walk() -> None:
    model = Ending(lambda z: torch.cat([z.softmax(1), z[:, :1].sigmoid()], 1))
    domain = rr.Domain.box([-2] * 3, [2] * 3)
    rules = rr.extract(model, domain=domain)
    X = np.random.default_rng(0).uniform(-2, 2, (100, 3))
    assert np.allclose(rules.predict(X), float64_output(model, X), rtol=1e-12)
    assert rr.verify(rr.emit(rules, "sql"), model, X)
    assert not rr.verify(
        rr.emit(rules, "sql"),
        Ending(lambda z: torch.cat([z.softmax(1), z[:, 1:2].sigmoid()], 1)),
        X,
    )


REFUSED: dict[str, tuple[End, str, str]] = {
    "complement": (
        lambda z: 1 - torch.sigmoid(z),
        "aten::sigmoid",
        "aten::rsub.Scalar (node 'rsub') goes on from it",
    ),
    "layer": (
        lambda z: torch.softmax(z, 1) @ torch.ones(4, 2),
        "aten::softmax.int",
        "aten::matmul",
    ),
    "sum": (lambda z: torch.exp(z).sum(1), "aten::exp", "aten::sum.dim_IntList"),
    "softmax by hand": (
        lambda z: z.exp() / z.exp().sum(1, keepdim=True),
        "aten::exp",
        "goes on from it",
    ),
    "link of a link": (lambda z: z.softmax(1).sigmoid(), "aten::softmax.int", "aten::sigmoid"),
    "activation": (lambda z: torch.sigmoid(z).relu(), "aten::sigmoid", "aten::relu"),
    "after reshapes": (
        lambda z: torch.sigmoid(z).reshape(-1, 2, 2)[:, 0] * 2,
        "aten::sigmoid",
        "aten::mul.Tensor",
    ),
    "after a split": (
        lambda z: torch.sigmoid(z).chunk(2, 1)[0] + 1,
        "aten::sigmoid",
        "aten::add.Tensor",
    ),
    "padding": (lambda z: F.pad(torch.sigmoid(z), (1, 1)), "aten::sigmoid", "aten::pad"),
    "comparison": (lambda z: torch.sigmoid(z) > 0.5, "aten::sigmoid", "aten::gt.Scalar"),
    "index": (lambda z: z[:, z.argmax(1)], "aten::argmax", "aten::index.Tensor"),
    "clamp": (lambda z: torch.sigmoid(z).clamp(0.1, 0.9), "aten::sigmoid", "aten::clamp"),
    "to whole numbers": (
        lambda z: torch.sigmoid(z).long(),
        "aten::to.dtype",
        "torch.int64 can't hold every value",
    ),
    "to half precision": (
        lambda z: torch.sigmoid(z).half(),
        "aten::to.dtype",
        "torch.float16 can't hold every value",
    ),
    "class in half precision": (
        lambda z: z.argmax(1).half(),
        "aten::to.dtype",
        "torch.float16 can't hold",
    ),
    "softmax in half precision": (
        lambda z: F.softmax(z, 1, dtype=torch.float16),
        "aten::softmax.int",
        "torch.float16 can't hold every value",
    ),
    "rows of the batch": (
        lambda z: z.softmax(0),
        "aten::softmax.int",
        "compares rows of the batch",
    ),
    "rows of the batch, turned": (
        lambda z: z.t().softmax(1).t(),
        "aten::softmax.int",
        "compares rows of the batch",
    ),
    "rows of the batch, mixed in": (
        lambda z: z.reshape(-1).softmax(0),
        "aten::softmax.int",
        "rows of the batch",
    ),
    "argmax of everything": (lambda z: z.argmax(), "aten::argmax", "compares rows of the batch"),
    "log sigmoid": (F.logsigmoid, "aten::log_sigmoid", "neither known to be affine"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_name_the_link_and_what_follows(case: str) -> None:
    end, operator, said = REFUSED[case]
    with pytest.raises(ModelError) as raised:
        rr.trace(Ending(end))
    message = str(raised.value)
    assert f"operator {operator}" in message
    assert said in message
    assert (
        "at the model's end sigmoid, softmax, log_softmax, exp, expm1, softplus, tanh, " in message
    )


def test_a_lower_precision_inside_is_noticed() -> None:
    with pytest.raises((ModelError, CheckError)):
        rr.trace(Ending(lambda z: torch.sigmoid(z.half().float())))


def tensor(*values: float) -> AffineTensor:
    """Constants, as affine tensors of shape (1, k)."""
    return AffineTensor(np.array([values]), np.zeros((0, 1, len(values))))


def test_equal_scores_are_one() -> None:
    both: LinkedTensor = rearrange_heads(
        [apply_link("sigmoid", tensor(1, 2)), apply_link("softmax", tensor(2, 1, 0.0))],
        lambda *t: np.concatenate(t, 1),
    )
    scores, heads = collect_scores([both, tensor(-0.0)])
    assert scores[0].constant.tolist() == [1, 2, 0]
    assert heads == (
        *[Head("sigmoid", (i,)) for i in (0, 1)],
        *[Head("softmax", (1, 0, 2), i) for i in range(3)],
        Head("identity", (2,)),
    )


def test_scores_that_no_output_reads_are_dropped() -> None:
    part: LinkedTensor = rearrange_heads(
        [apply_link("sigmoid", tensor(1, 2, 3))], lambda index: index[:, 1:2]
    )
    scores, heads = collect_scores([part])
    assert scores[0].constant.tolist() == [2]
    assert heads == (Head("sigmoid", (0,)),)


def test_constants_may_stand_beside_heads() -> None:
    row: LinkedTensor = rearrange_heads(
        [apply_link("sigmoid", tensor(1)), np.array([[7.0]])], lambda *t: np.concatenate(t, 1)
    )
    scores, heads = collect_scores([row])
    assert scores[0].constant.tolist() == [1, 7]
    assert heads == (Head("sigmoid", (0,)), Head("identity", (1,)))
