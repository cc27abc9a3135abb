"""Names that fight back: whatever columns and outputs are called, every emitted form runs and is
right.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from handmade import Array, network, rules_of

import relurules as rr
from relurules.errors import InputError
from relurules.ir import RuleSet

ENGINES = [
    ("python", "python", None),
    ("c", "c", None),
    ("sqlite", "sql", "sqlite"),
    ("duckdb", "sql", "duckdb"),
]
FORMS = ("rules", "tree", "network")

NAMES = {
    "quotes": ["it's", 'say "hi"', "`tick`", "'''", '"""', '""', "'"],
    "ends of comments": ["*/", "/*", "--", "-->", "//", "#", "??/", "a\\", "\\"],
    "injection": [
        "'; DROP TABLE x; --",
        '"; DROP TABLE input_data; --',
        "*/ int main(void) {} /*",
        "{{ 7 * 7 }}",
        "{% raw %}",
    ],
    "line ends": ["two\nlines", "car\rriage", "tab\tbed", "\u2028", "\x85", "\v\f", " ", "  "],
    "unicode": ["größe", "☃", "\U0001d4b3", "年齢", "\u202eltr", "ﬁ", "e\u0301", "%s", "${x}"],
    "dots and digits": ["a.b.c", "1st", "2.5", "-1", "+", "x[0]", "__", "_"],
    "SQL": [
        "select",
        "from",
        "order",
        "group",
        "rule",
        "case",
        "null",
        "rowid",
        "input_data",
        "table",
        "end",
    ],
    "C": [
        "int",
        "double",
        "for",
        "return",
        "x",
        "y",
        "n",
        "i",
        "score_row",
        "z0_",
        "a0_",
        "s0_",
        "at",
        "main",
        "signed",
    ],
    "C macros": [
        "NULL",
        "NAN",
        "INFINITY",
        "HUGE_VAL",
        "SCORE_H",
        "SCORE_FEATURES",
        "SCORE_OUTPUTS",
        "outside",
        "size_t",
    ],
    "Python": [
        "lambda",
        "None",
        "class",
        "row",
        "values",
        "score",
        "math",
        "_z0",
        "_number",
        "print",
        "float",
        "match",
    ],
    "Python names in use": ["len", "OUTPUTS", "FEATURES", "_result", "dict", "zip", "_number"],
    "alike once mangled": ["a b", "a-b", "a_b", "a_b_2", "a.b", "a__b", " a b"],
    "ours": [
        "rr_input",
        "rr_rule",
        "rr_z0",
        "rr_a0",
        "rr_level1",
        "rrr_at1",
        "RR_checked",
        "rr_key0",
    ],
    "long": ["a" * 200, "a" * 199 + "b", "ü" * 200],
}


@cache
def made_once(features: tuple[str, ...], outputs: tuple[str, ...]) -> RuleSet:
    d, m = len(features), len(outputs)
    net = network(
        [np.ones(d), np.zeros(d)],
        [0.1, -0.2],
        np.ones((m, 2)),
        L=[[0, 0], [1, 0]],
        C=2 * np.ones((m, d)),
    )
    return rules_of(net, rr.Domain.box([-1] * d, [1] * d, features), outputs)


def named_rules(features: list[str], outputs: list[str]) -> RuleSet:
    """Two layers of one neuron that read every feature, and as many outputs as asked for."""
    return made_once(tuple(features), tuple(outputs))


def rows_for(d: int) -> Array:
    """Rows inside, outside, and with missing values."""
    X = np.random.default_rng(1).uniform(-1, 1, (30, d))
    X[0, 0], X[1, -1], X[2, 0] = np.nan, np.nan, 5.0
    return X


@pytest.mark.parametrize(("engine", "target", "dialect"), ENGINES, ids=[e[0] for e in ENGINES])
@pytest.mark.parametrize("group", NAMES)
def test_features_and_outputs(group: str, engine: str, target: str, dialect: str | None) -> None:
    rules = named_rules(NAMES[group], [name for name in NAMES[group] if name != "rule"])
    for form in FORMS:
        report = rr.verify(
            rr.emit(rules, target, dialect=dialect, form=form, outside="null"),
            rules,
            rows_for(len(rules.features)),
            engine,
        )
        assert report, form
        assert report.outside == 3


@pytest.mark.parametrize("name", ["true", "False"])
@pytest.mark.parametrize("form", FORMS)
def test_sqlite_columns_called_true_or_false(form: str, name: str) -> None:
    """SQLite renames such a column on its way out of a subquery."""
    rules = named_rules([name, "b"], ["y"])
    assert (
        rr.verify(rr.emit(rules, "sql", form=form, outside="null"), rules, rows_for(2)).outside == 3
    )


@pytest.mark.parametrize("target", ["text", "markdown"])
@pytest.mark.parametrize("group", NAMES)
def test_documents_stay_in_shape(group: str, target: str) -> None:
    plain = named_rules([f"f{i}" for i in range(len(NAMES[group]))], ["out"])
    hostile = named_rules(NAMES[group], ["out"])
    one, other = (str(rr.emit(rules, target)) for rules in (plain, hostile))
    assert shape(one) == shape(other)
    assert all(c.isprintable() or c == "\n" for c in other)


def shape(document: str) -> list[str]:
    """The first character of every line; long names may fold a sum onto lines of their own."""
    return [
        line[:1]
        for line in document.splitlines()
        if line.strip()[:2] not in ("+ ", "- ") or line[:1] == "-"
    ]


def test_neuron_layers_are_escaped_in_documents() -> None:
    rules = named_rules(["a"], ["y"])
    neuron = rules.rules[0].conditions[0].half_space.neuron._replace(layer="l|1\n## Rule 9")
    space = rules.rules[0].conditions[0].half_space._replace(neuron=neuron)
    condition = rules.rules[0].conditions[0]._replace(half_space=space)
    first = replace(rules.rules[0], conditions=(condition,))
    for target in ("text", "markdown"):
        text = str(rr.emit(replace(rules, rules=(first, *rules.rules[1:])), target))
        assert "\n## Rule 9" not in text


@pytest.mark.parametrize(
    ("features", "outputs", "key", "said"),
    [
        (["a", "A"], ["y"], [], "features 'a', 'A'"),
        (["Größe", "gRÖSSE", "grÖße"], ["y"], [], "'Größe', 'grÖße'"),
        (["a"], ["y", "Y"], [], "key, output and rule columns 'y', 'Y'"),
        (["a"], ["Rule"], [], "'Rule', 'rule'"),
        (["a"], ["y"], ["Y"], "'Y', 'y'"),
        (["a"], ["y"], ["id", "ID"], "'id', 'ID'"),
        (["a"], ["y"], ["rule"], "'rule', 'rule'"),
        (["a\0b"], ["y"], [], "NUL"),
        (["a"], ["y"], [""], "empty"),
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
def test_sql_refuses_names_it_cannot_tell_apart(
    dialect: str, features: list[str], outputs: list[str], key: list[str], said: str
) -> None:
    with pytest.raises(InputError) as raised:
        rr.emit(named_rules(features, outputs), "sql", dialect=dialect, key=key)
    assert said in str(raised.value)


@pytest.mark.parametrize("table", ["", "a\0b"])
def test_sql_refuses_tables_without_a_name(table: str) -> None:
    with pytest.raises(InputError):
        rr.emit(named_rules(["a"], ["y"]), "sql", table=table)


def test_python_refuses_an_output_that_its_own_result_would_hide() -> None:
    with pytest.raises(InputError, match="rule"):
        rr.emit(named_rules(["a"], ["rule", "y"]), "python")


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
@pytest.mark.parametrize(
    "table", ["select", "a b", 'quo"te', "rr_input", "größe", "x; --", "main.scores"]
)
def test_tables(dialect: str, table: str) -> None:
    rules = named_rules(["a"], ["y"])
    assert rr.verify(rr.emit(rules, "sql", dialect=dialect, table=table), rules, rows_for(1)[1:])


@pytest.mark.parametrize("form", FORMS)
def test_c_compiles_as_gnu_c_too(form: str) -> None:
    """Compilers default to GNU C, whose predefined macros are shorter than ISO C allows."""
    import shutil
    import subprocess
    import tempfile

    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler")
    names = ["linux", "unix", "true", "false", "bool", "nullptr", "constexpr", "i386", "errno"]
    with tempfile.TemporaryDirectory() as folder:
        source = rr.emit(named_rules(names, ["y"]), "c", form=form).write(folder)[-1]
        built = subprocess.run(
            [compiler, "-c", "-o", f"{folder}/score.o", str(source)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert built.returncode == 0, built.stderr
