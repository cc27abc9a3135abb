"""A folder of artefacts, documents and proofs -> what of it holds: digests, certificates, the
signature.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relurules.checker import (
    ANSWER_FORMAT,
    AnswerVerdict,
    Verdict,
    check_answer,
    describe_answer,
    describe_verdict,
    hash_rules_and_model,
)
from relurules.errors import CheckError, DataError, InputError
from relurules.files.digests import (
    FolderDifference,
    compare_files,
    format_digest_list,
    hash_file,
    list_files,
    parse_digest_list,
    require_inner_name,
)
from relurules.files.signatures import find_signer, sign_bytes
from relurules.files.writing import read_bytes, read_json, write_all
from relurules.ir.answer_certificate import find_rules_digests
from relurules.pipeline.deployment import MANIFEST
from relurules.pipeline.document_folder import SUMS
from relurules.proofs.executions import check_folder_texts
from relurules.proofs.proving import check, read_model_numbers

#: The signature of the list of digests.
SIGNATURE = f"{SUMS}.sig"
_CERTIFICATE, _RULES, _MODEL = "certificate.json", "rules.json", "model.json"
#: What holds of a certificate, or why that isn't known.
AnyVerdict = Verdict | AnswerVerdict | str


@dataclass(frozen=True, kw_only=True)
class FolderVerdict:
    """What holds of a folder.

    lists: names of the lists of digests; files: how the files compare with them; certificates:
    verdicts by name, or why there is none; signer: who signed, None where it wasn't asked for;
    unsigned: why the signature doesn't count.
    """

    lists: tuple[str, ...]
    files: FolderDifference
    certificates: Mapping[str, AnyVerdict]
    signer: str | None = None
    unsigned: str | None = None

    @property
    def holds(self) -> bool:
        """Whether there are files, and nothing was found that doesn't hold."""
        proven = all(not isinstance(own, str) and own for own in self.certificates.values())
        return bool(self.files.held) and self.files.holds and proven and self.unsigned is None


def check_folder(folder: Path, signers: Path | None = None) -> FolderVerdict:
    """What holds of the files of a folder: those of SHA256SUMS and of manifest.json, and the
    certificates among them.

    signers: a file of allowed signers, one of whom must have signed SHA256SUMS, which then must
    name every file. DataError for a folder without any list.
    """
    sums = _read_if_there(folder / SUMS)
    lists = dict[str, Mapping[str, str]]()
    if sums is not None:
        lists[SUMS] = parse_digest_list(str(folder / SUMS), _decode(folder / SUMS, sums))
    if signers is None and (folder / MANIFEST).exists():
        lists[MANIFEST] = _read_manifest(folder / MANIFEST)
    if not lists and signers is None:
        raise DataError(
            f"{folder}: has no {MANIFEST} and no {SUMS}, so nothing tells what should be in it; "
            f"--seal writes {SUMS} of what is there"
        )

    aside = (SUMS, SIGNATURE) if signers is not None else (MANIFEST, SUMS, SIGNATURE)
    signer, unsigned = None, None
    if signers is not None:
        try:
            signer = _find_signer(folder, sums, signers)
        except CheckError as error:
            unsigned = str(error)

    return FolderVerdict(
        lists=tuple(lists),
        files=compare_files(folder, lists.values(), aside),
        certificates=dict(_check_certificates(folder)),
        signer=signer,
        unsigned=unsigned,
    )


def seal_folder(folder: Path, key: Path | None = None) -> list[Path]:
    """Write SHA256SUMS of all files of a folder, and with a key its signature; the paths.

    CheckError where there is no file, one isn't what a list of the folder says, or a certificate
    doesn't hold: nobody should sign that.
    """
    if (folder / MANIFEST).exists() or (folder / SUMS).exists():
        found = check_folder(folder)
        lost = (*found.files.changed, *found.files.missing)
        if lost:
            raise CheckError(f"{folder}: {lost[0]} isn't what {' or '.join(found.lists)} says")
        certificates = found.certificates
    else:
        certificates = dict(_check_certificates(folder))
    for name, verdict in certificates.items():
        if isinstance(verdict, str) or not verdict:
            raise CheckError(f"{name}: {_describe_certificate(verdict)}")

    digests = dict[str, str]()
    for name in list_files(folder):
        if name in (SUMS, SIGNATURE):
            continue
        if (digest := hash_file(folder / name)) is None or not name.isprintable():
            raise CheckError(f"{folder / name!s:.200}: is no file that can be read and named")
        digests[name] = digest

    if not digests:
        raise CheckError(f"{folder}: has no files to seal")

    text = format_digest_list(digests)
    if key is None:
        return write_all(folder, {SUMS: text}, without=(SIGNATURE,))
    return write_all(folder, {SUMS: text, SIGNATURE: sign_bytes(text.encode(), key)})


def describe_folder(found: FolderVerdict) -> Iterator[str]:
    """What holds of a folder, a line for each thing."""
    files = found.files
    count = len(files.held)
    where = " and ".join(found.lists) or "no list"
    yield f"{count} {'file holds' if count == 1 else 'files hold'}, by {where}"
    for what, names in (
        ("changed", files.changed),
        ("missing", files.missing),
        ("in no list", files.unlisted),
    ):
        yield from (f"{what}: {_show(name)}" for name in names)
    for name, verdict in found.certificates.items():
        yield f"{_show(name)}: {_describe_certificate(verdict)}"
    if found.signer is not None:
        yield f"{SIGNATURE}: signed by {_show(found.signer)}"
    if found.unsigned is not None:
        yield f"{SIGNATURE}: {found.unsigned}"


def _describe_certificate(verdict: AnyVerdict) -> str:
    if isinstance(verdict, AnswerVerdict):
        return describe_answer(verdict)
    return describe_verdict(verdict) if isinstance(verdict, Verdict) else verdict


def _show(name: str) -> str:
    return name if name.isprintable() else repr(name)


def _find_signer(folder: Path, sums: bytes | None, signers: Path) -> str:
    signature = _read_if_there(folder / SIGNATURE)
    if sums is None or signature is None:
        raise CheckError(f"there is no {SUMS if sums is None else SIGNATURE}")
    if not signers.is_file():
        raise DataError(f"{signers}: is no file of allowed signers")
    return find_signer(sums, signature, signers)


def _read_if_there(path: Path) -> bytes | None:
    try:
        return read_bytes(path)
    except FileNotFoundError:
        return None


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: isn't UTF-8, from byte {error.start} on") from error


def _read_manifest(path: Path) -> dict[str, str]:
    """{file: its SHA-256} of a manifest of all targets."""
    found: Any = read_json(path)
    entries = found.get("files") if isinstance(found, dict) else None
    digests = dict[str, str]()
    for entry in entries if isinstance(entries, list) else [None]:
        told = (entry.get("file"), entry.get("sha256")) if isinstance(entry, dict) else (None, None)
        if not isinstance(told[0], str) or not isinstance(told[1], str) or told[0] in digests:
            raise DataError(
                f"{path}: is no manifest as `relurules emit` writes it; expected `files`, with "
                "`file` and `sha256` each"
            )
        require_inner_name(str(path), told[0])
        digests[told[0]] = told[1]

    return digests


def _check_certificates(folder: Path) -> Iterator[tuple[str, AnyVerdict]]:
    """Every certificate of the folder and its verdict, or why there is none."""
    yield from _check_model_certificates(folder)
    yield from _check_answers(folder)


def _check_model_certificates(folder: Path) -> Iterator[tuple[str, AnyVerdict]]:
    for name in list_files(folder):
        path = folder / name
        if path.name != _CERTIFICATE or hash_file(path) is None:
            continue
        rules = _find_beside(path, folder, _RULES)
        model = _find_beside(path, folder, _MODEL)
        if rules is None or model is None:
            lost = _RULES if rules is None else _MODEL
            yield name, f"not checked: no {lost} stands beside it or above it in the folder"
            continue
        try:
            verdict = check(path, rules, model)
            found, said = read_json(path), read_json(rules)
            numbers = read_model_numbers(model)
            yield name, check_folder_texts(verdict, found, said, numbers, folder)
        except InputError as error:
            yield name, f"not checked: {error}"


def _check_answers(folder: Path) -> Iterator[tuple[str, AnyVerdict]]:
    """Certificates of answers, by the rules of the folder that their digests name."""
    answers, rules = dict[str, dict[str, Any]](), dict[tuple[str, str], dict[str, Any]]()
    for name in list_files(folder):
        if not name.endswith(".json") or hash_file(folder / name) is None:
            continue
        try:
            found = read_json(folder / name)
        except InputError:
            continue  # its digest tells whether it is the file that it was
        if not isinstance(found, dict):
            continue
        if found.get("format") == ANSWER_FORMAT:
            answers[name] = found
        elif "features" in found and ("rules" in found or "base" in found):
            known = hash_rules_and_model(found, {})
            rules[known["domain"], known["rules"]] = found

    for name, found in answers.items():
        needed = find_rules_digests(found)
        own = [rules.get(digests) for digests in needed]
        if not own or None in own:
            lost = needed[own.index(None)][1] if own else None
            yield name, f"not checked: no rules with the digest {lost!s:.64} are in the folder"
            continue
        yield name, check_answer(found, *own)  # type: ignore[arg-type]  # none is missing


def _find_beside(path: Path, folder: Path, name: str) -> Path | None:
    """The next file of this name, from beside a file upwards to the folder."""
    place = path.parent
    while True:
        if (place / name).is_file():
            return place / name
        if place == folder:
            return None
        place = place.parent
