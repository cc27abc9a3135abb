"""Certificates of lines, rules and models that a forger has changed, or that say nothing that is
known: what is forged -> how.
"""

import copy
from collections.abc import Callable
from typing import Any


def _set_line(key: str, value: Any) -> Callable[[Any, Any, Any], None]:
    return lambda _, rules, __: rules["lines"][0].update({key: value})


def _double_line(_: Any, rules: Any, __: Any) -> None:
    rules["lines"].append(copy.deepcopy(rules["lines"][0]))


def _halve_lines(_: Any, rules: Any, __: Any) -> None:
    """Half of a line, at another threshold, stands beside the other half."""
    line = rules["lines"][0]
    line["slopes"] = {name: value / 2 for name, value in line["slopes"].items()}
    rules["lines"].append({**copy.deepcopy(line), "above": line["above"] + 0.25})


def _tell_line(kind: Any) -> Callable[[Any, Any, Any], None]:
    """Something else is said of a neuron that is a line."""

    def tell(found: Any, _: Any, __: Any) -> None:
        k = next(k for k, own in enumerate(found["neurons"]) if own[0] == "line")
        found["neurons"][k] = kind

    return tell


def _nest(found: Any, _: Any, __: Any) -> None:
    for _ in range(100_000):
        found["note"] = [found.get("note")]


def _name_number(_: Any, rules: Any, __: Any) -> None:
    rules["features"][0]["name"] = -1


def add_neuron(found: Any, model: Any, weight: float, kind: Any) -> Any:
    """A layer that gives the two scores on, with a neuron that reads them and that none reads."""
    layer = {
        "kind": "canonical", "A": [[weight, 0.0]], "L": [[0.0]], "b": [0.5], "slope": [0.0],
        "C": [[1.0, 0.0], [0.0, 1.0]], "U": [[0.0], [0.0]], "c": [0.0, 0.0],
    }  # fmt: skip
    model["layers"].append(layer)
    found["neurons"].append(kind)
    return layer


def _move_weights(found: Any, _: Any, model: Any) -> None:
    """Rows of as many numbers as before, of which one stands where another one is due."""
    layer = add_neuron(found, model, 0.0, ["unread"])
    for row, reads in zip(layer["C"], layer["U"], strict=True):
        row.append(reads.pop())


def _take_for_a_line(found: Any, _: Any, model: Any) -> None:
    add_neuron(found, model, 1.0, ["line", 0, 1])


def _take_for_virtual(found: Any, _: Any, model: Any) -> None:
    add_neuron(found, model, 1.0, ["unread"])
    found["virtual"].append(len(found["neurons"]) - 1)


def _label(labels: Any) -> Callable[[Any, Any, Any], None]:
    def label(_: Any, rules: Any, model: Any) -> None:
        rules["labels"] = model["labels"] = labels

    return label


def _leave_out(_: Any, rules: Any, model: Any) -> None:
    """A column that the model reads."""
    model["features"].append("further")
    count = len(model["features"])
    for row in model["layers"][0]["A"]:
        row.append(0.5)
    for row in model["layers"][0]["C"]:
        row.append(0.0)
    places = list(range(count - 1))
    rules["places"] = {"coordinate_count": count, "coordinates": places, "columns": places}


FORGERIES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "a line twice": _double_line,
    "a line at two thresholds": _halve_lines,
    "no lines": lambda _, rules, __: rules.update(lines=[]),
    "a text as a number": _set_line("above", "0.5"),
    "true as a number": _set_line("above", True),
    "no number": _set_line("above", None),
    "a list as a number": _set_line("above", [0.5]),
    "a huge integer": _set_line("above", 10**299),
    "coefficients of no columns": _set_line("coefficients", {}),
    "coefficients of another column": _set_line("coefficients", {"nothing": 1.0}),
    "slopes of no score": _set_line("slopes", {}),
    "a neuron unread": _tell_line(["unread"]),
    "a neuron in a group": _tell_line(["group", 0]),
    "a neuron as text": _tell_line("line"),
    "a neuron as a line that isn't there": _tell_line(["line", 99, 1]),
    "a neuron as the last line from the end": _tell_line(["line", -1, 1]),
    "a neuron on two sides": _tell_line(["line", 0, 0]),
    "a neuron on the side true": _tell_line(["line", 0, True]),
    "a neuron of a group that isn't there": _tell_line(["points"]),
    "a neuron fixed": _tell_line(["fixed", 0.0]),
    "a neuron fixed with more": _tell_line(["fixed", 0.0, [], [], []]),
    "too few neurons": lambda found, _, __: found["neurons"].pop(),
    "virtual lines of no neuron": lambda found, _, __: found.update(virtual=[99]),
    "two ranges of one neuron": lambda found, _, __: found.update(ranges=[[0, [], []]] * 2),
    "a point outside": lambda found, _, __: found.update(point=[1e9] * len(found["point"])),
    "a point of too few numbers": lambda found, _, __: found["point"].pop(),
    "no bounds": lambda found, _, __: found.update(bounds=[]),
    "more bounds": lambda found, _, __: found["bounds"].append([1.0]),
    "a bound that is true": lambda found, _, __: found.update(bound=True),
    "a share": lambda found, _, __: found.update(share=1.0),
    "a negative bound": lambda found, _, __: found.update(bound=-1e-300),
    "bounds crossed": lambda _, rules, __: rules["features"][0].update(lower=2, upper=1),
    "a name that is a number": _name_number,
    "outputs twice": lambda _, rules, __: rules.update(outputs=[rules["outputs"][0]] * 2),
    "a decision": lambda _, rules, __: rules.update(decision={"threshold": None}),
    "another version": lambda _, rules, __: rules.update(version=2),
    "a bound of 0": lambda found, _, __: found.update(bound=0.0),
    "columns in another order": lambda _, __, model: model["features"].reverse(),
    "a neuron that reads others as a line": _take_for_a_line,
    "a neuron that reads others as a virtual line": _take_for_virtual,
    "labels of text": _label({"values": "none", "threshold": None}),
    "labels without a threshold": _label({"values": []}),
    "weights of other neurons": _move_weights,
    "a column left out": _leave_out,
    "nesting": _nest,
}
