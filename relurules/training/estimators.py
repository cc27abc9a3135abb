"""scikit-learn estimators that are trained to a number of rules; see `ReLURulesClassifier` and
`ReLURulesRegressor`.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.errors import DataError, UnsupportedError
from relurules.ir import AdditiveRules, Graph, Network, RuleSet
from relurules.ir.class_labels import make_labels
from relurules.ir.limits import Deadline
from relurules.ir.network import Array
from relurules.links.heads import Head, apply_links, make_identity_heads
from relurules.pipeline.extraction import extract_additive_rules, extract_rules
from relurules.pipeline.tasks import ExtractSource
from relurules.tables.names import make_default_names

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.class_weight import compute_sample_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import (  # type: ignore[import-untyped, unused-ignore]
        _check_sample_weight,
        check_is_fitted,
        validate_data,
    )
except ImportError as missing:
    raise UnsupportedError(
        "the estimators need scikit-learn 1.6 or newer: pip install 'relurules[sklearn]' "
        f"({missing})"
    ) from missing

if TYPE_CHECKING:
    import pandas as pd

    from relurules.training.front import RuleBudget

#: Ways from the trained network to few rules; None: it stays as it is.
_LINEARIZATIONS = ("saliency", "parallel", "force", "freeze", "tree", None)

#: X, (N, d), y and weights, (N,), or None.
GivenRows = tuple[Array, NDArray[Any], Any]

#: Forms of rules that the estimators can be fitted to.
_FORMS = ("partition", "additive")
#: So many rules are written down by fit, and their rows counted; more, when they are asked for.
_FEW = 300
#: Up to which shares of a time limit the first network is trained, and made one of few rules.
_DENSE, _LINEARIZED = 0.3, 0.85

_PARAMETERS = """

    hidden_layer_sizes: ReLUs of each layer of the network that is trained first. l1_reg: factor of
    the sum of absolute weights in the loss, of standardised columns. learning_rate, max_epochs,
    batch_size: of Adam on that network. validation_fraction: share of the rows that isn't trained
    on, but by which the state of training and the number of neurons are chosen. n_iter_no_change:
    epochs without a better validation loss that end the training. max_rules, max_neurons,
    max_terms, max_condition_terms, linearization: the budget and the method, as in
    `relurules.linearize`: rules over the range of the training rows; neurons; columns that any rule
    speaks of; columns that any condition does; saliency, parallel, force or freeze (100,000 steps:
    a minute or more), or None, which keeps the network that was trained first; or tree, a tree of
    linear models that is chosen directly, in seconds, of numbers or two classes:
    but no network stands behind its rules, which may jump where one ends and another begins; its
    conditions have one column each, and max_formula_terms is what each formula reads at most (None:
    any number; of trees alone). random_state: as everywhere in scikit-learn; the same one gives the
    same model. verbose: whether to print on stderr how far the training is, or a function that is
    called with each line.
    time_limit: seconds that fit may take: what is trained by then is made a model within the
    budget, one that more time may make better (hurried_ is True then); the same random_state need
    not give the same model.

    form: partition, rules of which one applies, or additive, lines that add up, chosen directly: no
    network is trained first, and none of the parameters above but max_rules, validation_fraction,
    random_state, verbose and time_limit play a part. Of the additive form: max_rules: at most so
    many lines, None for 16; max_condition_columns: columns that a line reads at most, 1 to 3;
    max_columns: those that all lines and the base read. monotonic_cst: 1 for columns that the score
    may only rise with, -1 for those that it may only fall with, 0 for others: (d,) of them, or
    {column: sign}; held everywhere; the score is that of the second class. Of more than two classes
    every line has a slope for each, which sum to 0, and monotonic_cst, signs and effect_bounds are
    refused. teacher, of trees too: None,
    "boosting", or an estimator of scikit-learn: what it says of rows that it wasn't fitted to is
    mixed with the targets. column_groups: {name: coordinates} of columns that stand for one, such
    as the indicators of its categories. interactions: None, or the only pairs of columns that a
    line may read together, [("age", "income")]; no_interactions: columns that no line may read with
    another one, and pairs that none may read. signs: None, or "data": a column of numbers that
    monotonic_cst says nothing of goes the way of its correlation with the target. effect_bounds:
    {column: (low, high)}: what the column adds to the score, beside what it adds at the mean of the
    rows, lies between these everywhere in its range; such a column stands in no pair. class_weight,
    of either form: as everywhere in scikit-learn, for classifiers.

    After fit: rules_: the RuleSet, or AdditiveRules, over the range of the training rows, which are
    counted where rules are few. network_: the network in canonical form, in the units of X, and
    graph_, which is what `relurules.extract` and the others take, as they take the estimator
    itself. front_: one row per network looked at, a pandas DataFrame as in `relurules.linearize`,
    and chosen_, the row that was chosen; both None without linearization. dense_network_: what was
    trained first, None for the additive form. n_iter_: its epochs. hurried_: whether the time limit
    ended training. n_features_in_, and feature_names_in_ where X was a frame with names."""


class _RuleEstimator(BaseEstimator):  # type: ignore[misc]
    """What both estimators share."""

    # What fit sets. _task: a name in `relurules.train.task`; _range: smallest and largest value of
    # every column.
    graph_: Graph
    network_: Network
    dense_network_: Network | None
    front_: "pd.DataFrame | None"
    chosen_: int | None
    n_iter_: int
    hurried_: bool
    _task: str
    _seed: int
    _range: tuple[Array, Array]
    _rules: RuleSet | AdditiveRules | None

    def __init__(
        self, hidden_layer_sizes: Sequence[int] = (40, 40), *, l1_reg: float = 3e-4,
        learning_rate: float = 3e-3, max_epochs: int = 100, batch_size: int = 256,
        validation_fraction: float = 0.2, n_iter_no_change: int = 15, max_rules: int | None = 8,
        max_neurons: int | None = None, max_terms: int | None = None,
        max_condition_terms: int | None = None, linearization: str | None = "saliency",
        random_state: Any = None, verbose: bool | Callable[[str], None] = False,
        time_limit: float | None = None, form: str = "partition", max_condition_columns: int = 2,
        max_columns: int | None = None, monotonic_cst: Any = None, teacher: Any = None,
        column_groups: Mapping[str, Sequence[int]] | None = None, class_weight: Any = None,
        interactions: Any = None, no_interactions: Any = None, signs: str | None = None,
        effect_bounds: Any = None,
        max_formula_terms: int | None = None,
    ) -> None:  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.l1_reg = l1_reg
        self.learning_rate = learning_rate
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.max_rules = max_rules
        self.max_neurons = max_neurons
        self.max_terms = max_terms
        self.max_condition_terms = max_condition_terms
        self.linearization = linearization
        self.random_state = random_state
        self.verbose = verbose
        self.time_limit = time_limit
        self.form = form
        self.max_condition_columns = max_condition_columns
        self.max_columns = max_columns
        self.monotonic_cst = monotonic_cst
        self.teacher = teacher
        self.column_groups = column_groups
        self.class_weight = class_weight
        self.interactions = interactions
        self.no_interactions = no_interactions
        self.signs = signs
        self.effect_bounds = effect_bounds
        self.max_formula_terms = max_formula_terms

    @property
    def rules_(self) -> RuleSet | AdditiveRules:
        """The rules of the fitted network over the range of the training rows; computed when first
        asked for.

        Raises NotFittedError before fit.
        """
        check_is_fitted(self, "network_")
        if self._rules is None:
            domain = Domain.box(*self._range, self.graph_.features)
            self._rules = self._extract(ExtractSource(model=self.graph_, domain=domain))
        return self._rules

    def _extract(self, source: ExtractSource) -> RuleSet | AdditiveRules:
        return (extract_additive_rules if self._form == "additive" else extract_rules)(source)

    def _checked(self, X: Any, y: Any, **how: Any) -> tuple[Array, NDArray[Any]]:
        self._check_parameters()
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2, **how)
        return X, y

    def _check_parameters(self) -> None:
        from relurules.training.additive_training import check_line_parameters
        from relurules.training.front import check_budget

        if self.form not in _FORMS:
            raise UnsupportedError(f"form {self.form!r}; supported: {', '.join(_FORMS)}")

        check_line_parameters(self)
        if self.form == "additive":
            return

        sizes = np.atleast_1d(np.asarray(self.hidden_layer_sizes))
        if sizes.dtype.kind not in "iu" or sizes.ndim != 1 or not sizes.size or sizes.min() < 1:
            raise DataError(
                f"hidden_layer_sizes is {self.hidden_layer_sizes!r}; expected the sizes of the "
                "layers, such as (40, 40)"
            )

        for name in ("max_epochs", "batch_size", "n_iter_no_change"):
            value = getattr(self, name)
            if value is not None and not value >= 1:
                raise DataError(f"{name} is {value!r}; expected at least 1")

        if self.linearization not in _LINEARIZATIONS:
            raise UnsupportedError(
                f"linearization {self.linearization!r}; supported: "
                f"{', '.join(map(str, _LINEARIZATIONS))}"
            )

        check_budget(_make_budget(self), bounded=self.linearization is not None)

    def _train(
        self,
        X: Array,
        y: NDArray[Any],
        weights: Any,
        task: str,
        heads: tuple[Head, ...],
        names: Sequence[str],
    ) -> Any:
        """Fit to rows X, (N, d), and y, (N,) of numbers or of the numbers of classes; sets the
        attributes.
        """
        deadline = Deadline.after(self.time_limit)
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        X, y, weights = _drop_weightless_rows(X, y, weights)
        self._task, self._range = task, (X.min(axis=0), X.max(axis=0))
        weights = _weigh_classes(self, y, weights)
        from relurules.training.linearize import build_layers

        known = getattr(self, "feature_names_in_", None)
        features = make_default_names(X.shape[1]) if known is None else tuple(map(str, known))
        self._form, self._rules = self.form, None

        def make_graph(network: Network) -> Graph:
            return Graph(features, tuple(names), network, build_layers(network), 0, heads)

        train = self._train_additive if self.form == "additive" else self._train_partition
        if self.form == "partition" and self.linearization == "tree":
            train = self._train_tree
        graph = train(make_graph, (X, y, weights), deadline)
        if task != "regression":  # until here classes are their numbers
            graph = replace(graph, labels=make_labels(self.classes_))

        few = self.front_ is not None and self.front_["rules"].tolist()[self.chosen_ or 0] <= _FEW
        self.graph_, self.network_ = graph, graph.network
        if few:
            domain = Domain.box(*self._range, features)
            self._rules = self._extract(ExtractSource(model=self.graph_, domain=domain, data=X))

        return self

    def _train_partition(
        self, make_graph: Callable[[Network], Graph], given: GivenRows, deadline: Deadline
    ) -> Graph:
        """A network is trained, then linearised."""
        dense, little = deadline.share(_DENSE), deadline.share(_LINEARIZED)
        self.dense_network_, self.n_iter_ = _train_dense_network(self, *given, dense)
        self.hurried_ = dense.is_over()
        self.front_, self.chosen_, self._folds = None, None, 1
        graph = make_graph(self.dense_network_)
        if self.linearization is None:
            return graph

        found = _linearize_graph(self, graph, given, little)
        self.hurried_ |= little.is_over()
        self.front_, self.chosen_ = found.front, found.chosen
        linearized: Graph = found.graph

        return linearized

    def _train_tree(
        self, make_graph: Callable[[Network], Graph], given: GivenRows, deadline: Deadline
    ) -> Graph:
        """A tree of linear models is chosen directly."""
        from relurules.training.tree_training import train_tree

        shortened = deadline.share(_LINEARIZED)
        found = train_tree(self, given, shortened, make_progress(self.verbose))
        self.dense_network_, self.n_iter_, self.hurried_ = None, 1, shortened.is_over()
        self.front_, self.chosen_ = found.front, found.chosen
        self._folds = found.folds

        return make_graph(found.tree)

    def _train_additive(
        self, make_graph: Callable[[Network], Graph], given: GivenRows, deadline: Deadline
    ) -> Graph:
        """Lines are chosen directly."""
        from relurules.training.additive_training import train_lines

        shortened = deadline.share(_LINEARIZED)
        found = train_lines(self, given, shortened, make_progress(self.verbose))
        self.dense_network_, self.n_iter_, self.hurried_ = None, 1, shortened.is_over()
        self.front_, self.chosen_ = found.front, found.chosen
        self._folds = found.folds

        return make_graph(found.network)

    def _scores(self, X: Any) -> Array:
        """(N, m) of the rows X, in float64."""
        check_is_fitted(self, "network_")
        return self.network_.evaluate(validate_data(self, X, dtype=np.float64, reset=False))


class ReLURulesClassifier(ClassifierMixin, _RuleEstimator):  # type: ignore[misc]
    __doc__ = (
        """Classify by few rules: a ReLU network is trained, then linearised to a budget."""
        + _PARAMETERS
        + """ classes_: the classes, sorted."""
    )

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "ReLURulesClassifier":
        """Train on rows X, (N, d), of numbers, and classes y, (N,); sample_weight: (N,) of at least
        0.

        Raises DataError (a ValueError) where one class alone has rows with a weight, or the budget
        can't be kept, and ValueError where X and y don't fit, or hold a missing value.
        """
        X, y = self._checked(X, y)
        check_classification_targets(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)

        self.classes_, numbers = np.unique(y, return_inverse=True)
        m = len(self.classes_)
        some = numbers if sample_weight is None else numbers[sample_weight != 0]
        if len(found := np.unique(some)) < 2:
            named = ", ".join(repr(label) for label in self.classes_[found].tolist())
            raise DataError(
                f"rows of one class alone are here ({named}); a classifier needs at least two "
                "classes"
            )

        names = tuple(f"p_{label}" for label in self.classes_)
        if m == 2:
            heads: tuple[Head, ...] = (Head("complement", (0,)), Head("sigmoid", (0,)))
        else:
            heads = tuple(Head("softmax", tuple(range(m)), i) for i in range(m))

        task = "binary" if m == 2 else "multiclass"
        trained: ReLURulesClassifier = self._train(X, numbers, sample_weight, task, heads, names)
        return trained

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn asks of an estimator: whether it takes more than two classes."""
        from relurules.training.additive_training import list_one_score_parameters

        tags = super().__sklearn_tags__()
        if self.form == "additive" and list_one_score_parameters(self):
            tags.classifier_tags.multi_class = False
        return tags

    def decision_function(self, X: Any) -> Array:
        """(N, d) -> the scores: (N,), positive for the second class, where there are two; else (N,
        classes).
        """
        scores = self._scores(X)
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict_proba(self, X: Any) -> Array:
        """(N, d) -> (N, classes)."""
        scores = self._scores(X)
        return apply_links(self.graph_.heads, scores)

    def predict(self, X: Any) -> NDArray[Any]:
        """(N, d) -> (N,) classes."""
        scores = self.decision_function(X)
        best = (scores > 0).astype(np.intp) if scores.ndim == 1 else scores.argmax(axis=1)
        return np.asarray(self.classes_[best])


class ReLURulesRegressor(RegressorMixin, _RuleEstimator):  # type: ignore[misc]
    __doc__ = (
        """Predict numbers by few rules: a ReLU network is trained, then linearised to a budget."""
        + _PARAMETERS
    )

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "ReLURulesRegressor":
        """Train on rows X, (N, d), of numbers, and targets y, (N,); sample_weight: (N,) of at least
        0.

        Raises DataError (a ValueError) where the budget can't be kept, and ValueError where X and y
        don't fit, or hold a missing value.
        """
        X, y = self._checked(X, y, y_numeric=True)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)

        y = np.asarray(y, dtype=np.float64)
        trained: ReLURulesRegressor = self._train(
            X, y, sample_weight, "regression", make_identity_heads(1), ("y",)
        )
        return trained

    def predict(self, X: Any) -> Array:
        """(N, d) -> (N,)."""
        return np.asarray(self._scores(X)[:, 0])


def _drop_weightless_rows(
    X: Array, y: NDArray[Any], weights: Any
) -> tuple[Array, NDArray[Any], Any]:
    """The rows whose weight isn't 0; raises DataError where fewer than two are left."""
    if weights is None or not (weights == 0).any():
        return X, y, weights
    some = weights != 0
    if some.sum() < 2:
        raise DataError(f"{int(some.sum())} rows have a weight that isn't 0; at least 2 are needed")
    return X[some], y[some], weights[some]


def _weigh_classes(estimator: Any, y: NDArray[Any], weights: Any) -> Any:
    """Weights (N,) with those of classes; None without any. y: (N,) numbers of classes."""
    if estimator.class_weight is None:
        return weights
    if estimator._task == "regression":
        raise UnsupportedError("class_weight is for classifiers; a regressor takes sample_weight")
    found = np.asarray(compute_sample_weight(estimator.class_weight, estimator.classes_[y]))
    return found if weights is None else weights * found


def _train_dense_network(
    estimator: Any, X: Array, y: NDArray[Any], weights: Any, deadline: Deadline
) -> tuple[Network, int]:
    """The network of many neurons, in the units of X, and the epochs that it was trained for."""
    from threadpoolctl import threadpool_limits

    from relurules.training.descent import Schedule, random_network, train_by_adam
    from relurules.training.relu_parameters import to_network
    from relurules.training.targets import one_hot, prepare_rows, weigh_rows
    from relurules.training.task import TASKS

    task, seed, say = estimator._task, estimator._seed, make_progress(estimator.verbose)
    Y = y[:, None] if task == "regression" else one_hot(y, len(estimator.classes_))
    Y = Y[:, 1:] if task == "binary" else Y
    data, scale = prepare_rows(
        weigh_rows(X, Y, weights),
        estimator.validation_fraction,
        seed,
        task,
        getattr(estimator, "_chosen_by", None),
    )
    done = 0

    def told(epochs: int, loss: float) -> None:
        nonlocal done
        done = epochs
        if say is not None:
            say(f"epoch {epochs} of {estimator.max_epochs}, validation loss {loss:.4f}")

    hidden = tuple(int(size) for size in np.atleast_1d(np.asarray(estimator.hidden_layer_sizes)))
    schedule = Schedule(
        estimator.max_epochs,
        estimator.learning_rate,
        estimator.batch_size,
        estimator.n_iter_no_change,
    )
    random = np.random.default_rng(seed)

    with threadpool_limits(1):  # small matrices; and the sums don't depend on the number of cores
        start = random_network(X.shape[1], hidden, Y.shape[1], random)
        trained = train_by_adam(
            start,
            data,
            TASKS[task],
            schedule,
            l1=estimator.l1_reg,
            random=random,
            told=told,
            deadline=deadline,
        )

    return to_network(scale.restored(trained)), done


def _make_budget(estimator: Any) -> "RuleBudget":
    from relurules.training.front import RuleBudget

    return RuleBudget(
        estimator.max_rules,
        estimator.max_neurons,
        estimator.max_terms,
        estimator.max_condition_terms,
    )


def _linearize_graph(
    estimator: Any, graph: Graph, given: tuple[Array, NDArray[Any], Any], deadline: Deadline
) -> Any:
    """What `relurules.linearize` makes of the graph, on the same split."""
    from relurules.training.linearize import LinearizeSettings, linearize_network
    from relurules.training.linearize_model import make_size_counter

    budget = _make_budget(estimator)
    settings = LinearizeSettings(
        estimator.linearization,
        estimator.l1_reg,
        estimator.validation_fraction,
        estimator._seed,
        deadline=deadline,
        chosen_by=getattr(estimator, "_chosen_by", None),
    )

    return linearize_network(
        graph,
        given,
        budget,
        settings,
        make_size_counter(given[0], estimator.max_rules),
        task=estimator._task,
        progress=make_progress(estimator.verbose),
    )


def make_progress(verbose: bool | Callable[[str], None]) -> Callable[[str], None] | None:
    """What a line about the training is told to: nothing, stderr, or a function."""
    if callable(verbose):
        return verbose
    return (lambda line: print(line, file=sys.stderr)) if verbose else None
