"""Answers that prove less than they seem to, by hand: both checkers refuse each of them."""

from collections.abc import Callable, Sequence
from typing import Any

from answer_cases import stamp

Files = tuple[Any, ...]
_LEAF = [[[], "leaf"]]


def _make_rules(scores: Any, names: Sequence[str] = ("x",), **entries: Any) -> dict[str, Any]:
    """Rules of one rule over columns from 0 to 1; scores: by name, constant and coefficients."""
    features = [{"name": name, "lower": 0, "upper": 1, "integer": False} for name in names]
    said = {
        score: {"constant": constant, "coefficients": terms}
        for score, (constant, terms) in scores.items()
    }
    rule = {"conditions": [], "outputs": said, "point": [0.5] * len(names)}
    return {
        "version": 1, "outputs": list(scores), "features": features, "constraints": [],
        "groups": [], "complete": True, "splits": [], "rules": [rule], **entries,
    }  # fmt: skip


def _claim(question: str, *files: Any, **entries: Any) -> Files:
    """The files of a certificate with one tree, of a leaf alone unless something else is said."""
    found = {
        "format": "relurules.answer", "version": 1, "question": question, "weights": [1],
        "given": {"bounds": {}, "constraints": []}, "low": None, "high": None, "lowest": None,
        "highest": None, "rules": _LEAF, "paths": [], **entries,
    }  # fmt: skip
    return (stamp(found, *files), *files)


def _head(link: str, scores: Sequence[int], component: int) -> dict[str, Any]:
    return {"link": link, "scores": list(scores), "component": component}


def _decide(heads: Sequence[Any], constants: Sequence[int], labels: Any, **entries: Any) -> Files:
    """That no row is of a class, of rules with constant scores."""
    scores = {f"score_{i}": (value, {}) for i, value in enumerate(constants, start=1)}
    values = None if labels is None else {"values": labels, "threshold": None}
    outputs = [f"p{i}" for i in range(len(heads))]
    rules = _make_rules(scores, outputs=outputs, heads=list(heads), labels=values)
    return _claim("decision", rules, low=0.5, **entries)


def _exchange(link: str, labels: Any) -> Files:
    """Outputs in another order than the scores, of which the second is the largest."""
    heads = [_head(link, [0, 1], 1), _head(link, [0, 1], 0)]
    if link == "identity":
        heads = [_head(link, [1], 0), _head(link, [0], 0)]
    return _decide(heads, (0, 5), labels, **{"class": 1, "ahead": 0, "weights": [-1, 1]})


def _leave_out(labels: Any) -> Files:
    """Outputs of the first and the last of three classes, of which the second one is told."""
    heads = [_head("softmax", [0, 1, 2], i) for i in (0, 2)]
    return _decide(heads, (1, 5, 0), labels, **{"class": 1, "ahead": 0, "weights": [1, 0, -1]})


def _label_too_few() -> Files:
    heads = [_head("softmax", [0, 1, 2], i) for i in range(3)]
    return _decide(
        heads, (1, 5, 0), ["a", "b"], **{"class": 0, "ahead": 1, "weights": [-1, 1, 0]}
    )  # fmt: skip


_FALLING: Any = {"y": (0, {"x": -1})}
_FORGED = "y <= 0 for every row of the domain (1 pieces)\nproven: z"
_NAMED: Any = {_FORGED: (5, {})}
_EMPTY = [[[], "empty", [0, 1]]]


def _rise(said: Any, **entries: Any) -> Files:
    """That the score doesn't fall as x rises."""
    return _claim("monotone", said, **{"column": "x", "low": 0, **entries})


def _hold_step(place: str, step: str) -> Files:
    """A score that falls, with a constraint or a coefficient of the step itself."""
    held = [{"coefficients": {step: 1}, "at_most": -1}]
    if place == "given":
        given = {"bounds": {}, "constraints": held}
        return _rise(_make_rules(_FALLING), given=given, rules=_EMPTY)
    if place == "constraints":
        return _rise(_make_rules(_FALLING, constraints=held), rules=_EMPTY)
    return _rise(_make_rules({"y": (0, {"x": -1, step: 5})}), low=-1)


def _derive(*sources: str) -> Files:
    """A score that falls, of x and of what is made of these columns."""
    arguments = [{"column": name, "scale": 1.0, "shift": 0.0} for name in sources]
    derived = {"function": "square", "arguments": arguments, "constants": []}
    columns = [{"name": "x"}, {"name": "(x)^2", "derived": derived}]
    scores: Any = {"y": (0, {"x": 1, "(x)^2": -2})}
    return _rise(_make_rules(scores, ("x", "(x)^2"), columns=columns))


def _compare(one: Any, other: Any, names: Sequence[str] = ("x",)) -> Files:
    """That two rules files of the score x, with entries of their own, are the same."""
    rules = [_make_rules({"y": (0, {"x": 1})}, **entries) for entries in (one, other)]
    if len(names) > 1:
        both = {"y": (0, dict.fromkeys(names, 1))}
        rules = [_make_rules(both), _make_rules(both, names)]
    return _claim("difference", *rules, low=0, high=0)


def _link(link: str, labels: Any = None) -> dict[str, Any]:
    said = {} if labels is None else {"labels": {"values": labels, "threshold": None}}
    return {"outputs": ["score"], "heads": [_head(link, [0], 0)], **said}


def _compare_links(one: Any, other: Any) -> Files:
    rules = [_make_rules({"raw_score": (0, {"x": 1})}, **entries) for entries in (one, other)]
    return _claim("difference", *rules, low=0, high=0)


def _cross() -> Files:
    """A range of no row."""
    nothing = {"bounds": {}, "constraints": [{"coefficients": {"x": 1}, "at_most": -1}]}
    return _claim(
        "range", _make_rules(_FALLING), low=2, high=1, given=nothing, rules=_EMPTY
    )  # fmt: skip


def _fill(value: float) -> dict[str, Any]:
    return {"columns": [{"name": "x", "fill": value}]}


#: Name of a case that holds -> its files.
ACCEPTED: dict[str, Callable[[], Files]] = {
    "softmax in order": lambda: _decide(
        [_head("softmax", [0, 1], 0), _head("softmax", [0, 1], 1)], (0, 5), ["a", "b"],
        **{"class": 0, "ahead": 1, "weights": [-1, 1]},
    ),
    "a name of several words": lambda: _claim("range", _make_rules(_NAMED), low=5),
    "a rise": lambda: _rise(_make_rules({"y": (0, {"x": 1})})),
    "a rise beside a derived column": lambda: _derive("z", "w"),
    "the same columns": lambda: _compare(_fill(0), _fill(0)),
    "the same links": lambda: _compare_links(_link("sigmoid", ["a", "b"]), _link("sigmoid")),
}  # fmt: skip
#: Name of a case -> its files, and words of why it is refused.
REFUSED: dict[str, tuple[Callable[[], Files], str]] = {
    "softmax in another order": (lambda: _exchange("softmax", ["a", "b"]), "order of their scores"),
    "softmax without labels": (lambda: _exchange("softmax", None), "order of their scores"),
    "scores in another order": (lambda: _exchange("identity", ["a", "b"]), "order of their"),
    "a class without output": (lambda: _leave_out(["a", "b", "c"]), "order of their scores"),
    "fewer labels than classes": (_label_too_few, "2 labels are of 3 classes"),
    "given holds the step": (lambda: _hold_step("given", "x'"), "the rules don't have"),
    "given holds the other step": (lambda: _hold_step("given", "'"), "the rules don't have"),
    "rules hold the step": (lambda: _hold_step("constraints", "x'"), "the rules don't have"),
    "rules hold the other step": (lambda: _hold_step("constraints", "'"), "the rules don't have"),
    "rules read the step": (lambda: _hold_step("outputs", "x'"), "the rules don't have"),
    "rules read the other step": (lambda: _hold_step("outputs", "'"), "the rules don't have"),
    "a column of the other rules": (lambda: _compare({}, {}, ("x", "z")), "the rules don't have"),
    "a square of the column": (lambda: _derive("x"), "can't change alone"),
    "a product with the column": (lambda: _derive("z", "x"), "can't change alone"),
    "another fill": (lambda: _compare(_fill(0), _fill(1)), "isn't the same in both"),
    "a fill in one": (lambda: _compare(_fill(0), {}), "isn't the same in both"),
    "another link": (lambda: _compare_links(_link("sigmoid"), _link("complement")), "other links"),
    "a link in one": (lambda: _compare(_link("sigmoid"), {}), "other links"),
    "labels exchanged": (
        lambda: _compare_links(_link("sigmoid", ["a", "b"]), _link("sigmoid", ["b", "a"])),
        "other labels",
    ),
    "low above high": (_cross, "its low is more than its high"),
    "a group that is a number": (lambda: _compare({"groups": [5]}, {}), "laid out"),
    "a group of the others that is one": (lambda: _compare({}, {"groups": [5]}), "laid out"),
    "a rule that is a number": (lambda: _rise(_make_rules(_FALLING, rules=[5])), "laid out"),
    "a table column that is one": (
        lambda: _rise(_make_rules(_FALLING, columns=[5])), "laid out"
    ),
}  # fmt: skip
