"""One figure of each kind, of the loans of examples/loans.py and of the diabetes data that ship
with scikit-learn.

Run it with `python examples/figures.py [FOLDER]`, or `make examples`; it writes examples/figures.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
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
    draw_lines(folder)


def draw_lines(folder: Path) -> None:
    """Additive rules of the loans: what their columns and pairs add."""
    frame, ending = loans()
    frame = frame.dropna()
    ending = ending[frame.index]
    domain = rr.Domain.from_data(frame)
    model = train_lines(domain.rows(frame), (ending == "unpaid").to_numpy())
    lines = rr.extract(
        model, domain=domain, data=frame, y=ending, form="additive", labels=["repaid", "unpaid"]
    )
    one = {"income": 14.0, "debt": 11.5, "purpose": "travel"}
    rr.plot(lines, "importance", data=frame, out=folder / "importance-lines.svg")
    rr.plot(lines, "shape", data=frame, features=["debt"], out=folder / "shape.svg")
    rr.plot(lines, "shape", data=frame, features=["purpose"], out=folder / "shape-categories.svg")
    rr.plot(lines, "pair", data=frame, features=["income", "debt"], out=folder / "pair.png")
    rr.plot(lines, "waterfall", row=one, out=folder / "waterfall.svg")
    for kind in ("roc", "calibration"):
        rr.plot(lines, kind, data=frame, y=ending, out=folder / f"{kind}.svg")
    rr.plot(lines, "beeswarm", data=frame, out=folder / "beeswarm.svg")


def train_lines(X: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> torch.nn.Module:
    """Neurons that read income, debt, both, or income and the purpose; columns: income, debt, and
    one per purpose.
    """
    torch.manual_seed(0)
    deviations = X.std(axis=0)
    scale = torch.nn.Linear(X.shape[1], X.shape[1]).requires_grad_(False)
    scale.weight[:] = torch.tensor(np.diag(1.0 / deviations))
    scale.bias[:] = torch.tensor(-X.mean(axis=0) / deviations)

    read = np.repeat([[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 1]], 2, axis=0)
    mask = torch.tensor(np.hstack([read[:, :2], np.tile(read[:, 2:], X.shape[1] - 2)]))
    hidden = torch.nn.Linear(X.shape[1], len(read))
    with torch.no_grad():
        hidden.weight *= mask
    model = torch.nn.Sequential(
        scale, hidden, torch.nn.ReLU(), torch.nn.Linear(len(read), 1), torch.nn.Sigmoid()
    ).double()

    optimizer = torch.optim.Adam(
        [weights for weights in model.parameters() if weights.requires_grad], lr=0.03
    )
    rows, wanted = torch.tensor(X), torch.tensor(y[:, None].astype(np.float64))
    for _ in range(300):
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy(model(rows), wanted)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        with torch.no_grad():
            hidden.weight *= mask
    return model


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "figures")
