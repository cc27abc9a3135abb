"""The scorer of an HTML document that can be tried: the rules as JavaScript."""

from dataclasses import replace

from relurules.documents import PageScorer, Untried
from relurules.domain.columns import list_derived_columns
from relurules.emitting import EmitOptions, emit_artifact
from relurules.errors import UnsupportedError
from relurules.ir import AdditiveRules, RuleSet
from relurules.tables.names import find_free_name

#: What stands beside the outputs of an answer; outputs of these names get others in the page.
_BESIDE = ("class", "lines", "rule")
#: Derived columns that are named.
_NAMED = 3
#: What to ask of JavaScript, the most first: rules without classes have none, constant ones no
#: contributions.
_COLUMNS = (
    ("class", "contributions", "reasons"),
    ("contributions", "reasons"),
    ("class",),
    (),
)


def write_page_scorer(rules: RuleSet | AdditiveRules, options: EmitOptions) -> PageScorer | Untried:
    """The scorer with all that can be told of a row, or why there is none: JavaScript can't have
    the rules, such as those of classes that no number of its holds, or the page can't ask for what
    they read.
    """
    if derived := list_derived_columns(rules.domain.columns):
        names = ", ".join(repr(column.name) for column in derived[:_NAMED])
        return Untried(
            f"Rows can't be tried in this page: these rules read derived columns ({names}), which "
            "the page doesn't work out. The code that relurules emits scores the table's own "
            "columns, as rules.predict does."
        )
    why = ""
    number = "lines" if isinstance(rules, AdditiveRules) else "rule"
    form = "lines" if isinstance(rules, AdditiveRules) else "tree"
    page = EmitOptions(form=form, reasons=options.reasons, scored=True)
    free = _free_outputs(rules)
    for columns in _COLUMNS:
        try:
            asked = replace(page, columns=("outputs", *columns, number))
            code = str(emit_artifact(free, "javascript", asked))
        except UnsupportedError as error:
            why = str(error)
            continue
        return PageScorer(code, "class" in columns, "contributions" in columns)

    return Untried(f"Rows can't be tried in this page: {why}.")


def _free_outputs(rules: RuleSet | AdditiveRules) -> RuleSet | AdditiveRules:
    """The rules with outputs that hide nothing else of an answer; the page shows their names."""
    outputs: list[str] = []
    for name in rules.outputs:
        taken = {*_BESIDE, *outputs, *(set(rules.outputs) - {name})}
        outputs.append(find_free_name(name, taken))
    return rules if tuple(outputs) == rules.outputs else replace(rules, outputs=tuple(outputs))
