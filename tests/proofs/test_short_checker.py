"""The checker of at most 450 lines agrees with check.py, or says that it doesn't judge a file."""

import ast
import sys
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from certificate_cases import draw_case, make_lines
from handmade import graph, layered, network
from instances import files, instance, named_instance
from line_models import KIND
from second_checker import encode_files, judge_by_ours

import relurules as rr
from relurules.domain.columns import Column

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "tools" / "short_checker" / "check_short.py"
#: So many changed certificates are drawn.
CASES = 300
#: What check.py asks of points of rules, which show that a domain isn't empty: no box is.
_OF_POINTS = ("the point of rule", "no rule has a point")


@pytest.fixture(scope="module")
def short() -> ModuleType:
    """The file as a module."""
    spec = spec_from_file_location("check_short", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["check_short"] = module  # named tuples look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sources() -> list[Any]:
    """Certificates of rules of one score and several, of one level of neurons and several."""
    made = [instance(seed) for seed in (1, 2, 3, 5)] + [named_instance("scores")]
    model = graph(layered(2, 3, (4, 1), 1))
    made.append((model, rr.extract(model, domain=rr.Domain.box([-1.0] * 3, [1.0] * 3))))
    return [files(model, rules, rr.prove(rules, model)) for model, rules in made]


def judge(short: ModuleType, case: Any, folder: Path) -> int:
    paths = [folder / name for name in ("certificate.json", "rules.json", "model.json")]
    for path, data in zip(paths, case, strict=True):
        path.write_bytes(data)
    return int(short.main([str(path) for path in paths]))


def test_it_has_at_most_450_lines_and_needs_python_alone() -> None:
    text = PATH.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 450
    imports = [
        alias.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    assert {str(name).split(".")[0] for name in imports} <= sys.stdlib_module_names


def test_it_agrees_with_check_py_on_honest_and_changed_certificates(
    short: ModuleType,
    sources: list[Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cases = [("honest", encode_files(triple)) for triple in sources]
    cases += [
        draw_case(sources[number % len(sources)], np.random.default_rng(number))
        for number in range(CASES)
    ]

    seen = set()
    for number, (kind, case) in enumerate(cases):
        ours, code = judge_by_ours(case), judge(short, case, tmp_path)
        told = capsys.readouterr().out
        seen.add((ours.code, code))
        if code == 3 or ours.why.startswith(_OF_POINTS):
            continue
        assert (code == 0) == (ours.code == 0), (number, kind, ours, told)
    assert {(0, 0), (1, 1)} <= seen


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: make_lines(0), "additive rules"),
        (lambda: _prove("threshold"), "a decision between classes"),
        (lambda: _prove("categories"), "categories, groups of columns"),
    ],
)
def test_what_it_does_not_judge_is_named(
    make: Any, why: str, short: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = encode_files(make())
    assert judge_by_ours(case).code == 0
    assert judge(short, case, tmp_path) == 3
    told = capsys.readouterr().out
    assert told.startswith("not judged: ")
    assert why in told
    assert told.endswith("use check.py\n")


def _prove(name: str) -> Any:
    if name == "categories":
        columns = (Column("kind", KIND), Column("amount"))
        free = rr.Domain.over(columns)
        domain = replace(free, lower=np.zeros(len(free)), upper=np.ones(len(free)))
        made = graph(network(np.ones((1, len(free))), [-0.5], [[1.0]]))
        model: Any = replace(made, columns=columns, features=domain.names)
        rules = rr.extract(model, domain=domain)
    else:
        model, rules = named_instance(name)
    return files(model, rules, rr.prove(rules, model))


def test_claims_about_code_are_left_out_aloud(
    short: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = graph(layered(2, 3, (4, 1), 1))
    rules = rr.extract(model, domain=rr.Domain.box([-1.0] * 3, [1.0] * 3))
    proof = rr.prove(rules, model, artifacts=[rr.emit(rules, "python", form="tree")])
    assert judge(short, encode_files(files(model, rules, proof)), tmp_path) == 0
    assert "what it claims of code isn't judged here" in capsys.readouterr().out


def test_a_file_that_cant_be_read_is_told(
    short: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge(short, (b"{", b"{}", b"{}"), tmp_path) == 2
    assert judge(short, (b'{"a": 1e999}', b"{}", b"{}"), tmp_path) == 2
    assert judge(short, (b'{"a": 1, "a": 1}', b"{}", b"{}"), tmp_path) == 2
    assert "a key is twice" in capsys.readouterr().err
