"""Whoever changes anything is found out; whoever forges the digests too can't make a false claim
hold.
"""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from instances import NAMED, files, instance, named_instance
from tampering import SURE, TAMPERINGS, InapplicableError, stamped, tampered
from tampering_text import RETOUCHES, retouched

import relurules as rr
from relurules import checker
from relurules.checker.script import make_check_script
from relurules.errors import RulesError
from relurules.networks.inputs import narrow_graph

#: Instances with splits inside rules, decisions, an inequality, nearly linear slopes;
#: benchmarks/proofs.py takes more.
SEEDS = (3, 7, 12, 25, 62, 71)
#: So many changes of files are drawn, of every kind about as many, in so many parts; every so
#: many-th of a part is given to check.py too, the first as a program of its own.
CHANGES, PARTS, SCRIPTED = 600, 12, 5


@cache
def given(which: int | str) -> tuple[Any, Any, Any, Any]:
    model, rules = named_instance(which) if isinstance(which, str) else instance(which)
    return *files(model, rules, rr.prove(rules, model)), rr.trace(model)


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_every_tampering_is_refused(kind: str) -> None:
    done = 0
    for number, which in enumerate((*SEEDS, *NAMED)):
        *triple, _ = given(which)
        try:
            changed = tampered(kind, tuple(triple), np.random.default_rng(number))  # type: ignore[arg-type]
        except InapplicableError:
            continue
        done += 1
        verdict = checker.check(*changed)
        assert not verdict
        assert verdict.why
        forged = checker.check(*stamped(changed)) if kind != "the version" else verdict
        assert not forged or kind not in SURE, (kind, which, forged)
    assert done, f"no instance has anything to tamper with: {kind}"


def test_what_is_untouched_holds() -> None:
    for which in (*SEEDS, *NAMED):
        *triple, _ = given(which)
        assert checker.check(*triple), which
        assert checker.check(*stamped(tuple(triple))), which  # type: ignore[arg-type]


def drawn(number: int) -> tuple[str, list[str | bytes]]:
    """Change number so-and-so: its kind, and certificate, rules and model as files."""
    rng = np.random.default_rng(number)
    kinds = (*TAMPERINGS, *RETOUCHES)
    kind = kinds[number % len(kinds)]
    for _ in range(200):
        certificate, rules, model, _graph = given(
            ([*SEEDS, *NAMED])[int(rng.integers(len(SEEDS) + len(NAMED)))]
        )
        rules = {name: value for name, value in rules.items() if name not in checker.PARTS_ASIDE}
        try:
            if kind in RETOUCHES:
                texts = json.dumps(certificate), json.dumps(rules), json.dumps(model)
                return kind, retouched(kind, texts, rng)
            changed = tampered(kind, (certificate, rules, model), rng)
        except InapplicableError:
            continue
        if kind in SURE and kind != "the version" and rng.random() < 0.5:
            kind, changed = f"{kind}, digests forged", stamped(changed)
        return kind, [json.dumps(value) for value in changed]
    raise AssertionError(f"no instance has anything to tamper with: {kind}")


def rejection(paths: list[Path]) -> str:
    """The sentence with which `rr.check` rejects, "" where it doesn't."""
    certificate, rules, model = paths
    try:
        verdict = rr.check(certificate, rules, model)
    except RulesError as error:
        return str(error)
    return verdict.why


@pytest.mark.parametrize("part", range(PARTS))
def test_six_hundred_changed_files_are_rejected_with_a_sentence(part: int, tmp_path: Path) -> None:
    (tmp_path / "check.py").write_text(make_check_script(), encoding="utf-8")
    paths = [tmp_path / name for name in ("certificate.json", "rules.json", "model.json")]
    for place, number in enumerate(range(part, CHANGES, PARTS)):
        kind, contents = drawn(number)
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        why = rejection(paths)
        assert len(why.split()) > 2, (number, kind, why)
        assert "\n" not in why, (number, kind, why)
        if place % SCRIPTED == 0:
            run = run_script_alone if place == 0 else run_script_here
            assert_the_script_rejects(*run(paths), f"{number}: {kind}")


def run_script_alone(paths: list[Path]) -> tuple[Any, str]:
    command = [sys.executable, "-I", "-S", str(paths[0].parent / "check.py"), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@cache
def compile_script() -> Any:
    return compile(make_check_script(), "check.py", "exec")


def run_script_here(paths: list[Path]) -> tuple[Any, str]:
    """The same text, without a start of Python and its compiler for each."""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setattr(sys, "argv", ["check.py", *map(str, paths)])
        with pytest.raises(SystemExit) as ended:
            exec(compile_script(), {"__name__": "__main__"})  # our own script
    return ended.value.code, said.getvalue()


def assert_the_script_rejects(code: Any, said: str, what: str) -> None:
    assert code in (1, 2), (what, said)
    assert said.startswith("refused: " if code == 1 else "error: "), (what, said)
    assert said.count("\n") == 1, (what, said)


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_forged_certificates_that_hold_are_true(kind: str) -> None:
    """Of score rules: what a forged certificate still shows is never contradicted by points of the
    domain.
    """
    for seed in SEEDS:
        *triple, graph = given(seed)
        rng = np.random.default_rng(seed + 1)
        try:
            found, rules, model = stamped(tampered(kind, tuple(triple), rng))  # type: ignore[arg-type]
        except InapplicableError:
            continue
        if rules.get("decision") is not None or not checker.check(found, rules, model):
            continue
        assert model == triple[2], "another model has another bound, which would have been told"
        assert_never_contradicted(rules, graph, found["bound"], rng)


def assert_never_contradicted(
    rules: Any, graph: Any, bound: float, rng: np.random.Generator
) -> None:
    from relurules.codec.rules_json import from_json

    read: Any = from_json(rules)
    domain = read.domain
    if domain.table_places is not None:
        graph = narrow_graph(graph, graph.columns, domain.table_places.coordinates)
    network = graph.network
    X = rng.uniform(domain.lower, domain.upper, size=(2000, len(domain)))
    X = X[domain.contains(X)]
    off = np.abs(read.predict_scores(X) - network.evaluate(X)) - 1e-12 * network.magnitude(X)
    assert off.max(initial=0.0) <= bound
