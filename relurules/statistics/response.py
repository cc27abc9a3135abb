"""The true values beside a model's outputs: which task they make, and what of the scores is judged
by them.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain.columns import format_value
from relurules.errors import DataError
from relurules.ir.class_labels import ClassLabels
from relurules.ir.local_models import LocalModels
from relurules.ir.network import Array
from relurules.links.heads import Head
from relurules.links.table import LINKS
from relurules.statistics.response_values import ResponseValues, collect_values
from relurules.tables.table import read_column
from relurules.tables.values import Value

#: Values of a response, distinct or not; as an array where they are numbers.
Values = list[Value] | Array
#: So many classes are named in a message.
_NAMED = 6
#: From here on float64 makes one number of several whole ones.
_MOST_WHOLE = 2.0**53


@dataclass(frozen=True)
class Response:
    """True values of N rows.

    task: regression, binary or multiclass; values: (N,) the numbers, 1 and 0, or the numbers of the
    classes; forms: (p, m), which combinations of the scores are judged: the score whose link is the
    number; the one that tells class 1; one per class. link: from the first of them to the number,
    "sigmoid" where class 1 is told by a score above 0; certain: whether scores are log odds, so
    that probabilities can be judged too; ranked: whether their order means anything; positive: what
    counts as 1, where that isn't plain.
    """

    name: str
    task: str
    values: Array
    forms: Array
    link: str
    certain: bool
    ranked: bool = True
    positive: str | None = None

    def part(self, rows: NDArray[np.bool_]) -> "Response":
        """The values of some rows."""
        return replace(self, values=self.values[rows])


def read_response(models: LocalModels, y: Any, rows: int) -> Response:
    """The task that y, (N,) numbers or classes, makes of a model's outputs.

    A sigmoid, or two classes, is binary; softmax, log_softmax and argmax of more are multiclass;
    numbers beside an output that is one are a regression, unless they are 0 and 1 or text: then the
    output is a score of class 1. Classes are those that outputs are named by (`p_yes`), or numbers
    from 0. DataError where they can't be told.
    """
    name = str(getattr(y, "name", None) or "y")
    one_column = np.ndim(y) == 2 and np.shape(y)[1] == 1
    if np.ndim(y) > 1 and not one_column:
        raise DataError(
            f"the response {name!r} is of shape {np.shape(y)}; expected one value per row. Give "
            "the true values of one output, named as it"
        )
    column = read_column(np.asarray(y, dtype=object).reshape(-1) if one_column else y, name)
    values = collect_values([column], name)
    if len(values) != rows:
        raise DataError(
            f"the response {name!r} has {len(values)} values for {rows} rows; it needs one per row"
        )

    return judge_by_values(models, values, name)


def judge_by_values(models: LocalModels, values: ResponseValues, name: str) -> Response:
    """The task that true values make of a model's outputs, see `read_response`."""
    response = _choose_task(name, values.found, models)
    if response.task == "binary":
        said = _describe_positive(values.found, response, models)
        response = replace(response, positive=said)
    return replace(response, values=values.spread(response.values))


def _describe_positive(found: Values, response: Response, models: LocalModels) -> str | None:
    """The one value that counts as 1, or the cut-off that others reach; None for a plain 1."""
    values = {
        value
        for value, counted in zip(found, response.values.tolist(), strict=True)
        if counted == 1.0
    }

    if len(values) > 1 and models.threshold is not None:
        return f"{models.threshold:g} or more"

    (value,) = values if len(values) == 1 else (None,)
    return None if value in (None, 1.0) else value if isinstance(value, str) else f"{value:g}"


def _choose_task(name: str, found: Values, models: LocalModels) -> Response:
    m, heads = models.constants.shape[1], _choose_heads(models, name)
    kind, first = heads[0].link, heads[0].scores
    if models.classes:
        return _read_decisions(name, found, models, m)
    if LINKS[kind].joint or (kind in ("sigmoid", "complement") and len(heads) <= 2):
        return _read_classes(name, found, models, heads, m)
    if kind == "step":
        numbers = number_labels(name, found, models.labels if len(models.outputs) == 1 else None)
        if numbers is None:
            output = models.outputs[models.heads.index(heads[0])]
            numbers = _number_classes(name, found, ["", output])
        return Response(name, "binary", numbers, _select_scores(first, m), "sigmoid", False)
    if len(heads) > 1:
        return _read_class_scores(name, found, models, m)

    values = _as_numbers(found)
    if kind == "identity" and (values is None or _are_flags(values)):
        numbers = _number_classes(name, found, ["", models.outputs[models.heads.index(heads[0])]])
        return Response(name, "binary", numbers, _select_scores(first, m), kind, False)
    if values is None:
        raise DataError(
            f"the response {name!r} holds text, and the output {models.outputs[0]!r} is a number"
        )

    return Response(name, "regression", values, _select_scores(first, m), kind, True)


def _choose_heads(models: LocalModels, name: str) -> Sequence[Head]:
    """The heads that a response of this name is for: that of its own output, where several stand
    for themselves.
    """
    alone = [i for i, head in enumerate(models.heads) if not LINKS[head.link].joint]
    links = {(head.link, head.scores) for head in models.heads}
    one_score = len({head.scores for head in models.heads}) == 1
    if not one_score and name in models.outputs and models.outputs.index(name) in alone:
        return [models.heads[models.outputs.index(name)]]
    if len(links) == 1 or one_score or all(head.link == "identity" for head in models.heads):
        return models.heads

    raise DataError(
        f"the outputs {', '.join(map(repr, models.outputs[:_NAMED]))} are of several kinds, and "
        f"the response {name!r} bears the name of none; name it as the output that it belongs to"
    )


def _read_classes(
    name: str, found: Values, models: LocalModels, heads: Sequence[Head], m: int
) -> Response:
    """Classes by a sigmoid of one score, or by the link of one score per class."""
    kind, scores = heads[0].link, heads[0].scores
    if not LINKS[kind].joint:
        names = {head.link: models.outputs[models.heads.index(head)] for head in heads}
        outputs = [names.get("complement", ""), names.get("sigmoid", "")]
        turned = heads[-1].link == "complement"
        own = models.labels if len(models.outputs) == len(heads) else None
        values = number_labels(name, found, own, turned=turned)
        if values is None:
            values = _number_classes(name, _number_own_class(name, found, outputs), outputs)
        return Response(name, "binary", values, _select_scores(scores, m), "sigmoid", True)

    certain = not LINKS[kind].reduces
    outputs = [""] * len(scores)
    for output, head in zip(models.outputs, models.heads, strict=True):
        if certain and head.scores == scores:
            outputs[head.component] = output

    values = number_labels(name, found, models.labels)
    if values is None:
        values = _number_classes(name, _number_own_class(name, found, outputs), outputs)
    if len(scores) == 2:
        return Response(
            name,
            "binary",
            values,
            _select_scores(scores[1:], m) - _select_scores(scores[:1], m),
            "sigmoid",
            certain,
        )

    return Response(name, "multiclass", values, _select_scores(scores, m), kind, certain)


def number_labels(
    name: str, given: Values, labels: ClassLabels | None, *, turned: bool = False
) -> Array | None:
    """(N,) numbers of the classes, where the values are the model's labels, or their text; None
    where they are none of these, and may be numbers of classes. turned: 1 is the first of two.

    DataError for a text that is no label, and for other numbers than labels that are numbers
    themselves: they could mean either.
    """
    if labels is None:
        return None

    found = _list_values(given)
    if labels.kind is int:
        _require_distinct(name, found)
    numbers = labels.encode(found)
    if (numbers < 0).any():
        places = _place_other_types(labels)
        named = [places.get(value, -1.0) for value in found]
        numbers = np.where(numbers < 0, np.array(named), numbers)

    if (numbers >= 0).all():
        return 1.0 - numbers if turned else numbers
    strays = [value for value, one in zip(found, numbers.tolist(), strict=True) if one < 0]
    texts = [value for value in strays if isinstance(value, str)]
    if texts or labels.kind is not str or _place_other_types(labels):
        raise DataError(
            f"the response {name!r} holds {(texts or strays)[0]!r}, and the model's classes are "
            f"{', '.join(map(repr, labels.values[:_NAMED]))}; give these"
        )
    return None


def _require_distinct(name: str, found: Sequence[Value]) -> None:
    """DataError for whole numbers of which float64 may have made others."""
    large = next((v for v in found if isinstance(v, float) and abs(v) >= _MOST_WHOLE), None)
    if large is not None:
        raise DataError(
            f"the response {name!r} holds {large:.0f}: whole numbers of 2^53 or more aren't told "
            "apart as numbers; give the true values as text, such as '9007199254740993'"
        )


def _place_other_types(labels: ClassLabels) -> dict[Value, float]:
    """The numbers of classes by what files may hold in place of labels: texts of numbers, and
    numbers of texts that are one.
    """
    if labels.kind is not str:
        return {text: float(i) for i, text in enumerate(labels.names)}
    found: dict[Value, float] = {}
    for i, text in enumerate(labels.names):
        with suppress(ValueError):
            found[float(text)] = float(i)
    return found if len(found) == len(labels) else {}


def _number_own_class(name: str, found: Values, outputs: Sequence[str]) -> Values:
    """The numbers of classes, where the values are 0 and 1 for the one output that bears the
    response's name.
    """
    numbers = _as_numbers(found)
    if name not in outputs or numbers is None or not _are_flags(numbers):
        return found
    if len(outputs) > 2:
        raise DataError(
            f"the response {name!r} is 0 and 1 for one of {len(outputs)} classes; give the number "
            "of each"
        )

    return found if outputs.index(name) == 1 else [1.0 - float(value) for value in numbers.tolist()]


def _read_decisions(name: str, found: Values, models: LocalModels, m: int) -> Response:
    """Rules that say which class alone: numbers beside a cut-off are compared with it."""
    numbers, cut = _as_numbers(found), models.threshold
    known = models.labels
    if cut is not None and known is not None and (known.encode(_list_values(found)) < 0).any():
        known = None  # numbers that are compared with the cut-off

    if (told := number_labels(name, found, known)) is not None:
        values = told
    elif cut is not None and numbers is not None and not _are_flags(numbers):
        values = np.asarray(numbers >= cut, dtype=np.float64)
    elif cut is not None:
        values = _number_classes(name, found, ["", models.classes[1].rsplit(" >= ", 1)[0]])
    else:
        values = _number_classes(name, found, [f"p_{label}" for label in models.classes])

    if len(models.classes) > 2:
        return Response(name, "multiclass", values, np.eye(m), "argmax", False, False)

    form = np.eye(1) if m == 1 else np.array([[-1.0, 1.0]])
    return Response(name, "binary", values, form, "sigmoid", False, False)


def _read_class_scores(name: str, found: Values, models: LocalModels, m: int) -> Response:
    """Several outputs that are scores as they are, one per class."""
    forms = _select_scores([head.scores[0] for head in models.heads], m)
    told = number_labels(name, found, models.labels)
    values = _number_classes(name, found, models.outputs) if told is None else told
    if len(forms) == 2:
        return Response(name, "binary", values, forms[1:] - forms[:1], "sigmoid", False)
    return Response(name, "multiclass", values, forms, "identity", False)


def _select_scores(scores: Sequence[int], m: int) -> Array:
    return np.eye(m)[list(scores)]


def _as_numbers(found: Values) -> Array | None:
    if isinstance(found, np.ndarray):
        return found
    return None if any(isinstance(v, str) for v in found) else np.array(found, dtype=np.float64)


def _are_flags(numbers: Array) -> bool:
    """Whether all are 0 or 1."""
    return bool(((numbers == 0.0) | (numbers == 1.0)).all())


def _list_values(found: Values) -> list[Value]:
    return list(found.tolist()) if isinstance(found, np.ndarray) else found


def _number_classes(name: str, given: Values, outputs: Sequence[str]) -> Array:
    """(N,) the number of every value's class; outputs: one name per class, empty where a class has
    none.
    """
    found = _list_values(given)
    distinct = sorted(set(found), key=lambda v: (isinstance(v, str), v))
    places = {value: _find_class_output(value, outputs) for value in distinct}
    if None not in places.values() and len(set(places.values())) == len(places):
        return np.array([places[value] for value in found], dtype=np.float64)

    numbers = _as_numbers(found)
    if numbers is not None and set(numbers.tolist()) <= set(map(float, range(len(outputs)))):
        return numbers

    unnamed = [value for value in distinct if places[value] is None]
    if len(outputs) == len(distinct) == 2 and len(unnamed) == 1 and numbers is None:
        places[unnamed[0]] = 1 - sum(place or 0 for place in places.values())
        return np.array([places[value] for value in found], dtype=np.float64)

    shown = ", ".join(format_value(value) for value in distinct[:_NAMED] if value is not None)
    raise DataError(
        f"the response {name!r} holds {shown}{' and more' if len(distinct) > _NAMED else ''}; "
        f"expected the numbers of {len(outputs)} classes, 0 to {len(outputs) - 1}, or classes that "
        "the outputs are named by, such as p_yes; they are called "
        f"{', '.join(repr(n) for n in outputs[:_NAMED] if n) or 'otherwise'}"
    )


def _find_class_output(value: Value, outputs: Sequence[str]) -> int | None:
    """The output named by a class: p_yes, else yes, else what ends in _yes; of a number p_1 alone,
    or p_True.
    """
    if isinstance(value, str):
        ways = [{f"p_{value}"}, {value}, {name for name in outputs if name.endswith(f"_{value}")}]
    else:
        number = float(value or 0.0)
        texts = {f"p_{number!r}", *({f"p_{number:.0f}"} if number.is_integer() else ())}
        ways = [texts | ({f"p_{bool(number)}"} if number in (0.0, 1.0) else set())]

    for names in ways:
        found = [i for i, output in enumerate(outputs) if output in names]
        if found:
            return found[0] if len(found) == 1 else None

    return None
