"""What the emitter hands over: files, with a header that says what they are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from relurules.domain import Domain
from relurules.domain.domain_json import domain_from_json, domain_to_json
from relurules.errors import DataError, DomainError, RulesError
from relurules.files.notebook import format_notebook_html
from relurules.files.writing import read_bytes, read_text, write_all
from relurules.ir.class_labels import ClassLabels, Label, make_labels
from relurules.ir.scorer import Scorer
from relurules.tables.column_types import TableSchema
from relurules.tables.schema_values import schema_from_plain, schema_to_plain

_MARK = "relurules artefact: "
_HEADER_FIELDS = (
    "target",
    "form",
    "dialect",
    "table",
    "key",
    "outputs",
    "max_error",
    "complete",
    "decision",
)
#: Said only where it isn't the default.
_OPTIONAL_FIELDS = ("shape", "name", "returned", "outside", "missing", "number", "classes")
_LISTS = ("returned", "classes")
#: Ends of the names of files that are no text.
_BINARY = (".onnx",)
#: What is asked of reasons, see `Artifact`.
_EXPLAINED = ("direction", "count", "texts", "reference")


@dataclass(frozen=True)
class Artifact:
    """Emitted files. files: name -> text, or bytes of a format that is no text; the main one last.

    target: a language of `emitting` or a format of `documents`; form: rules, tree or network;
    domain, outputs, complete: those of the rules; max_error: of the scores; decision: "argmax" or a
    threshold, where the output is a class; classes: the labels that a class is given by, where they
    are known. Only for SQL: dialect, table, key; shape, and the name
    of what is created; returned: what it gives beside the key; outside: what becomes of rows
    outside the domain; missing: what of missing values. schema: as in the
    rules. explained: what contributions and reasons were asked for, where that isn't the default:
    direction, count, texts, and the reference, (d,) numbers, where it isn't that of the rules.
    rules: those that it was emitted from, of either kind; None for what was read from a file.
    """

    target: str
    form: str
    domain: Domain
    outputs: tuple[str, ...]
    files: Mapping[str, str | bytes]
    max_error: float = 0.0
    complete: bool = True
    dialect: str | None = None
    table: str | None = None
    key: tuple[str, ...] = ()
    decision: str | float | None = None
    shape: str = "select"
    name: str = ""
    returned: tuple[str, ...] = ("outputs", "rule")
    outside: str = "null"
    missing: str = "propagate"
    number: str = "double"
    classes: tuple[Label, ...] = ()
    schema: TableSchema | None = None
    explained: Mapping[str, Any] = field(default_factory=dict)
    rules: Scorer | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        """One line: what it is, in which file, of how many lines."""
        name, content = list(self.files.items())[-1]
        kind = self.target if self.dialect is None else f"{self.target} ({self.dialect})"
        binary = isinstance(content, bytes)
        size = f"{len(content):,} bytes" if binary else f"{str(content).count(chr(10))} lines"
        return f"<Artifact: {kind}, form {self.form}, {name}, {size}>"

    def _repr_html_(self) -> str:
        """The main file, for notebooks."""
        return format_notebook_html(repr(self)[1:-1], str(self))

    def __str__(self) -> str:
        """The text of the main file; of one that is no text, what it is."""
        content = list(self.files.values())[-1]
        return content if isinstance(content, str) else repr(self)

    @property
    def texts(self) -> dict[str, str]:
        """The files that are text."""
        return {name: text for name, text in self.files.items() if isinstance(text, str)}

    @property
    def labels(self) -> ClassLabels | None:
        """What a class is called, where the artefact gives one and its label is known."""
        return make_labels(self.classes) if self.classes else None

    @property
    def labelled(self) -> bool:
        """Whether the one output is a class, given by its label."""
        return bool(self.classes) and not ("class" in self.returned and "outputs" in self.returned)

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the inputs, in the network's order."""
        return self.domain.names

    def write(self, folder: str | Path) -> list[Path]:
        """Write every file into `folder`, each whole or not at all; returns the paths."""
        return write_all(Path(folder), self.files)

    @classmethod
    def read(cls, path: str | Path) -> "Artifact":
        """An artefact from its main file (C: from score.c, with score.h beside it).

        RulesError for any other file.
        """
        path = Path(path)
        paths = [path.with_suffix(".h"), path] if path.suffix == ".c" else [path]
        try:
            files = {p.name: _read_content(p) for p in paths}
        except (OSError, UnicodeDecodeError) as error:
            raise RulesError(f"{path}: can't be read: {error}") from error

        try:
            return _build_from_header(_parse_header(files[path.name]), files)
        except (ValueError, KeyError, TypeError, DomainError, DataError) as error:
            raise RulesError(
                f"{path}: no line '{_MARK}{{...}}' at its end that can be read; expected code "
                "that relurules emitted"
            ) from error


def _read_content(path: Path) -> str | bytes:
    return read_bytes(path) if path.suffix in _BINARY else read_text(path)


def format_header(artifact: Artifact) -> str:
    """One line for a comment of the artefact, from which `Artifact.read` learns what it is; safe in
    any comment.
    """
    said = {
        name: value
        for name in _HEADER_FIELDS
        if (value := getattr(artifact, name)) not in (None, ())
    }
    said |= {
        name: value
        for name in _OPTIONAL_FIELDS
        if (value := getattr(artifact, name)) != getattr(Artifact, name)
    }
    if artifact.explained:
        said["explained"] = dict(artifact.explained)
    if artifact.schema is not None:
        said["schema"] = schema_to_plain(artifact.schema)
    text = json.dumps(said | _shorten_domain(domain_to_json(artifact.domain)))
    text = text.replace("{{", "\\u007b{").replace("{%", "\\u007b%").replace("{#", "\\u007b#")

    return _MARK + text.replace("/", "\\/").replace("*", "\\u002a").replace("?", "\\u003f").replace(
        ">", "\\u003e"
    )


def _shorten_domain(domain: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of a domain without the words that say no."""
    features = [
        {k: v for k, v in feature.items() if v is not False} for feature in domain["features"]
    ]
    return {name: value for name, value in domain.items() if value != []} | {"features": features}


def _parse_header(content: str | bytes) -> dict[str, Any]:
    if isinstance(content, bytes):  # the header is ASCII, and what follows it anything
        content = content[content.rfind(_MARK.encode()) :].decode("ascii", errors="replace")
        lines = [content]
    else:
        lines = content.splitlines()[-5:]

    for line in reversed(lines):
        _, mark, said = line.partition(_MARK)
        if mark:
            found, _ = json.JSONDecoder().raw_decode(said)
            return dict(found)
    raise ValueError("no header")


def _build_from_header(said: Mapping[str, Any], files: Mapping[str, str | bytes]) -> Artifact:
    max_error = said["max_error"]
    if not isinstance(max_error, float | int):
        raise TypeError("max_error is no number")
    texts: dict[str, Any] = {
        name: str(said.get(name, getattr(Artifact, name)))
        for name in _OPTIONAL_FIELDS
        if name not in _LISTS
    }

    return Artifact(
        target=str(said["target"]),
        form=str(said["form"]),
        domain=domain_from_json(said),
        outputs=tuple(map(str, said["outputs"])),
        files=files,
        max_error=float(max_error),
        complete=bool(said["complete"]),
        dialect=said.get("dialect"),
        table=said.get("table"),
        key=tuple(map(str, said.get("key", ()))),
        returned=tuple(map(str, said.get("returned", Artifact.returned))),
        **texts,
        classes=tuple(said.get("classes", ())),
        decision=said.get("decision"),
        schema=schema_from_plain(said["schema"]) if "schema" in said else None,
        explained=_read_explained(said.get("explained", {})),
    )


def _read_explained(said: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := [name for name in said if name not in _EXPLAINED]:
        raise ValueError(f"explained names {unknown[0]!r}")
    return dict(said)
