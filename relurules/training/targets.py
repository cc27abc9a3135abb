"""What is given to train with: rows, targets and weights, checked, scaled, and split in two."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relurules.errors import DataError, UnsupportedError
from relurules.ir import Graph, Network
from relurules.ir.network import Array
from relurules.links.table import LINKS
from relurules.statistics.metrics import accuracy, auc
from relurules.statistics.response import number_labels
from relurules.tables.table import read_column
from relurules.training.objective import DataSplit
from relurules.training.relu_parameters import ReluParameters, rescale_network, to_relu_parameters
from relurules.training.task import TASKS, Rows


class Standardisation(NamedTuple):
    """x = shift + scale * (standardised x), (d,); f = low + high * (standardised f), (m,)."""

    shift: Array
    scale: Array
    low: Array
    high: Array

    def rows(self, rows: Rows) -> Rows:
        """In standardised coordinates."""
        return rows._replace(
            X=(rows.X - self.shift) / self.scale, Y=(rows.Y - self.low) / self.high
        )

    def standardised(self, network: Network, *, dense: bool) -> ReluParameters:
        """The network of standardised x, whose scores are standardised."""
        compact = to_relu_parameters(network, dense=dense)
        return rescale_network(
            compact,
            (-self.shift / self.scale, 1 / self.scale),
            (-self.low / self.high, 1 / self.high),
        )

    def restored(self, compact: ReluParameters) -> ReluParameters:
        """The network of x itself."""
        return rescale_network(compact, (self.shift, self.scale), (self.low, self.high))


def read_targets(graph: Graph, y: Any, task: str | None) -> tuple[str, Array]:
    """The task of a model and a target of every score, (N, m).

    task: None for the one that the model's link tells, or else y: a model with one score and a
    target of 0 and 1 is binary; one with several, and a target of their numbers, is multiclass;
    else it is a regression.
    """
    links, m = {head.link for head in graph.heads}, len(graph.network.c)
    known = {LINKS[link].task for link in links} - {None}
    if len(known) > 1 or (known == {"regression"} and len(links) > 1):
        raise UnsupportedError(
            f"a model with the links {', '.join(sorted(links))} can't be trained for one task"
        )

    Y = _number_own_labels(graph, _per_row(y))
    task = task or next(iter(known), None) or guess_task(Y, m)
    if task not in TASKS:
        raise UnsupportedError(f"task {task!r}; supported: {', '.join(TASKS)}")

    _check_fit(task, known, graph)
    if task == "regression":
        to_score = LINKS[next(iter(links))].to_score
        if to_score is None:
            raise UnsupportedError(f"a model that ends in {next(iter(links))} can't be trained")
        with np.errstate(invalid="ignore", divide="ignore"):
            scores = to_score(_to_numbers(Y))
        return task, _check_scores(scores.reshape(len(Y), int(np.prod(Y.shape[1:]))), m)

    return task, one_hot(Y, m if task == "multiclass" else 2)[:, -m:]


def _number_own_labels(graph: Graph, y: NDArray[Any]) -> NDArray[Any]:
    """Labels of the model's classes as numbers, 1 for the one that a single score speaks of; all
    else as it is.
    """
    if graph.labels is None or y.ndim != 1:
        return y
    turned = graph.heads[-1].link == "complement"
    numbers = number_labels("y", list(read_column(y, "y").entries), graph.labels, turned=turned)

    return y if numbers is None else numbers


def check_better_than_chance(graph: Graph, rows: Rows, task: str) -> None:
    """DataError where the model is worse than chance on the rows, by more than three standard
    errors: y then means other classes than the model.
    """
    F, n = graph.network.evaluate(rows.X), len(rows.X)
    if task == "binary":
        positive = rows.Y[:, 0] > 0.5
        one, other = int(positive.sum()), int((~positive).sum())
        measure, found, chance = "AUC", auc(F[:, 0], positive), 0.5
        error = float(np.sqrt((n + 1) / (12.0 * max(1, one * other))))
    elif task == "multiclass":
        told, own = np.bincount(F.argmax(axis=1), minlength=F.shape[1]), rows.Y.sum(axis=0)
        measure, found = "accuracy", accuracy(F, rows.Y, rows.weights)
        chance = float(told @ own) / n**2
        error = float(np.sqrt(chance * (1.0 - chance) / n))
    else:
        return

    if found < chance - 3.0 * error:
        raise DataError(
            f"on these rows the model is worse than chance: {measure} {found:.3f}, and chance is "
            f"{chance:.3f}; so y means other classes than the model. {_explain_classes(graph)}"
        )


def _explain_classes(graph: Graph) -> str:
    """How y is to be given."""
    if graph.labels is not None:
        return f"Give y as the model's own labels, {', '.join(map(repr, graph.labels.values[:6]))}"
    if len(graph.network.c) == 1:
        return "Give y as 1 for the class whose score rises, and 0 for the other: turn it as 1 - y"

    return "Give y as the numbers of the classes, in the order of the model's outputs"


def _check_fit(task: str, known: set[str | None], graph: Graph) -> None:
    m = len(graph.network.c)
    if known and task not in known:
        links = ", ".join(sorted({head.link for head in graph.heads}))
        raise UnsupportedError(
            f"task {task!r} for a model that ends in {links}; supported: {next(iter(known))}"
        )

    if (task == "binary" and m != 1) or (task == "multiclass" and m < 2):
        needed = "one score" if task == "binary" else "a score for each class"
        raise UnsupportedError(f"task {task!r} for a model with {m} scores; it needs {needed}")
    if any(LINKS[head.link].joint and head.scores != tuple(range(m)) for head in graph.heads):
        raise UnsupportedError(
            "a model that ends in several softmaxes can't be trained; supported: one over all "
            "scores"
        )


def _per_row(y: Any) -> NDArray[Any]:
    """One target per row; one column is as good as none."""
    Y = np.asarray(y)
    if Y.ndim == 0:
        raise DataError("y holds a single value; expected one target per row")
    return Y[:, 0] if Y.ndim == 2 and Y.shape[1] == 1 else Y


def guess_task(y: Array, scores: int) -> str:
    """Binary for one score and 0 and 1, multiclass for several and their numbers; or regression."""
    values = np.unique(y) if y.ndim == 1 and y.dtype.kind in "biuf" else np.array([0.5])
    whole = bool(np.isin(values, np.arange(max(scores, 2))).all())
    if scores == 1:
        return "binary" if whole else "regression"

    return "multiclass" if whole else "regression"


def one_hot(y: Array, classes: int) -> Array:
    """(N,) of 0 to classes - 1 -> (N, classes); raises DataError for anything else."""
    numbers = _to_numbers(y)
    if numbers.ndim != 1 or not np.isin(numbers, np.arange(classes)).all():
        raise DataError(
            f"y must hold the numbers of {classes} classes, 0 to {classes - 1}, one per row"
        )

    return np.asarray(numbers[:, None] == np.arange(classes), dtype=float)


def _to_numbers(values: Any, name: str = "y") -> Array:
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} holds values that aren't numbers: {error}") from error


def _check_scores(Y: Array, m: int) -> Array:
    if Y.shape[1] != m:
        raise DataError(f"y has {Y.shape[1]} columns, the model has {m} scores")
    if not np.isfinite(Y).all():
        row = int(np.flatnonzero(~np.isfinite(Y).all(axis=1))[0])
        raise DataError(f"y, row {row}: not finite, or outside what the model's link can give")

    return Y


def weigh_rows(X: Array, Y: Array, weights: Any) -> Rows:
    """Rows with weights of mean 1, those of weight 0 left out; DataError for other weights than at
    least 0.
    """
    if len(X) != len(Y):
        raise DataError(f"X has {len(X)} rows, y has {len(Y)}")

    w = np.ones(len(X)) if weights is None else _to_numbers(weights, "weights")
    if (
        w.shape != (len(X),)
        or not np.isfinite(w).all()
        or (w < 0).any()
        or (len(X) and not w.any())
    ):
        raise DataError(f"weights must be {len(X)} finite numbers of at least 0, not all of them 0")

    X, Y, w = X[w > 0], Y[w > 0], w[w > 0]
    if len(X) < 2:
        raise DataError(f"X has {len(X)} rows with a weight above 0; at least 2 are needed")

    return Rows(X, Y, w / w.mean())


def split_rows(
    rows: Rows,
    fraction: float,
    seed: int,
    *,
    classes: bool,
    chosen_by: NDArray[np.bool_] | None = None,
) -> DataSplit:
    """Rows to train on and, a fraction, to choose by; with classes, the same share of each.
    chosen_by: (N,) the rows to choose by, where somebody else drew them.
    """
    if not 0 < fraction < 1:
        raise DataError(f"validation_fraction is {fraction!r}; expected a number between 0 and 1")

    if chosen_by is not None:
        parts = np.flatnonzero(~chosen_by), np.flatnonzero(chosen_by)
        return DataSplit(rows.part(parts[0]), rows.part(parts[1]))

    random = np.random.default_rng(seed)
    order = random.permutation(len(rows.X))
    if classes:
        label = rows.Y[order] @ np.arange(1, rows.Y.shape[1] + 1)
        rank = np.empty(len(order))
        for value in np.unique(label):
            at = np.flatnonzero(label == value)
            rank[at] = (np.arange(len(at)) + 0.5) / len(at)
        order = order[np.argsort(rank, kind="stable")]

    n = min(max(1, round(fraction * len(order))), len(order) - 1)
    return DataSplit(rows.part(np.sort(order[n:])), rows.part(np.sort(order[:n])))


def prepare_rows(
    rows: Rows,
    fraction: float,
    seed: int,
    task: str,
    chosen_by: NDArray[np.bool_] | None = None,
) -> tuple[DataSplit, Standardisation]:
    """Rows for a task, split in two and standardised by those to train on; see `split` and
    `scale_of`.
    """
    numbers = task == "regression"
    data = split_rows(rows, fraction, seed, classes=not numbers, chosen_by=chosen_by)
    scale = fit_standardisation(data.training, numbers=numbers)
    return DataSplit(scale.rows(data.training), scale.rows(data.validation)), scale


def fit_standardisation(rows: Rows, *, numbers: bool) -> Standardisation:
    """Mean and standard deviation of every column, 1 for a constant; of the targets too where they
    are numbers.

    Raises DataError for numbers so large that their squares overflow.
    """
    shift, m = rows.X.mean(axis=0), rows.Y.shape[1]
    low, high = (
        (rows.Y.mean(axis=0), _compute_spread(rows.Y, "y"))
        if numbers
        else (np.zeros(m), np.ones(m))
    )

    return Standardisation(shift, _compute_spread(rows.X, "X"), low, high)


def _compute_spread(values: Array, name: str) -> Array:
    with np.errstate(over="ignore"):
        spread = values.std(axis=0)
    if not np.isfinite(spread).all():
        column = int(np.flatnonzero(~np.isfinite(spread))[0])
        raise DataError(f"{name}, column {column}: numbers too large to train on")

    return np.where(spread > 1e-12 * np.abs(values).max(axis=0, initial=0.0), spread, 1.0)
