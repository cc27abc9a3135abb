"""The last parts: limits of use, words, how to make it again, and where conditions come from."""

from shlex import quote

from relurules.documents.context import (
    AdditiveContext,
    AnyContext,
    DocumentContext,
    list_used_columns,
)
from relurules.documents.document import Block, Bullets, Code, Paragraph, Section, Table, link_rule
from relurules.documents.edits import write_edit_commands
from relurules.documents.guarantees import is_fitted_table
from relurules.ir import RuleSet
from relurules.ir.evidence import MEASURED
from relurules.wording import phrases as p
from relurules.wording.coverage import describe_missing
from relurules.wording.numbers import format_count
from relurules.wording.references import describe_reference, list_reference_values
from relurules.wording.sources import name_source

#: Rules with fewer rows than this are pointed out.
_FEW = 30
#: Files that the command line reads a model from, and the settings of `extract` that it has options
#: for.
_FILES = (".onnx", ".pt2", ".joblib", ".pkl", ".pt", ".pth")
_OPTIONS = (
    "max_error",
    "max_rules",
    "decision",
    "max_regions",
    "time_limit",
    "solver",
    "reference",
)


def build_limits(context: AnyContext) -> Section:
    """What a reader must not conclude."""
    rules, evidence = context.rules, context.evidence
    plural = rules.provenance.fitted or bool(rules.provenance.edits)
    items = [
        p.text(
            f"The rules say what {name_source(rules).short} {'do' if plural else 'does'}, not why "
            "the world is so: a coefficient is no causal effect."
        ),
        p.text(
            "They hold within the domain only. Beyond it, no answer is given, rather than a guess."
        ),
        p.text(context.describe_rounding("this page")),
    ]

    if context.whole:
        items.append(
            p.text(
                "Conditions on columns that hold whole numbers are shown as cuts at whole numbers, "
                "which decide the same for whole numbers; code and JSON keep the exact ones."
            )
        )

    if evidence is not None:
        few = [number for number, facts in enumerate(evidence.rules, start=1) if facts.rows < _FEW]
        if few:
            listed = p.join_list([link_rule(number) for number in few], "and")
            what = "has" if len(few) == 1 else "have"
            items.append(
                (
                    *listed,
                    *p.text(
                        f" {what} fewer than {_FEW} rows: what is measured on so few may be chance."
                    ),
                )
            )
        items.append(
            p.text(
                "The typical rows are rows of the data as they are. Check that they may be shown "
                "before you pass this on."
                if isinstance(rules, RuleSet)
                else "The typical row is a row of the data as it is. Check that it may be shown "
                "before you pass this on."
            )
        )
        if evidence.outside:
            one = evidence.outside == 1
            items.append(
                p.text(
                    f"Of the {format_count(evidence.rows, 'row')} of the data, "
                    f"{evidence.outside:,} {'lies' if one else 'lie'} outside the domain and "
                    f"{'gets' if one else 'get'} no answer."
                )
            )

    if isinstance(rules, RuleSet) and not rules.complete:
        items.append(p.text(describe_missing(rules)))
    return Section("limits", "Limits of use", (Bullets(tuple(items)),))


#: Word, what it means, and whether it needs evidence or links to be explained.
_WORDS = (
    (
        "Domain",
        (
            "the rows that the rules speak about: ranges and categories of the columns, and "
            "further inequalities"
        ),
        "",
    ),
    ("Rule", "IF all its conditions hold, THEN its formula gives the answer", "rules"),
    ("Score", "what a formula gives; the outputs are made of scores", "rules and links"),
    ("Score", "where it starts, and all points added up; the outputs are made of scores", "lines"),
    ("Points", "what a column adds to the score, beside what it adds at the reference", "lines"),
    ("Line", "so much for every unit that a column, or a sum, is beyond a bound", "lines"),
    ("Group", "neurons that read one another, as rules of which one adds its formula", "groups"),
    ("S1, S2, ...", "weighted sums of columns that conditions speak of", "sums"),
    ("[column is value]", "1 for rows where that holds, 0 for the others", "categories"),
    ("Rows of a rule", "the rows of the data to which it applies", "rules and data"),
    (
        "Observed",
        "the true value that the data hold, in contrast to what the rules say",
        "response",
    ),
    (
        "Typical row",
        "the row of the data that is nearest to the mean of the rule's rows",
        "rules and data",
    ),
    ("Typical row", "the row of the data that is nearest to the mean of all", "lines and data"),
    ("Moves", "the standard deviation of a column's points over the rows", "lines and data"),
    ("Mean row", "the mean of every column over all rows that have a rule", "rules and mean"),
    (
        "Reference",
        "the row that contributions and reasons are measured from; its values are listed above",
        "scores",
    ),
    (
        "Moved",
        "coefficient times (value of this row less that of the reference): what the column moves",
        "rules and data",
    ),
    (
        "Largest error",
        "a bound on the difference between {model} and the rules over the whole domain",
        "",
    ),
    (
        "AUC",
        "the chance that a random positive row has a higher score than a random negative one",
        "AUC",
    ),
    ("R\u00b2", "the share of the response's variance that is explained", "R2"),
    ("MSE", "the mean squared difference from the response", "MSE"),
    (
        "log loss",
        "the mean of minus the logarithm of the probability given to what was observed",
        "log loss",
    ),
    ("SHA-256", "a number that tells whether two files, or networks, are the same", "digest"),
)


def build_glossary(context: AnyContext) -> Section:
    """The words that this document uses."""
    rules, evidence = context.rules, context.evidence
    metrics = (
        ()
        if evidence is None
        else {*evidence.metrics, *(n for f in evidence.rules for n in (*f.local, *f.whole))}
    )
    needed = {"", *metrics}
    needed |= _list_kind_words(context)
    needed |= {"categories"} if any(span.column.categories for span in context.spans) else set()
    needed |= {"data"} if evidence is not None else set()
    needed |= {"scores"} if context.decisions is None else set()
    needed |= {"response"} if evidence is not None and evidence.response is not None else set()
    needed |= {"digest"} if evidence is not None or rules.provenance.digest else set()
    model = name_source(rules).short
    rows = tuple(
        (p.text(word), p.text(said.replace("{model}", model)))
        for word, said, when in _WORDS
        if when in needed
    )

    return Section(
        "words",
        "Words",
        (Table("What words mean here", ("Word", "Meaning"), rows, (False, False)),),
    )


def _list_kind_words(context: AnyContext) -> set[str]:
    """Which words of one kind of rules are needed: those of rules, or those of lines."""
    rules, evidence = context.rules, context.evidence
    kind = "rules" if isinstance(context, DocumentContext) else "lines"
    found = {kind}
    found |= {f"{kind} and data"} if evidence is not None else set()
    if any(head.link != "identity" for head in rules.heads):
        found.add(f"{kind} and links")
    if evidence is not None and rules.reference.origin == "mean":
        found.add(f"{kind} and mean")
    if isinstance(context, DocumentContext):
        return found | ({"sums"} if context.reading.sums else set())

    return found | ({"groups"} if context.rules.groups else set())


def build_reference(context: AnyContext) -> Section | None:
    """What contributions and reasons are measured from; decisions have none."""
    rules = context.rules
    if context.decisions is not None:
        return None

    reference = rules.reference
    used = set(list_used_columns(context))
    rows = tuple(
        (p.name(name), p.read_number(value))
        for name, value in list_reference_values(reference, rules.domain)
        if name in used
    )
    said = (
        "Contributions of columns, and the reasons that emitted code and relurules explain give, "
        f"are measured from {describe_reference(reference)}."
    )
    if reference.origin == "middle":
        said += " Nobody chose another one, and there were no data whose means could be taken."
    blocks: list[Block] = [Paragraph(p.text(said))]
    if rows:
        blocks.append(Table("The reference", ("Column", "Value"), rows, (False, False)))
    return Section("reference", "Reference", tuple(blocks))


def build_reproduction(context: AnyContext, target: str, title: str | None) -> Section:
    """Version, settings and commands."""
    made = context.rules.provenance
    version = f"relurules {made.version}" if made.version else "relurules"
    blocks: list[Block] = [
        Paragraph(
            p.text(
                f"The rules were made by {version}; this document follows from their JSON file "
                "alone."
            )
        )
    ]

    if made.settings:
        rows = tuple((p.text(name), p.text(str(value))) for name, value in made.settings.items())
        blocks.append(
            Table("Settings other than the defaults", ("Setting", "Value"), rows, (False, False))
        )

    blocks.append(Code(_write_commands(context, target, title)))
    blocks.append(
        Paragraph(
            p.text(
                "The validation by parts and groups of rows, the purpose, the limits and who "
                "approved stand in the document that relurules document writes."
            )
        )
    )
    return Section("again", "How to make it again", tuple(blocks))


def _write_commands(context: AnyContext, target: str, title: str | None) -> str:
    """The command line where the model was a file, and has all the options that were used; else
    Python.
    """
    made, evidence = context.rules.provenance, context.evidence
    response = None if evidence is None else evidence.response
    data = context.rules.reduction.rows is not None
    shown = f" --title {quote(title)}" if title else ""
    emitted = f"relurules emit rules.json --to {target}{shown} --out ."
    if is_fitted_table(context.rules):
        named = quote(response) if response else "TARGET"
        steps = [f"relurules fit DATA --target {named} ...  # all options: see fit.json"]
        if MEASURED in made.settings:
            steps.append(
                f"relurules extract rules.json --data ROWS --target {named} "
                f"--form {made.settings.get('form', 'partition')} --out rules.json"
            )
        return "\n".join([*steps, *write_edit_commands(made.edits), emitted])

    if made.model.endswith(_FILES) and set(made.settings) <= set(_OPTIONS):
        options = (
            f" --data DATA{f' --target {quote(response)}' if response else ''}" if data else ""
        )
        options += "".join(
            f" --{name.replace('_', '-')} {value}" for name, value in made.settings.items()
        )
        made_by = f"relurules extract {quote(made.model)}{options} --out rules.json"
        return "\n".join([made_by, *write_edit_commands(made.edits), emitted])

    given = ["data=DATA", *(["y=RESPONSE"] if response else [])] if data else []
    given += [f"{name}={value!r}" for name, value in made.settings.items()]
    model = repr(made.model) if made.model.endswith(_FILES) else "MODEL"
    called = ", ".join([model, "domain=DOMAIN", *given])
    made_by = f"relurules.extract({called}).save('rules.json')  # in Python"
    return "\n".join([made_by, *write_edit_commands(made.edits), emitted])


def build_appendix(context: DocumentContext) -> Section | None:
    """Which neuron of the network each condition comes from; None where lines were fitted."""
    rules = context.rules
    if rules.provenance.fitted or rules.provenance.edits:
        return None
    rows = []
    for read, rule in zip(context.reading.rules, rules, strict=True):
        known = [c.half_space.neuron for c in rule.conditions if c.half_space.neuron is not None]
        if known:
            rows.append((link_rule(read.number), p.text("; ".join(dict.fromkeys(map(str, known))))))

    if not rows:
        return None

    blocks: list[Block] = [
        Paragraph(
            p.text("Every condition is the sign of a neuron of the network, before its activation.")
        ),
        Table("Neurons that bound each rule", ("Rule", "Neurons"), tuple(rows), (False, False)),
    ]

    return Section("neurons", "Appendix: where the conditions come from", tuple(blocks))


def build_line_appendix(context: AdditiveContext) -> Section | None:
    """Which neuron of the network each line comes from; None where lines were fitted."""
    if context.rules.provenance.fitted or context.rules.provenance.edits:
        return None
    known = [(line.number, line.condition.half_space.neuron) for line in context.rules]
    rows = tuple(
        (p.number(str(number)), p.text(str(neuron)))
        for number, neuron in known
        if neuron is not None
    )
    if not rows:
        return None

    blocks: list[Block] = [
        Paragraph(p.text("Every line is a neuron of the network, whose bound is where it is 0.")),
        Table("Neurons of the lines", ("Line", "Neuron"), rows, (True, False)),
    ]
    return Section("neurons", "Appendix: where the lines come from", tuple(blocks))
