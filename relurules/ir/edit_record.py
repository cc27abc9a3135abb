"""What was changed by hand in rules, by whom and why: kept with them, edit after edit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class EditStep(NamedTuple):
    """text: what was asked for, as `relurules edit --set` takes it; was: what stood there before,
    in words.
    """

    text: str
    was: str


@dataclass(frozen=True, kw_only=True)
class EditRecord:
    """An edit that somebody answers for.

    date: as it was given, YYYY-MM-DD; version: of this package; file_before: SHA-256 of the file of
    the rules before, as `save` writes it; network_before, network_after: SHA-256 of the networks
    that these rules, and those before, stand for. differences: score -> a bound on how far it is
    from that of the rules before, anywhere in the domain, None where there is none; from_model: the
    same from the network, or the lines, that the rules were made of first. broken: promises of the
    rules before that were taken back; rows, changed_rows: of the data that the edit was tried on,
    and those of them that have another class or, without classes, another output; None without
    data.
    """

    author: str
    reason: str
    date: str
    version: str
    steps: tuple[EditStep, ...]
    file_before: str
    network_before: str
    network_after: str
    differences: Mapping[str, float | None]
    from_model: Mapping[str, float | None]
    broken: tuple[str, ...] = ()
    rows: int | None = None
    changed_rows: int | None = None
