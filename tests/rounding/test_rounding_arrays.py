"""Code that computes with whole arrays: what isn't the rules any more has no bound."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from handmade import graph, layered
from onnx import numpy_helper
from rounding_search import RowSearch, run_by

import relurules as rr
from relurules.ir import Artifact, RuleSet
from relurules.rounding import bound_rounding
from relurules.rounding.expression import ColumnValue, Literal, Operation, UnreadableError
from relurules.rounding.vectors import combine, join_sums, list_literals, multiply_matrix

#: What the first function starts with.
_FIRST = "def _numbers("
_BOX = rr.Domain.box([-1, -1, -1], [1, 2, 5])


def make_rules(slope: float = 0.0) -> RuleSet:
    """Of two layers."""
    net = layered(3, 3, [3, 2], 2)
    sloped = replace(net, slope=np.full(len(net), slope))
    made = rr.extract(graph(sloped), domain=_BOX)
    assert isinstance(made, RuleSet)
    return made


def set_constant(artifact: Artifact, name: str, value: str) -> Artifact:
    """A module of numpy with another value of a constant."""
    tree = ast.parse(str(artifact))
    for one in tree.body:
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == name:
            one.value = ast.parse(value, mode="eval").body
    return replace(artifact, files=dict.fromkeys(artifact.files, ast.unparse(tree)))


def change_text(artifact: Artifact, old: str, new: str) -> Artifact:
    assert old in str(artifact), old
    files = {name: text.replace(old, new) for name, text in artifact.files.items()}
    return replace(artifact, files=files)


@pytest.mark.parametrize("target", ["numpy", "onnx"])
def test_slopes_below_zero_are_read(target: str) -> None:
    rules = make_rules(0.25)
    artifact = rr.emit(rules, target, form="network")
    bound = bound_rounding(artifact, rules)
    assert bound.is_stated, bound.refusal
    search = RowSearch(rules.network, rules.domain)
    found = search.climb(run_by(artifact), np.random.default_rng(0), 400, 4)
    assert 0 < found <= bound.largest <= 50 * found


def test_changed_networks_in_numpy_have_no_bound() -> None:
    rules = make_rules()
    artifact = rr.emit(rules, "numpy", form="network")
    assert bound_rounding(artifact, rules).is_stated
    for old, new in (
        ("z1 += _BIAS_1", "z1 -= _BIAS_1"),
        ("z1 += _BIAS_1", "z1 += _BIAS_2"),
        ("np.maximum(z1, 0.0, out", "np.maximum(z1, 0.5, out"),
        ("np.maximum(z1, 0.0, out", "np.minimum(z1, 0.0, out"),
        ("np.maximum(z1, 0.0, out=z1)", "np.maximum(x, 0.0)"),
        ("np.maximum(z1, 0.0, out=z1)", "np.maximum(x, 0.0, out=x)"),
        ("    z2 = a1 @", "    x += _BIAS_1\n    z2 = a1 @"),
        ("    z2 = a1 @", "    b = a1\n    b += _BIAS_1\n    z2 = a1 @"),
        ("x @ _X_1", "x @ _X_1 * 2.0"),
        ("    s += _BIAS_LAST", "    s += _BIAS_LAST\n    s += _BIAS_LAST"),
        ("return s, ", "return z1, "),
        ("s, z = _evaluated(x)", "z, s = _evaluated(x)"),
        ("s[~inside] = np.nan", "s[~inside] = 0.0"),
        ("return s, x", "return s, np.add(s, 1.0, out=s)"),
        ("    z2 = a1 @", "    a1 += _BIAS_1\n    z2 = z1 @"),
        ("    z2 = a1 @", "    z1 += _BIAS_1\n    z2 = a1 @"),
        ("_evaluated(x: Array)", "_evaluated(x: Array, _BIAS_LAST=np.array([9.0, 9.0]))"),
        ("_evaluated(x: Array)", "_evaluated(x: Array, _BIAS_LAST=9.0)"),
        (_FIRST, f"def _other(a=_BIAS_LAST.fill(7.0)):\n    return a\n\n\n{_FIRST}"),
        (_FIRST, f"_OTHER = (_BIAS_LAST := np.array([9.0, 9.0]))\n\n\n{_FIRST}"),
        (_FIRST, f"def len(x):\n    return 1\n\n\n{_FIRST}"),
        ("from __future__ import annotations\n", ""),
    ):
        changed = change_text(artifact, old, new)
        assert not bound_rounding(changed, rules).is_stated, (old, new)


@pytest.mark.parametrize("form", ["network", "tree", "additive"])
def test_outputs_that_have_no_link_are_the_scores(form: str) -> None:
    """Where no output has a link, no function of links may be in the way."""
    rules = make_rules()
    if form == "additive":
        rules = rr.extract(graph(layered(3, 3, [3], 2)), domain=_BOX, form="additive")
    artifact = rr.emit(rules, "numpy", **({} if form == "additive" else {"form": form}))
    assert bound_rounding(artifact, rules).is_stated
    changed = change_text(artifact, "        return s\n", "        return _linked(s)\n")
    linked = change_text(changed, _FIRST, f"def _linked(s):\n    return s * 2.0\n\n\n{_FIRST}")
    assert not bound_rounding(linked, rules).is_stated


@pytest.mark.parametrize("array", ["np.array({1.0})", "np.array([1" + "0" * 400 + "])"])
def test_arrays_that_are_none_are_refused(array: str) -> None:
    rules = make_rules()
    artifact = rr.emit(rules, "numpy", form="tree")
    assert "read" in bound_rounding(set_constant(artifact, "_BOUNDS", array), rules).refusal


def test_tables_that_lead_to_infinity_are_refused() -> None:
    rules = make_rules()
    artifact = rr.emit(rules, "numpy", form="tree")
    changed = change_text(artifact, "    [-2, -3],", "    [-2, 1e999],")
    assert "read" in bound_rounding(changed, rules).refusal


def test_changed_trees_in_numpy_have_no_bound() -> None:
    rules = make_rules()
    artifact = rr.emit(rules, "numpy", form="tree")
    bound = bound_rounding(artifact, rules)
    assert bound.is_stated, bound.refusal
    weight = repr(float(rules.maps.weights[0, 0, 0]))
    for old, new in (
        (">= _BOUNDS[test]", "> _BOUNDS[test]"),
        ("_WEIGHTS[rule[ruled] - 1]", "_WEIGHTS[rule[ruled] - 2]"),
        ("return -at", "return 1 - at"),
        (weight, repr(np.nextafter(float(weight), 9.0).item())),
    ):
        changed = change_text(artifact, old, new)
        assert not bound_rounding(changed, rules).is_stated, (old, new)


def test_a_tree_that_leads_to_other_rules_has_a_bound_as_large_as_they_are_apart() -> None:
    """Or none: rows come to rules whose conditions they miss by far."""
    rules = make_rules()
    artifact = rr.emit(rules, "numpy", form="tree")
    rows = [line for line in str(artifact).splitlines() if line == "    [-2, -3],"]
    assert rows
    changed = change_text(artifact, rows[0], "    [-3, -2],")
    bound = bound_rounding(changed, rules)
    search = RowSearch(rules.network, rules.domain)
    found = search.climb(run_by(changed), np.random.default_rng(0), 400, 2)
    assert found > 1e-6
    assert not bound.is_stated or bound.largest >= found


def _rewire(model: Any) -> None:
    model.graph.node[[x.op_type for x in model.graph.node].index("Max")].op_type = "Min"


def _subtract(model: Any) -> None:
    next(x for x in reversed(model.graph.node) if x.op_type == "Add").op_type = "Sub"


def _nudge(model: Any) -> None:
    _change_weights(model, lambda array: np.nextafter(array, 9.0))


def _shorten(model: Any) -> None:
    _change_weights(model, lambda array: array.astype(np.float32))


def _change_weights(model: Any, change: Callable[[Any], Any]) -> None:
    for one in model.graph.initializer:
        if one.name.startswith("level 1 of columns"):
            array = numpy_helper.to_array(one)
            one.CopyFrom(numpy_helper.from_array(change(array), one.name))


def _choose_number(model: Any) -> None:
    for one in model.graph.initializer:
        if one.name.startswith("none"):
            one.CopyFrom(numpy_helper.from_array(np.array([0.0]), one.name))


def _swap_columns(model: Any) -> None:
    node = next(x for x in model.graph.node if x.op_type == "Concat")
    node.input[0], node.input[1] = node.input[1], node.input[0]


@pytest.mark.parametrize(
    "change", [_rewire, _subtract, _nudge, _shorten, _choose_number, _swap_columns]
)
def test_changed_graphs_have_no_bound(change: Callable[[Any], None]) -> None:
    rules = make_rules()
    artifact = rr.emit(rules, "onnx", form="network")
    assert bound_rounding(artifact, rules).is_stated
    (name, content), *_ = reversed(artifact.files.items())
    assert isinstance(content, bytes)
    model = onnx.load_from_string(content)
    change(model)
    changed = model.SerializeToString()
    assert changed != content
    other = replace(artifact, files={**artifact.files, name: changed})
    assert not bound_rounding(other, rules).is_stated


def _empty_choice(model: Any) -> None:
    for one in model.graph.initializer:
        if one.name == "columns":
            one.CopyFrom(numpy_helper.from_array(np.zeros(0, np.int64), one.name))


def _shorten_choice(model: Any) -> None:
    for node in model.graph.node:
        if node.op_type == "Where":
            del node.input[1:]


@pytest.mark.parametrize("change", [_empty_choice, _shorten_choice])
def test_broken_graphs_are_refused(change: Callable[[Any], None]) -> None:
    rules = make_rules()
    artifact = rr.emit(rules, "onnx", form="network")
    (name, content), *_ = artifact.files.items()
    model = onnx.load_from_string(content)
    change(model)
    changed = replace(artifact, files={name: model.SerializeToString()})
    assert "the graph isn't read" in bound_rounding(changed, rules).refusal
    broken = replace(artifact, files={name: b"garbage"})
    assert "no ONNX" in bound_rounding(broken, rules).refusal


def test_what_is_added_to_a_product_is_one_of_its_terms() -> None:
    x = [ColumnValue(0), ColumnValue(1)]
    product = multiply_matrix(x, np.array([[2.0], [3.0]]))
    (found,) = join_sums(product, [Literal(5.0)])
    assert isinstance(found, Operation)
    assert (found.sign, len(found.operands), found.operands[-1]) == ("sum", 3, Literal(5.0))


def test_arrays_that_do_not_fit_are_told() -> None:
    x = [ColumnValue(0), ColumnValue(1)]
    with pytest.raises(UnreadableError, match="fit"):
        multiply_matrix(x, np.ones((3, 1)))
    with pytest.raises(UnreadableError, match="fit"):
        combine("+", x, [Literal(1.0)] * 3)
    with pytest.raises(UnreadableError, match="row"):
        list_literals(np.ones((2, 1)))
