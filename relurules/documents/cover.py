"""The cover of a document that is to be signed, and the section on where all of it comes from."""

from relurules.documents.document import (
    Block,
    Bullets,
    Code,
    Facts,
    Paragraph,
    Section,
    SignOff,
    Table,
)
from relurules.validation.about import About, Approver
from relurules.validation.origins import Origins
from relurules.wording import phrases as p
from relurules.wording.phrases import Phrase

#: What stands for something that nobody said.
MISSING = "missing: nobody has said"
#: Lines of a sign-off block where nobody is named.
_BLANK_LINES = 2


def build_cover(about: About) -> Section:
    """Purpose, owner, limits, and who signs."""
    items: list[tuple[str, Phrase]] = [
        ("Purpose", _say(about.purpose)),
        ("Owner", _say(about.owner)),
        ("Version", _say(about.version)),
        ("Legal basis", _say(about.legal_basis)),
    ]
    if about.status:
        items.append(("Status", p.text(about.status)))
    if about.contact:
        items.append(("Contact", p.text(about.contact)))

    blocks: list[Block] = [Facts(tuple(items))]
    lists = (("Limits of use", about.limits), ("Data sources", about.data_sources))
    for name, entries in lists:
        blocks.append(Paragraph(p.text(f"{name}:")))
        blocks.append(Bullets(tuple(p.text(entry) for entry in entries or (MISSING,))))
    for name, entries in (
        ("Users", about.users),
        ("Human oversight", about.oversight),
        ("Risks", about.risks),
    ):
        if entries:
            blocks.append(Paragraph(p.text(f"{name}:")))
            blocks.append(Bullets(tuple(p.text(entry) for entry in entries)))

    return Section("cover", "What this is for, and who signs", (*blocks, _build_sign_off(about)))


def _say(text: str | None) -> Phrase:
    return p.text(text or MISSING)


def _build_sign_off(about: About) -> SignOff:
    """A line for everybody who approves; blank where nobody is named."""
    people = about.approvers or tuple(Approver("") for _ in range(_BLANK_LINES))
    rows = tuple(
        (
            p.text(one.name or "\u2003"),
            p.text(one.role or "\u2003"),
            p.text(one.decision or "not decided yet"),
            p.text(one.date or "\u2003"),
            p.text("\u2003"),
        )
        for one in people
    )
    header = ("Name", "Role", "Decision", "Date", "Signature")

    return SignOff("Sign-off", header, rows, (False,) * 5)


def build_origins(origins: Origins) -> Section:
    """The command, digests and versions, and how the rules were fitted."""
    blocks: list[Block] = [
        Paragraph(p.text("This document, with every figure in it, is made again by:")),
        Code(origins.command),
        Paragraph(
            p.text(
                "The same files, versions and seed give the same bytes. Files are told by the "
                "SHA-256 of their bytes."
            )
        ),
    ]
    if origins.files:
        blocks.append(Paragraph(p.text("Files that were read:")))
        items = [(role, p.text(f"{name}, {sha}")) for role, name, sha in origins.files]
        blocks.append(Facts(tuple(items)))
    rows_of = tuple((p.text(name), p.text(value)) for name, value in origins.versions.items())
    blocks.append(Table("Versions", ("Package", "Version"), rows_of, (False, False)))
    blocks += _build_training(origins)

    return Section("origins", "Where all of this comes from", tuple(blocks))


def _build_training(origins: Origins) -> list[Block]:
    if not origins.training:
        said = "How the rules were fitted isn't known here: no folder of relurules fit was given."
        return [Paragraph(p.text(said))]
    noted = tuple((name, p.text(str(value))) for name, value in origins.training.items())
    blocks: list[Block] = [Paragraph(p.text("How the rules were fitted:")), Facts(noted)]
    if origins.training_files:
        files = tuple((name, p.text(sha)) for name, sha in origins.training_files.items())
        blocks += [Paragraph(p.text("Files that the fit wrote:")), Facts(files)]

    return blocks
