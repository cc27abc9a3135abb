"""Additive rules: the error of every engine stays below its bound, and the bound is no fable."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from executed_targets import needs_program
from handmade import graph, network
from line_models import chance, mixed
from rounding_search import RowSearch, run_by

import relurules as rr
from relurules.checker import read_execution
from relurules.codec.additive_json import additive_to_json
from relurules.ir import AdditiveRules, Artifact
from relurules.proofs.executions import make_artefact_text
from relurules.rounding import bound_rounding
from relurules.rounding.analysis import ErrorAnalysis, RowInputs
from relurules.rounding.expression import ColumnValue, Literal, Operation
from relurules.rounding.floats import DOUBLE, SINGLE
from relurules.rounding.forms import Interval, NumberSpan
from relurules.verifying import engines

#: Every bound is at most so many times an error that was found.
_LOOSE = 30.0
_BOX = rr.Domain.box([-3, 0, 10, -1e-3, 0], [5, 100, 70, 1e-3, 1e4])


@cache
def make_rules(seed: int) -> AdditiveRules:
    """Lines of one and two columns of very different sizes."""
    rng = np.random.default_rng(seed)
    A = np.zeros((12, 5))
    for k in range(12):
        at = rng.choice(5, 1 + (k % 4 == 0), replace=False)
        A[k, at] = rng.normal(size=len(at)) / np.abs(_BOX.upper[at])
    net = network(
        A, rng.normal(size=12) / 3, rng.normal(size=(1, 12)), C=rng.normal(size=(1, 5)), c=[0.3]
    )
    made = rr.extract(graph(net), domain=_BOX, form="additive")
    assert isinstance(made, AdditiveRules)
    return made


@pytest.mark.parametrize("target", ["python", "c"])
def test_no_error_exceeds_what_a_certificate_claims(target: str) -> None:
    rules = make_rules(2)
    code = rr.emit(rules, target)
    search, rng = RowSearch(rules.network, rules.domain, 2.0**-52), np.random.default_rng(1)
    run = run_by(code)
    X, errors = search.collect(run, rng, search.draw_pool(400, rng), 200, 3)
    found = search.measure_worst(run, X, errors)
    text, said = make_artefact_text(code), additive_to_json(rules)
    ((claimed,),) = read_execution(text, target, None, said).scores
    assert 0 < found <= claimed <= _LOOSE * found


@pytest.mark.parametrize(
    ("target", "dialect", "engine"),
    [
        ("python", None, None),
        ("numpy", None, None),
        ("onnx", None, None),
        ("c", None, None),
        ("javascript", None, "node"),
        ("sql", "sqlite", None),
        ("sql", "duckdb", None),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_errors_found_are_below_the_bound(
    target: str, dialect: str | None, engine: str | None, seed: int
) -> None:
    rules = make_rules(seed)
    artifact = rr.emit(rules, target, **({"dialect": dialect} if dialect else {}))
    bound = bound_rounding(artifact, rules)
    assert bound.is_stated, bound.refusal
    search = RowSearch(rules.network, rules.domain)
    found = search.climb(run_by(artifact, engine), np.random.default_rng(seed), 600, 5)
    assert found <= bound.largest
    assert bound.largest <= _LOOSE * found


@pytest.mark.parametrize("target", ["python", "c"])
def test_errors_below_the_smallest_float_are_not_zero(target: str) -> None:
    """Half of an odd multiple of the smallest float is no float."""
    net = network([[1, 0]], [-3], [[0]], C=[[0.5, 0]])
    rules = rr.extract(graph(net), domain=rr.Domain.box([-1, -1], [1, 1]))
    artifact = rr.emit(rules, target, form="network")
    (found,) = run_by(artifact)(np.array([[5e-324, 0.0]]))[0]
    error = abs(Fraction(float(found)) - Fraction(5e-324) / 2)
    assert 0 < error <= Fraction(bound_rounding(artifact, rules).largest)


@pytest.mark.parametrize("target", ["python", "numpy", "c", "sql"])
def test_bounds_hold_over_the_domain_of_the_rules(target: str) -> None:
    """Not over the one that a text says of itself."""
    rules = make_rules(0)
    artifact = rr.emit(rules, target)
    lower = rules.domain.lower
    narrow = replace(rules.domain, upper=lower + 1e-9 * (rules.domain.upper - lower))
    told = bound_rounding(replace(artifact, domain=narrow), rules)
    assert told.largest == bound_rounding(artifact, rules).largest


def change_text(artifact: Artifact, *pairs: tuple[str, str]) -> Artifact:
    """Code whose main file has other texts in place of some."""
    name, text = list(artifact.texts.items())[-1]
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return replace(artifact, files={**artifact.files, name: text})


_POSITIVE = """static double positive(double z)
{
    const double counted[2] = {0.0, z};
    return counted[z > 0.0 ? 1 : 0];
}
"""
_OTHER = "static double positive(double z)\n{\n    return z;\n}\n"
_START = "const double from_x0 ="


@pytest.mark.parametrize(
    "pairs",
    [
        [(_POSITIVE, f"/*\n{_POSITIVE}*/\n{_OTHER}")],
        [(_POSITIVE, f"#if 0\n{_POSITIVE}#endif\n{_OTHER}")],
        [(_POSITIVE, f"{_POSITIVE}#define positive(z) (z)\n")],
        [(_POSITIVE, _OTHER.replace("positive", "positive_")), ("* positive(", "* positive_(")],
        [(_POSITIVE, _OTHER), (" positive(", " positive (")],
        [(_POSITIVE, f'#pragma GCC optimize("fast-math")\n{_POSITIVE}')],
        [(_START, "const int from_x0 =")],
        [(_START, "const float from_x0 =")],
        [(_POSITIVE, f"{_POSITIVE}static float from_x0;\n"), (_START, "from_x0 =")],
        [(_START, f"{_START} (float)")],
        [(_START, f"{_START} 0.0f +")],
        [("int score_row(", "static int scores_of(const double *x, double *s)\n{\n    s[0] = 1.0;\n"
          "    return 1;\n}\n\nint score_row(")],
    ],
)  # fmt: skip
def test_changed_c_has_no_bound(pairs: Sequence[tuple[str, str]]) -> None:
    rules = make_rules(0)
    artifact = rr.emit(rules, "c")
    assert bound_rounding(artifact, rules).is_stated
    assert not bound_rounding(change_text(artifact, *pairs), rules).is_stated


def test_headers_that_say_what_names_are_have_no_bound() -> None:
    rules = make_rules(0)
    artifact = rr.emit(rules, "c")
    header = f"#define double float\n{artifact.texts['score.h']}"
    changed = replace(artifact, files={"score.h": header, "score.c": str(artifact)})
    assert "#define double" in bound_rounding(changed, rules).refusal


@pytest.mark.parametrize(
    "code", ["Math.max = (a, b) => b;", "const Math = {max: (a, b) => b};", "function Math() {}"]
)
def test_other_mathematics_of_javascript_have_no_bound(code: str) -> None:
    rules = make_rules(0)
    artifact = rr.emit(rules, "javascript")
    changed = change_text(artifact, ("\nfunction number(", f"\n{code}\n\nfunction number("))
    assert "Math" in bound_rounding(changed, rules).refusal


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n# relurules artefact", "\ndef score(row):\n    return {}\n\n# relurules artefact"),
        ("\n# relurules artefact", "\ndef max(a, b):\n    return b\n\n# relurules artefact"),
        ("\n# relurules artefact", "\nmax = min\n\n# relurules artefact"),
        ("\n# relurules artefact", "\nscore.__code__ = main.__code__\n\n# relurules artefact"),
        ("\n# relurules artefact", "\nglobals()['max'] = min\n\n# relurules artefact"),
        ("import math\n", "import math\nfrom builtins import min as max\n"),
        ("def score(row: Mapping[str, Any])", "def score(row: Mapping[str, Any], max=min)"),
        ("    x0 = row['x0']", "    max = row['x0']\n    x0 = row['x0']"),
        ("from_x2 = 0.3", "from_x2 = from_x0 = 0.3"),
        ("- x0)", "- x0, key=abs)"),
    ],
)
def test_changed_python_has_no_bound(old: str, new: str) -> None:
    rules = make_rules(0)
    artifact = rr.emit(rules, "python")
    assert bound_rounding(artifact, rules).is_stated
    assert not bound_rounding(change_text(artifact, (old, new)), rules).is_stated


@pytest.mark.parametrize(
    ("target", "given"),
    [("python", {}), ("c", {}), ("javascript", {}), ("sql", {"dialect": "sqlite"})],
)
@pytest.mark.parametrize("number", ["1e999", "1" + "0" * 400, ")", ""])
def test_broken_numbers_are_refused(target: str, given: dict[str, str], number: str) -> None:
    rules = make_rules(0)
    artifact = rr.emit(rules, target, **given)
    weight = repr(abs(float(rules.base.weights[0, 2])))
    assert bound_rounding(change_text(artifact, (weight, number)), rules).refusal


def test_thresholds_and_categories_are_covered() -> None:
    rules = mixed()
    domain = replace(rules.domain, lower=np.maximum(rules.domain.lower, -7.0),
                     upper=np.minimum(rules.domain.upper, 93.0))  # fmt: skip
    rules = replace(rules, domain=domain, heads=(), outputs=("a", "b"), traced=None)
    for target, kwargs in (("python", {}), ("sql", {"dialect": "sqlite"})):
        artifact = rr.emit(rules, target, **kwargs)
        bound = bound_rounding(artifact, rules)
        assert bound.is_stated, (target, bound.refusal)
        search = RowSearch(rules.network, rules.domain)
        found = search.climb(run_by(artifact), np.random.default_rng(0), 300, 2)
        assert found <= bound.largest


def test_a_changed_text_has_no_bound() -> None:
    rules = make_rules(0)
    artifact = rr.emit(rules, "python")
    (name, text), slope = next(iter(artifact.files.items())), abs(float(rules.slopes[0, 0]))
    assert repr(slope) in text
    other = text.replace(repr(slope), repr(np.nextafter(slope, 9.0).item()))
    changed = replace(artifact, files={name: other})
    assert "isn't that of the rules" in bound_rounding(changed, rules).refusal


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("counted[2] = {0.0, z}", "counted[2] = {z, 0.0}"),
        ("? 1 : 0]", "? 0 : 1]"),
        ("[z >", "[z <"),
    ],
)
def test_c_that_counts_other_arguments_has_no_bound(old: str, new: str) -> None:
    rules = make_rules(0)
    artifact = rr.emit(rules, "c")
    text = artifact.files["score.c"]
    assert text.count(old) == 1
    changed = replace(artifact, files={**artifact.files, "score.c": text.replace(old, new)})
    assert bound_rounding(artifact, rules).is_stated
    assert not bound_rounding(changed, rules).is_stated


def test_a_changed_product_of_matrices_has_no_bound() -> None:
    rules = make_rules(0)
    artifact = rr.emit(rules, "numpy")
    for old, new in (
        ("x @ _NORMALS - _LINE_BOUNDS", "x @ _NORMALS + _LINE_BOUNDS"),
        ("@ _SLOPES + _CONSTANTS", "@ _SLOPES - _CONSTANTS"),
        ('_numbers(table, "table")', '2.0 * _numbers(table, "table")'),
        ("    return np.asarray(np.maximum(", "    x = 2.0 * x\n    return np.asarray(np.maximum("),
        ('    """(N, d) -> (N,): which rows have outputs."""', "    x *= 2.0"),
        (
            "    return np.asarray(found, dtype",
            "    found = 2.0 * found\n    return np.asarray(found, dtype",
        ),
        ("    x = _coordinates(table)", "    x = 2.0 * _coordinates(table)"),
        ("\n\ndef _numbers", "\n_SLOPES *= 2.0\n\ndef _numbers"),
        ("\n\ndef _numbers", "\n_SLOPES[0, 0] = 2.0\n\ndef _numbers"),
        ("\n\ndef _numbers", "\nnp.maximum = np.minimum\n\ndef _numbers"),
        ("import numpy as np", "import other as np"),
        (repr(abs(float(rules.slopes[0, 0]))), "0.123"),
    ):
        assert old in str(artifact)
        files = {name: text.replace(old, new) for name, text in artifact.files.items()}
        assert not bound_rounding(replace(artifact, files=files), rules).is_stated


def test_open_columns_have_no_bound() -> None:
    rules = replace(chance(), heads=(), outputs=("score",), traced=None)
    assert "no bounds" in bound_rounding(rr.emit(rules, "c"), rules).refusal


@pytest.mark.parametrize("held", [DOUBLE, SINGLE])
def test_rounding_of_a_size(held: object) -> None:
    """Half a unit in the last place below the next power of two, none at a power of two."""
    bits = held.bits  # type: ignore[attr-defined]
    bound = held.bound_rounding  # type: ignore[attr-defined]
    assert bound(Fraction(3, 2)) == Fraction(1, 2**bits)
    assert bound(Fraction(1)) == Fraction(1, 2 ** (bits + 1))
    assert bound(Fraction(0)) == 0


def test_whole_numbers_add_exactly() -> None:
    whole = NumberSpan(0, Interval(Fraction(0), Fraction(100)), True)
    analysis = ErrorAnalysis(RowInputs(blocks=[whole], words={}), DOUBLE)
    x = ColumnValue(0)
    assert analysis.analyse(Operation("-", (x, Literal(37.0)))).error == 0
    assert analysis.analyse(Operation("*", (Literal(3.0), x))).error == 0
    assert analysis.analyse(Operation("*", (Literal(0.1), x))).error == Fraction(2) ** -50


def test_float32_has_a_bound_of_its_own() -> None:
    rules = make_rules(0)
    artifact = rr.emit(rules, "c", number="float")
    bound = bound_rounding(artifact, rules)
    assert bound.is_stated, bound.refusal
    search = RowSearch(rules.network, rules.domain, 2.0**-23)
    found = search.climb(run_by(artifact), np.random.default_rng(0), 600, 5)
    assert found <= bound.largest <= _LOOSE * found


def test_fused_operations_are_below_the_same_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    flags = Path("/proc/cpuinfo")
    if not flags.exists() or " fma " not in flags.read_text():
        pytest.skip("needs a processor with fused operations, as /proc/cpuinfo tells")
    monkeypatch.setattr(
        engines, "COMPILER", ("-std=gnu99", "-O2", "-mfma", "-ffp-contract=fast", "-w")
    )
    rules = make_rules(1)
    artifact = rr.emit(rules, "c")
    search = RowSearch(rules.network, rules.domain)
    found = search.climb(run_by(artifact), np.random.default_rng(0), 600, 4)
    assert 0 < found <= bound_rounding(artifact, rules).largest


@pytest.mark.parametrize("target", ["python", "c", "javascript", "sql"])
def test_heads_say_what_is_proven(target: str) -> None:
    rules = make_rules(0)
    artifact = rr.emit(rules, target)
    bound = rr.bound_rounding(artifact, rules)
    assert f"every score is within {bound.text} of these" in " ".join(str(artifact).split())
    assert float(bound.text) >= bound.largest


def test_no_head_where_nothing_is_proven() -> None:
    assert "rounding: executed" not in str(rr.emit(chance(), "c"))
    assert "rounding: executed" not in str(rr.emit(make_rules(0), "sql", dialect="oracle"))


@needs_program("gappa")
def test_gappa_proves_the_bound_of_a_small_artefact() -> None:
    """One line and its base: another program's proof of the same bound, operation by operation."""
    net = network([[-1.0]], [0.4], [[-0.7]], C=[[0.3]], c=[0.1])
    rules = rr.extract(graph(net), domain=rr.Domain.box([-3], [5]), form="additive")
    assert isinstance(rules, AdditiveRules)
    artifact = rr.emit(rules, "python", outside="null")
    argument = re.search(r"max\(0\.0, (.*?)\)$", str(artifact), re.MULTILINE)
    knot = -float(rules.bounds[0])
    assert argument is None or argument[1] == f"{knot!r} - x0"
    numbers = (float(rules.base.constants[0]), float(rules.base.weights[0, 0]),
               float(rules.slopes[0, 0]), knot)  # fmt: skip
    constant, weight, slope, at = map(float.hex, numbers)

    # At each side of the knot, max is one of its operands.
    for low, high, beyond, exact in (
        (-3.0, knot, f"rnd({at} - x)", f"({at} - x)"),
        (knot, 5.0, "0", "0"),
    ):
        rounded = f"rnd(rnd({weight} * x) + rnd({slope} * {beyond}))"
        script = (
            "@rnd = float<ieee_64, ne>;\nx = rnd(x_);\n"
            f"s = rnd({constant} + {rounded});\n"
            f"e = {constant} + ({weight} * x + {slope} * {exact});\n"
            f"{{ x in [{low.hex()},{high.hex()}]"
            f" -> |s - e| <= {bound_rounding(artifact, rules).largest.hex()} }}\n"
        )
        told = subprocess.run(["gappa"], input=script, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr + script
