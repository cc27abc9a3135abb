"""SQL of two small models, every dialect and form, and of one of them every shape, character by
character.

After a change that is meant: pytest --update-golden, and review the difference.
"""

from functools import cache
from pathlib import Path

import networkx
import numpy as np
import pytest
import sqlglot
from handmade import network, rules_of
from line_models import MODELS as LINE_MODELS
from sqls import FORMS, NOT_EXECUTED

import relurules as rr
from relurules.domain.columns import Category, Column
from relurules.emitting.sql.dialects import DIALECTS
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, Graph, Head, RuleSet

FOLDER = Path(__file__).resolve().parent.parent / "golden" / "sql"
SHAPES = ("view", "dbt", "expression", "function")


def plain() -> RuleSet:
    """Two numbers, two neurons in two layers, an inequality."""
    net = network(
        [[0.5, 1], [0, -2]],
        [-1, 1],
        [[3, 1]],
        L=[[0, 0], [1, 0]],
        C=[[1, 0]],
        c=[0.125],
        slope=[0, 0.25],
    )
    return rules_of(
        net, rr.Domain.box([0, -1], [10, 1], ["age", "debt"]).where("age + 4*debt <= 8"), ["y"]
    )


def linked() -> RuleSet:
    """A number with a constant for missing values, a category, and a probability and class of two
    scores.
    """
    purpose = Column(
        "purpose", (Category(("car",)), Category(("it's",)), Category((), missing=True, other=True))
    )
    columns = (Column("income", fill=41.5), purpose)
    domain = rr.Domain.over(columns)
    net = network(
        [[0.25, 1, 0, -1], [-1, 0, 2, 0.5]],
        [-1, 3],
        [[1, 0.5], [-0.25, 2]],
        C=np.zeros((2, 4)),
        c=[0.5, 0],
    )
    heads = [Head("softmax", (0, 1), 1), Head("argmax", (0, 1))]
    return rr.extract(
        Graph(
            domain.names,
            ("risk", "kind"),
            net,
            networkx.DiGraph(),
            heads=tuple(heads),
            columns=columns,
        )
    )


MODELS = {"plain": plain, "linked": linked}
CASES = [
    *((f"{model}-{form}", dialect) for model in MODELS for form in FORMS for dialect in DIALECTS),
    *((f"{shape}-rules", dialect) for shape in SHAPES for dialect in DIALECTS),
    *((f"{model}-lines", dialect) for model in LINE_MODELS for dialect in DIALECTS),
]


@pytest.fixture(scope="module")
def made() -> dict[str, RuleSet]:
    return {name: model() for name, model in MODELS.items()}


@cache
def add_up(name: str) -> AdditiveRules:
    return LINE_MODELS[name]()


def emitted(case: str, dialect: str, made: dict[str, RuleSet]) -> str | None:
    """None where the dialect has no such thing."""
    name, form = case.split("-")
    if form == "lines":
        return str(rr.emit(add_up(name), "sql", dialect=dialect, key=["id"]))
    options = {} if name in MODELS else {"shape": name}
    rules = made.get(name, made["plain"])
    if name == "function" and not DIALECTS[dialect].function:
        with pytest.raises(UnsupportedError, match="has no functions in SQL"):
            rr.emit(rules, "sql", form=form, dialect=dialect, shape="function")
        return None
    return str(rr.emit(rules, "sql", form=form, dialect=dialect, key=["id"], **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(("case", "dialect"), CASES)
def test_golden(
    case: str, dialect: str, made: dict[str, RuleSet], request: pytest.FixtureRequest
) -> None:
    text, path = emitted(case, dialect, made), FOLDER / f"{case}-{dialect}.sql.txt"
    if request.config.getoption("--update-golden") and text is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    if text is None:
        assert not path.exists()
        return
    assert text == path.read_text(encoding="utf-8"), (
        f"{path.name} isn't what is emitted now; if it should be: pytest --update-golden, and "
        "review"
    )
    assert emitted(case, dialect, made) == text


@pytest.mark.parametrize("dialect", NOT_EXECUTED)
def test_what_is_not_executed_here_can_be_read(dialect: str, made: dict[str, RuleSet]) -> None:
    """By an SQL parser of its own; functions are more than it knows in some dialects."""
    for case in (
        case
        for case, own in CASES
        if own == dialect and case.split("-")[0] not in ("dbt", "function")
    ):
        text = emitted(case, dialect, made)
        query = f"SELECT (\n{text}\n) AS y FROM t" if case.startswith("expression") else text
        (statement,) = sqlglot.parse(query, read=dialect)
        assert statement is not None
        assert statement.find(sqlglot.exp.Command) is None


def test_no_golden_file_is_left_over(made: dict[str, RuleSet]) -> None:
    expected = {
        f"{case}-{dialect}.sql.txt"
        for case, dialect in CASES
        if emitted(case, dialect, made) is not None
    }
    lists = "dense-network-duckdb.sql.txt"  # of sql/test_neuron_lists.py
    assert {path.name for path in FOLDER.iterdir()} == expected | {lists}
