"""Additive rules and their code beside the model: what is right passes, what is changed doesn't."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from handmade import graph, layered, network, rows_in

import relurules as rr
from relurules.ir import AdditiveRules, Artifact
from relurules.verifying.code_numbers import find_misprint

BOX = rr.Domain.box([-1, -2, 0], [1, 2, 5])
MODEL = graph(layered(3, 3, [7], 1))


@pytest.fixture(scope="module")
def rules() -> AdditiveRules:
    made = rr.extract(MODEL, domain=BOX, form="additive")
    assert isinstance(made, AdditiveRules)
    return made


def test_rules_themselves_are_verified(rules: AdditiveRules) -> None:
    X = np.vstack([rows_in(BOX, 50), [[2, 0, 0], [np.nan, 0, 0], [-np.inf, 0, 0]]])
    report = rr.verify(rules, MODEL, X)
    assert report
    assert (report.rows, report.outside) == (53, 3)


def test_a_changed_slope_is_seen(rules: AdditiveRules) -> None:
    first, *others = rules.lines
    changed = replace(
        rules, lines=(replace(first, slopes=first.slopes * (1 + 1e-9)), *others), traced=None
    )
    assert not rr.verify(changed, MODEL, rows_in(BOX, 200))
    assert not rr.verify(rr.emit(changed, "python"), rules, rows_in(BOX, 200))


@pytest.mark.parametrize("target", ["python", "numpy", "c"])
def test_code_is_read_from_its_file(target: str, rules: AdditiveRules, tmp_path: Path) -> None:
    path = rr.emit(rules, target, columns=["outputs", "lines"]).write(tmp_path)[-1]
    artifact = Artifact.read(path)
    assert (artifact.form, artifact.returned) == ("lines", ("outputs", "lines"))
    assert rr.verify(artifact, MODEL, rows_in(BOX, 30))


@pytest.mark.parametrize("target", ["python", "numpy", "c"])
def test_changed_numbers_are_read_back(target: str, rules: AdditiveRules) -> None:
    artifact = rr.emit(rules, target)
    assert find_misprint(artifact, rules, artifact) is None
    name, text = list(artifact.files.items())[-1]
    slope = repr(abs(float(rules.slopes[0, 0])))
    assert slope in text
    files = {**artifact.files, name: re.sub(rf"{re.escape(slope)}\b", slope + "1", text)}
    why = find_misprint(replace(artifact, files=files), rules, artifact)
    assert why is not None and "times" in why  # noqa: PT018


def test_groups_are_read_back() -> None:
    made = rr.extract(graph(layered(2, 3, [4, 3], 1)), domain=BOX, form="additive")
    assert len(made.groups) == 1
    for target in ("python", "numpy", "c"):
        artifact = rr.emit(made, target)
        assert find_misprint(artifact, made, artifact) is None


def test_lines_that_are_turned_round_may_cancel() -> None:
    """relu(z) = z + relu(-z): where z is far below 0, both terms are large and the network's are
    none.
    """
    rng = np.random.default_rng(0)
    net = network(rng.normal(size=(4, 12)), [1e6, -1e6, 3.0, 0.5], np.ones((1, 4)), c=[1.0])
    domain = rr.Domain.box([-1e6] * 12, [1e6] * 12)
    made = rr.extract(graph(net), domain=domain, form="additive")
    X = rows_in(domain, 400)
    assert rr.verify(made, graph(net), X)
    assert rr.verify(rr.emit(made, "c"), graph(net), X)


def test_exact_code_goes_on_as_the_network() -> None:
    """Neurons that never change sign in the domain do outside it, in a group too."""
    for net in (layered(5, 3, [9], 2), layered(6, 3, [4, 3], 1)):
        domain = rr.Domain.box([-0.1] * 3, [0.1] * 3)
        made = rr.extract(graph(net), domain=domain, form="additive")
        assert len(made.network) < len(net)
        X = (
            np.random.default_rng(0).normal(size=(300, 3))
            * 10.0 ** np.arange(-2, 4).repeat(50)[:, None]
        )
        for target in ("python", "numpy"):
            report = rr.verify(rr.emit(made, target, outside="exact"), graph(net), X)
            assert report
            assert report.outside == 0
