"""Rules and edits -> rules that are a model of their own, with a certified difference from those
before, and a record of who changed what.
"""

import datetime
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from relurules.analysis.class_moves import find_row_changes
from relurules.analysis.promises import PromiseCheck, check_promises, remove_promises
from relurules.analysis.rule_comparison import compare_rules
from relurules.codec.any_rules import digest_rules, load_any_rules
from relurules.editing.edit_kinds import Edit
from relurules.editing.edit_result import EditResult
from relurules.editing.edit_tables import EditFile
from relurules.editing.edit_texts import read_edits
from relurules.editing.formula_edits import edit_formulas
from relurules.editing.line_edits import edit_lines
from relurules.editing.score_sizes import check_sizes
from relurules.errors import CheckError, InputError
from relurules.files.version import VERSION
from relurules.ir import AdditiveRules, Provenance, RuleSet
from relurules.ir.answers import keep_finite
from relurules.ir.difference import Difference
from relurules.ir.edit_record import EditRecord, EditStep
from relurules.ir.evidence import Evidence
from relurules.ir.limits import Deadline
from relurules.ir.provenance import hash_network
from relurules.ir.ruleset import CollapseStats
from relurules.links.heads import is_identity
from relurules.rules.additive_error import bound_additive_output
from relurules.statistics.additive_statistics import gather_additive_evidence
from relurules.statistics.evidence_statistics import gather_evidence
from relurules.statistics.row_passes import hash_rows
from relurules.tables.names import find_text_flaw
from relurules.tables.table import read_table


def edit(
    rules: RuleSet | AdditiveRules | str | Path,
    edits: Any,
    *,
    author: str | None = None,
    reason: str | None = None,
    date: str | None = None,
    data: Any = None,
    y: Any = None,
    allow_broken: bool = False,
    time_limit: float | None = None,
) -> EditResult:
    """Change rules by hand: new rules, with a certified bound on how far any score moved anywhere
    in the domain, and a record of it in `rules.provenance.edits`. Those given stay as they are.

    rules: or their file, whose digest is noted as it stands. edits: texts, tables (mappings), or
    the `Path` of a TOML file with author, reason, date and tables [[edit]]; they apply one after
    another, with the numbers that lines had before all of them. Of lines that add up: "curve age at
    35 = 0.2", what a column adds there beside the reference, while its curve stays as it was at all
    other breakpoints and at the reference; "points housing at rent = 0.1"; "line 7 slope = 0.3";
    "line 7 threshold = 40"; "drop line 7"; "base age = 0.01" and "base = -1", of the base; "start =
    -1.2", the score of the reference. Of partition rules: "rule 3 constant = 0.5" and "rule 3
    coefficient age = 0.01"; conditions stay. Where there are several scores: "line 7 slope of p_yes
    = 0.3". Names of several words stand in ``.

    author, reason: who answers for it, and why; date: YYYY-MM-DD, by default today's. data: a
    table; which of its rows get another class, or another output. y: true values; where the table
    is the one that the rules' evidence is of, that is gathered anew; else what data said of the
    rules before is left out.

    The new rules are a model of their own: they are no longer those of a network, and say so;
    proofs and `verify` take them as the model. What a fit was asked to keep (`monotone`, `signs`,
    `effect_bounds`) is certified again: an edit that breaks it is refused with a CheckError, unless
    allow_broken, which takes the promise back with a word in the record. time_limit: seconds for
    the certified difference. Raises InputError and DataError for edits that can't be read or name
    what isn't there, UnsupportedError for what these rules don't have.
    """
    rules, digest = _read_rules(rules)
    asked = read_edits(edits, rules.scores)
    author, reason, date = _sign(asked, author, reason, date)
    if not asked.edits:
        raise InputError("there is no edit; give one such as 'curve age at 35 = 0.2'")

    table = None if data is None else read_table(data)
    edited, steps, touched = _apply_edits(rules, asked.edits)
    edited = replace(edited, chosen_reference=rules.reference)
    check_sizes(edited)
    check = check_promises(rules, edited)
    if check.broken and not allow_broken:
        said = "; ".join(one.text for one in check.broken)
        raise CheckError(
            f"{said}. Change the edit, or take the promise back: allow_broken=True, on the command "
            "line --allow-broken"
        )

    deadline = Deadline.after(time_limit)
    difference = compare_rules(
        rules, edited, data=table, names=("before", "after"), deadline=deadline
    )
    changes = None if data is None else find_row_changes(rules, edited, data)
    moved, known = _bound_differences(rules, difference)
    record = EditRecord(
        author=author, reason=reason, date=date, version=VERSION, steps=steps,
        file_before=digest, network_before=hash_network(rules.network),
        network_after=hash_network(edited.network), differences=moved, from_model=known,
        broken=tuple(one.text for one in check.broken),
        rows=None if changes is None else changes.rows,
        changed_rows=None if changes is None else len(changes.changed),
    )  # fmt: skip
    whole = _make_own_model(edited, rules, record, check)
    whole = replace(whole, evidence=_renew_evidence(rules, whole, touched, data, y))

    return EditResult(
        rules=whole, before=rules, difference=difference, changes=changes, notes=check.notes
    )


def _read_rules(
    rules: RuleSet | AdditiveRules | str | Path,
) -> tuple[RuleSet | AdditiveRules, str]:
    """The rules, and the SHA-256 of their file, or of the one that `save` would write."""
    if isinstance(rules, str | Path):
        found = load_any_rules(rules)
        return found, hashlib.sha256(Path(rules).read_bytes()).hexdigest()
    return rules, digest_rules(rules)


def _sign(
    asked: EditFile, author: str | None, reason: str | None, date: str | None
) -> tuple[str, str, str]:
    """Who, why and when; InputError where nobody answers for it."""
    found = {"author": author or asked.author, "reason": reason or asked.reason}
    for name, value in found.items():
        if value is None or not str(value).strip():
            raise InputError(
                f"an edit is signed: say who answers for it (author) and why (reason); {name} is "
                "missing"
            )
        if flaw := find_text_flaw(" ".join(str(value).split())):
            raise InputError(f"{name} holds {flaw}; write it otherwise")

    given = date or asked.date or datetime.datetime.now(datetime.UTC).date().isoformat()
    try:
        datetime.date.fromisoformat(given)
    except ValueError as error:
        raise InputError(f"date is {given!r}; expected a day as YYYY-MM-DD") from error
    author, reason = (" ".join(str(value).split()) for value in found.values())
    return author, reason, given


def _apply_edits(
    rules: RuleSet | AdditiveRules, edits: tuple[Edit, ...]
) -> tuple[RuleSet | AdditiveRules, tuple[EditStep, ...], frozenset[int]]:
    """The rules, what was done, and numbers of partition rules whose formula is another."""
    if isinstance(rules, RuleSet):
        return edit_formulas(rules, edits)
    return *edit_lines(rules, edits), frozenset()


def _bound_differences(
    rules: RuleSet | AdditiveRules, difference: Difference
) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Of every score, from the rules before, and from what they were made of first."""
    bounds = [max(gap.bound, gap.slivers) for gap in difference.gaps]
    if difference.same:
        bounds = [0.0] * len(bounds)
    before = dict.fromkeys(rules.scores, float(rules.score_error))
    if rules.provenance.edits:
        told = rules.provenance.edits[-1].from_model
        known = [np.inf if value is None else value for value in told.values()]
        before = {name: known[i] for i, name in enumerate(rules.scores)}

    totals = [b + known for b, known in zip(bounds, before.values(), strict=True)]
    totals = [
        float(np.nextafter(t, np.inf)) if min(b, known) > 0 else t
        for t, b, known in zip(totals, bounds, before.values(), strict=True)
    ]
    return (
        dict(zip(rules.scores, map(keep_finite, bounds), strict=True)),
        dict(zip(rules.scores, map(keep_finite, totals), strict=True)),
    )


def _make_own_model(
    edited: RuleSet | AdditiveRules, rules: RuleSet | AdditiveRules, record: EditRecord,
    check: PromiseCheck,
) -> Any:  # fmt: skip
    """The rules as a model of their own: it is their own network that they are compared with."""
    made = rules.provenance
    settings = remove_promises(made.settings, check.broken)
    provenance = Provenance(
        model=made.model, digest=record.network_after, version=VERSION, settings=settings,
        fitted=made.fitted, edits=(*made.edits, record),
    )  # fmt: skip
    old, count = rules.reduction, len(edited.network)
    stats = CollapseStats(count, count, {}, old.regions, old.rows)
    if isinstance(edited, RuleSet):
        return replace(
            edited, provenance=provenance, reduction=stats, traced=None, score_error=0.0,
            output_error=None if is_identity(edited.heads, edited.score_count) else 0.0,
        )  # fmt: skip

    error = sum(group.rules.score_error for group in edited.groups)
    return replace(
        edited, provenance=provenance, reduction=stats, traced=edited.network, tradeoffs=(),
        score_error=error,
        output_error=bound_additive_output(edited.heads, edited.network, edited.domain, error),
    )  # fmt: skip


def _renew_evidence(
    rules: RuleSet | AdditiveRules, edited: RuleSet | AdditiveRules, touched: frozenset[int],
    data: Any, y: Any,
) -> Evidence | None:  # fmt: skip
    """What data say: anew of the same table, else of the columns alone."""
    known = rules.evidence
    if known is None:
        return None
    if data is not None and hash_rows(rules.domain.rows(data)) == known.digest:
        if isinstance(edited, AdditiveRules):
            return gather_additive_evidence(edited, data, y)
        return gather_evidence(edited, data, y)
    facts = tuple(
        one._replace(local={}, whole={}) if number in touched else one
        for number, one in enumerate(known.rules, 1)
    )
    if isinstance(edited, RuleSet):
        return replace(known, metrics={}, rules=facts)

    return replace(
        known, metrics={}, rules=(), part_deviations=None, response=None, task=None, positive=None
    )
