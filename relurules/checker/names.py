"""Whether rules speak of the model's own columns, outputs, classes and links."""

from collections.abc import Mapping, Sequence
from typing import Any

from relurules.checker.decisions import (
    count_decision_scores,
    find_threshold,
    read_decision,
    read_heads,
)
from relurules.checker.json_values import RefusedError, check_lists, shorten_text

MODEL_FORMAT, MODEL_VERSION = "relurules.model", 2
#: Versions of rules files that are read: those of version 2 may leave out a rule's conditions.
RULES_VERSIONS = (1, 2)
#: From which of a model's numbers a proof may start.
STORED, TRACED = "stored weights", "canonical form as traced"


def find_places(rules: Mapping[str, Any], model: Mapping[str, Any]) -> tuple[list[int], list[int]]:
    """Where the rules' features and columns stand among the model's; RefusedError where they can't.

    Rules that say nothing of it have all of the model's.
    """
    count, said = len(model["features"]), rules.get("places")
    features = rules["features"]
    if said is None:
        if len(features) != count:
            raise RefusedError(
                f"the rules read other columns than the model: {len(features)}, and it reads "
                f"{count}"
            )
        return list(range(count)), list(range(len(model.get("columns") or model["features"])))

    check_lists(said, ("coordinates", "columns"))
    at, own = list(said["coordinates"]), list(said["columns"])
    if said["coordinate_count"] != count or len(at) != len(features):
        raise RefusedError(
            f"the rules are of a model of {said['coordinate_count']} columns, this one has {count}"
        )
    for places, most in ((at, count), (own, len(model.get("columns") or model["features"]))):
        whole = all(type(j) is int and j >= 0 for j in places)
        if not whole or sorted(set(places)) != places or (places and places[-1] >= most):
            raise RefusedError("the places of the rules' columns aren't rising, or aren't there")
    return at, own


def _drop_plain_columns(columns: Sequence[Any] | None) -> list[Any] | None:
    """What is said of columns; None where they are numbers that are used as they are."""
    said = list(columns or ())
    if not all(isinstance(column, dict) for column in said):
        raise RefusedError("what is said of a column is no object")
    return said if any(set(column) - {"name"} for column in said) else None


def bind_names(rules: Mapping[str, Any], model: Mapping[str, Any]) -> tuple[str, ...]:
    """What the names of rules and model leave open, in words; RefusedError where they contradict
    each other.
    """
    if (model.get("format"), model.get("version")) != (MODEL_FORMAT, MODEL_VERSION):
        raise RefusedError(
            f"the model's numbers are {model.get('format')!r} version {model.get('version')!r}; "
            "this reads "
            f"{MODEL_FORMAT!r} version {MODEL_VERSION}, as `relurules prove` writes them now"
        )

    if rules.get("version", 1) not in RULES_VERSIONS:
        raise RefusedError(
            f"the rules' file is of version {rules['version']!r}; this reads {RULES_VERSIONS}"
        )

    if model["read"] not in (STORED, TRACED):
        raise RefusedError("the model doesn't say from where its numbers are")

    features = [feature["name"] for feature in rules["features"]]
    at, kept = find_places(rules, model)

    own, columns = model["named"], model.get("columns")
    theirs = None if columns is None else _drop_plain_columns([columns[i] for i in kept])
    if own["columns"] is True and _drop_plain_columns(rules.get("columns")) != theirs:
        raise RefusedError(
            "the rules read other columns than the model: their kinds or categories differ"
        )

    notes = _compare_names(
        "column",
        features,
        [model["features"][j] for j in at],
        [f"x{j}" for j in at],
        own["columns"] is True,
    )

    if own["columns"] is not True and rules.get("columns") is not None:
        notes += ("how a table becomes columns of numbers is the rules' word alone",)

    outputs = list(model["outputs"])
    if len(outputs) != len(read_heads(model)):
        raise RefusedError("the model has more or fewer links than outputs")
    if rules.get("decision") is not None:
        notes += _bind_classes(rules, model)
        return notes + _compare_labels(rules, model)

    default = ["y"] if len(outputs) == 1 else make_default_names(outputs, "y")
    notes += _compare_names(
        "output", list(rules["outputs"]), outputs, default, own["outputs"] is True
    )
    return notes + _compare_labels(rules, model)


def make_default_names(names: Sequence[str], prefix: str) -> list[str]:
    """What columns or outputs are called when nobody named them."""
    return [f"{prefix}{i}" for i in range(len(names))]


def _compare_labels(rules: Mapping[str, Any], model: Mapping[str, Any]) -> tuple[str, ...]:
    """RefusedError where the labels of classes, their types or their threshold aren't the model's
    own.
    """
    own, given = model.get("labels"), rules.get("labels")
    if not all(labels is None or isinstance(labels, dict) for labels in (own, given)):
        raise RefusedError("labels are no object")
    if given is None:
        return () if own is None else ("the rules give classes by number, the model has labels",)
    if own is None:
        return ("the labels of classes are the rules' word alone",)

    for labels in (given, own):
        check_lists({"values": labels["values"]}, ("values",))
    pairs = [[(type(v), v) for v in labels["values"]] for labels in (given, own)]
    if pairs[0] != pairs[1] or given["threshold"] != own["threshold"]:
        raise RefusedError(
            f"the rules' classes are {shorten_text(repr(given['values']))} by the threshold "
            f"{given['threshold']}, the model's {shorten_text(repr(own['values']))} by "
            f"{own['threshold']}"
        )
    return ()


_PLURALS = {"column": "columns", "output": "outputs", "class": "classes"}


def _compare_names(
    what: str, given: Sequence[str], model: Sequence[str], default: Sequence[str], own: bool
) -> tuple[str, ...]:
    """RefusedError where names or their order differ. own: the model's are its own."""
    if len(given) != len(model):
        raise RefusedError(f"the rules have {len(given)} {_PLURALS[what]}, the model {len(model)}")
    if not all(isinstance(name, str) for name in (*given, *model)) or len(set(given)) < len(given):
        raise RefusedError(f"two {_PLURALS[what]} of the rules have one name, or one has none")
    if own and list(given) == list(model):
        return ()

    positional = not own or list(given) == list(default)
    for i, (name, its) in enumerate(zip(given, model, strict=True), start=1):
        if name != its and (not positional or set(given) == set(model)):
            raise RefusedError(
                f"{what} {i} of the rules is {shorten_text(name)!r}, {what} {i} of the model "
                f"{shorten_text(its)!r}"
            )

    whose = "the rules name none" if own else "the model has no names of its own"
    return (f"{_PLURALS[what]} are compared by position only, as {whose}",)


def _bind_classes(rules: Mapping[str, Any], model: Mapping[str, Any]) -> tuple[str, ...]:
    """The same for rules that decide."""
    threshold, outputs = rules["decision"]["threshold"], list(model["outputs"])
    decision = read_decision(model, find_threshold(rules))
    count = count_decision_scores(rules, decision)
    link = "step" if count == 1 else "argmax"
    if rules.get("heads") != [{"link": link, "scores": list(range(count)), "component": 0}]:
        raise RefusedError("the rules decide in another way than the model")

    name = rules["outputs"][0] if len(rules["outputs"]) == 1 else None
    if not isinstance(name, str) or name.rstrip("_") != "class":
        raise RefusedError("rules that decide have one output, the class; these name another")

    own = model["named"]["outputs"] is True
    if threshold is not None:
        wanted, own = [f"{outputs[-1]} {sign} {float(threshold):g}" for sign in ("<", ">=")], True
    elif read_heads(model)[0]["link"] == "argmax":
        wanted, own = [str(i) for i in range(count)], False
    else:
        plain = all(output.startswith("p_") and len(output) > 2 for output in outputs)
        wanted = [output[2:] if plain else output for output in outputs]

    return _compare_names("class", list(rules["decision"]["classes"]), wanted, (), own)


#: Of two classes told by one score, each is the other's link once the score changes sign.
_OPPOSITE = {"sigmoid": "complement", "complement": "sigmoid"}


def find_turn(rules: Mapping[str, Any], model: Mapping[str, Any]) -> int:
    """-1 where the rules' score speaks of the other one of the model's two classes, else 1."""
    own, given = model.get("heads"), rules.get("heads")
    if given == own:
        return 1
    if own and all(head["link"] in _OPPOSITE for head in own):
        turned = [{**head, "link": _OPPOSITE[head["link"]]} for head in own]
        if given == turned:
            return -1
    raise RefusedError("the rules' outputs aren't made of their scores as the model's are")


def name_scores(rules: Mapping[str, Any], count: int) -> list[str]:
    """What rules files call the scores: as the outputs where there is no link, else by a name that
    starts no other.
    """
    outputs: list[str] = list(rules["outputs"])
    if "heads" not in rules:
        if len(outputs) != count:
            raise RefusedError(f"the rules have {len(outputs)} outputs, the model {count} scores")
        return outputs

    taken, name = [*outputs, *(feature["name"] for feature in rules["features"])], "score"
    while any(other.lower().startswith(name) for other in taken):
        name = f"raw_{name}"

    return [name] if count == 1 else [f"{name}_{i}" for i in range(1, count + 1)]
