"""What was asked of the rules, and the answers."""

from collections.abc import Sequence

from relurules.documents.document import Block, Bullets, Paragraph, Section, Table
from relurules.ir.answers import Answer, Witness, format_value
from relurules.wording import phrases as p


def build_questions(answers: Sequence[Answer]) -> Section | None:
    """Each answer with its table, the rows that show it and its notes; notes that all answers have
    come last, once.
    """
    if not answers:
        return None

    common = [note for note in answers[0].notes if all(note in answer.notes for answer in answers)]
    blocks: list[Block] = []
    for answer in answers:
        blocks += [Paragraph(p.text(line)) for line in answer.statement.splitlines()]
        if answer.grid is not None and answer.grid.rows:
            rows = tuple((p.name(row[0]), *map(p.read_number, row[1:])) for row in answer.grid.rows)
            numeric = (False, *[True] * (len(answer.grid.header) - 1))
            blocks.append(Table("In numbers", answer.grid.header, rows, numeric))
        if answer.witnesses:
            blocks.append(_tabulate_rows(answer.witnesses))
        if own := [note for note in answer.notes if note not in common]:
            blocks.append(Bullets(tuple(map(p.text, own))))

    if common:
        blocks.append(Bullets(tuple(map(p.text, common))))
    return Section("questions", "Questions", tuple(blocks))


def _tabulate_rows(witnesses: Sequence[Witness]) -> Table:
    """Rows of the domain side by side, and what the rules say of them."""
    header = ("Row of the domain", *(witness.shows for witness in witnesses))
    rows = [
        (p.name(c), *(p.value(format_value(w.row[c])) for w in witnesses))
        for c in witnesses[0].row
        if c not in witnesses[0].unread
    ]
    rows += [
        (p.name(o), *(p.number(f"{w.outputs[o]:.6g}") for w in witnesses))
        for o in witnesses[0].outputs
    ]
    if any(witness.rule is not None for witness in witnesses):
        rows.append((p.text("rule"), *(p.number(str(w.rule)) for w in witnesses)))

    return Table("Rows that show it", header, tuple(rows), (False, *[True] * len(witnesses)))
