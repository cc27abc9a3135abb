"""What the emitter hands over: text in files, with a header that says what it is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relurules.errors import RulesError
from relurules.files import write_all

_MARK = "relurules artefact: "
_SAID = ("target", "form", "dialect", "table", "key", "features", "outputs", "max_error")

_NEEDED = {"target", "form", "features", "outputs", "max_error"}


@dataclass(frozen=True)
class Artifact:
    """Emitted text. files: name -> text, the main one last.

    target: text, markdown, sql, python or c; form: rules, tree or network; dialect, table and key only for SQL;
    features and outputs: names in the order of the network's inputs and outputs; max_error: that of the rules.
    """

    target: str
    form: str
    features: tuple[str, ...]
    outputs: tuple[str, ...]
    files: Mapping[str, str]
    max_error: float = 0.0
    dialect: str | None = None
    table: str | None = None
    key: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The text of the main file."""
        return list(self.files.values())[-1]

    def write(self, folder: str | Path) -> list[Path]:
        """Write every file into `folder`, each whole or not at all; returns the paths."""
        return write_all(Path(folder), self.files)

    @classmethod
    def read(cls, path: str | Path) -> "Artifact":
        """An artefact from its main file (C: from score.c, with score.h beside it). RulesError for any other file."""
        path = Path(path)
        paths = [path.with_suffix(".h"), path] if path.suffix == ".c" else [path]
        try:
            files = {p.name: p.read_text(encoding="utf-8") for p in paths}
        except (OSError, UnicodeDecodeError) as error:
            raise RulesError(f"{path}: can't be read: {error}") from error
        said = _read_header(files[path.name], path)
        lists = {name: tuple(said.get(name, ())) for name in ("key", "features", "outputs")}
        return cls(**{**said, **lists, "files": files})


def header(artifact: Artifact) -> str:
    """One line for a comment of the artefact, from which `Artifact.read` learns what it is; safe in any comment."""
    text = json.dumps({name: value for name in _SAID if (value := getattr(artifact, name)) not in (None, ())})
    return _MARK + text.replace("/", "\\/").replace("*", "\\u002a").replace("?", "\\u003f").replace(">", "\\u003e")


def _read_header(text: str, path: Path) -> dict[str, Any]:
    for line in text.splitlines()[:20]:
        _, mark, said = line.partition(_MARK)
        if not mark:
            continue
        try:
            found, _ = json.JSONDecoder().raw_decode(said)
        except ValueError:
            break
        if isinstance(found, dict) and _NEEDED <= set(found) <= set(_SAID):
            return found
    raise RulesError(f"{path}: no line '{_MARK}{{...}}' near its top; expected a file that `relurules emit` wrote")
