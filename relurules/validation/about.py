"""What people say of rules, in a TOML file: what they are for, who answers for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from relurules.errors import InputError
from relurules.files.toml import read_toml
from relurules.tables.names import find_text_flaw

#: Entries that are one text, and those that are a list of texts.
_TEXTS = ("title", "purpose", "owner", "version", "status", "legal_basis", "contact")
_LISTS = ("limits", "data_sources", "users", "oversight", "risks")
_APPROVER = ("name", "role", "decision", "date")


class Approver(NamedTuple):
    """Somebody who signs. decision, date: None until they have."""

    name: str
    role: str | None = None
    decision: str | None = None
    date: str | None = None


@dataclass(frozen=True, kw_only=True)
class About:
    """What was said; None or empty for what was not.

    status: such as draft; limits: of use; oversight: how people can step in; risks: to those whom
    the rules decide about.
    """

    title: str | None = None
    purpose: str | None = None
    owner: str | None = None
    version: str | None = None
    status: str | None = None
    legal_basis: str | None = None
    contact: str | None = None
    limits: tuple[str, ...] = ()
    data_sources: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    oversight: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    approvers: tuple[Approver, ...] = ()


def read_about(path: Path) -> About:
    """The file's content; InputError naming the file and the entry that can't be read."""
    return parse_about(read_toml(path), str(path))


def parse_about(found: Mapping[str, Any], where: str = "about") -> About:
    """The same from plain values."""
    known = (*_TEXTS, *_LISTS, "approvers")
    for name in found:
        if name not in known:
            raise InputError(f"{where}: no entry {name!r} is known; there are {', '.join(known)}")

    texts: dict[str, Any] = {
        name: _read_text(found[name], f"{where}: {name}") for name in _TEXTS if name in found
    }
    lists: dict[str, Any] = {
        name: _read_list(found[name], f"{where}: {name}") for name in _LISTS if name in found
    }
    approvers = _read_entries(found.get("approvers", []), f"{where}: approvers")

    return About(**texts, **lists, approvers=tuple(approvers))


def _read_text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        value = str(value) if not isinstance(value, dict | list | bool) else None
    if value is None or not value.strip():
        raise InputError(f"{where}: expected a text")
    plain = " ".join(value.split())
    if flaw := find_text_flaw(plain):
        raise InputError(f"{where}: holds {flaw}; write it otherwise")
    return plain


def _read_list(value: Any, where: str) -> tuple[str, ...]:
    """A list of texts; a text alone is a list of one."""
    entries = value if isinstance(value, list) else [value]
    return tuple(_read_text(entry, where) for entry in entries)


def _read_entries(value: Any, where: str) -> list[Approver]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise InputError(f"{where}: expected a list of names, or of tables with {_list_keys()}")
    found = []
    for entry in value:
        if isinstance(entry, str):
            found.append(Approver(_read_text(entry, where)))
            continue
        if (
            not isinstance(entry, Mapping)
            or "name" not in entry
            or not set(entry) <= set(_APPROVER)
        ):
            raise InputError(f"{where}: expected a name, or a table with {_list_keys()}")
        found.append(Approver(**{key: _read_text(entry[key], where) for key in entry}))

    return found


def _list_keys() -> str:
    return f"{', '.join(_APPROVER[:-1])} and {_APPROVER[-1]}, of which only the name must be there"
