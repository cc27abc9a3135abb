"""What a person who reviews SQL asks of it: short, each sum once, each subquery says what it does,
and it can be deployed twice.
"""

import re

import numpy as np
import pytest
from handmade import network, random_network, rows_in, rules_of
from sqls import FORMS, QUICK, errors_of, load, need

import relurules as rr
from relurules.emitting.sql.dialects import DIALECTS
from relurules.emitting.sql.steps import PURPOSES
from relurules.errors import UnsupportedError
from relurules.ir import Artifact, Head, RuleSet
from relurules.verifying.databases import OPEN

NAMES = ["income", "debt", "age", "years"]
WEIGHTS = [[0.5, 1.25, -0.75, 0.3], [1.0, -2.0, 0.6, 0.15]]


def four_rules(columns: int = 4, heads: list[Head] | None = None) -> RuleSet:
    """Two neurons that read the first four columns."""
    A = np.zeros((2, columns))
    A[:, :4] = WEIGHTS
    names = [*NAMES, *(f"other_{i}" for i in range(columns - 4))]
    scores = 3 if heads else 1
    net = network(A, [-0.4, 0.2], [[1.5, -0.7], [-0.2, 0.9], [0.4, 0.8]][:scores])
    domain = rr.Domain.box([-1] * columns, [1] * columns, names)
    return rules_of(net, domain, [f"p{i}" for i in range(len(heads or [0]))], heads or ())


def softmax() -> list[Head]:
    return [Head("softmax", (0, 1, 2), i) for i in range(3)]


def code_of(artifact: Artifact) -> str:
    """Without the last line, which is for `verify`."""
    return str(artifact).partition("-- relurules artefact")[0]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("missing", ["propagate", "error"])
def test_lines_end_at_120_columns_and_subqueries_say_what_they_do(
    missing: str, form: str, dialect: str
) -> None:
    for rules in (four_rules(), four_rules(8, softmax())):
        columns = ["outputs", "class", "rule"] if len(rules.outputs) > 1 else ["outputs", "rule"]
        options = {"form": form, "dialect": dialect, "missing": missing, "key": ["id"]}
        text = code_of(rr.emit(rules, "sql", columns=columns, **options))  # type: ignore[arg-type]
        lines = text.splitlines()
        assert max(map(len, lines)) <= 120
        said = [line for line in lines if re.match(r"rr_\w+ AS \(", line)]
        assert len(said) >= 3
        assert all("AS ( -- " in line or lines[lines.index(line) - 1][:2] == "--" for line in said)
        assert "1.0E0 *" not in text
        assert "1E0 *" not in re.sub(r"[\d.]+1E0", "", text)
    assert all(PURPOSES.values())


@pytest.mark.parametrize("form", ["rules", "tree"])
def test_a_sum_is_computed_once_under_its_name_in_texts(form: str) -> None:
    rules = four_rules()
    named = dict(re.findall(r"(S\d) = (.+)", str(rr.emit(rules, "text"))))
    text = code_of(rr.emit(rules, "sql", form=form, dialect="duckdb"))
    shared = ["S1", "S2"] if form == "rules" else ["S2"]  # S1 is the tree's first test
    for name in shared:
        (expression,) = re.findall(rf" (\S.+) AS rr_sum_{name}\b", text)
        shown = re.findall(r"[a-z]+", named[name])
        assert re.findall(r'"(\w+)"', expression) == shown
        assert text.count(expression) == 1
        assert text.count(f"rr_sum_{name} ") > 1
    assert f"in rules.txt, {', '.join(shared)}" in text


@pytest.mark.parametrize(("columns", "most"), [(4, 45), (20, 65)])
def test_four_rules_are_one_page(columns: int, most: int) -> None:
    artifact = rr.emit(four_rules(columns), "sql", form="rules", dialect="duckdb", key=["id"])
    assert len(code_of(artifact).splitlines()) <= most


def test_columns_that_nothing_reads_are_checked_and_no_more() -> None:
    text = code_of(rr.emit(four_rules(6), "sql", form="rules", dialect="postgres"))
    assert text.count('"other_0"') == 3  # read, renamed, checked
    assert text.count('"age"') > 6


def test_what_the_domain_implies_is_not_checked() -> None:
    rules = rules_of(
        network([[1, 1]], [0], [[1]]),
        rr.Domain.box([0, 0], [1, 1], ["a", "b"]).where("a + b <= 2").where("a + b <= 1.5"),
    )
    for target in ("sql", "python", "c", "javascript"):
        text = str(rr.emit(rules, target, form="rules")).partition("relurules artefact")[0]
        assert "1.5" in text
        assert "<= 2." not in text
    X = np.array([[1.0, 1.0], [0.5, 0.5], [1.0, 0.5]])
    assert rr.verify(rr.emit(rules, "sql"), rules, X).outside == 1


def test_one_rule_needs_no_case() -> None:
    rules = rules_of(network(np.empty((0, 1)), [], np.empty((1, 0)), C=[[2]], c=[1]))
    for form in ("rules", "tree"):
        assert "rr_inside AS rr_rule" in code_of(rr.emit(rules, "sql", form=form))


def test_a_softmax_is_a_short_expression_or_refused() -> None:
    rules = rules_of(
        random_network(3, d=4, K=3, m=3),
        rr.Domain.box([-1] * 4, [1] * 4, NAMES),
        ["p0", "p1", "p2"],
        softmax(),
    )
    artifact = rr.emit(rules, "sql", shape="expression", output="p1")
    assert len(str(artifact)) < 64_000
    assert rr.verify(artifact, rules, rows_in(rules.domain, 50))

    many = rules_of(
        random_network(3, d=4, K=9, m=3),
        rr.Domain.box([-1] * 4, [1] * 4, NAMES),
        ["p0", "p1", "p2"],
        [Head("log_softmax", (0, 1, 2), i) for i in range(3)],
    )
    with pytest.raises(UnsupportedError, match=r"\d+ bytes.*Use shape 'view' or 'select'"):
        rr.emit(many, "sql", shape="expression", output="p1")


def test_the_largest_score_is_found_once() -> None:
    rules = four_rules(4, [*softmax(), Head("argmax", (0, 1, 2))])
    text = code_of(rr.emit(rules, "sql", columns=["outputs", "class", "rule"]))
    assert text.count("WHEN rr_s0 >= rr_s1 AND rr_s0 >= rr_s2") == 1
    assert rr.verify(rr.emit(rules, "sql"), rules, rows_in(rules.domain, 50))


@pytest.mark.parametrize("engine", QUICK)
@pytest.mark.parametrize("shape", ["view", "function"])
def test_what_is_deployed_twice_is_replaced(shape: str, engine: str) -> None:
    need(engine)
    if shape == "function" and not DIALECTS[engine].function:
        pytest.skip(f"{engine} has no functions in SQL")
    rules = four_rules()
    text = str(rr.emit(rules, "sql", dialect=engine, shape=shape, name="deployed"))
    with OPEN[engine]() as database:
        load(database, [(name, False) for name in NAMES], [(0.1, 0.2, 0.3, 0.4)])
        for _ in range(2):
            for statement in re.split(r";\n", text):
                database.execute(statement)


NEWLINES = ["two\nDROP TABLE x", "car\rDROP TABLE x", "\u2028DROP TABLE x", "\x0bDROP TABLE x"]


@pytest.mark.parametrize("missing", ["propagate", "error"])
def test_names_never_end_a_comment(missing: str) -> None:
    net = network([[1, 1, 1, 1], [1, -1, 2, 3]], [0.1, 0], [[1, 2]])
    rules = rules_of(net, rr.Domain.box([-1] * 4, [1] * 4, NEWLINES), ["y\nDROP TABLE x"])
    for shape in ("select", "view", "dbt", "expression"):
        if shape == "expression" and missing == "error":
            continue
        options = {"shape": shape, "missing": missing, "table": "t\nDROP TABLE x"}
        text = str(rr.emit(rules, "sql", form="rules", **options))  # type: ignore[arg-type]
        bare = re.sub(r"""--[^\n]*|"[^"]*"|'[^']*'""", "", text)
        assert "DROP TABLE" not in bare
        comments = re.findall(r"(?m)^--.*$|AS \( --.*$", text)
        assert all(comment.splitlines() == [comment] for comment in comments)


ROWS = [(0.1, 0.2, 0.3, 0.4, 1.0), (None, 0.3, 0.2, 0.3, 2.0), (0.1, 0.2, None, None, 3.0)]


@pytest.mark.parametrize("engine", QUICK)
@pytest.mark.parametrize("form", FORMS)
def test_a_missing_value_ends_the_queries_that_depend_on_it(form: str, engine: str) -> None:
    """And no others: keys alone, and rows that a condition on the key leaves out."""
    need(engine)
    text = str(rr.emit(four_rules(), "sql", dialect=engine, form=form, missing="error", key=["id"]))
    types = [(name, False) for name in (*NAMES, "id")]

    def ask(what: str, where: str = "") -> list[tuple[object, ...]]:
        with OPEN[engine]() as database:
            load(database, types, ROWS)  # type: ignore[arg-type]
            quoted = re.sub(r"<(\w+)>", lambda found: database.quoted(found[1]), f"{what}|{where}")
            what, where = quoted.split("|")
            query = f"SELECT {what} FROM ({text}\n) AS scored {where}"
            return [tuple(row) for row in database.execute(query)]

    assert sorted(ask("<id>")) == [(1.0,), (2.0,), (3.0,)]
    assert ask("COUNT(*)") == [(3,)]
    assert len(ask("*", "WHERE <id> = 1")) == 1
    assert len(ask("<p0>, <rule>", "WHERE <id> < 2")) == 1
    for what, where, name in (
        ("<p0>", "", "income"),
        ("<rule>", "", "income"),
        ("*", "WHERE <id> > 2", "age"),
        ("<id>", "WHERE <p0> < 100", "income"),
    ):
        with pytest.raises(errors_of(engine), match=f'relurules: no value in "{name}"'):
            ask(what, where)


TEXTS = ["0.5", " 0.5", "-5e-1", "0.5 apples", "", "apples", "inf", "nan", "1e999", None]


@pytest.mark.parametrize("engine", QUICK)
def test_a_text_that_spells_a_number_is_that_number_and_no_other_is_one(engine: str) -> None:
    need(engine)
    rules = rules_of(network([[1]], [2], [[1]]), rr.Domain.box([-1], [1], ["a"]))
    sql = str(rr.emit(rules, "sql", dialect=engine, form="rules"))
    for text in TEXTS:
        with OPEN[engine]() as database:
            load(database, [("a", True)], [(text,)])
            try:
                ((found, _),) = database.execute(sql)
            except errors_of(engine):
                assert text not in ("0.5", "-5e-1", None)  # the engine's own CAST ends the query
                assert engine in ("postgres", "clickhouse")
                continue
        if text in ("0.5", "-5e-1"):
            assert found == float(text) + 2
        else:
            assert found is None or (text == " 0.5" and found == 2.5)
