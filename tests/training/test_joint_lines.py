"""Lines that several scores share: of three classes, and of two numbers."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from relurules.errors import UnsupportedError
from relurules.training.lines.candidates import (
    DirectionOptions,
    list_directions,
    tabulate_directions,
)
from relurules.training.lines.fit_lines import LineSettings, LinesFit, fit_lines
from relurules.training.lines.front_walk import LineBudget, fit_linear_model
from relurules.training.lines.joint_model import JointLine, JointModel
from relurules.training.lines.joint_refits import (
    build_knot_tangents,
    pose_knot_problem,
    refine_joint_lines,
    refit_joint_slopes,
    with_knots,
)
from relurules.training.lines.joint_scaling import choose_line_scale
from relurules.training.lines.joint_scoring import JointScorer
from relurules.training.lines.line_columns import describe_columns
from relurules.training.lines.line_losses import estimate_losses
from relurules.training.lines.line_model import compute_objective
from relurules.training.lines.refits import FitTerms
from relurules.training.targets import weigh_rows
from relurules.training.task import TASKS

NAMES = ("size", "age", "red", "green", "blue")
GROUPS = {"colour": (2, 3, 4)}


def make_rows(n: int = 300, seed: int = 0) -> tuple[Any, Any]:
    """Numbers and three categories; three classes, the third of which is told by a bend."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.normal(size=(n, 2)) * (10, 1), np.eye(3)[rng.integers(0, 3, n)]])
    scores = np.column_stack([
        X[:, 1], -X[:, 1] + X[:, 3], np.abs(X[:, 0]) / 4 - 1.5
    ])  # fmt: skip
    return X, (3 * scores + rng.gumbel(size=(n, 3))).argmax(axis=1)


def fit(X: Any, y: Any, task: str = "multiclass", **budget: Any) -> LinesFit:
    columns = describe_columns(X, NAMES, GROUPS)
    settings = LineSettings(budget=LineBudget(**{"lines": 2, "condition_columns": 1, **budget}))
    Y = np.eye(3)[y] if task == "multiclass" else y
    return fit_lines(weigh_rows(X, Y, None), columns, task, settings)


def make_terms(ridge: float = 0.01, weights: Any = None) -> FitTerms:
    X, y = make_rows()
    columns = describe_columns(X, NAMES, GROUPS)
    rows = weigh_rows(X, np.eye(3)[y], weights)
    scale = choose_line_scale(rows, columns, "multiclass")
    return FitTerms(rows=scale.apply(rows, "multiclass"), ridge=ridge, columns=columns)


def make_model(terms: FitTerms, *, slopes: Any = (1.0, -2.0, 1.0)) -> JointModel:
    """The linear model and a line."""
    line = JointLine(
        columns=(0,), atoms=np.eye(5)[[0]], pulls=np.ones(1), weights=np.ones(1), bound=-0.3,
        slopes=np.zeros(3),
    )  # fmt: skip
    linear: Any = fit_linear_model(terms)
    return linear.with_line(line.with_slopes(np.array(slopes)))


@pytest.fixture(scope="module")
def found() -> LinesFit:
    return fit(*make_rows())


def test_bends_are_found(found: LinesFit) -> None:
    X, y = make_rows(seed=1)
    linear = LogisticRegression().fit(*make_rows()).score(X, y)
    reached = float((found.network.evaluate(X).argmax(axis=1) == y).mean())
    assert reached > linear + 0.1
    assert 1 <= len(found.network) <= 2
    assert set(np.flatnonzero(found.network.A.any(axis=0)).tolist()) == {0}
    assert found.front["lines"].tolist()[0] == 0


def test_slopes_of_all_classes_sum_to_zero(found: LinesFit) -> None:
    for given in (found.network.U, found.network.C, found.network.c):
        assert np.abs(given.sum(axis=0)).max() < 1e-12


def test_numbers_of_classes_have_few_digits(found: LinesFit) -> None:
    for value in np.concatenate([found.network.U.ravel(), found.network.b, found.network.c]):
        assert len(f"{abs(value):.15g}".replace(".", "").strip("0")) <= 6


def test_the_same_seed_gives_the_same_joint_lines(found: LinesFit) -> None:
    assert fit(*make_rows()).network.has_same_arrays(found.network)


def test_no_lines_are_the_multinomial_model() -> None:
    """Of scikit-learn, whose C is one over what the ridge is for all rows together."""
    terms = make_terms(weights=np.random.default_rng(3).uniform(0.5, 2.0, 300))
    rows: Any = terms.rows
    model: Any = fit_linear_model(terms)
    strength = 1 / (terms.ridge * len(rows))
    other = LogisticRegression(C=strength, tol=1e-10, max_iter=5000)
    other.fit(rows.X.T, rows.y.argmax(axis=1), sample_weight=rows.weights)
    assert model.weights == pytest.approx(other.coef_, abs=1e-4)
    assert np.diff(model.constants) == pytest.approx(np.diff(other.intercept_), abs=1e-4)


@pytest.mark.parametrize("slopes", [(1.0, -2.0, 1.0), (1.0, -1.0, 0.0)])
def test_refits_find_the_best_slopes(slopes: Any) -> None:
    """No slope alone can be changed for the better; those that are 0 stay 0."""
    terms = make_terms()
    model = refit_joint_slopes(make_model(terms, slopes=slopes), terms, 20)
    assert ((model.lines[0].slopes == 0) == (np.array(slopes) == 0)).all()
    least = compute_objective(model, terms.rows, terms.ridge)
    size, own = float(model.lines[0].weights[0]), model.lines[0].slopes
    assert np.sum(own) == pytest.approx(0, abs=1e-9)
    for step in (1e-2, -1e-2):
        for change in ((1.0, -1.0, 0.0), (0.0, 1.0, -1.0)):
            if (np.array(change)[own == 0]).any():
                continue
            line = model.lines[0].with_slopes(own + step / size * np.array(change))
            tried = JointModel(
                constants=model.constants, weights=model.weights, read=model.read, lines=(line,)
            )
            assert compute_objective(tried, terms.rows, terms.ridge) > least


def test_many_slopes_are_found_by_conjugate_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = make_terms()
    direct = refit_joint_slopes(make_model(terms), terms, 20)
    monkeypatch.setattr("relurules.training.lines.joint_refits._FEW_SLOPES", 0)
    other = refit_joint_slopes(make_model(terms), terms, 20)
    assert other.weights == pytest.approx(direct.weights, abs=1e-3)
    assert compute_objective(other, terms.rows, terms.ridge) == pytest.approx(
        compute_objective(direct, terms.rows, terms.ridge), rel=1e-6
    )


def test_knots_go_down_the_gradient() -> None:
    """As differences of the objective say, with the slopes as they are."""
    terms = make_terms()
    model = refit_joint_slopes(make_model(terms), terms, 20)
    problem = pose_knot_problem(model, terms)
    values = build_knot_tangents(model, terms.rows).values
    for place in range(len(values)):
        reached = []
        for step in (1e-5, -1e-5):
            moved = values.copy()
            moved[place] += step
            lines = with_knots(model.lines, moved)
            tried = JointModel(
                constants=model.constants, weights=model.weights, read=model.read, lines=lines
            )
            reached.append(compute_objective(tried, terms.rows, terms.ridge))
        slope = (reached[0] - reached[1]) / 2e-5
        assert problem.gradient[place] == pytest.approx(slope, rel=0.05, abs=1e-5)

    refined = refine_joint_lines(model, terms, 5)
    assert compute_objective(refined, terms.rows, terms.ridge) < compute_objective(
        model, terms.rows, terms.ridge
    )


def test_gains_of_candidates_come_near_to_what_a_refit_gains() -> None:
    terms = make_terms()
    linear: Any = fit_linear_model(terms)
    options = DirectionOptions(condition_columns=1, read=np.ones(3, dtype=bool))
    table = tabulate_directions(list_directions(terms.rows, terms.columns, options))
    scored = JointScorer(linear, terms).score(table)
    before = compute_objective(linear, terms.rows, terms.ridge)
    gained = []
    for number in range(len(table.bounds)):
        model: Any = linear.with_line(scored.line(number))
        after = refit_joint_slopes(model, terms, fresh=1)
        gained.append(before - compute_objective(after, terms.rows, terms.ridge))
    assert np.corrcoef(scored.gains, gained)[0, 1] > 0.9
    assert int(np.argmax(gained)) in np.argsort(-scored.gains)[:6]


def test_lines_that_matter_are_missed() -> None:
    terms = make_terms()
    model = refit_joint_slopes(make_model(terms), terms, 20)
    without: Any = model.without(0)
    fewer = refit_joint_slopes(without, terms, 20)
    lost = compute_objective(fewer, terms.rows, terms.ridge) - compute_objective(
        model, terms.rows, terms.ridge
    )
    assert estimate_losses(model, terms)[0] == pytest.approx(lost, rel=0.6)


def test_two_numbers_share_their_lines() -> None:
    X, _ = make_rows()
    rng = np.random.default_rng(4)
    bend = np.maximum(X[:, 0] - 5, 0)
    Y = np.column_stack([100 * bend, X[:, 1] - bend]) + rng.normal(size=(300, 2)) * (10, 0.1)
    found = fit(X, Y, "regression", lines=1)
    assert TASKS["regression"].score(found.network.evaluate(X), Y, np.ones(len(X))) > 0.99
    assert found.network.U.ravel() == pytest.approx([100, -1], rel=0.05)


def test_constraints_of_several_classes_are_refused() -> None:
    X, y = make_rows(50)
    columns = describe_columns(X, NAMES, GROUPS, {"size": 1})
    settings = LineSettings(budget=LineBudget(lines=1))
    with pytest.raises(UnsupportedError, match="with 3 classes"):
        fit_lines(weigh_rows(X, np.eye(3)[y], None), columns, "multiclass", settings)


def test_classes_that_are_all_but_apart_have_a_weak_ridge() -> None:
    """And rounding costs a small part of the little that is left."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(90, 2)), np.arange(90) % 3
    X += 4.0 * np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])[y]
    rows = weigh_rows(X, np.eye(3)[y], None)
    budget = LineBudget(lines=1)
    found = fit_lines(
        rows, describe_columns(X, ["a", "b"]), "multiclass", LineSettings(budget=budget)
    )
    assert found.strength <= 0.1
    loss = TASKS["multiclass"].loss(found.network.evaluate(X), np.eye(3)[y]).mean()
    assert loss < 0.02
