"""Rules in every language at once: a folder with a manifest of what is in it, and of what engines
gave.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from relurules.documents.formats import PRINTERS
from relurules.emitting import EmitOptions
from relurules.emitting.targets import TARGETS
from relurules.errors import InputError, RelurulesError, UnsupportedError
from relurules.files.version import VERSION
from relurules.files.writing import write_all
from relurules.ir import AdditiveRules, Artifact, RuleSet
from relurules.pipeline.artefacts import emit_rules
from relurules.pipeline.dbt_project import DBT
from relurules.pipeline.verification import verify_model

MANIFEST = "manifest.json"


class Deployment(NamedTuple):
    """paths: all files that were written, the manifest last; manifest: what it says; passed:
    whether no engine gave anything else than the rules.
    """

    paths: tuple[Path, ...]
    manifest: Mapping[str, Any]
    passed: bool


def write_deployment(
    rules: RuleSet | AdditiveRules,
    folder: Path,
    data: Any,
    options: EmitOptions,
    progress: Callable[[str], object] = lambda _line: None,
) -> Deployment:
    """Emit rules for every target into a folder of its own, and run what an engine here runs.

    data: rows that engines score, compared with the rules; None to run nothing. options: of SQL,
    the table and the keys, and of everything else the columns. progress: takes a line for every
    target, once it is done. A target that can't have these rules is left out, and the manifest says
    why.
    """
    paths, entries, left = list[Path](), list[dict[str, Any]](), dict[str, str]()
    for place, target, dialect in _list_places():
        try:
            artifact = emit_rules(rules, target, _choose_options(options, target, dialect))
        except (UnsupportedError, InputError) as error:
            left[place] = str(error)
            progress(f"{place}: left out: {error}")
            continue
        written = artifact.write(folder / place)
        paths += written
        checked = {} if target in PRINTERS else _verify(artifact, rules, data)
        entries += [_describe_file(folder, path, artifact, checked) for path in written]
        progress(f"{place}: {_describe_check(checked)}")

    manifest = {
        "relurules": VERSION,
        "model": {"name": rules.provenance.model, "sha256": rules.provenance.digest},
        "max_error": rules.score_error,
        "files": entries,
        "left_out": left,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    paths += write_all(folder, {MANIFEST: text})
    passed = all(entry.get("verified", {}).get("passed", True) for entry in entries)
    return Deployment(tuple(paths), manifest, passed)


def _list_places() -> Iterator[tuple[str, str, str | None]]:
    """Folder, target and dialect of everything there is."""
    for target in PRINTERS:
        yield f"documents/{target}", target, None
    for target, row in TARGETS.items():
        for dialect in row.dialects:
            yield f"{target}/{dialect}" if dialect else target, target, dialect
    yield DBT, DBT, None


def _choose_options(options: EmitOptions, target: str, dialect: str | None) -> EmitOptions:
    """Those that a target takes, of which text and documents take the fewest."""
    if target in PRINTERS:
        return EmitOptions(title=options.title)
    if target == "text":
        return EmitOptions()
    return replace(options, dialect=dialect, title=None)


def _verify(artifact: Artifact, rules: RuleSet | AdditiveRules, data: Any) -> dict[str, Any]:
    """What the engine of the artefact gave, or why it wasn't run."""
    if data is None or artifact.target == "text":
        return {}
    try:
        report = verify_model(artifact, rules, data, None)
    except UnsupportedError as error:
        return {"not_run": str(error)}
    except RelurulesError as error:
        return {"passed": False, "error": str(error)}
    return {
        "passed": report.passed,
        "engine": report.engine,
        "rows": report.rows,
        "outside": report.outside,
        "difference": report.difference,
        "relative": report.relative,
        "remarks": list(report.remarks),
    }


def _describe_check(checked: Mapping[str, Any]) -> str:
    """What an engine gave, in words."""
    if "not_run" in checked:
        return f"written, not run: {checked['not_run']}"
    if "error" in checked:
        return f"FAILED: {checked['error']}"
    if not checked:
        return "written"
    said = "passed" if checked["passed"] else "FAILED"
    return (
        f"{said} in {checked['engine']} on {checked['rows']:,} rows, largest difference "
        f"{checked['difference']:.2g}"
    )


def _describe_file(
    folder: Path, path: Path, artifact: Artifact, checked: Mapping[str, Any]
) -> dict[str, Any]:
    content = path.read_bytes()
    found = {
        "file": path.relative_to(folder).as_posix(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "target": artifact.target,
        "form": artifact.form,
    }
    if artifact.target in TARGETS and artifact.target != "text":
        found |= {"columns": list(artifact.returned), "outside": artifact.outside}
    if checked:
        found["verified"] = dict(checked)

    return found
