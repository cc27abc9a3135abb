"""scikit-learn's wrappers and linear models against scikit-learn itself, on rows with missing and
unknown values.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  # what its import does
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    BayesianRidge,
    ElasticNet,
    GammaRegressor,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
    TweedieRegressor,
)
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder
from sklearn.svm import LinearSVC, LinearSVR

import relurules as rr
from relurules.errors import DataError, ModelError
from relurules.ir.local_tree import LocalTree
from relurules.tracing import trace
from relurules.tracing.sklearn.class_wrappers import _find_last_share
from relurules.tracing.sklearn.estimators import ESTIMATORS
from relurules.tracing.sklearn.score_maps import stack_networks
from relurules.tracing.sklearn.wrappers import WRAPPERS

pytestmark = pytest.mark.filterwarnings("ignore")

NUMBERS, N = ["age", "pay"], 120


def draw_table(seed: int, rows: int, jobs: list[str]) -> pd.DataFrame:
    """Numbers and texts, every eighth of them missing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, rows),
            "pay": rng.normal(0, 3, rows),
            "job": rng.choice(np.array(jobs, dtype=object), rows),
        }
    )
    return frame.mask(rng.random(frame.shape) < 0.125)


X = draw_table(0, N, ["clerk", "smith", "nurse"])
ROWS = draw_table(1, 60, ["clerk", "smith", "nurse", "never seen"])
NUMBER = (
    X["age"].fillna(35) / 10
    + X["pay"].fillna(0)
    + 2 * (X["job"] == "nurse")
    + np.random.default_rng(2).normal(size=N)
).to_numpy()
COUNT = np.exp(NUMBER / 4)
TWO = np.where(np.median(NUMBER) < NUMBER, "yes", "no")
THREE = np.array(["low", "mid", "top"])[np.digitize(NUMBER, np.quantile(NUMBER, [0.3, 0.6]))]
LABELS = np.column_stack([NUMBER > 3, NUMBER < 6]).astype(int)


def piped(last: Any) -> Any:
    """A pipeline of an imputer, a scaler and an encoder that ends in `last`."""
    return make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS),
            (OneHotEncoder(handle_unknown="ignore"), ["job"]),
        ),
        last,
    )


def net() -> Any:
    """A classifier of few neurons."""
    return piped(MLPClassifier((3,), max_iter=15, random_state=0))


def curve() -> Any:
    """A regressor of few neurons."""
    return piped(MLPRegressor(hidden_layer_sizes=(3,), max_iter=15, random_state=0))


def logit() -> Any:
    """A linear classifier with probabilities."""
    return piped(LogisticRegression())


def calibrated(inner: Any, **options: Any) -> Any:
    """One classifier, calibrated."""
    return CalibratedClassifierCV(inner, **{"ensemble": False, "cv": 2} | options)


LINEAR = {
    "logistic regression": (LogisticRegression(), TWO),
    "of three classes": (LogisticRegression(fit_intercept=False), THREE),
    "with a search": (LogisticRegressionCV(cv=2, Cs=2), TWO),
    "discriminant": (LinearDiscriminantAnalysis(), TWO),
    "discriminant of three": (LinearDiscriminantAnalysis(), THREE),
    "gradient, log loss": (SGDClassifier(loss="log_loss", random_state=0), TWO),
    "gradient, hinge": (SGDClassifier(random_state=0), THREE),
    "support vectors": (LinearSVC(), TWO),
    "support vectors of three": (LinearSVC(fit_intercept=False), THREE),
    "perceptron": (Perceptron(), TWO),
    "ridge classifier": (RidgeClassifier(), TWO),
    "least squares": (LinearRegression(), NUMBER),
    "without intercept": (LinearRegression(fit_intercept=False), NUMBER),
    "several targets": (Ridge(), np.column_stack([NUMBER, COUNT])),
    "lasso": (Lasso(0.01), NUMBER),
    "elastic net": (ElasticNet(0.01), NUMBER),
    "bayesian": (BayesianRidge(), NUMBER),
    "huber": (HuberRegressor(), NUMBER),
    "quantile": (QuantileRegressor(alpha=0.01), NUMBER),
    "gradient": (SGDRegressor(random_state=0), NUMBER),
    "support vector regression": (LinearSVR(), NUMBER),
    "poisson": (PoissonRegressor(), COUNT),
    "gamma": (GammaRegressor(), COUNT),
    "tweedie": (TweedieRegressor(power=1.5), COUNT),
    "tweedie, identity": (TweedieRegressor(power=0), NUMBER),
}

WRAPPED: dict[str, tuple[Callable[[], Any], Any]] = {
    "grid": (lambda: GridSearchCV(net(), {"mlpclassifier__alpha": [0.1, 1]}, cv=2), TWO),
    "random": (
        lambda: RandomizedSearchCV(curve(), {"mlpregressor__alpha": [0.1]}, cv=2, n_iter=1),
        NUMBER,
    ),
    "halving": (
        lambda: HalvingGridSearchCV(logit(), {"logisticregression__C": [0.1, 1]}, cv=2),
        TWO,
    ),
    "calibrated": (lambda: calibrated(piped(LinearSVC())), TWO),
    "calibrated by temperature": (lambda: calibrated(logit(), method="temperature"), TWO),
    "calibrated in a pipeline": (lambda: piped(calibrated(LinearSVC())), TWO),
    "calibrated as fitted": (
        lambda: CalibratedClassifierCV(FrozenEstimator(logit().fit(X, TWO))),
        TWO,
    ),
    "cut": (lambda: FixedThresholdClassifier(net(), threshold=0.3), TWO),
    "cut of the first class": (
        lambda: FixedThresholdClassifier(net(), threshold=0.3, pos_label="no"),
        TWO,
    ),
    "cut at score 0": (
        lambda: FixedThresholdClassifier(logit(), response_method="decision_function"),
        TWO,
    ),
    "tuned": (lambda: TunedThresholdClassifierCV(net(), cv=2, random_state=0), TWO),
    "one against the rest, two": (lambda: OneVsRestClassifier(net()), TWO),
    "one against the rest, three": (lambda: OneVsRestClassifier(piped(LinearSVC())), THREE),
    "one against the rest, labels": (lambda: OneVsRestClassifier(net()), LABELS),
    "targets": (lambda: MultiOutputRegressor(curve()), np.column_stack([NUMBER, COUNT])),
    "targets of counts": (
        lambda: MultiOutputRegressor(piped(PoissonRegressor())),
        np.column_stack([COUNT, COUNT**2]),
    ),
    "class targets": (
        lambda: MultiOutputClassifier(net()),
        np.column_stack([TWO, np.where(NUMBER > 3, "u", "v")]),
    ),
    "vote": (
        lambda: VotingRegressor(
            [
                ("net", curve()),
                ("line", piped(LinearRegression())),
                ("none", "drop"),
                ("other", piped(Ridge())),
            ],
            weights=[1, 2, 5, 3],
        ),
        NUMBER,
    ),
    "bag": (
        lambda: piped(
            BaggingRegressor(
                MLPRegressor(hidden_layer_sizes=(2,), max_iter=15, random_state=0),
                3,
                max_features=0.7,
                random_state=0,
            )
        ),
        NUMBER,
    ),
    "logarithm of the target": (
        lambda: TransformedTargetRegressor(curve(), func=np.log, inverse_func=np.exp),
        COUNT,
    ),
    "vote in other units": (
        lambda: TransformedTargetRegressor(
            VotingRegressor([("net", curve()), ("line", piped(Ridge()))]),
            transformer=StandardScaler(),
        ),
        NUMBER,
    ),
    "wrappers in wrappers": (
        lambda: GridSearchCV(
            FixedThresholdClassifier(calibrated(logit())), {"threshold": [0.4]}, cv=2
        ),
        TWO,
    ),
}


def assert_same(model: Any, form: str) -> None:
    """Rules give the model's own probabilities, scores or numbers, and its classes."""
    rules, graph = rr.extract(model, form=form), rr.trace(model)
    expected = find_outputs(model)
    found = rules.predict(ROWS)
    terms = 1.0 + np.abs(expected)
    assert found.shape == expected.shape
    assert (np.abs(found - expected) <= 1e-9 * terms).all()
    if graph.labels is not None:
        assert (rules.classify(ROWS) == model.predict(ROWS)).all()


def find_outputs(model: Any) -> Any:
    """(N, m): what scikit-learn gives of `ROWS`."""
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(ROWS)
        return np.hstack(shares) if isinstance(shares, list) else shares
    if not hasattr(model, "decision_function"):
        return model.predict(ROWS).reshape(len(ROWS), -1)
    scores = model.decision_function(ROWS)
    return scores if scores.ndim > 1 else np.column_stack([-scores, scores])


@pytest.mark.parametrize("name", LINEAR)
def test_linear_models_are_networks_without_neurons(name: str) -> None:
    last, y = LINEAR[name]
    model = piped(last).fit(X, y)
    assert len(rr.trace(model).network) == 0
    assert_same(model, "partition" if name in ("poisson", "of three classes") else "additive")


@pytest.mark.parametrize("name", WRAPPED)
def test_rules_are_the_wrapped_model(name: str) -> None:
    make, y = WRAPPED[name]
    model = make().fit(X, y)
    for form in ("partition", "additive"):
        assert_same(model, form)


def test_tables_name_what_is_tested() -> None:
    linear = {type(last).__name__ for last, _ in LINEAR.values()}
    kin = {"LassoCV", "ElasticNetCV", "RidgeCV", "RidgeClassifierCV"}  # what the others fit, chosen
    assert set(ESTIMATORS) == linear | kin | {"MLPClassifier", "MLPRegressor"}
    assert {type(make()).__name__ for make, _ in WRAPPED.values()} <= {*WRAPPERS, "Pipeline"}


def test_class_at_the_cut_off() -> None:
    data = pd.DataFrame({"x": [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]})
    model = LogisticRegression().fit(data, [0, 0, 0, 1, 1, 1])
    model.coef_[:], model.intercept_[:] = 1.0, 0.0  # so that the row 0 is at the cut
    cut = FixedThresholdClassifier(FrozenEstimator(model), threshold=0.5).fit(
        data, [0] * 3 + [1] * 3
    )
    for wrapped, at_cut in ((model, 0), (cut, 1)):
        rules = rr.extract(wrapped)
        assert wrapped.predict(data)[2] == at_cut
        assert (rules.classify(data) == wrapped.predict(data)).all()
        code = rr.emit(rules, "python", columns=("outputs", "class"))
        assert rr.verify(code, wrapped, data)
    assert "probability is 0.5 or more, the model's own threshold" in str(rr.emit(rules, "text"))


def test_score_at_the_cut_off() -> None:
    data = pd.DataFrame({"x": [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]})
    model = LinearSVC().fit(data, ["n"] * 3 + ["y"] * 3)
    model.coef_[:], model.intercept_[:] = 1.0, 5.0
    cut = FixedThresholdClassifier(FrozenEstimator(model), threshold=7.0).fit(
        data, ["n"] * 3 + ["y"] * 3
    )
    rules = rr.extract(cut, data=data, y=["n"] * 3 + ["y"] * 3)
    assert list(cut.predict(data)) == ["n"] * 4 + ["y"] * 2  # the row 2 is at the cut
    assert list(rules.classify(data)) == list(cut.predict(data))
    assert rules.evidence is not None


@pytest.mark.parametrize(
    "encoder",
    [OneHotEncoder(handle_unknown="ignore", sparse_output=False), TargetEncoder(random_state=0)],
)
def test_frames_between_steps(encoder: Any) -> None:
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), NUMBERS), (encoder, ["job"])
    )
    model = make_pipeline(columns, PCA(3), LogisticRegression()).set_output(transform="pandas")
    assert_same(calibrated(model).fit(X, TWO), "additive")


def test_no_neurons_pass_everything(tmp_path: Any) -> None:
    model, data = logit().fit(X, TWO), X
    for form in ("partition", "additive"):
        rules = rr.extract(model, data=data, y=TWO, form=form)
        rules.save(tmp_path / "rules.json")
        assert rr.load(tmp_path / "rules.json").outputs == rules.outputs
        for target in ("text", "numpy", "c", "javascript", "java", "csharp", "onnx", "pmml"):
            assert rr.emit(rules, target).files
        assert rr.verify(rr.emit(rules, "sql"), model, data, engine="sqlite")
        assert rr.verify(rr.emit(rules, "python"), model, data)
        assert rr.ask(rules, "monotone", feature="pay")
        assert rr.check(rr.prove(rules, model), rules, model)
    text = rr.document(rules, tmp_path / "document", data=data)
    assert "what a linear model answers" in (tmp_path / "document" / "rules.md").read_text()
    assert text


def constant_labels() -> Any:
    return OneVsRestClassifier(logit()).fit(X, np.column_stack([LABELS[:, 0], np.ones(N, int)]))


def exp(x: Any) -> Any:
    """Called as numpy's function is."""
    return np.exp(x) - 1.0


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "no refit": (
        lambda: GridSearchCV(net(), {}, cv=2, refit=False).fit(X, TWO),
        "has no best estimator, as refit=False",
    ),
    "not fitted": (lambda: GridSearchCV(net(), {}), "isn't fitted; call fit first"),
    "vote not fitted": (lambda: VotingRegressor([("a", curve())]), "isn't fitted"),
    "probabilities calibrated": (
        lambda: calibrated(net()).fit(X, TWO),
        "has no decision_function: a sigmoid of a sigmoid",
    ),
    "ensemble calibrated": (
        lambda: calibrated(logit(), ensemble=True).fit(X, TWO),
        "the mean of 2 calibrated classifiers.*Set ensemble=False",
    ),
    "isotonic": (
        lambda: calibrated(logit(), method="isotonic").fit(X, TWO),
        "method='isotonic' puts a step function after the score",
    ),
    "three classes calibrated": (
        lambda: calibrated(logit()).fit(X, THREE),
        "of 3 classes gives each a probability of its own and divides by their sum",
    ),
    "cut of a score": (
        lambda: FixedThresholdClassifier(
            logit(), threshold=1.0, response_method="decision_function"
        ).fit(X, TWO),
        r"cuts decision_function at 1\.0.*response_method='predict_proba' and the threshold 0\.73",
    ),
    "cut of a first score": (
        lambda: FixedThresholdClassifier(piped(LinearSVC()), threshold=1.0, pos_label="no").fit(
            X, TWO
        ),
        "cuts the score of the first class",
    ),
    "cut of a cut": (
        lambda: FixedThresholdClassifier(FixedThresholdClassifier(piped(LinearSVC()))).fit(X, TWO),
        "around a classifier that ends in step.*Remove the inner cut-off",
    ),
    "one against the rest of a cut": (
        lambda: OneVsRestClassifier(FixedThresholdClassifier(piped(LinearSVC()))).fit(X, TWO),
        "of classifiers that end in step.*Remove the inner cut-off",
    ),
    "cut at everything": (
        lambda: FixedThresholdClassifier(net(), threshold=2.0).fit(X, TWO),
        r"decides by the threshold .*supported: a number between 0 and 1",
    ),
    "one against the rest, three": (
        lambda: OneVsRestClassifier(net()).fit(X, THREE),
        "of 3 classes divides the probability of each by their sum",
    ),
    "one label": (constant_labels, "all rows or none had the label 1"),
    "gradient of three": (
        lambda: piped(SGDClassifier(loss="log_loss")).fit(X, THREE),
        "SGDClassifier of 3 classes divides a sigmoid for each class by their sum",
    ),
    "modified Huber": (
        lambda: piped(SGDClassifier(loss="modified_huber")).fit(X, TWO),
        "clips its score to a probability",
    ),
    "several labels of a ridge": (
        lambda: piped(RidgeClassifier()).fit(X, LABELS),
        "labels that may hold together",
    ),
    "three classes twice": (
        lambda: MultiOutputClassifier(net()).fit(X, np.column_stack([TWO, THREE])),
        r"target 1 isn't one of two classes.*model\.estimators_ by itself",
    ),
    "soft vote": (
        lambda: VotingClassifier([("a", net()), ("b", logit())], voting="soft").fit(X, TWO),
        "VotingClassifier is a mean of 2 classifiers, and no link gives a mean of probabilities",
    ),
    "hard vote": (
        lambda: VotingClassifier([("a", net()), ("b", logit())]).fit(X, TWO),
        "VotingClassifier counts votes of 2 classifiers",
    ),
    "bag of classifiers": (
        lambda: piped(BaggingClassifier(LogisticRegression(), 2)).fit(X, TWO),
        "BaggingClassifier is a mean of 2 classifiers",
    ),
    "mean of powers": (
        lambda: VotingRegressor([("a", piped(PoissonRegressor())), ("b", curve())]).fit(X, COUNT),
        "takes the mean of regressors that end in exp",
    ),
    "power of a power": (
        lambda: TransformedTargetRegressor(
            piped(PoissonRegressor()), func=np.log1p, inverse_func=np.expm1
        ).fit(X, COUNT),
        "around a regressor that ends with exp",
    ),
    "function of the target": (
        lambda: TransformedTargetRegressor(curve(), func=np.square, inverse_func=np.sqrt).fit(
            X, COUNT
        ),
        "turns its predictions back with numpy.sqrt",
    ),
    "function of the same name": (
        lambda: TransformedTargetRegressor(
            curve(), func=np.log1p, inverse_func=exp, check_inverse=False
        ).fit(X, COUNT),
        "turns its predictions back with .*test_sklearn_wrappers.exp",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    make, said = REFUSED[name]
    with pytest.raises(ModelError, match=said):
        rr.trace(make())


def test_trees_of_linear_models_stand_alone() -> None:
    tree = object.__new__(LocalTree)
    with pytest.raises(ModelError, match="can't stand beside others in one model"):
        stack_networks([tree, tree], ["a", "b"])


def test_frequency_times_severity() -> None:
    frequency = piped(PoissonRegressor()).fit(X, np.round(COUNT))
    mine = X[["job", "age"]]  # of other columns, in another order
    severity = make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["job"])), GammaRegressor()
    ).fit(mine, COUNT)
    expected = frequency.predict(ROWS) * severity.predict(ROWS[["job", "age"]])
    for form in ("partition", "additive"):
        rules = rr.extract((frequency, severity), data=X, form=form)
        found = rr.extract((frequency, severity), form=form).predict(ROWS)[:, 0]
        assert (np.abs(found - expected) <= 1e-9 * expected).all()
        assert rules.provenance.model == "Pipeline * Pipeline"
        assert rr.verify(rr.emit(rules, "python"), (frequency, severity), X)
        assert rr.check(rr.prove(rules, (frequency, severity)), rules, (frequency, severity))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: (1, 2, 3), "a tuple of int, int, int can't be traced"),
        (
            lambda: (
                piped(PoissonRegressor()).fit(X, COUNT),
                PoissonRegressor().fit(X[NUMBERS].fillna(0).to_numpy(), COUNT),
            ),
            "can't be matched, as a model knows them by their place alone",
        ),
        (
            lambda: (piped(PoissonRegressor()).fit(X, COUNT), piped(Ridge()).fit(X, COUNT)),
            "Pipeline ends in identity, so that the product is no link",
        ),
    ],
)
def test_products_that_are_refused(make: Any, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        rr.trace(make())


def test_true_values_of_several_outputs() -> None:
    targets = np.column_stack([NUMBER, COUNT])
    with pytest.raises(DataError, match=r"is of shape \(120, 2\); expected one value per row"):
        rr.extract(piped(Ridge()).fit(X, targets), data=X, y=targets)


def test_layers_have_names_of_their_own() -> None:
    make, y = WRAPPED["vote"]
    graph, _ = trace(make().fit(X, y))
    assert graph.layers.number_of_edges() == len(graph.layers) - 1


@pytest.mark.parametrize("share", [1e-17, 0.001, 0.1, 0.3, 0.7, 0.9, 1.0])
def test_the_first_class_is_cut_off_exactly(share: float) -> None:
    last = _find_last_share(share)
    assert 1.0 - last >= share > 1.0 - np.nextafter(last, np.inf)
