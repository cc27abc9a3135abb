"""The command `relurules linearize`; `main` registers it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from relurules.cli.search_options import Drop, Model, TrustPickle
from relurules.cli.table_options import TableArguments, make_read_options, take_table_options
from relurules.files.writing import require_place

_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


@take_table_options
def linearize(
    reading: TableArguments,
    model: Model,
    data: Annotated[Path, typer.Option(help="CSV or Parquet: rows to train and to choose by.")],
    target: Annotated[str, typer.Option(help="Column of the data with the true values.")],
    drop: Drop = None,
    max_rules: Annotated[
        int | None, typer.Option(help="At most so many rules over the range of the data.", min=1)
    ] = None,
    max_neurons: Annotated[
        int | None, typer.Option(help="At most so many neurons that are not linear.", min=0)
    ] = None,
    max_terms: Annotated[
        int | None, typer.Option(help="All rules together speak of at most so many inputs.", min=1)
    ] = None,
    max_condition_terms: Annotated[
        int | None, typer.Option(help="Each condition speaks of at most so many inputs.", min=1)
    ] = None,
    method: Annotated[
        str, typer.Option(help="saliency, parallel, force or freeze; see docs/python.md.")
    ] = "saliency",
    task: Annotated[
        str | None,
        typer.Option(help="regression, binary or multiclass; told by the model and the target."),
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Seed of the split and of the training.", min=0, max=2**32 - 1)
    ] = 0,
    trust_pickle: TrustPickle = False,
    out: Annotated[Path, typer.Option(help="Folder for what is written.")] = Path("linearized"),
) -> None:
    """Make a trained network one of few rules: `relurules linearize model.onnx --data rows.csv
    --target y --max-rules 8`.

    Neurons that matter least become linear, with training in between, until the budget is kept; of
    the networks on the way the one with the best score on a fifth of the rows is chosen. Give
    --max-rules or --max-neurons.

    Writes into the folder: model.json (the network, which every command takes as a model),
    rules.json (its rules over the range of the data), front.csv and front.svg (what fewer rules
    cost). Then: `relurules emit linearized/rules.json --to sql`.
    """
    from relurules.api import extract
    from relurules.api import linearize as linearize_model
    from relurules.cli.display import announce_compiling, show_messages
    from relurules.cli.files import load_model, read_rows
    from relurules.codec.rules_json import format_rules
    from relurules.files.writing import write_all
    from relurules.wording.numbers import format_count

    require_place(out, folder=True)
    trained = load_model(model, trust_pickle)
    table, y, _ = read_rows(data, make_read_options(reading, drop=drop or []), target)
    announce_compiling(_err)

    with show_messages(_err, "training") as say:
        found = linearize_model(
            trained, table, y, max_rules=max_rules, max_neurons=max_neurons, max_terms=max_terms,
            max_condition_terms=max_condition_terms, method=method, task=task, random_state=seed,
            progress=say,
        )  # fmt: skip
        say("writing down the rules")
        rules = extract(found.graph, data=table, y=y)
        write_all(out, {**found.files(), "rules.json": format_rules(rules)})

    point = found.front.iloc[found.chosen]
    lines = [
        f"{format_count(len(rules), 'rule')} from {format_count(int(point['neurons']), 'neuron')}; "
        f"{found.measure} "
        f"{point['train']:.4f} on training rows, {point['validation']:.4f} on validation rows, "
        "which chose it",
        f"written to {out}: model.json, rules.json, front.csv and, with matplotlib, front.svg",
    ]
    _out.print("\n".join(lines), markup=False, soft_wrap=True)
