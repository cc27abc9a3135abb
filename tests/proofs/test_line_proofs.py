"""Certificates of additive rules: what is true is proven to the last digit, and what was changed is
refused.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from file_copies import copy_content
from handmade import graph, layered, network

import relurules as rr
from relurules import checker
from relurules.codec.additive_json import additive_to_json
from relurules.domain.columns import Category, Column
from relurules.errors import DomainError, ModelError
from relurules.ir import AdditiveRules, Graph
from relurules.proofs.proving import read_model_numbers

BOX = rr.Domain.box([-1, -2, -1], [1, 1, 3])


def extract_lines(model: Any, domain: Any = None, **options: Any) -> AdditiveRules:
    rules = rr.extract(model, domain=domain, form="additive", guard_unread=True, **options)
    assert isinstance(rules, AdditiveRules)
    return rules


def draw_hinges(seed: int, K: int = 6, m: int = 2) -> Any:
    rng = np.random.default_rng(seed)
    return network(
        rng.normal(size=(K, 3)), rng.normal(size=K), rng.normal(size=(m, K)),
        C=rng.normal(size=(m, 3)), c=rng.normal(size=m),
        slope=rng.choice([0.0, 0.25, -1.0, 1.5], size=K),
    )  # fmt: skip


def is_proven(rules: AdditiveRules, model: Any) -> rr.Certificate:
    certificate = rr.prove(rules, model)
    verdict = rr.check(certificate, rules, model)
    assert verdict, verdict.why
    return certificate


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("domain", [BOX, BOX.where("x0 + x1 <= 0.5"), None])
def test_lines_are_proven_to_the_last_digit(seed: int, domain: Any) -> None:
    model = graph(draw_hinges(seed))
    found = is_proven(extract_lines(model, domain), model)
    if domain is None:
        assert found.share is not None
        assert 0.0 < found.share < 1e-15
    else:
        assert found.share is None
        assert 0.0 < found.bound < 1e-13


def test_whole_numbers_are_proven_exactly() -> None:
    model = graph(network([[1, 0, 2], [0, -4, 1]], [1, -3], [[2, 1]], C=[[1, 0, -1]], c=[0.5]))
    assert is_proven(extract_lines(model, BOX), model).bound == 0.0
    assert is_proven(extract_lines(model), model).bound == 0.0


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_groups_are_proven(seed: int) -> None:
    model = graph(layered(seed, 3, (3, 2), 2))
    rules = extract_lines(model, BOX)
    assert rules.groups
    assert is_proven(rules, model).bound < 1e-12
    with pytest.raises(DomainError, match="groups of neurons are proven over a bounded domain"):
        rr.prove(extract_lines(model), model)


def test_nearly_linear_slopes_are_in_the_bound() -> None:
    net = draw_hinges(0)
    model = graph(network(net.A, net.b, net.U, slope=0.9997))
    rules = extract_lines(model, BOX)
    assert len(rules) == 0
    assert 0.0 < is_proven(rules, model).bound <= rules.score_error * (1 + 1e-9)


def test_parallel_neurons_and_points() -> None:
    columns = (Column("kind", (Category(("a",)), Category(("b",), other=True))), Column("x"))
    A = [[1, 0.3, 0], [1, -1, 1], [2, -2, 2], [-1, 1, -1], [0.5, 0.25, 0]]
    net = network(A, [0.1, 0.5, 1, -0.5, 0.0], [[1, 1, 0.3, 2, -1]], slope=[0, 0, 0.5, 0, 0.1])
    names = rr.Domain.over(columns).names
    import networkx

    model = Graph(names, ("y",), net, networkx.DiGraph(), columns=columns)
    for domain in (None, rr.Domain.over(columns).bounded({"x": (-3.0, 3.0)})):
        rules = extract_lines(model, domain)
        assert len(rules) == 1
        found = is_proven(rules, model)
        assert found.bound < 1e-14 or (found.share is not None and found.share < 1e-15)


def test_the_script_checks_alone(tmp_path: Path) -> None:
    model = graph(draw_hinges(1))
    rules = extract_lines(model, BOX)
    rr.prove(rules, model).write(tmp_path)
    rules.save(tmp_path / "lines.json")
    command = ["check.py", "certificate.json", "lines.json", "model.json"]
    done = subprocess.run(
        [sys.executable, "-I", *command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "proven: |model - rules| <= " in done.stdout
    assert "6 lines" in done.stdout
    loaded = rr.Certificate.load(tmp_path / "certificate.json")
    assert rr.check(loaded, tmp_path / "lines.json", tmp_path / "model.json")


def test_another_model_is_named() -> None:
    rules = extract_lines(graph(draw_hinges(1)), BOX)
    with pytest.raises(ModelError, match="isn't the network that the rules were extracted from"):
        rr.prove(rules, graph(draw_hinges(2)))


# What was changed


def pick(items: Any, rng: np.random.Generator) -> Any:
    items = list(items)
    return items[int(rng.integers(len(items)))]


def change_digit(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    line = pick(rules["lines"], rng)
    part = pick(["above", "coefficients", "slopes"], rng)
    if part == "above":
        line["above"] += 0.01
        return
    name = pick(line[part], rng)
    line[part][name] = line[part][name] * 1.001 + 1e-4


def drop_line(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    rules["lines"].pop(int(rng.integers(len(rules["lines"]))))


def swap_sign(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    slopes = pick(rules["lines"], rng)["slopes"]
    name = pick(slopes, rng)
    slopes[name] = -slopes[name]


def turn_line(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    line = pick(rules["lines"], rng)
    line["above"] = -line["above"]
    line["coefficients"] = {name: -value for name, value in line["coefficients"].items()}


def change_base(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    own = pick(rules["base"].values(), rng)
    own["constant"] += 0.003


def change_model(_: Any, __: Any, model: Any, rng: np.random.Generator) -> None:
    layer = model["layers"][0]
    name = pick(["b", "c", "slope"], rng)
    k = int(rng.integers(len(layer[name])))
    layer[name][k] += 0.125


def widen_domain(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    pick(rules["features"], rng)["upper"] += 1e6


def open_domain(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    pick(rules["features"], rng)["lower"] = None


def claim_less(found: Any, _: Any, __: Any, ___: Any) -> None:
    found["bound"] = found["bound"] / 2
    found["bounds"] = [[own / 2 for own in score] for score in found["bounds"]]


def move_neuron(found: Any, _: Any, __: Any, rng: np.random.Generator) -> None:
    kinds = found["neurons"]
    at = [k for k, kind in enumerate(kinds) if kind[0] == "line"]
    k = pick(at, rng)
    kinds[k] = pick(
        [["fixed", 1.0], ["unread"], ["points"], ["line", kinds[k][1], -kinds[k][2]]], rng
    )


def move_point(found: Any, _: Any, __: Any, ___: Any) -> None:
    found["point"][0] = 1e9


def rename_column(_: Any, rules: Any, __: Any, rng: np.random.Generator) -> None:
    own = pick(rules["lines"], rng)["coefficients"]
    one, other = list(own)[:2]
    own[one], own[other] = own[other], own[one]


CHANGES = (
    change_digit, drop_line, swap_sign, turn_line, change_base, change_model, widen_domain,
    open_domain, claim_less, move_neuron, move_point, rename_column,
)  # fmt: skip


def stamp(found: Any, rules: Any, model: Any) -> None:
    """As one who knows the format would: the digests of what was changed."""
    found["digests"] = checker.hash_rules_and_model(rules, model)
    found["digest"] = checker.hash_json({k: v for k, v in found.items() if k != "digest"})


@pytest.fixture(scope="module")
def proven() -> list[tuple[Any, Any, Any]]:
    made = []
    for seed in range(4):
        model = graph(draw_hinges(seed))
        rules = extract_lines(model, BOX)
        found = dict(rr.prove(rules, model).found)
        made.append(
            (found, json.loads(json.dumps(additive_to_json(rules))), read_model_numbers(model))
        )
    return made


def test_changed_ones_are_refused(proven: Any) -> None:
    """240 of them, each stamped anew: refused by what is shown, not by a digest."""
    rng, refused = np.random.default_rng(0), 0
    for i in range(240):
        change = CHANGES[i % len(CHANGES)]
        found, rules, model = copy_content(proven[i // len(CHANGES) % 4])
        assert checker.check(found, rules, model)
        change(found, rules, model, rng)
        assert not checker.check(found, rules, model), change.__name__
        stamp(found, rules, model)
        verdict = checker.check(found, rules, model)
        assert not verdict, change.__name__
        refused += 1

    assert refused == 240


def test_partition_rules_are_another_form(proven: Any) -> None:
    found, rules, model = copy_content(proven[0])
    other = json.loads(json.dumps(rules))
    other["format"] = "relurules.rules"
    stamp(found, other, model)
    assert "rules of another form" in checker.check(found, other, model).why


def test_a_domain_of_one_point_and_columns_of_one_value() -> None:
    model = graph(draw_hinges(4))
    for high in ([0.5, 0.5, 0.5], [0.5, 2.0, 0.5]):
        rules = extract_lines(model, rr.Domain.box([0.5, 0.5, 0.5], high))
        assert is_proven(rules, model).bound < 1e-13


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_columns_of_any_size(scale: float) -> None:
    net = draw_hinges(5)
    scales = np.array([1.0, scale, 1.0])
    model = graph(network(net.A / scales, net.b, net.U, C=net.C / scales, slope=net.slope))
    rules = extract_lines(model, rr.Domain.box(-scales, 2.0 * scales))
    assert is_proven(rules, model).bound < 1e-13


def make_single_line(sense: float) -> tuple[Any, Any, Any]:
    """What a certificate tells of one neuron, x + 0.75 w, that is said to be the line x + 0.5 w +
    sense / 4 over x in [1, 2] and w in [0, 1]; rules and model.
    """
    features = [
        {"name": name, "lower": low, "upper": low + 1, "integer": False}
        for name, low in (("x", 1.0), ("w", 0.0))
    ]
    rules = {
        "format": "relurules.additive", "version": 1, "outputs": ["y"], "features": features,
        "constraints": [], "neuron_groups": [], "max_error": 0.0,
        "lines": [
            {"coefficients": {"x": 1.0, "w": 0.5}, "above": -sense / 4, "slopes": {"y": 1.0}}
        ],
        "base": {"y": {"constant": 0.0, "coefficients": {}}},
    }  # fmt: skip
    model = {
        "format": checker.MODEL_FORMAT, "version": checker.MODEL_VERSION, "read": checker.STORED,
        "named": {"columns": True, "outputs": False}, "features": ["x", "w"], "outputs": ["y"],
        "layers": [
            {"kind": "affine", "weights": [[1.0, 0.75]], "constants": [0.0]},
            {"kind": "prelu", "slopes": [0.0]},
            {"kind": "affine", "weights": [[1.0]], "constants": [0.0]},
        ],
    }  # fmt: skip
    found = {"neurons": [["line", 0, 1]], "virtual": [], "groups": [], "point": [1.0, 0.0]}
    return found, rules, model


@pytest.mark.parametrize(("sense", "bound"), [(1.0, 0.25), (-1.0, 0.5)])
def test_a_line_is_off_by_constant_and_terms_together(sense: float, bound: float) -> None:
    """|w / 4 - sense / 4| over w in [0, 1]: the two parts add up where their signs agree."""
    assert checker.check_additive(*make_single_line(sense)).bound == bound


def test_a_claim_that_is_less_than_what_is_shown_is_refused() -> None:
    found, rules, model = make_single_line(-1.0)
    for bound, holds in ((0.5, True), (0.75, True), (0.25, False)):
        said = {
            **found, "format": checker.FORMAT, "version": checker.VERSION, "form": "additive",
            "digests": checker.hash_rules_and_model(rules, model),
            "bound": bound, "bounds": [[bound]], "share": None,
        }  # fmt: skip
        verdict = checker.check({**said, "digest": checker.hash_json(said)}, rules, model)
        assert bool(verdict) is holds, verdict
