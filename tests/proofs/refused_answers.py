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


#: Name of a case that holds -> its files.
ACCEPTED: dict[str, Callable[[], Files]] = {
    "softmax in order": lambda: _decide(
        [_head("softmax", [0, 1], 0), _head("softmax", [0, 1], 1)], (0, 5), ["a", "b"],
        **{"class": 0, "ahead": 1, "weights": [-1, 1]},
    ),
}  # fmt: skip
#: Name of a case -> its files, and words of why it is refused.
REFUSED: dict[str, tuple[Callable[[], Files], str]] = {
    "softmax in another order": (lambda: _exchange("softmax", ["a", "b"]), "order of their scores"),
    "softmax without labels": (lambda: _exchange("softmax", None), "order of their scores"),
    "scores in another order": (lambda: _exchange("identity", ["a", "b"]), "order of their"),
    "a class without output": (lambda: _leave_out(["a", "b", "c"]), "order of their scores"),
    "fewer labels than classes": (_label_too_few, "2 labels are of 3 classes"),
}
