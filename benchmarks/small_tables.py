"""Tables of a few hundred rows, where the linear model of the same columns is hard to beat: our
lines, as `rr.fit` gives them without any option, and rules that may read all columns, beside that
model.

Its penalty is chosen by cross-validation of the rows that aren't test rows, on the same encoded
columns, standardised: LogisticRegressionCV and RidgeCV of scikit-learn.
"""

import sys
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import relurules as rr
from relurules.training.table_fit import Fitted
from relurules.training.task import TASKS

#: What may be lost against the linear model, on average.
ROOM = 0.003
#: Lines without any option; rules read five columns unless they may read all, as the model beside.
OPTIONS: Mapping[str, Mapping[str, Any]] = {"additive": {}, "partition": {"max_terms": None}}
#: Penalties of the linear model, as scikit-learn counts them.
_C, _ALPHAS = np.logspace(-4, 3, 15), np.logspace(-2, 4, 19)


def make_credit_table(rows: int = 700, seed: int = 0) -> pd.DataFrame:
    """A planted table of loans: four columns of text, five of numbers, two of which have missing
    values; the odds are linear but for two kinks.
    """
    rng = np.random.default_rng(seed)
    levels = {
        "purpose": ["car", "furniture", "education", "repairs", "business", "holiday", "other"],
        "housing": ["own", "rent", "free"],
        "job": ["unskilled", "skilled", "management", "none"],
        "guarantor": ["none", "family", "employer"],
    }
    frame = pd.DataFrame(
        {
            name: rng.choice(texts, rows, p=rng.dirichlet([4.0] * len(texts)))
            for name, texts in levels.items()
        }
    )
    frame["age"] = rng.integers(19, 75, rows)
    frame["months"] = rng.choice([6, 9, 12, 18, 24, 36, 48, 60], rows)
    frame["amount"] = np.round(rng.lognormal(7.8, 0.8, rows))
    frame["income"] = np.round(rng.lognormal(7.6, 0.5, rows))
    frame["years_employed"] = np.round(rng.gamma(1.5, 4.0, rows), 1)

    points = {name: dict(zip(texts, rng.normal(scale=0.5, size=len(texts)), strict=True))
              for name, texts in levels.items()}  # fmt: skip
    score = sum(frame[name].map(told).to_numpy(float) for name, told in points.items())
    score = score + 0.03 * frame["months"] + 0.4 * np.log(frame["amount"] / 2400)
    score = score - 0.6 * np.log(frame["income"] / 2000) - 0.04 * np.minimum(frame["age"], 35)
    score = score - 0.12 * np.minimum(frame["years_employed"], 5) + 0.6
    missing = rng.random((2, rows)) < [[0.15], [0.1]]
    score = np.asarray(score, dtype=float) + 0.7 * missing[0]
    frame.loc[missing[0], "income"] = np.nan
    frame.loc[missing[1], "years_employed"] = np.nan
    bad = rng.random(rows) < 1 / (1 + np.exp(-score))
    frame["outcome"] = np.where(bad, "bad", "good")
    return frame


def load_small_table(name: str) -> tuple[pd.DataFrame, str]:
    """The table and the name of its target."""
    if name == "credit":
        return make_credit_table(), "outcome"
    load = load_breast_cancer if name == "breast cancer" else load_diabetes
    frame: pd.DataFrame = load(as_frame=True).frame
    return frame, "target"


def score_linear_model(fitted: Fitted, target: Any) -> float:
    """The test score of the regularised linear model of a fit's own encoded rows; target: (N,)."""
    X = np.asarray(fitted.pipeline[:-1].transform(fitted.frame), dtype=float)
    every = np.concatenate([fitted.places["train"], fitted.places["validation"]])
    test, task = fitted.places["test"], TASKS[fitted.task]
    numbers = fitted.task == "regression"
    y = np.asarray(target, dtype=float) if numbers else np.unique(target, return_inverse=True)[1]
    model: Any = (
        RidgeCV(alphas=_ALPHAS)
        if numbers
        else LogisticRegressionCV(Cs=_C, scoring="neg_log_loss", max_iter=2000)
    )
    linear = make_pipeline(StandardScaler(), model)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parameters that are renamed
        linear.fit(X[every], y[every])
        F = linear.predict(X[test]) if numbers else linear.decision_function(X[test])
    return task.score(F.reshape(-1, 1), y[test, None].astype(float), np.ones(len(test)))


def measure_small_tables(
    seeds: Sequence[int], forms: Sequence[str] = tuple(OPTIONS)
) -> Iterator[tuple[str, ...]]:
    """A row for each table and form: means over the seeds."""
    for name in ("breast cancer", "diabetes", "credit"):
        frame, target = load_small_table(name)
        for form in forms:
            found = []
            for seed in seeds:
                begun = time.process_time()
                fitted = rr.fit(frame, target, form=form, seed=seed, **OPTIONS[form])
                seconds = time.process_time() - begun
                own = fitted.report.loc["the rules", "test"]
                linear = score_linear_model(fitted, frame[target].to_numpy())
                found.append((own, linear, len(fitted.rules), seconds))
                print(name, form, seed, *map("{:.4f}".format, found[-1]), file=sys.stderr)
            own, linear, count, seconds = np.mean(found, axis=0)
            yield (
                f"{name}, {'lines' if form == 'additive' else 'rules'}",
                f"{own:.4f}",
                f"{linear:.4f}",
                f"{linear - ROOM:.4f}",
                f"{count:.1f}",
                f"{seconds:.1f}",
            )
