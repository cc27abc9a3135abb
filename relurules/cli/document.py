"""The command `relurules document`; `main` registers it."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from relurules.cli.options import name_command, split_names
from relurules.cli.reason_options import Direction
from relurules.cli.table_options import TableArguments, make_read_options, take_table_options
from relurules.errors import DataError
from relurules.files.writing import require_place, write_all

_err = Console(stderr=True, highlight=False)


@take_table_options
def document(
    reading: TableArguments,
    rules: Annotated[Path, typer.Argument(help="Rules file that `relurules extract` wrote.")],
    about: Annotated[
        Path | None,
        typer.Option(
            help=(
                "TOML of what people say of the rules: purpose, owner, approvers; see above. What "
                "isn't said is marked as missing."
            )
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="CSV or Parquet: rows that were trained on, or, with --fit, all rows."),
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="CSV or Parquet: rows that chose among models.")
    ] = None,
    test: Annotated[
        Path | None, typer.Option(help="CSV or Parquet: rows that were only scored.")
    ] = None,
    y: Annotated[
        str | None, typer.Option("--y", help="Column of these files with the true values.")
    ] = None,
    groups: Annotated[
        list[str] | None,
        typer.Option(help="Column whose groups are looked at, such as sex; repeatable."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="Column of dates or periods: what has moved, month by month."),
    ] = None,
    fit: Annotated[
        Path | None,
        typer.Option(
            help=(
                "Folder that `relurules fit` wrote, whole: how the rows of --data, the fit's own "
                "table, were split, and what was fitted."
            )
        ),
    ] = None,
    cut: Annotated[
        float | None,
        typer.Option(
            help=(
                "Probability from which class 1 is told, such as 0.2; by default the model's own. "
                "Confusion and shares of groups follow from it."
            )
        ),
    ] = None,
    direction: Direction = "higher",
    least: Annotated[
        int, typer.Option(help="Rows that a group or a weak place has at least.", min=2)
    ] = 50,
    resamples: Annotated[
        int,
        typer.Option(
            help="Resamples of the rows for intervals of 95 %; 0 leaves these out, and is faster.",
            min=0,
        ),
    ] = 1000,
    seed: Annotated[
        int, typer.Option(help="Seed of the resamples and of the noise.", min=0, max=2**32 - 1)
    ] = 0,
    refits: Annotated[
        int,
        typer.Option(
            help="Fit again to so many resamples of the fit's rows, as long as the fit took each.",
            min=0,
        ),
    ] = 0,
    title: Annotated[str | None, typer.Option(help="The document's title.")] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            help=(
                "Formats of the document, parted by commas: html,md,tex,pdf,docx,xlsx; repeatable. "
                "By default html,md,tex."
            ),
        ),
    ] = None,
    certificates: Annotated[
        list[Path] | None,
        typer.Option(
            "--certificate",
            help="Certificate that `relurules ask` wrote: the document says what it proves, by "
            "which digest; repeatable.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for what is written.")] = Path("document"),
) -> None:
    """Write the document that is signed: `relurules document rules.json --about about.toml --data
    train.csv --test test.csv --y default --groups sex --out document`.

    Writes into the folder: rules.html, rules.md and rules.tex (cover with a sign-off block, the
    rules, the validation, where all of it comes from), validation.json and `data/*.csv` (every
    figure), `figures/*.svg`, model_card.md, and annex_iv.md, a skeleton of the technical
    documentation of the EU's AI act; SHA256SUMS has the digests of all. What nobody has said is
    marked as missing.

    --format html,pdf,docx,xlsx,md,tex names the formats of the document. pdf is made without LaTeX,
    tagged for screen readers; docx is for Word; xlsx has lines, curves, points and the validation
    as sheets, and one on which a row typed in is scored by formulas. These need other packages: pip
    install 'relurules[pdf,docx,xlsx]'. The same command gives the same bytes.

    The validation has, for training, validation and test rows side by side: AUC, Gini, KS, log
    loss, Brier score and accuracy, or R2, MAE and RMSE, with intervals; a linear model and a
    constant, fitted to the training rows, beside the rules; ROC and calibration curves; the score
    by bands; classes at the cut-off; groups of --groups with their adverse-impact ratio, in which
    --direction higher (the default) says that higher scores are unfavourable; the stability index
    of score, columns and lines; weak places; what noise changes. The first file given is the base
    of comparisons.

    With --fit, the folder of `relurules fit`, --data is the fit's own table: its rows are split as
    the fit split them, and the document has the front of models and how the rules were fitted.
    --refits 50 fits again to 50 resamples of its rows, by the same budget: how often each line
    comes back, and how far curves, scores and figures move. Without any data the document has the
    rules, the cover and the origins.

    about.toml may have: title, purpose, owner, version, status, legal_basis, contact; lists limits,
    data_sources, users, oversight, risks; and approvers, names or tables with name, role, decision
    and date.

    Then: `relurules monitor rules.json --data new.csv --against train.csv`.
    """
    from relurules.cli.display import show_messages
    from relurules.codec.any_rules import load_any_rules
    from relurules.documents.file_formats import USUAL_FORMATS, check_formats
    from relurules.pipeline.document_folder import write_document_files
    from relurules.pipeline.document_sources import DocumentSources, prepare_document
    from relurules.proofs.answering import read_statement
    from relurules.training.document_refits import add_refits
    from relurules.validation import ValidationOptions

    named = [name for name in split_names(formats) if name] if formats else USUAL_FORMATS
    wanted = check_formats(named)
    require_place(out, folder=True)
    found: Any = load_any_rules(rules)
    given = {"training": data, "validation": validation, "test": test}
    paths = {part: path for part, path in given.items() if path is not None}
    if (y or groups or by) and not paths:
        option = "--y" if y else "--groups" if groups else "--by"
        raise DataError(f"{option} names a column of the data; give --data FILE, or --test FILE")

    proven = tuple(read_statement(path, rules) for path in certificates or ())
    options = ValidationOptions(
        target=y, cut=cut, groups=tuple(groups or ()), by=by, adverse=direction, least=least,
        rounds=resamples, seed=seed,
    )  # fmt: skip
    others = [name for name in (y, by, *(groups or ())) if name]
    frames = {part: read_frame(path, found, reading, others) for part, path in paths.items()}
    read = {"rules": rules, **{f"{part} rows": path for part, path in paths.items()}}
    sources = DocumentSources(
        tables=frames, about=about, fit=fit, title=title, command=name_command(), paths=read,
        formats=wanted, proven=proven,
    )  # fmt: skip
    request = prepare_document(found, sources, options)
    with show_messages(_err, "fitting again") as say:
        request = add_refits(found, request, sources, refits, say)
        files = write_document_files(found, request)

    for path in write_all(out, files):
        _err.print(f"wrote {path}", markup=False, soft_wrap=True)


def read_frame(path: Path, rules: Any, reading: TableArguments, others: list[str]) -> Any:
    """The rows of a file as rules read them, with further columns by their values."""
    from relurules.cli.files import read_table

    options = make_read_options(
        reading, schema=rules.schema, columns=rules.domain.columns, before=True, others=others
    )
    return read_table(path, options).frame
