"""A scikit-learn pipeline with categories and missing values, as rules and SQL over the raw table.

Run it with `python examples/loans.py`: it makes up 4,000 loans, trains a pipeline, prints its rules
and runs its SQL in SQLite and DuckDB, beside the pipeline itself.
"""

import numpy as np
import pandas as pd
from rich.console import Console
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import relurules as rr
from relurules.cli.display import tabulate_reports


def loans(rows: int = 4000, seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    """Made-up loans: two numbers and a purpose, each of them missing now and then, and how they
    ended.
    """
    random = np.random.default_rng(seed)
    purpose = random.choice(["car", "house", "travel"], rows, p=[0.4, 0.35, 0.25])
    income, debt = (
        random.lognormal(3.5, 0.5, rows).round(1),
        random.lognormal(2.0, 0.8, rows).round(1),
    )
    risk = 0.08 * debt - 0.03 * income + 0.9 * (purpose == "travel") - 0.6 * (purpose == "house")
    unpaid = pd.Series(risk + random.logistic(0, 0.5, rows) > 0, name="ending")
    frame = pd.DataFrame({"income": income, "debt": debt, "purpose": purpose.astype(object)})
    for name in frame:
        frame.loc[random.random(rows) < 0.05, name] = None
    return frame.astype({"income": float, "debt": float}), unpaid.map(
        {True: "unpaid", False: "repaid"}
    )


def pipeline() -> Pipeline:
    """Imputation, scaling and one-hot encoding before a small network."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    purposes = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
    )
    encoded = make_column_transformer((numbers, ["income", "debt"]), (purposes, ["purpose"]))
    return make_pipeline(encoded, MLPClassifier((2,), max_iter=2000, alpha=0.01, random_state=4))


def main() -> None:
    """Train, extract, print, verify."""
    frame, ending = loans()
    model = pipeline().fit(frame, ending)
    rules = rr.extract(model, data=frame)
    print(rr.emit(rules, "text"))
    reports = [
        rr.verify(rr.emit(rules, "sql", dialect=dialect), model, frame)
        for dialect in ("sqlite", "duckdb")
    ]
    Console().print(tabulate_reports(reports))
    if not all(reports):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
