"""The part on what was changed by hand, by whom and why."""

from collections.abc import Mapping, Sequence
from shlex import quote

from relurules.documents.document import Block, Bullets, Facts, Paragraph, Section, Table
from relurules.ir import Scorer
from relurules.ir.difference import format_upper_bound
from relurules.ir.edit_record import EditRecord
from relurules.wording import phrases as p
from relurules.wording.edits import describe_edited
from relurules.wording.phrases import Phrase


def build_edits(rules: Scorer) -> Section | None:
    """Edit by edit, the first one first; None of rules that nobody edited."""
    edits = rules.provenance.edits
    if not edits:
        return None
    said = describe_edited(rules) or ""
    blocks: list[Block] = [Paragraph(p.text(f"{said[0].upper()}{said[1:]}."))]
    for number, edit in enumerate(edits, 1):
        blocks += _tabulate_edit(number, edit)
    blocks += _list_breaks(edits, rules.provenance.digest)
    return Section("edits", "Edits by hand", tuple(blocks))


def _tabulate_edit(number: int, edit: EditRecord) -> list[Block]:
    facts = [
        ("By", p.text(edit.author)),
        ("On", p.text(edit.date)),
        ("Reason", p.text(edit.reason)),
        ("Scores moved, at most", _phrase_bounds(edit.differences)),
        ("From the first model, at most", _phrase_bounds(edit.from_model)),
    ]
    if edit.rows is not None:
        share = f"{edit.changed_rows:,} of {edit.rows:,}"
        facts.append(("Rows of the data told otherwise", p.text(share)))
    facts += [
        ("File before", p.text(f"SHA-256 {edit.file_before}")),
        ("Network after", p.text(f"SHA-256 {edit.network_after}")),
        ("Made with", p.text(f"relurules {edit.version}")),
    ]
    rows = tuple((p.text(step.text), p.text(step.was)) for step in edit.steps)
    header = ("Change", "Before")
    blocks: list[Block] = [
        Table(f"Edit {number}: what was changed", header, rows, (False, False)),
        Facts(tuple(facts)),
    ]
    if edit.broken:
        items = tuple(p.text(f"Promise taken back: {text}.") for text in edit.broken)
        blocks.append(Bullets(items))
    return blocks


def _phrase_bounds(bounds: Mapping[str, float | None]) -> Phrase:
    shown = {
        name: "no bound" if value is None else format_upper_bound(value)
        for name, value in bounds.items()
    }
    if len(shown) == 1:
        return p.number(next(iter(shown.values())))
    return p.text("; ".join(f"{name}: {value}" for name, value in shown.items()))


def _list_breaks(edits: Sequence[EditRecord], digest: str) -> list[Block]:
    """Places where what one edit left isn't what the next one, or the document, starts from."""
    starts = [*(edit.network_before for edit in edits[1:]), digest]
    broken = [
        number
        for number, (edit, start) in enumerate(zip(edits, starts, strict=True), 1)
        if edit.network_after != start
    ]
    items = tuple(
        p.text(
            f"After edit {number} the rules were written anew, in another form or for another "
            "class: the digest of what it left isn't that of what follows."
        )
        for number in broken
    )
    return [Bullets(items)] if items else []


def write_edit_commands(edits: Sequence[EditRecord]) -> list[str]:
    """The commands that make them again, a line each."""
    return [
        " ".join(
            [
                "relurules edit rules.json",
                *(f"--set {quote(step.text)}" for step in edit.steps),
                f"--author {quote(edit.author)} --reason {quote(edit.reason)} --date {edit.date}",
                "--allow-broken --out rules.json --overwrite"
                if edit.broken
                else "--out rules.json --overwrite",
            ]
        )
        for edit in edits
    ]
