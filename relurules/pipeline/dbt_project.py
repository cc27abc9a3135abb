"""A dbt model with its contract and tests, whose ranges are proven here."""

from collections.abc import Sequence
from dataclasses import replace

from relurules.emitting import EmitOptions, emit_artifact
from relurules.emitting.dbt.printer import OutputRanges, print_dbt
from relurules.errors import OutOfTimeError, UnsupportedError
from relurules.ir import AdditiveRules, Artifact, RuleSet

#: The target.
DBT = "dbt"
#: Seconds that the range of an output may take; bounds that hold are given then all the same.
_SECONDS = 10.0


def emit_dbt(rules: RuleSet | AdditiveRules, options: EmitOptions) -> Artifact:
    """The SQL of shape dbt, with schema.yml and a generic test; by default in DuckDB's dialect.

    UnsupportedError for options that a dbt model doesn't have.
    """
    if options.shape not in ("select", "dbt"):
        raise UnsupportedError(
            f"target {DBT!r} has no shape {options.shape!r}: it is a model; target 'sql' has it"
        )

    asked = replace(options, shape="dbt", dialect=options.dialect or "duckdb")
    artifact = emit_artifact(rules, "sql", asked)

    within = artifact.outside != "exact"  # whose rows outside the domain have outputs too
    ranges = _find_ranges(rules, [*rules.outputs, *rules.scores]) if within else {}
    return replace(artifact, files=print_dbt(artifact, rules, asked, ranges))


def _find_ranges(rules: RuleSet | AdditiveRules, names: Sequence[str]) -> OutputRanges:
    """Proven ranges by name, of those that have one."""
    from relurules.analysis.questions import ask  # no other target asks

    found = dict[str, tuple[float, float]]()
    for name in dict.fromkeys(names):
        try:
            values = ask(rules, "range", output=name, time_limit=_SECONDS).values
        except (UnsupportedError, OutOfTimeError):
            continue

        low, high = float(values["low"]), float(values["high"])
        if abs(low) < float("inf") and abs(high) < float("inf"):
            found[name] = (low, high)

    return found
