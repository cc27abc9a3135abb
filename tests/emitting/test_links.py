"""What emitted code makes of the scores: every link in every language and form, beside torch in
float64.
"""

import functools
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from executed_targets import needs_program
from handmade import Array, network, rules_of
from networks import float64_output
from torch import Tensor, nn

import relurules as rr
from relurules.ir import Head, RuleSet
from relurules.links.table import LINKS
from relurules.verifying import run_artifact

NODE = needs_program("node")
ENGINES = [
    ("python", None, None),
    ("numpy", None, None),
    ("c", None, None),
    ("onnx", None, None),
    pytest.param("javascript", None, None, marks=NODE),
    ("sql", "sqlite", None),
    ("sql", "duckdb", None),
    ("sql", "sqlite", "duckdb"),
]
FORMS = ("rules", "tree", "network")


def forms_of(target: str) -> tuple[str, ...]:
    return FORMS[1:] if target in ("numpy", "onnx") else FORMS


ENDS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "exp": torch.exp,
    "expm1": torch.expm1,
    "softmax": lambda z: torch.softmax(z, 1),
    "log_softmax": lambda z: torch.log_softmax(z, 1),
    "argmax": lambda z: torch.argmax(z, 1, keepdim=True),
    "one score": lambda z: z[:, 1:2].sigmoid(),
    "opposites": lambda z: torch.stack([z[:, 0], -z[:, 0]], 1).sigmoid(),
    "one part": lambda z: torch.softmax(z, 1)[:, 2],
    "of one": lambda z: torch.cat(
        [z[:, :1].softmax(1), z[:, :1].log_softmax(1), z[:, :1].argmax(1, True)], 1
    ),
    "mixture": lambda z: torch.cat(
        [
            torch.softmax(z[:, :2], 1).flip(1),
            z,
            torch.softmax(z, 1),
            z[:, 1:].sigmoid(),
            z.argmax(1, True),
            (-z).argmax(1, True),
            z[:, 1:].log_softmax(1),
            z.expm1(),
            torch.nn.functional.softplus(z),
            z.tanh(),
            z[:, 2:].exp(),
        ],
        1,
    ),
}
#: Scores of any size, and ties.
HARD = np.array(
    list(product([0.0, 1e-20, -1e-9, 0.3, -36.7, 41.0, 709.0, 800.0, -800.0, 1e6, -1e6], repeat=3))
)


class Ending(nn.Module):
    """Layers and what follows."""

    def __init__(self, end: Callable[[Tensor], Tensor], *layers: nn.Module) -> None:
        super().__init__()
        self.end, self.layers = end, nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.layers(x))


def trained(end: Callable[[Tensor], Tensor]) -> nn.Module:
    torch.manual_seed(0)
    return Ending(end, nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 3))


def bare(end: Callable[[Tensor], Tensor]) -> nn.Module:
    """The scores are the inputs."""
    layer = nn.Linear(3, 3, bias=False)
    layer.weight.data = torch.eye(3)
    return Ending(end, layer)


@functools.cache
def extract_trained(end: str) -> RuleSet:
    """Exported and extracted once, for all engines."""
    return rr.extract(trained(ENDS[end]), domain=rr.Domain.box([-3, -3], [3, 3]))


@functools.cache
def extract_bare(end: str) -> RuleSet:
    """Exported and extracted once, for all engines."""
    return rr.extract(bare(ENDS[end]))


@functools.cache
def extract_log_odds() -> RuleSet:
    """Of a clamp and a logarithm, once for all engines."""
    return rr.extract(bare(take_log_odds))


def take_log_odds(z: Tensor) -> Tensor:
    return torch.logit(z, eps=1e-3)


def outputs(
    rules: RuleSet, X: Array, target: str, dialect: str | None, engine: str | None, form: str
) -> Any:
    key = ["row"] if target == "sql" else []
    return run_artifact(
        rr.emit(rules, target, dialect=dialect, form=form, key=key, outside="null"), X, engine
    )[1]


def same(found: Array, expected: Array, share: float, rounding: float = 1e-300) -> bool:
    return bool(np.isclose(found, expected, rtol=share, atol=rounding).all())


@pytest.mark.parametrize(("target", "dialect", "engine"), ENGINES)
@pytest.mark.parametrize("end", ENDS)
def test_random_rows_rows_outside_and_missing_values(
    end: str, target: str, dialect: str | None, engine: str | None
) -> None:
    model, rules = trained(ENDS[end]), extract_trained(end)
    assert len(rules) > 3
    X = np.random.default_rng(0).uniform(-3, 3, (60, 2))
    odd = np.array([[np.nan, 0], [0, np.nan], [4, 0], [0, -3.01], [np.inf, 0], [-np.inf, np.nan]])
    expected = float64_output(model, X).reshape(len(X), -1)
    for form in forms_of(target):
        ran = outputs(rules, np.vstack([odd, X]), target, dialect, engine, form)
        assert (ran.rule == np.concatenate([np.zeros(len(odd)), rules.apply(X)])).all()
        assert np.isnan(ran.outputs[: len(odd)]).all()
        assert np.allclose(ran.outputs[len(odd) :], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("target", "dialect", "engine"), ENGINES)
@pytest.mark.parametrize("end", ENDS)
def test_scores_of_any_size(end: str, target: str, dialect: str | None, engine: str | None) -> None:
    model, rules = bare(ENDS[end]), extract_bare(end)
    expected = float64_output(model, HARD).reshape(len(HARD), -1)
    assert same(rules.predict(HARD), expected, 1e-14)
    # onnxruntime's own exp and log: a share next to 1 is off in its last place.
    rounding = 1e-15 if (target, end) == ("onnx", "log_softmax") else 1e-300
    for form in forms_of(target):
        found = outputs(rules, HARD, target, dialect, engine, form).outputs
        assert same(found, expected, 1e-14, rounding), form


@pytest.mark.parametrize(("target", "dialect", "engine"), ENGINES)
def test_log_odds_of_shares_of_any_size(
    target: str, dialect: str | None, engine: str | None
) -> None:
    """Their clamp is made of neurons, so that far away they are only exact in rules and trees."""
    rows = np.array([0.0, 1e-3, 0.3, 0.5, 0.999, 1.0, 1e6, -1e6, 1e300, -1e300])[:, None]
    X = np.hstack([rows, rows[::-1], rows])
    expected = float64_output(bare(take_log_odds), X)
    found = outputs(extract_log_odds(), X, target, dialect, engine, forms_of(target)[0]).outputs
    assert same(found, expected, 1e-14, 1e-15)


@pytest.mark.parametrize(("target", "dialect", "engine"), ENGINES)
@pytest.mark.parametrize("form", FORMS)
def test_scores_that_are_no_number(
    form: str, target: str, dialect: str | None, engine: str | None
) -> None:
    """Where sums overflow to infinity less infinity, fused or not: not even an argmax."""
    if form not in forms_of(target):
        pytest.skip(f"{target} has no form rules")
    net = network(10 * np.eye(2), [0, 0], [[1, -1], [0, 0], [0, 0]], C=[[0, 0], [1, 0], [0, 1]])
    heads = [Head(name, (1, 0, 2) if link.joint else (0,)) for name, link in LINKS.items()]
    rules = rules_of(net, heads=heads)
    X = np.array([[1e308, 1e308]])
    ran = outputs(rules, X, target, dialect, engine, form)
    assert ran.rule == rules.apply(X)
    assert np.isnan(ran.outputs).all()


@pytest.mark.parametrize(("target", "dialect", "engine"), ENGINES)
@pytest.mark.parametrize("link", ["softmax", "log_softmax", "argmax"])
def test_many_scores(link: str, target: str, dialect: str | None, engine: str | None) -> None:
    k = 203
    weights = np.random.default_rng(0).normal(size=(k, 2))
    net = network(np.empty((0, 2)), [], np.empty((k, 0)), C=np.round(weights, 1))
    count = 1 if link == "argmax" else k
    rules = rules_of(net, heads=[Head(link, tuple(range(k)), i) for i in range(count)])
    X = np.random.default_rng(1).integers(-3, 4, (20, 2)).astype(float)
    expected = rules.predict(X)
    assert np.allclose(
        outputs(rules, X, target, dialect, engine, "network").outputs, expected, rtol=1e-11, atol=0
    )


@pytest.mark.parametrize(("target", "dialect", "engine"), ENGINES)
def test_names_that_look_like_ours(target: str, dialect: str | None, engine: str | None) -> None:
    net = network([[1, 1]], [0], [[1], [2]], C=[[0, 1], [1, 0]])
    domain = rr.Domain.box([-1, -1], [1, 1], ["softmax_1", "rr_s0"])
    heads = [Head("softmax", (0, 1)), Head("sigmoid", (0,)), Head("argmax", (0, 1))]
    rules = rules_of(net, domain, ["SCORE_1", "exp", "_softmax"], heads)
    X = np.random.default_rng(0).uniform(-1, 1, (20, 2))
    for form in forms_of(target):
        assert np.allclose(
            outputs(rules, X, target, dialect, engine, form).outputs, rules.predict(X), atol=1e-14
        )


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("one score", ["y = sigmoid(score)", "sigmoid(s) = 1 / (1 + exp(-s))", "THEN score = "]),
        (
            "opposites",
            ["y0 = sigmoid(score_1)", "y1 = sigmoid(score_2)", "THEN score_1 = ", "score_2 = "],
        ),
        (
            "one part",
            [
                "y = softmax(score_3 among score_1, score_2, score_3)",
                "softmax(s among s, t, ...) = exp(s) / (exp(s) + exp(t) + ...)",
            ],
        ),
        (
            "argmax",
            [
                "y = argmax(score_1, score_2, score_3)",
                "counted from 0; the first where several are",
            ],
        ),
        (
            "mixture",
            [
                "y2 = score_1",
                "y10 = argmax(score_1, score_2, score_3)",
                "log_softmax(score_2 among score_2, score_3)",
            ],
        ),
    ],
)
@pytest.mark.parametrize("target", ["text", "markdown"])
def test_people_are_told(target: str, end: str, said: list[str]) -> None:
    text = str(rr.emit(extract_trained(end), target))
    for part in said:
        assert part.removeprefix("THEN " if target == "markdown" else "") in text.replace("\\", "")


def test_the_bound_is_of_the_outputs_or_of_the_scores_alone() -> None:
    net = network([[1.0]], [0], [[1]], slope=0.9999)
    rules = rules_of(net, rr.Domain.box([-1], [1]), heads=[Head("sigmoid", (0,))])
    known = replace(rules, score_error=0.25, output_error=0.125)
    assert "Largest difference from the network anywhere in the domain: 0.125" in str(
        rr.emit(known, "text")
    )
    alone = replace(rules, score_error=0.25, output_error=None)
    assert "Largest difference of a score from the network's anywhere in the domain: 0.25" in str(
        rr.emit(alone, "text")
    )
