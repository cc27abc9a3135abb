"""Views, dbt models, expressions, functions, in every engine that has them; columns on request."""

import jinja2
import numpy as np
import pytest
from handmade import network, random_network, rows_in, rules_of
from sqls import EXECUTED, QUICK, load, need, scored

import relurules as rr
from relurules.errors import CheckError, InputError, UnsupportedError
from relurules.ir import Artifact, Head, RuleSet

BOX = rr.Domain.box([-1, -1], [1, 1], ["a", 'say "{{ b }}" {# c #}'])
HEADS = [
    Head("softmax", (0, 1)),
    Head("softmax", (0, 1), 1),
    Head("sigmoid", (0,)),
    Head("argmax", (0, 1)),
]


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return rules_of(
        random_network(3, K=4), BOX.where("a <= 0.9"), ["p0", "p1", "risk", "kind"], HEADS
    )


def rows_of(rules: RuleSet) -> np.ndarray:
    return np.vstack([rows_in(rules.domain, 40), [[2, 0], [0.95, 0], [np.nan, 0]]])


@pytest.mark.parametrize("engine", EXECUTED)
@pytest.mark.parametrize("shape", ["view", "dbt", "expression", "function"])
def test_shapes_are_right(shape: str, engine: str, rules: RuleSet, tmp_path) -> None:  # type: ignore[no-untyped-def]
    need(engine)
    output = (
        "risk" if engine == "spark" else "p1"
    )  # Spark compiles long expressions for twenty seconds
    options = (
        {"output": output}
        if shape in ("expression", "function")
        else {"columns": ["outputs", "class", "rule"]}
    )
    if (shape, engine) == ("function", "sqlite"):
        with pytest.raises(UnsupportedError, match="sqlite has no functions"):
            rr.emit(rules, "sql", shape=shape, dialect=engine, **options)
        return
    artifact = rr.emit(
        rules, "sql", dialect=engine, shape=shape, name="my name", key=["id"], **options
    )
    report = rr.verify(Artifact.read(artifact.write(tmp_path)[0]), rules, rows_of(rules))
    assert report
    assert report.outside == 3


@pytest.mark.parametrize("output", ["p0", "risk", "kind", "rule"])
@pytest.mark.parametrize("form", ["rules", "tree"])
def test_every_output_as_an_expression(form: str, output: str, rules: RuleSet) -> None:
    artifact = rr.emit(rules, "sql", form=form, shape="expression", output=output)
    if output != "rule":
        assert rr.verify(artifact, rules, rows_of(rules))
        return
    rows = [tuple(None if v != v else v for v in row) for row in rows_of(rules).tolist()]
    types = [(name, False) for name in rules.features]
    found = scored("sqlite", f"SELECT (\n{artifact}) FROM input_data", types, rows)
    assert [row[0] or 0 for row in found] == rules.apply(rows_of(rules)).tolist()


def test_a_dbt_model_is_what_dbt_reads(rules: RuleSet) -> None:
    text = str(rr.emit(rules, "sql", shape="dbt", table="raw.it's", form="network"))
    filled = jinja2.Template(text).render(
        config=lambda **_: "", source=lambda *parts: '"' + "|".join(parts) + '"'
    )
    assert '"raw|it\'s" AS rr_table' in filled
    assert 'say ""{{ b }}"" {# c #}' in filled
    assert "ref('t')" in str(rr.emit(rules, "sql", shape="dbt", table="t"))


@pytest.mark.parametrize("engine", QUICK)
@pytest.mark.parametrize("form", ["rules", "network"])
def test_columns_on_request(form: str, engine: str) -> None:
    need(engine)
    net = random_network(4, d=3, K=4, m=1)
    domain = rr.Domain.box([-1, 0, -1], [1, 4, 1], ["a", "b", "c"])
    rules = rules_of(net, domain, ["p"], [Head("sigmoid", (0,))])
    columns = ["rule", "reasons", "contributions", "class", "probability", "score"]
    artifact = rr.emit(rules, "sql", dialect=engine, form=form, columns=columns, top=2)
    X = rows_in(domain, 30)
    rows = scored(
        engine, str(artifact), [(n, False) for n in "abc"], [*map(tuple, X.tolist()), (None, 1, 1)]
    )
    number = rules.apply(X)
    assert [row[-1] for row in rows] == [*number.tolist(), 0]
    assert rows[-1] == (*[None] * 8, 0)
    middle = np.array([0, 2, 0])
    terms = np.array(
        [rules.rules[n - 1].map.weights[0] * (x - middle) for n, x in zip(number, X, strict=True)]
    )
    found = np.array([row[:6] for row in rows[:-1]], dtype=float)
    assert found[:, 0] == pytest.approx(rules.predict(X)[:, 0])
    assert found[:, 1] == pytest.approx(rules.predict_scores(X)[:, 0])
    assert (found[:, 2] == (found[:, 1] > 0)).all()
    assert found[:, 3:] == pytest.approx(terms, abs=1e-12)
    for row, values in zip(rows, terms, strict=False):
        order = [i for i in np.argsort(-values, kind="stable") if values[i] > 0][:2]
        assert [name for name in row[6:8] if name] == ["abc"[i] for i in order]


@pytest.mark.parametrize("engine", QUICK)
def test_the_network_without_rules(engine: str, rules: RuleSet) -> None:
    """Neurons in one step per level, and no tree."""
    need(engine)
    net = network(
        np.eye(2)[[0, 1, 0]],
        [0.1, -0.2, 0.3],
        [[1, 2, -1]],
        L=np.tril(np.ones((3, 3)), -1),
        slope=[0, 0, 0.5],
    )
    rules = rules_of(net, rr.Domain.box([-1, -1], [1, 1], ["a", "b"]))
    text = str(
        rr.emit(rules, "sql", dialect=engine, form="network", outside="null", columns=["outputs"])
    )
    assert "rr_rule" not in text
    X = np.vstack([rows_in(rules.domain, 20), [[np.nan, 0], [2, 2]]])
    rows = [tuple(None if v != v else v for v in row) for row in X.tolist()]
    found = np.array(scored(engine, text, [("a", False), ("b", False)], rows), dtype=float)
    assert found == pytest.approx(rules.predict(X), nan_ok=True, rel=1e-13)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"shape": "table"},
            "no shape 'table'; supported: select, view, dbt, expression, function",
        ),
        ({"outside": "guess"}, "no outside 'guess'"),
        ({"missing": "ignore"}, "no missing 'ignore'; supported: propagate, impute, error"),
        ({"columns": ["odds"]}, "no column 'odds' in SQL; supported: outputs, score, probability"),
        ({"shape": "expression"}, "give output=, one of p0, p1, risk, kind or rule"),
        ({"shape": "expression", "output": "p2"}, "is of one output"),
        ({"shape": "expression", "output": "p1", "form": "network"}, "only in form rules or tree"),
        ({"shape": "function", "output": "p1", "outside": "clamp"}, "only in form rules or tree"),
        ({"top": 0}, "top=0"),
        ({"direction": "down"}, "direction='down'"),
    ],
)
def test_refuses(options: dict[str, object], said: str, rules: RuleSet) -> None:
    with pytest.raises((UnsupportedError, InputError)) as raised:
        rr.emit(rules, "sql", **options)  # type: ignore[arg-type]
    assert said in str(raised.value)


def test_columns_that_there_are_none_of() -> None:
    rules = rules_of(random_network(1, m=1), BOX)
    for column in ("class", "probability"):
        with pytest.raises(UnsupportedError, match=f"column '{column}'"):
            rr.emit(rules, "sql", columns=[column])
    several = rules_of(random_network(1, m=3), BOX)
    assert '"class"' in str(rr.emit(several, "sql", columns=["class"]))


def test_what_returns_no_outputs_cannot_be_verified(rules: RuleSet) -> None:
    with pytest.raises(CheckError, match="emit it with the column outputs"):
        rr.verify(rr.emit(rules, "sql", columns=["rule"]), rules, rows_of(rules))


@pytest.mark.parametrize("outside", ["null", "clamp", "exact"])
def test_outputs_alone_are_verified(outside: str, rules: RuleSet) -> None:
    for form in ("tree", "network"):
        artifact = rr.emit(
            rules, "sql", form=form, key=["id"], outside=outside, columns=["outputs", "class"]
        )
        assert rr.verify(artifact, rules, rows_of(rules))
        assert not rr.verify(
            artifact,
            rules_of(random_network(9, m=2), BOX, rules.outputs, rules.heads),
            rows_of(rules),
        )


def test_names_of_columns_on_request_must_not_clash() -> None:
    rules = rules_of(random_network(1, m=2), BOX, ["class", "rule_"])
    with pytest.raises(InputError, match="doesn't tell apart"):
        rr.emit(rules, "sql", columns=["outputs", "class"])
    with SQLiteView(rules) as names:
        assert names == ["class", "rule_", "rule"]


class SQLiteView:
    """The columns of a view, as SQLite tells them."""

    def __init__(self, rules: RuleSet) -> None:
        self.text = str(rr.emit(rules, "sql", shape="view", name="v"))

    def __enter__(self) -> list[str]:
        from relurules.verifying.databases import OPEN

        with OPEN["sqlite"]() as database:
            load(database, [(name, False) for name in BOX.names], [])
            for statement in self.text.split(";\n"):
                database.execute(statement)
            return [row[1] for row in database.execute("PRAGMA table_info(v)")]

    def __exit__(self, *_: object) -> None:
        pass
