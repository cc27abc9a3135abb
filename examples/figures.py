"""One figure of each kind, of the loans of examples/loans.py and of the diabetes data that ship
with scikit-learn.

Run it with `python examples/figures.py [FOLDER]`, or `make examples`; it writes examples/figures.
"""

import sys
from pathlib import Path
from typing import Any

from loans import loans
from loans import pipeline as loans_pipeline
from sklearn.datasets import load_diabetes, make_circles
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import relurules as rr


def main(folder: Path) -> None:
    """Train, extract and draw."""
    frame, ending = loans()
    rules = rr.extract(loans_pipeline().fit(frame, ending), data=frame, y=ending)
    data: dict[str, Any] = {"data": frame, "y": ending}
    one = {"income": 14.0, "debt": 11.5, "purpose": "travel"}
    rr.plot(rules, "importance", out=folder / "importance.svg")
    rr.plot(rules, "parallel", out=folder / "parallel.svg")
    rr.plot(rules, "profile", **data, features=["debt"], out=folder / "profile.svg")
    rr.plot(rules, "profile", **data, features=["purpose"], out=folder / "profile-categories.svg")
    rr.plot(
        rules,
        "pairwise",
        data=frame[:800],
        features=["income", "purpose"],
        out=folder / "pairwise.png",
    )
    rr.plot(
        rules,
        "regions",
        data=frame,
        row=one,
        features=["income", "debt"],
        out=folder / "regions.svg",
    )
    rr.plot(rules, "row", row=one, out=folder / "row.svg")
    rr.plot(rules, "intervals", **data, rule=1, out=folder / "intervals.svg")
    wide = loans_pipeline().set_params(mlpclassifier__hidden_layer_sizes=(8,)).fit(frame, ending)
    rr.plot(rr.extract(wide, data=frame, max_rules=4), "tradeoff", out=folder / "tradeoff.svg")
    network = loans_pipeline().set_params(
        mlpclassifier__hidden_layer_sizes=(20, 20), mlpclassifier__tol=1e-3
    )
    rr.plot(
        rr.reached(network.fit(frame, ending), frame), "merging", **data, out=folder / "merging.svg"
    )
    table = load_diabetes(as_frame=True, scaled=False)
    regression = MLPRegressor(
        hidden_layer_sizes=(10, 10), alpha=3.0, tol=1e-2, max_iter=2000, random_state=0
    )
    local = rr.reached(
        make_pipeline(StandardScaler(), regression).fit(table.data, table.target), table.data
    )
    rr.plot(local, "violin", data=table.data, out=folder / "violin.svg")
    rr.plot(local, "profile", data=table.data, features=["bmi"], out=folder / "profile-many.svg")
    X, y = make_circles(1000, noise=0.1, factor=0.5, random_state=0)
    circles = MLPClassifier((12, 12), max_iter=1000, random_state=0).fit(X, y)
    rr.plot(rr.reached(circles, X), "regions", data=X, out=folder / "regions-many.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "figures")
