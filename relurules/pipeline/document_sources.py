"""What a document is made from: tables or their files, what people said, what a fit noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from relurules.codec.any_rules import digest_rules
from relurules.documents.file_formats import USUAL_FORMATS
from relurules.domain.table_reading import tell_kinds
from relurules.errors import DataError
from relurules.files.version import VERSION
from relurules.ir import AdditiveRules, RuleSet
from relurules.ir.proven_statement import ProvenStatement
from relurules.pipeline.document_folder import DocumentRequest
from relurules.pipeline.table_batches import PIECE_ROWS
from relurules.statistics.row_passes import hash_rows
from relurules.tables.column_types import TableSchema
from relurules.tables.file_batches import read_drawn_rows
from relurules.tables.read_file import read_file
from relurules.tables.read_options import MISSING_BEFORE, ReadOptions
from relurules.tables.row_draw import Places
from relurules.validation import ValidationOptions
from relurules.validation.about import About, parse_about, read_about
from relurules.validation.fit_record import RECORD, FitRecord, read_fit_record
from relurules.validation.judged_rows import make_frame
from relurules.validation.origins import FileDigest, Origins, digest_files, hash_file, list_versions
from relurules.validation.report import FitFindings, OtherModel

if TYPE_CHECKING:
    import pandas

#: Parts of the rows in their order, as they are given and as a fit calls them.
PART_NAMES = {"train": "training", "validation": "validation", "test": "test"}
#: Parts that every fit fits its rules to: validation rows after they chose.
_FITTED = ("training", "validation")


@dataclass(frozen=True, kw_only=True)
class DocumentSources:
    """tables: {part: table, or path of a file}; about: a mapping, or the path of a TOML file; fit:
    the folder that `relurules fit` wrote. paths: of files that were read already, by their roles;
    formats: of the document; proven: by certificates of answers about these rules.
    """

    tables: Mapping[str, Any] = field(default_factory=dict)
    about: Any = None
    fit: Path | None = None
    title: str | None = None
    command: str = ""
    paths: Mapping[str, Path] = field(default_factory=dict)
    formats: tuple[str, ...] = USUAL_FORMATS
    proven: tuple[ProvenStatement, ...] = ()


def prepare_document(
    rules: RuleSet | AdditiveRules, sources: DocumentSources, options: ValidationOptions
) -> DocumentRequest:
    """Read what was given; DataError for rows that aren't those of the fit."""
    others = [name for name in (options.target, options.by, *options.groups) if name]
    record = None if sources.fit is None else read_fit_record(sources.fit, digest_rules(rules))
    drawn = None if record is None else record.drawn_places
    first = next(iter(sources.tables), "")
    parts = {
        name: read_any_table(rules, table, others, drawn if name == first else None)
        for name, table in sources.tables.items()
    }
    if record is not None:
        _check_table(sources, record)
        parts = split_by_record(rules, parts, record)
        options = replace(options, target=options.target or record.target)

    about: About | None = None
    if sources.about is not None:
        path = sources.about if isinstance(sources.about, str | Path) else None
        about = parse_about(sources.about) if path is None else read_about(Path(path))

    return DocumentRequest(
        parts=parts,
        options=options,
        about=about,
        origins=_gather_origins(sources, record),
        title=sources.title,
        known=FitFindings() if record is None else _list_findings(record),
        formats=sources.formats,
        proven=sources.proven,
    )


def write_call(asked: Mapping[str, Any]) -> str:
    """The call of `relurules.document` in Python. asked: its arguments by their names, of which the
    first two are the rules and the folder; tables that aren't files are named alone.
    """
    _, folder, *names = asked
    shown = [
        f"{name}={_write_argument(asked[name]) or name.upper()}"
        for name in names
        if asked[name] is not None and not _is_empty(asked[name])
    ]
    return (
        f"relurules.document(rules, {', '.join([repr(str(asked[folder])), *shown])})  # in Python"
    )


def _is_empty(value: Any) -> bool:
    """Whether it says nothing: no names, or who is told of progress."""
    return callable(value) or (isinstance(value, list | tuple) and not value)


def _write_argument(value: Any) -> str:
    """An argument as Python has it; "" for what can't be written down."""
    if isinstance(value, Path):
        return repr(str(value))
    if isinstance(value, list | tuple):
        return repr([str(one) for one in value])
    return repr(value) if isinstance(value, str | int | float) else ""


def read_any_table(
    rules: RuleSet | AdditiveRules, table: Any, others: Sequence[str], drawn: Places | None = None
) -> "pandas.DataFrame":
    """A table of any kind, or a file's path, as rules read it. others: columns that matter too;
    drawn: the numbers of the rows that a fit drew from it.
    """
    if not isinstance(table, str | Path):
        whole = make_frame(rules, table)
        if drawn is None or not len(drawn) or drawn[-1] >= len(whole):
            return whole
        return whole.iloc[drawn].reset_index(drop=True)
    kinds = tell_kinds(rules.domain.columns)
    known = rules.schema
    options = ReadOptions(
        expected=kinds,
        needed={*kinds, *others},
        missing_numbers=MISSING_BEFORE if known is None else (),
        schema=known or TableSchema(),
    )

    if drawn is not None:
        return read_drawn_rows(Path(table), options, drawn, PIECE_ROWS).frame
    return read_file(Path(table), options).frame


def _check_table(sources: DocumentSources, record: FitRecord) -> None:
    """DataError where the table is another file than the fit's: rows alone don't tell it, since
    columns that the rules don't read, the true values among them, may have been changed.
    """
    part = next(iter(sources.tables), "")
    table, known = sources.tables.get(part), record.said.get("data SHA-256")
    path = table if isinstance(table, str | Path) else sources.paths.get(f"{part} rows")
    if path is None or known is None or hash_file(Path(path)) == known:
        return
    raise DataError(
        f"the {part} rows, {Path(path).name}, aren't those of the fit, {record.said.get('data')} "
        f"({len(record.parts)} rows, by {RECORD}): the files have other digests; give the fit's "
        "own file, or leave --fit out"
    )


def split_by_record(
    rules: RuleSet | AdditiveRules, parts: Mapping[str, "pandas.DataFrame"], record: FitRecord
) -> dict[str, "pandas.DataFrame"]:
    """The rows of the one table that the fit had, in its parts; others stay as they are.

    DataError where the table isn't that of the fit.
    """
    first = next(iter(parts), None)
    if first is None or not record.parts:
        return dict(parts)
    frame = parts[first]
    if len(frame) != len(record.parts) or hash_rows(rules.domain.rows(frame)) != record.data:
        raise DataError(
            f"the {first} rows ({len(frame)}) aren't those of the fit ({len(record.parts)}, by "
            f"{RECORD}), so that which were trained on isn't known; give the fit's own table, or "
            "leave --fit out"
        )
    of = np.array(record.parts)
    own = {
        PART_NAMES.get(part, part): frame.loc[of == part].reset_index(drop=True)
        for part in dict.fromkeys([*PART_NAMES, *record.parts])
        if (of == part).any()
    }
    others = {name: table for name, table in parts.items() if name != first}
    twice = [name for name in others if name in own]
    if twice:
        raise DataError(
            f"the fit has {twice[0]} rows of its own, and others are given; leave one of them out"
        )

    return {**own, **others}


def _list_findings(record: FitRecord) -> FitFindings:
    others = tuple(
        OtherModel(model, PART_NAMES.get(part, part), record.measure, float(value))
        for model, scores in record.scores.items()
        for part, value in scores.items()
    )
    return FitFindings(front=record.front, others=others, fitted=_FITTED if record.parts else ())


def _gather_origins(sources: DocumentSources, record: FitRecord | None) -> Origins:
    files = [(role, path) for role, path in sources.paths.items()]
    for part, table in sources.tables.items():
        if isinstance(table, str | Path):
            files.append((f"{part} rows", Path(table)))
    if isinstance(sources.about, str | Path):
        files.append(("about", Path(sources.about)))
    digests: tuple[FileDigest, ...] = digest_files(files)

    return Origins(
        command=sources.command,
        files=digests,
        versions=list_versions(VERSION),
        training={} if record is None else record.said,
        training_files={} if record is None else record.files,
    )
