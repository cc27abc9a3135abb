"""Further parts of benchmarks/linearise.py: adult in raw columns, exclusive-ors, and other ways to
few local models.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import linearise_runs as runs
import networkx
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import relurules as rr
from relurules.explaining.merging import merge_models
from relurules.ir import Graph, Head
from relurules.ir.local_models import Sample
from relurules.statistics.response import read_response
from relurules.tables.names import make_default_names
from relurules.training.descent import random_network, train_by_adam
from relurules.training.force_training import ForceSettings, train_by_force
from relurules.training.front import FrontPoint, RuleBudget, is_within_budget
from relurules.training.linearize import choose_point
from relurules.training.linearize_model import make_size_counter
from relurules.training.objective import compute_score, mean_loss
from relurules.training.relu_parameters import ReluParameters, run_forward, to_network
from relurules.training.targets import Standardisation
from relurules.training.task import TASKS

Part = tuple[str, Sequence[str], Iterator[tuple[str, ...]]]

#: Penalties that L1 alone is given to choose from.
_PENALTIES = (1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2)
#: Standardised weights below this are 0 after L1 training, which leaves them near it.
_SMALL = 0.02


def adult(folder: Path) -> Iterator[Part]:
    """Census income by at most 16 rules in raw columns, beside simple models and the network."""
    yield (
        f"adult: test rows, mean over {len(runs.SEEDS)} splits",
        ["", "accuracy", "AUC", "spread of AUC", "rules"],
        _adult_rows(folder),
    )


def _adult_rows(folder: Path) -> Iterator[tuple[str, ...]]:
    frame = pd.read_csv(folder / "adult.csv.gz", na_values="?", skipinitialspace=True)
    y = frame.pop("income").astype(str).str.startswith(">50K").to_numpy(int)
    frame = frame.drop(columns=["split", "fnlwgt"])
    text = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
    models = {
        "16 rules": rr.ReLURulesClassifier(max_rules=16, max_epochs=40, random_state=0),
        "network, 40 and 40": rr.ReLURulesClassifier(
            linearization=None, max_epochs=40, random_state=0
        ),
        "logistic regression": LogisticRegression(max_iter=2000),
        "tree of depth 4": DecisionTreeClassifier(max_depth=4, random_state=0),
    }

    for name, model in models.items():
        found = []
        for seed in runs.SEEDS:
            X, test, t, target = train_test_split(frame, y, test_size=0.2, random_state=seed)
            fitted = _encoded(text, list(frame.columns), model).fit(X, t)
            p = fitted.predict_proba(test)[:, 1]
            rules = len(rr.extract(fitted, data=X)) if name == "16 rules" else 0
            found.append((np.mean((p > 0.5) == target), roc_auc_score(target, p), rules))
            print("adult", seed, name, *found[-1], file=sys.stderr)
        accuracy, auc, count = np.array(found).T
        most = f"{count.max():.0f}" if count.any() else ""
        yield name, f"{accuracy.mean():.4f}", f"{auc.mean():.4f}", f"{auc.std():.4f}", most


def _encoded(text: Sequence[str], columns: Sequence[str], model: Any) -> Pipeline:
    numbers = [name for name in columns if name not in text]
    filled = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
    )
    encoder = ColumnTransformer(
        [("text", filled, list(text)), ("numbers", StandardScaler(), numbers)]
    )
    encoder.set_params(sparse_threshold=0)

    return make_pipeline(encoder, model)


def xor(folder: Path) -> Iterator[Part]:
    """Csirmaz' experiment by saliency; the force is examples/csirmaz_xor.py, half a million steps
    per network.
    """
    del folder
    columns = ["seeds", "2 nonlinear PReLUs and 16 of 16 rows right"]
    yield (
        "two exclusive-ors and a product, 4-5-5-5-5-3 PReLUs, by saliency",
        columns,
        _xor_rows(range(20)),
    )


def _xor_rows(seeds: range) -> Iterator[tuple[str, ...]]:
    good = sum(_xor(seed) for seed in seeds)
    yield f"{len(seeds)}", f"{good}"


def _xor(seed: int) -> bool:
    """Train as plainly as can be, linearise to two neurons, and try all 16 rows."""
    import torch
    from torch import nn

    rows = np.array(np.meshgrid(*[[0.0, 1.0]] * 4, indexing="ij")).reshape(4, -1).T
    a, b, c, d = rows.T
    targets, random = (
        np.column_stack([(a != b), (c != d), a * b]).astype(float),
        np.random.default_rng(seed),
    )
    torch.manual_seed(seed)
    layers: list[nn.Module] = []

    for fan_in in (4, 5, 5, 5):
        layers += [nn.Linear(fan_in, 5), nn.PReLU(5)]

    model = nn.Sequential(*layers, nn.Linear(5, 3)).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(1500):
        noisy = torch.from_numpy(rows + random.normal(0, 0.01, rows.shape))
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(noisy), torch.from_numpy(targets))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    X = np.tile(rows, (40, 1)) + random.normal(0, 0.01, (640, 4))
    found = rr.linearize(
        model.eval(), X, np.tile(targets, (40, 1)), max_neurons=2, l1=0.0, task="regression"
    )
    right = (found.graph.evaluate(rows).round() == targets).all(axis=1).sum()
    print("xor", seed, len(found.graph.network), right, file=sys.stderr)

    return len(found.graph.network) == 2 and bool(right == len(rows))


def others(folder: Path) -> Iterator[Part]:
    """Other ways to as few local models, in the same splits, with the same training."""
    for problem, rules in zip(runs.PROBLEMS, (8, 32), strict=True):
        columns = ["", "mean", "spread", "local models"]
        yield (
            f"{problem.name}: test {TASKS[problem.task].measure} of {rules} rules",
            columns,
            _ways(problem, rules, folder),
        )


def _ways(problem: Any, rules: int, folder: Path) -> Iterator[tuple[str, ...]]:
    found: dict[str, list[tuple[float, int]]] = {}
    for seed in runs.SEEDS:
        given = runs.prepared(problem, folder, seed)
        plain, _ = runs.trained(problem, given, seed, 0.0)
        network, _ = runs.trained(problem, given, seed, problem.l1)
        point, _ = runs.linearised(problem, given, network, RuleBudget(rules), seed)
        scored = {
            "saliency": (
                compute_score(point.compact, given.test, TASKS[problem.task]),
                point.size.rules,
            ),
            "the force alone": _forced(problem, given, plain, rules, seed),
            "L1 alone": _penalised(problem, given, rules, seed),
            "merged and refitted": _merged(problem, given, network, rules),
        }
        for name, (score, count) in scored.items():
            found.setdefault(name, []).append((score, count))
            print(problem.name, seed, name, f"{score:.4f}", count, file=sys.stderr)

    for name, pairs in found.items():
        scores, counts = np.array(pairs).T
        yield name, f"{scores.mean():.4f}", f"{scores.std():.4f}", f"{counts.max():.0f}"


def _forced(
    problem: Any, given: Any, network: ReluParameters, rules: int, seed: int
) -> tuple[float, int]:
    """The force with frozen slopes; the error of the trained network is the one that counts as
    reached.
    """
    counted, d, m = (
        make_size_counter(given.data.training.X),
        given.test.X.shape[1],
        given.test.Y.shape[1],
    )
    task, as_it_is = (
        TASKS[problem.task],
        Standardisation(np.zeros(d), np.ones(d), np.zeros(m), np.ones(m)),
    )
    reached = mean_loss(network, given.data.training, task)
    found = train_by_force(
        to_network(network),
        as_it_is,
        given.data,
        task,
        lambda compact: counted(to_network(compact)),
        ForceSettings(seed=seed, steps=60_000, freeze=True, reachable=reached),
        told=lambda _: None,
    )

    return _scored(found, RuleBudget(rules), given, task)


def _scored(
    found: list[FrontPoint], budget: RuleBudget, given: Any, task: Any
) -> tuple[float, int]:
    if not any(is_within_budget(point, budget) for point in found):
        return float("nan"), min(point.size.rules for point in found)
    point = found[choose_point(found, budget)]
    return compute_score(point.compact, given.test, task), point.size.rules


def _penalised(problem: Any, given: Any, rules: int, seed: int) -> tuple[float, int]:
    """L1 training: the best network, by validation rows, of which the training rows reach as few
    patterns.
    """
    best, task, rows = (-np.inf, float("nan"), 0), TASKS[problem.task], given.data.training
    for penalty in _PENALTIES:
        random = np.random.default_rng(seed)
        start = random_network(rows.X.shape[1], runs.HIDDEN, rows.Y.shape[1], random)
        network = train_by_adam(
            start, given.data, task, problem.schedule, l1=penalty, random=random
        )
        A, L = (np.where(np.abs(array) < _SMALL, 0.0, array) for array in (network.A, network.L))
        network = replace(network, A=A, L=L)
        patterns = len(np.unique(run_forward(network, rows.X).Z >= 0, axis=0))
        if patterns <= rules:
            best = max(
                best,
                (
                    compute_score(network, given.data.validation, task),
                    compute_score(network, given.test, task),
                    patterns,
                ),
            )

    return best[1], best[2]


def _merged(problem: Any, given: Any, network: ReluParameters, rules: int) -> tuple[float, int]:
    """Local models of the training rows' patterns, merged by their coefficients among neighbours,
    and refitted.
    """
    rows, test = given.data.training, given.test
    head = Head("sigmoid" if problem.task == "binary" else "identity", (0,))
    graph = Graph(
        make_default_names(rows.X.shape[1]),
        ("y",),
        to_network(network),
        networkx.DiGraph(),
        heads=(head,),
    )
    reached = rr.reached(graph, rows.X)
    models = reached.local_models
    sample = Sample(models, rows.X, reached.apply(rows.X) - 1, len(rows.X))
    merged = merge_models(sample, read_response(models, rows.Y[:, 0], len(rows.X)), rules)

    return TASKS[problem.task].score(merged.predict(test.X)[:, None], test.Y, test.weights), len(
        merged
    )
