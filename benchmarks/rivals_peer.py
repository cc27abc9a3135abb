"""Models that others fit to the same rows: run by rivals.py in an environment that has them.

`python rivals_peer.py split.npz NAME ...` prints one line of JSON for each name: the score of the
test rows, what its document would be long, and processor seconds.
"""

import json
import re
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class SplitRows:
    """Rows to fit to and rows to test on. classes: whether targets are 0 and 1. groups: coordinates
    of the indicators of each text column.
    """

    X: Any
    y: Any
    test: Any
    classes: bool
    groups: Sequence[Sequence[int]] = ()

    @property
    def joined(self) -> "JoinedRows":
        """The same rows for who takes categories as they are."""
        inside = {j for group in self.groups for j in group}
        plain = [j for j in range(self.X.shape[1]) if j not in inside]
        return JoinedRows(
            X=_join_indicators(self.X, plain, self.groups),
            test=_join_indicators(self.test, plain, self.groups),
            numbers=len(plain),
        )


@dataclass(frozen=True, kw_only=True)
class JoinedRows:
    """Numbers first, `numbers` of them, then a code for each text column: -1 for a text that no
    training row has.
    """

    X: Any
    test: Any
    numbers: int

    @property
    def codes(self) -> list[int]:
        """Where the codes are."""
        return [*range(self.numbers, self.X.shape[1])]


def _join_indicators(X: Any, plain: Sequence[int], groups: Sequence[Sequence[int]]) -> Any:
    codes = [
        np.where(X[:, list(group)].any(axis=1), X[:, list(group)].argmax(axis=1), -1)
        for group in groups
    ]
    return np.column_stack([X[:, plain], *codes])


@dataclass(frozen=True, kw_only=True)
class RivalResult:
    """Predictions of the test rows, and what a document of the model would be long."""

    predicted: Any
    length: Mapping[str, float]


def fit_linear(rows: SplitRows) -> RivalResult:
    """Linear or logistic regression, the ridge by cross-validation."""
    from sklearn.linear_model import LogisticRegressionCV, RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = (
        LogisticRegressionCV(Cs=5, cv=3, max_iter=300)
        if rows.classes
        else RidgeCV(np.logspace(-2, 4, 13))
    )
    fitted = make_pipeline(StandardScaler(), model).fit(rows.X, rows.y)
    return RivalResult(
        predicted=_predict(fitted, rows.test, classes=rows.classes),
        length={"terms": rows.X.shape[1]},
    )


def fit_boosting(rows: SplitRows) -> RivalResult:
    """HistGradientBoosting as it comes, with more and slower steps; categories as they are."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    joined = rows.joined
    kind = HistGradientBoostingClassifier if rows.classes else HistGradientBoostingRegressor
    fitted = kind(
        learning_rate=0.05,
        max_iter=200,
        early_stopping=True,
        categorical_features=joined.codes,
        random_state=0,
    )
    fitted.fit(joined.X, rows.y)
    predicted = _predict(fitted, joined.test, classes=rows.classes)
    return RivalResult(predicted=predicted, length={"trees": int(fitted.n_iter_)})


def fit_cart(rows: SplitRows, leaves: int) -> RivalResult:
    """One tree of constants."""
    fitted = _make_cart(rows, leaves, 20).fit(rows.X, rows.y)
    return RivalResult(
        predicted=_predict(fitted, rows.test, classes=rows.classes),
        length={"rules": int(fitted.get_n_leaves())},
    )


def fit_leaf_models(rows: SplitRows, leaves: int) -> RivalResult:
    """One tree, and a linear or logistic model of the rows of each leaf."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.preprocessing import StandardScaler

    scale = StandardScaler().fit(rows.X)
    X, test = scale.transform(rows.X), scale.transform(rows.test)
    tree = _make_cart(rows, leaves, max(20, 3 * rows.X.shape[1])).fit(rows.X, rows.y)
    own, other = tree.apply(rows.X), tree.apply(rows.test)
    predicted = np.empty(len(test))
    for leaf in np.unique(own):
        here, there = own == leaf, other == leaf
        y = rows.y[here]
        if len(np.unique(y)) < 2:
            predicted[there] = y[0]
        elif there.any():
            model = LogisticRegression(max_iter=300) if rows.classes else Ridge(1.0)
            fitted = model.fit(X[here], y)
            predicted[there] = (
                fitted.predict_proba(test[there])[:, 1]
                if rows.classes
                else fitted.predict(test[there])
            )

    count = len(np.unique(own))
    return RivalResult(predicted=predicted, length={"rules": count, "terms": rows.X.shape[1]})


def fit_cubist(rows: SplitRows, rules: int) -> RivalResult:
    """Cubist with one committee: rules overlap, and their formulas are averaged."""
    import pandas as pd
    from cubist import Cubist  # type: ignore[import-not-found]

    names = [f"x{j}" for j in range(rows.X.shape[1])]
    fitted = Cubist(n_rules=rules, n_committees=1, random_state=0)
    fitted.fit(pd.DataFrame(rows.X, columns=names), rows.y)
    predicted = fitted.predict(pd.DataFrame(rows.test, columns=names))
    text = fitted.model_
    count = len(re.findall(r"^conds=", text, re.MULTILINE))
    conditions = len(re.findall(r"^type=", text, re.MULTILINE))
    terms = len(re.findall(r'att="[^"]*" coeff=', text))
    length = {"rules": count, "terms": terms / max(1, count), "conditions": conditions / count}
    return RivalResult(predicted=np.asarray(predicted), length=length)


def fit_figs(rows: SplitRows, splits: int) -> RivalResult:
    """FIGS: a sum of small trees of constants with so many splits in all."""
    from imodels import FIGSClassifier, FIGSRegressor  # type: ignore[import-not-found]

    kind = FIGSClassifier if rows.classes else FIGSRegressor
    fitted = kind(max_rules=splits, random_state=0).fit(rows.X, rows.y)
    return RivalResult(
        predicted=_predict(fitted, rows.test, classes=rows.classes),
        length={"splits": int(fitted.complexity_), "trees": len(fitted.trees_)},
    )


def fit_ebm(rows: SplitRows, interactions: float) -> RivalResult:
    """An explainable boosting machine of one thread, with pairs or without; categories as they
    are.
    """
    from interpret.glassbox import (  # type: ignore[import-not-found]
        ExplainableBoostingClassifier,
        ExplainableBoostingRegressor,
    )

    kind = ExplainableBoostingClassifier if rows.classes else ExplainableBoostingRegressor
    joined = rows.joined
    types = ["continuous"] * joined.numbers + ["nominal"] * len(joined.codes)
    fitted = kind(interactions=interactions, feature_types=types, n_jobs=1, random_state=0)
    fitted.fit(joined.X, rows.y)
    bins = sum(np.asarray(scores).size for scores in fitted.term_scores_)
    predicted = _predict(fitted, joined.test, classes=rows.classes)
    length = {"parts": len(fitted.term_scores_), "bins": bins}
    return RivalResult(predicted=predicted, length=length)


def fit_scorecard(rows: SplitRows) -> RivalResult:
    """A scorecard of optimal bins, of two classes; categories as they are."""
    import pandas as pd
    from optbinning import BinningProcess, Scorecard  # type: ignore[import-not-found]
    from sklearn.linear_model import LogisticRegression

    joined = rows.joined
    names = [f"x{j}" for j in range(joined.X.shape[1])]
    texts = [names[j] for j in joined.codes]
    own, test = (
        pd.DataFrame(each, columns=names).astype(dict.fromkeys(texts, str))
        for each in (joined.X, joined.test)
    )
    card = Scorecard(
        binning_process=BinningProcess(names, categorical_variables=texts),
        estimator=LogisticRegression(max_iter=1000),
    )
    card.fit(own, rows.y)
    predicted = card.predict_proba(test)[:, 1]
    return RivalResult(predicted=predicted, length={"bins": len(card.table())})


#: Name -> what fits it, and whether it takes numbers, classes or both.
RIVALS: Mapping[str, tuple[Callable[[SplitRows], RivalResult], str]] = {
    "linear": (fit_linear, "both"),
    **{f"CART {leaves}": (partial(fit_cart, leaves=leaves), "both") for leaves in (8, 16, 32)},
    **{
        f"model tree {leaves}": (partial(fit_leaf_models, leaves=leaves), "both")
        for leaves in (8, 16, 32)
    },
    **{f"Cubist {rules}": (partial(fit_cubist, rules=rules), "numbers") for rules in (8, 16, 32)},
    **{f"FIGS {splits}": (partial(fit_figs, splits=splits), "both") for splits in (16, 32)},
    "scorecard": (fit_scorecard, "classes"),
    "EBM mains": (lambda rows: fit_ebm(rows, 0), "both"),
    "EBM pairs": (lambda rows: fit_ebm(rows, 0.9), "both"),
    "boosting": (fit_boosting, "both"),
}


def _make_cart(rows: SplitRows, leaves: int, least: int) -> Any:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    kind = DecisionTreeClassifier if rows.classes else DecisionTreeRegressor
    return kind(max_leaf_nodes=leaves, min_samples_leaf=least, random_state=0)


def _predict(fitted: Any, test: Any, *, classes: bool) -> Any:
    if not classes:
        return np.asarray(fitted.predict(test))
    return np.asarray(fitted.predict_proba(test))[:, 1]


def measure_rival(name: str, rows: SplitRows, target: Any) -> dict[str, Any]:
    """What rivals.py reads: the score is AUC of classes, R2 of numbers."""
    from sklearn.metrics import r2_score, roc_auc_score

    begun = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = RIVALS[name][0](rows)
    seconds = time.process_time() - begun
    score = (roc_auc_score if rows.classes else r2_score)(target, found.predicted)
    length = {what: float(count) for what, count in found.length.items()}
    return {"name": name, "score": float(score), "length": length, "seconds": seconds}


def list_rivals(names: Sequence[str], *, classes: bool) -> list[str]:
    """Those that take such targets; all of them, where none is named."""
    kind = "classes" if classes else "numbers"
    fitting = [name for name, (_, takes) in RIVALS.items() if takes in ("both", kind)]
    return [name for name in fitting if not names or any(map(name.startswith, names))]


def main(path: Path, names: Sequence[str]) -> None:
    """Print a line of JSON for each rival."""
    stored = np.load(path)
    rows = SplitRows(
        X=stored["X"],
        y=stored["y"],
        test=stored["test"],
        classes=bool(stored["classes"]),
        groups=json.loads(str(stored["groups"])),
    )
    for name in list_rivals(names, classes=rows.classes):
        try:
            print(json.dumps(measure_rival(name, rows, stored["target"])), flush=True)
        except Exception as error:  # what fails on a table has no row there
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
