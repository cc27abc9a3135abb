"""C, Python, numpy and JavaScript: every form, with rows that fight back, and what each language
promises.
"""

import csv
import io
import math
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiling import find_complaints
from executed_targets import needs_program
from handmade import Array, layered, lines, network, random_network, rows_in, rules_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import relurules as rr
from relurules.emitting import plan
from relurules.emitting.c import printer
from relurules.errors import CheckError, UnsupportedError
from relurules.ir import Artifact, Head, Provenance, RuleSet
from relurules.verifying import run_artifact
from relurules.verifying.engines import COMPILER

NODE = needs_program("node")
TARGETS = ["python", "numpy", "c", pytest.param("javascript", marks=NODE)]
NAN, INF = math.nan, math.inf
LINKS = [
    Head("softmax", (0, 1)),
    Head("softmax", (0, 1), 1),
    Head("argmax", (0, 1)),
    Head("sigmoid", (0,)),
    Head("complement", (1,)),
    Head("exp", (1,)),
    Head("expm1", (1,)),
    Head("log_softmax", (0, 1)),
    Head("step", (0,)),
]
#: outside, columns, number.
WAYS = list(
    product(("null", "clamp", "exact"), (("outputs", "rule"), ("outputs",)), ("double", "float"))
)


def forms_of(target: str) -> tuple[str, ...]:
    return ("tree", "network") if target == "numpy" else ("rules", "tree", "network")


@pytest.fixture(scope="module")
def made() -> dict[str, RuleSet]:
    """Rule sets of every kind, of two or three features."""
    box = rr.Domain.box([-1, -1, -1], [1, 1, 1])
    dense, flat = layered(0, 3, [6, 6], 2, 0.1), layered(0, 3, [6, 6], 2)
    return {
        "sparse": rules_of(
            random_network(3, K=5),
            rr.Domain.box([-1, -1], [1, 1], ["a", "b"]).where("a + b <= 1.5"),
        ),
        "dense": rules_of(dense, box.where("x0 + x1 <= 1.5")),
        "linked": rules_of(flat, box, [f"o{i}" for i in range(len(LINKS))], LINKS),
        "partial": rules_of(flat, box, max_regions=9),
        "simplified": rules_of(flat, box, max_error=0.3),
        "decided": rules_of(layered(0, 3, [6, 6], 1), box, decision=0.2),
        "linear": rules_of(
            network(np.empty((0, 3)), [], np.empty((1, 0)), C=[[1, -2, 0.5]], c=[0.5]), box
        ),
    }


def rows_for(rules: RuleSet) -> Array:
    """Inside, just and far outside, on walls between rules, missing, huge, tiny."""
    d, domain = len(rules.features), rules.domain
    odd = [
        [NAN] + [0] * (d - 1),
        [0] * (d - 1) + [INF],
        [-INF] * d,
        [1e308] * d,
        [1e-320] * d,
        [-0.0] * d,
        [1] * d,
        [-1] * d,
    ]
    beside = np.random.default_rng(1).uniform(-1.4, 1.4, (60, d))
    nearest = [[np.nextafter(1, 2)] + [0] * (d - 1)]
    return np.vstack([rows_in(domain, 80), [rule.point for rule in rules], beside, odd, nearest])


def emitted(
    rules: RuleSet, target: str, form: str, way: tuple[str, Sequence[str], str]
) -> Artifact | None:
    """None for what can't be: rows outside the domain by rules or a tree, floats in Python."""
    outside, columns, number = way
    if number == "float" and target != "c":
        return None
    try:
        return rr.emit(rules, target, form=form, outside=outside, columns=columns, number=number)
    except UnsupportedError:
        assert outside == "exact"
        return None


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("target", TARGETS)
def test_hostile_rows(
    target: str, large: bool, made: dict[str, RuleSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Languages that have to be compiled or started take a part of the ways."""
    monkeypatch.setattr(plan, "_WRITTEN", 2 if large else 100)
    cases = [
        case for case in product(made, forms_of(target), WAYS) if not (large and case[1] == "rules")
    ]
    for kind, form, way in cases if target in ("python", "numpy") else cases[large::13]:
        rules = made[kind]
        if (artifact := emitted(rules, target, form, way)) is not None:
            report = rr.verify(artifact, rules, rows_for(rules))
            assert report, (kind, form, way, report)
            assert report.relative < (1e-12 if artifact.number == "double" else 1e-5), (
                kind,
                form,
                way,
                report,
            )


@pytest.mark.parametrize("target", TARGETS)
def test_rules_are_those_that_apply(target: str, made: dict[str, RuleSet]) -> None:
    """Away from walls, by which a row may be put on either side."""
    for kind, form in (
        ("dense", "network"),
        ("partial", "tree"),
        ("simplified", "network"),
        ("decided", "tree"),
    ):
        rules, points = made[kind], np.array([rule.point for rule in made[kind]])
        ran = run_artifact(rr.emit(rules, target, form=form), points)[1]
        assert ran.rule.tolist() == rules.apply(points).tolist()
        assert set(ran.rule) == set(range(1, len(rules) + 1))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10_000), st.integers(1, 7))
def test_any_network_in_python_and_numpy(seed: int, neurons: int) -> None:
    rules = rules_of(random_network(seed, K=neurons), rr.Domain.box([-2, -2], [2, 2]))
    X = np.vstack([rows_in(rules.domain, 30), [[2, 2], [-2, 2], [0, 0], [0, NAN], [2.1, 0]]])
    for target in ("python", "numpy"):
        for form in forms_of(target):
            report = rr.verify(rr.emit(rules, target, form=form), rules, X)
            assert report
            assert report.relative < 1e-12


@pytest.fixture(scope="module")
def many() -> RuleSet:
    """A grid of 225 rules."""
    normals = np.eye(2).repeat(14, axis=0)
    rules = rules_of(
        lines(normals, -np.tile(np.arange(1.0, 15), 2)),
        rr.Domain.box([0, 0], [15, 15], ["mul", "walked"]),
    )
    assert len(rules) == 225
    return rules


@pytest.mark.parametrize("target", TARGETS)
def test_large_trees_are_tables(target: str, many: RuleSet) -> None:
    X = np.vstack(
        [np.random.default_rng(0).uniform(-1, 16, (300, 2)), np.indices((16, 16)).reshape(2, -1).T]
    )
    for form in forms_of(target):
        artifact = rr.emit(many, target, form=form)
        assert rr.verify(artifact, many, X)
        ran = run_artifact(artifact, X)[1]
        assert ran.rule.tolist() == many.apply(X).tolist()  # on walls too: the numbers are whole
        assert form == "rules" or str(artifact).count("if (") + str(artifact).count("if ") < 60


def compilers() -> list[Any]:
    return [pytest.param(name, marks=needs_program(name)) for name in ("gcc", "clang")]


def sources(made: dict[str, RuleSet], tmp_path: Path) -> list[Path]:
    """score.c of every template, in double and float."""
    ways = [
        ("sparse", "rules"),
        ("linked", "tree"),
        ("sparse", "network"),
        ("dense", "network"),
        ("linked", "network"),
    ]
    for i, ((kind, form), number) in enumerate(product(ways, ("double", "float"))):
        outside = "clamp" if kind == "linked" else "null"
        rr.emit(made[kind], "c", form=form, number=number, outside=outside).write(tmp_path / str(i))

    return sorted(tmp_path.glob("*/score.c"))


@pytest.mark.parametrize("compiler", compilers())
def test_c_compiles_without_a_warning(
    compiler: str, made: dict[str, RuleSet], tmp_path: Path
) -> None:
    flags = [
        *(flag for flag in COMPILER if flag != "-O2"),
        "-Wshadow",
        "-Wvla",
        "-Wmissing-prototypes",
        "-O0",
    ]
    assert find_complaints(compiler, flags, sources(made, tmp_path), tmp_path) == ""


@cache
def narrow() -> dict[str, RuleSet]:
    """One input: without neurons, with one, with layers as tables; a column of two categories; one
    rule, one output.
    """
    interval = rr.Domain.box([-1], [1], ["stride"])
    affine = network(np.empty((0, 1)), [], np.empty((2, 0)), C=[[2], [-1]], c=[0.5, 1])
    links = [
        Head("softmax", (0, 1)),
        Head("argmax", (0, 1)),
        Head("sigmoid", (1,)),
        Head("exp", (0,)),
    ]
    return {
        "affine": rules_of(affine, interval),
        "linked": rules_of(affine, interval, [f"o{i}" for i in range(len(links))], links),
        "one neuron": rules_of(layered(1, 1, [1], 1), interval),
        "dense": rules_of(layered(2, 1, [10], 1), interval),
        "leaky": rules_of(layered(3, 1, [9, 9], 2, 0.1), interval.where("stride <= 0.5")),
        "linked and dense": rules_of(
            layered(4, 1, [9], 2), interval, [f"o{i}" for i in range(len(links))], links
        ),
        "one rule": rules_of(layered(2, 1, [10], 1), interval, max_regions=1),
        "open": rules_of(layered(2, 1, [10], 1)),
    }


@pytest.fixture(scope="module")
def narrow_sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """score.c of one input in every way, layers written out and in tables: each text once."""
    folder, texts = tmp_path_factory.mktemp("narrow"), dict[tuple[str, ...], Path]()
    for written in (100, 1):
        ways = set[str]()
        for (kind, rules), form, way in product(narrow().items(), forms_of("c"), WAYS):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(plan, "_WRITTEN", written)
                artifact = emitted(rules, "c", form, way)
            if artifact is not None:
                ways.add(f"{kind} {form} {way}")
                text, place = tuple(artifact.files.values()), folder / str(len(texts))
                if texts.setdefault(text, place / "score.c") == place / "score.c":
                    artifact.write(place)
        assert len(ways) > 150

    return list(texts.values())


@pytest.mark.parametrize("compiler", compilers())
def test_c_of_one_input_compiles_without_a_warning(
    compiler: str, narrow_sources: list[Path], tmp_path: Path
) -> None:
    """A parameter that tells how far values lie apart isn't read where there is one value."""
    flags = [flag for flag in COMPILER if flag != "-O2"]
    asked = [*flags, "-Wshadow", "-fsyntax-only"]
    assert find_complaints(compiler, asked, narrow_sources, tmp_path) == ""


@pytest.mark.parametrize("compiler", compilers())
def test_complaints_are_those_of_every_source(compiler: str, tmp_path: Path) -> None:
    """So that a source that is wrong isn't passed over."""
    (tmp_path / "header.c").write_text("#include <math.h>\nextern double x;\n")
    for name in ("one", "other"):
        (tmp_path / f"{name}.c").write_text(f"int {name}(void) {{ return sqrt(2.5); }}\n")
    places = sorted(tmp_path.glob("*.c"))
    said = find_complaints(compiler, [*COMPILER, "-fsyntax-only"], places, tmp_path)
    assert [said.count(f"{path}:1:") > 0 for path in places] == [False, True, True]
    assert find_complaints(compiler, COMPILER, places[:1], tmp_path) == ""


@pytest.mark.parametrize("kind", ["dense", "linked and dense", "leaky", "open"])
def test_c_of_one_input_gives_the_rules(kind: str) -> None:
    rules = narrow()[kind]
    X = np.linspace(-2, 2, 81)[:, None]
    for form, outside in (("network", "exact"), ("network", None), ("tree", None)):
        assert rr.verify(rr.emit(rules, "c", form=form, outside=outside), rules, X)


@needs_program("cppcheck")
def test_c_passes_cppcheck(made: dict[str, RuleSet], tmp_path: Path) -> None:
    sources(made, tmp_path)
    command = [
        "cppcheck",
        "--enable=warning,style,performance,portability",
        "--std=c99",
        "--quiet",
        "--error-exitcode=1",
    ]
    checked = subprocess.run([*command, tmp_path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


#: Rules of MISRA C:2012 that emitted C deviates from, as docs/design/emitting.md states with the
#: reasons.
DEVIATIONS = {"2.2", "2.3", "8.7", "8.9", "8.14", "10.3", "10.4", "12.1", "15.5", "18.4"}


@needs_program("cppcheck")
def test_c_deviates_from_misra_where_that_is_stated(
    made: dict[str, RuleSet], tmp_path: Path
) -> None:
    found = set[str]()
    for source in sources(made, tmp_path):  # one by one: names are to differ within a program
        command = ["cppcheck", "--addon=misra", "--enable=style", "--std=c99", "--quiet", source]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        found |= set(re.findall(r"misra-c2012-([\d.]+)", checked.stderr))

    if not found:
        pytest.skip("cppcheck has no MISRA addon")
    assert found <= DEVIATIONS
    stated = (Path(__file__).parents[2] / "docs" / "design" / "emitting.md").read_text()
    assert all(f"| {rule} |" in stated for rule in DEVIATIONS)


def test_c_has_no_state_and_allocates_nothing(made: dict[str, RuleSet], tmp_path: Path) -> None:
    """What the object file needs from outside is the mathematical library at most; it has no
    writable data.
    """
    for source in sources(made, tmp_path)[4:]:
        subprocess.run(["cc", "-std=c99", "-O1", "-c", source, "-o", tmp_path / "o"], check=True)
        symbols = subprocess.run(
            ["nm", tmp_path / "o"], capture_output=True, text=True, check=True
        ).stdout
        needed = {line.split()[1] for line in symbols.splitlines() if line.split()[0] == "U"}
        assert needed <= {
            "exp",
            "expm1",
            "log",
            "expf",
            "expm1f",
            "logf",
            "memset",
            "memcpy",
            "_GLOBAL_OFFSET_TABLE_",
        }
        assert not re.search(r" [dDbBC] ", symbols)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("#define SCORE_FEATURES 3", "#define SCORE_FEATURES 4"),
        ("#include <stddef.h>", "#include <stddef.h>\n#define __FAST_MATH__"),
    ],
)
def test_c_refuses_to_be_compiled_where_it_would_be_wrong(
    old: str, new: str, made: dict[str, RuleSet]
) -> None:
    artifact = rr.emit(made["dense"], "c", form="network")
    header = artifact.files["score.h"]
    assert old in header
    with pytest.raises(CheckError, match="doesn't compile"):
        run_artifact(
            replace(artifact, files={**artifact.files, "score.h": header.replace(old, new)}),
            np.zeros((1, 3)),
        )


def test_tables_of_c_hold_the_same_numbers_twice(made: dict[str, RuleSet]) -> None:
    for number in ("double", "float"):
        text = rr.emit(made["dense"], "c", form="network", number=number).files["score.c"]
        rows = re.findall(r"^    ([-0-9.e+f, ]+), /\* ([-0-9a-fx.p+ ]+) \*/$", text, re.MULTILINE)
        assert len(rows) > 20
        for decimals, hexadecimals in rows:
            exact = [float.fromhex(word) for word in hexadecimals.split()]
            read = [float(word.strip().rstrip("f")) for word in decimals.split(",")]
            rounded = np.array(read, np.float32).astype(float).tolist()
            assert exact == (read if number == "double" else rounded)


@pytest.mark.parametrize("target", TARGETS)
def test_the_head_says_where_it_comes_from(target: str, made: dict[str, RuleSet]) -> None:
    made_by = Provenance("net.onnx", "0123abcd" * 8, "1.2.3", {"max_error": 0.3})
    rules = replace(made["simplified"], provenance=made_by)
    artifact = rr.emit(rules, target, form="tree")
    for text in artifact.files.values():
        assert "model: net.onnx, network SHA-256: " + "0123abcd" * 8 in text
        assert "made by relurules 1.2.3, settings: max_error=0.3" in text
        assert f"further from the network's than {rules.score_error!r}" in text
    assert artifact.files == rr.emit(rules, target, form="tree").files


def test_the_header_of_c_tells_ranges() -> None:
    domain = replace(
        rr.Domain.box([0, -INF], [10, INF], ["age", "b"]), integer=np.array([True, False])
    )
    header = rr.emit(rules_of(random_network(1, K=2), domain), "c").files["score.h"]
    assert "0: age: a whole number from 0.0 to 10.0" in header
    assert "1: b: a number of any size" in header


@pytest.mark.parametrize(
    ("target", "options", "said"),
    [
        ("c", {"outside": "error"}, "no outside 'error'; supported: null, clamp, exact"),
        ("c", {"number": "half"}, "no number 'half'; supported: double, float"),
        ("python", {"number": "float"}, "no number 'float'; supported: double"),
        (
            "javascript",
            {"columns": ["outputs", "class"]},
            "column 'class': the network's outputs are no classes; ask for 'outputs'",
        ),
        (
            "javascript",
            {"columns": ["outputs", "median"]},
            "no column 'median' in 'javascript'; supported: outputs, ",
        ),
        ("numpy", {"columns": ["rule"]}, "always returns the outputs"),
        ("python", {"missing": "impute"}, "no missing 'impute'; supported: propagate"),
        ("numpy", {"form": "rules"}, "no form 'rules'; supported: network, tree"),
        ("python", {"outside": "exact", "form": "tree"}, "outside='exact' is of form 'network'"),
    ],
)
def test_refuses(target: str, options: dict[str, Any], said: str, many: RuleSet) -> None:
    with pytest.raises(UnsupportedError) as raised:
        rr.emit(many, target, **options)
    assert said in str(raised.value)


@pytest.mark.parametrize("target", TARGETS)
def test_exact_outside_a_domain_on_which_the_network_was_collapsed(target: str) -> None:
    net = network([[1, 0], [0, 1]], [5, 0], [[1, 1]])
    rules = rules_of(net, rr.Domain.box([-1, -1], [1, 1]))
    assert len(rules.network) == 1
    X = np.array([[-9.0, 3.0], [0.5, 0.5], [NAN, 0.0], [INF, 0.0], [2.0, -8.0]])
    ran = run_artifact(rr.emit(rules, target, outside="exact"), X)[1]
    assert np.array_equal(ran.outputs[[0, 1, 4]], net.evaluate(X[[0, 1, 4]]))
    assert np.isnan(ran.outputs[[2, 3]]).all()
    assert ran.rule.tolist() == [0, *rules.apply(X[[1]]).tolist(), 0, 0, 0]


def test_exact_needs_the_network_as_traced(many: RuleSet) -> None:
    with pytest.raises(UnsupportedError, match="needs the network as traced"):
        rr.emit(replace(many, traced=None), "c", outside="exact")


def test_too_many_conditions_for_a_c_compiler(
    many: RuleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printer, "_CONDITIONS", 100)
    with pytest.raises(
        UnsupportedError,
        match=r"writes out \d+ conditions; C compilers take 100 .* 'tree' or 'network'",
    ):
        rr.emit(many, "c", form="rules")


def test_numbers_that_a_float_cannot_hold() -> None:
    rules = rules_of(network([[1]], [0], [[1e60]]), rr.Domain.box([-1], [1]))
    assert rr.verify(rr.emit(rules, "c", form="network"), rules, np.array([[0.5], [-0.5]]))
    with pytest.raises(UnsupportedError, match=r"1e\+60 .*supported here: double"):
        rr.emit(rules, "c", form="network", number="float")


def test_python_reads_and_writes_csv(tmp_path: Path) -> None:
    rules = rules_of(
        random_network(3, K=3), rr.Domain.box([-1, -1], [1, 1], ["a", 'b "x", y']), ["y", "z"]
    )
    artifact = rr.emit(rules, "python")
    artifact.write(tmp_path)
    X = np.vstack([rows_in(rules.domain, 5), [[3, 0], [NAN, 0]]])
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", *rules.features])
    writer.writerows(
        [[7, *("" if value != value else repr(float(value)) for value in row)] for row in X]
    )
    ran = scored(tmp_path, out.getvalue())
    assert ran.returncode == 0, ran.stderr
    header, *found = csv.reader(io.StringIO(ran.stdout))
    assert header == ["y", "z", "rule"]
    assert [[float(v) for v in row[:2]] for row in found[:5]] == run_artifact(artifact, X[:5])[
        1
    ].outputs.tolist()
    assert [row[2] for row in found] == [str(number) for number in rules.apply(X)]
    assert found[5:] == [["", "", "0"]] * 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n1\n", "the header of the CSV lacks the column 'b'"),
        ("", "lacks the column 'a'"),
        ("a,b\n1,1\n1,x\n", "line 3 of the CSV"),
    ],
)
def test_python_says_what_is_wrong_with_a_csv(text: str, said: str, tmp_path: Path) -> None:
    rr.emit(
        rules_of(random_network(3, K=2), rr.Domain.box([-1, -1], [1, 1], ["a", "b"])), "python"
    ).write(tmp_path)
    ran = scored(tmp_path, text)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def scored(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", folder / "score.py"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def test_numpy_takes_arrays_frames_and_mappings(made: dict[str, RuleSet]) -> None:
    import pandas as pd

    rules = made["sparse"]
    module: dict[str, Any] = {"__name__": "score_numpy"}
    exec(str(rr.emit(rules, "numpy")), module)
    X = rows_in(rules.domain, 9)
    frame = pd.DataFrame({"other": "x", "b": X[:, 1], "a": X[:, 0]})
    for table in (X, frame, {"a": X[:, 0].tolist(), "b": X[:, 1]}, X.astype(object)):
        assert np.allclose(module["score_batch"](table), rules.predict(X), rtol=1e-13)
        assert module["rule_batch"](table).tolist() == rules.apply(X).tolist()

    assert module["score_batch"](X[:0]).shape == (0, 2)
    with pytest.raises(TypeError, match="must hold numbers, found text"):
        module["score_batch"]({"a": ["1"], "b": [2]})

    with pytest.raises(ValueError, match="expected an array of shape"):
        module["score_batch"](X[:, :1])

    with pytest.raises(KeyError):
        module["score_batch"]({"a": [1]})


@NODE
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("{a: 1}", "must be a number, found undefined"),
        ('{a: "1", b: 0}', "found string"),
        ("{a: {}, b: 0}", "found object"),
    ],
)
def test_javascript_refuses_what_is_no_number(
    row: str, said: str, made: dict[str, RuleSet], tmp_path: Path
) -> None:
    rr.emit(made["sparse"], "javascript").write(tmp_path)
    text = f'import {{ score }} from "./score.mjs"; score({row});'
    ran = subprocess.run(
        ["node", "--input-type=module", "-e", text],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert said in ran.stderr


NAMES = [
    "__proto__",
    "constructor",
    "</script>",
    "`${x}`",
    "\u2028",
    "'\"\\",
    "*/ ??/",
    "class",
    "rule_",
    "Größe",
    "1",
    "nan",
]


@pytest.mark.parametrize("target", TARGETS)
def test_any_name(target: str) -> None:
    d = len(NAMES)
    net = network(np.eye(d)[[0, 5]], [0.1, -0.2], np.ones((d, 2)), C=np.eye(d))
    rules = rules_of(net, rr.Domain.box([-1] * d, [1] * d, NAMES), NAMES)
    for form in forms_of(target):
        assert rr.verify(rr.emit(rules, target, form=form), rules, rows_in(rules.domain, 5))
