"""The subqueries of additive rules, up to the scores: what is read of the table, whether a row is
in the domain, sums that are read more than once, and every score as one expression.
"""

from collections.abc import Sequence

from relurules.emitting.sql.dialect import LARGEST, LINE, print_double
from relurules.emitting.sql.inputs import (
    list_texts,
    print_constant,
    print_coordinates,
    print_number,
    print_read_column,
    print_value,
)
from relurules.emitting.sql.layout import add_items, indent_lines, write_comment
from relurules.emitting.sql.line_points import plan_point_sum
from relurules.emitting.sql.line_scope import LineScope
from relurules.emitting.sql.line_terms import (
    count_part_terms,
    plan_group_stages,
    print_line_test,
)
from relurules.emitting.sql.names import quote_text
from relurules.emitting.sql.steps import Subquery
from relurules.emitting.sql.table_steps import is_heavy, plan_clamping, plan_guard, plan_keys
from relurules.links.sql import GROUP, join_in_groups
from relurules.wording.numbers import inflect_noun

#: Arguments of one call.
_ARGUMENTS = 50


def plan_line_steps(scope: LineScope) -> list[Subquery]:
    """Every subquery up to the scores."""
    steps = [*_plan_input(scope), *plan_clamping(scope.table)]
    if scope.checked:
        steps.append(Subquery(scope.names.of("checked"), [(scope.names.inside, scope.check)]))
    if scope.guarded:
        steps += plan_guard(scope.table, scope.names.inside)

    return [
        *steps,
        *_plan_sums(scope),
        *_plan_groups(scope),
        *_plan_parts(scope),
        _plan_scores(scope),
    ]


def _plan_input(scope: LineScope) -> list[Subquery]:
    """What is read of the table: numbers, indicators, and categories that only add points."""
    dialect, names = scope.dialect, scope.names
    read = scope.rules.domain.columns
    raw = [print_read_column(column, scope.table.table, dialect) for column in read]
    texts = [
        None if i in scope.points else text for i, text in enumerate(list_texts(read, raw, dialect))
    ]
    kept = [*plan_keys(scope.table), *_test_numbers(scope, raw)]
    if not any(texts):
        columns = [*kept, *_read_columns(scope, raw, texts)]
        filled = not any(LINE in text for _, text in columns)
        return [Subquery(names.of("input"), columns, fenced=is_heavy(columns), filled=filled)]

    aliases = [f"{names.prefix}_column{i}" for i in range(len(read))]
    held = [(alias, text or name) for alias, text, name in zip(aliases, texts, raw, strict=True)]
    return [
        Subquery(names.of("texts"), [*kept, *held]),
        Subquery(names.of("input"), _read_columns(scope, aliases, texts)),
    ]


def _test_numbers(scope: LineScope, raw: Sequence[str]) -> list[tuple[str, str]]:
    """Whether columns of numbers hold numbers, where one test tells it for all of them."""
    spelt = scope.dialect.spelt
    if spelt is None or not scope.spelt_columns:
        return []
    places, top = scope.rules.domain.places, print_double(LARGEST)
    ranges = [
        scope.bounds[name]
        if (name := scope.features.columns[places[i].start]) in scope.told_ranges
        else (f"-{top}", top)
        for i in scope.spelt_columns
    ]
    tests = [spelt(raw[i], *ends) for i, ends in zip(scope.spelt_columns, ranges, strict=True)]
    test = join_in_groups(tests, " AND ")

    return [(scope.numbers, f"CASE WHEN {test} THEN 1 ELSE 0 END")]


def _read_columns(
    scope: LineScope, raw: Sequence[str], texts: Sequence[str | None]
) -> list[tuple[str, str]]:
    """(name, expression) of everything that is read. raw: the columns; texts: as `list_texts` gives
    them, where the columns hold these already.
    """
    domain, dialect, found = scope.rules.domain, scope.dialect, list[tuple[str, str]]()
    small = dialect.tiny and not scope.guarded
    tiny = print_double(dialect.tiny)
    for i, (column, at) in enumerate(zip(domain.columns, domain.places, strict=True)):
        if i in scope.points:
            found.append((scope.points[i].name, print_value(column, raw[i], dialect)))
            continue
        own = print_coordinates([column], [raw[i]], dialect, [texts[i]])
        if i in scope.spelt_columns:
            own = [f"CAST({raw[i]} AS {dialect.double})"]
        if small and not column.categories and not domain.integer[at.start]:
            own = [f"{own[0]} + {tiny} - {tiny}"]
        found += zip(scope.features.columns[at.start : at.stop], own, strict=True)

    return found


def _plan_sums(scope: LineScope) -> list[Subquery]:
    """Sums and lines that have a name."""
    names, steps = scope.names, list[Subquery]()
    named = [
        (scope.argument(line.number), line.argument)
        for line in scope.plan.lines
        if scope.is_sum_named(line.number - 1)
    ]
    if named:
        steps.append(
            Subquery(names.of("arguments"), named, "how far a row is beyond a line's bound")
        )
    if scope.hinges_named:
        found = [(scope.hinge(line), scope.print_hinge(line)) for line in scope.plan.lines]
        steps.append(Subquery(names.of("hinges"), found, "what lines add, by unit of their slopes"))

    return steps


def _plan_groups(scope: LineScope) -> list[Subquery]:
    """The numbers of the rules that apply in groups, where these have a name."""
    steps = list[Subquery]()
    for group in scope.rules.groups:
        if not scope.is_group_numbered(group):
            continue
        said = f"which rule of group {group.number} applies"
        steps += [
            Subquery(scope.names.of(f"group{group.number}_{i}"), columns, said)
            for i, columns in enumerate(
                plan_group_stages(group, scope.features, scope.dialect, scope.names), 1
            )
        ]

    return steps


def _plan_parts(scope: LineScope) -> list[Subquery]:
    """What parts add, where that is read on its own."""
    if not scope.parts_named:
        return []
    columns = [
        (scope.part(place, score), scope.print_part(place, score))
        for score in range(scope.rules.score_count)
        for place in scope.adding[score]
    ]
    return [Subquery(scope.names.of("parts"), columns, "what each part adds to a score")]


def _plan_scores(scope: LineScope) -> Subquery:
    """The scores of every row in the domain."""
    columns = [
        (scope.names.score(i), print_score_case(scope, i)) for i in range(scope.rules.score_count)
    ]
    points = plan_point_sum(scope)
    said = "scores, and the sum of a row's points" if points else ""
    return Subquery(scope.names.of("scored"), columns + points, said)


def print_score_case(scope: LineScope, score: int) -> str:
    """A score, NULL outside the domain; a line for every part."""
    text = indent_lines(print_score(scope, score), 4)
    return f"CASE WHEN {scope.test}{LINE}  THEN {text}{LINE}END"


def print_score(scope: LineScope, score: int) -> str:
    """The constant, and what parts add, each on a line with its comment."""
    rules = scope.rules
    constant, places = float(rules.base.constants[score]), scope.adding[score]
    if not places:
        return print_constant(constant, scope.dialect)

    if scope.parts_named:
        return scope.plan.scores[score]
    terms = sum(count_part_terms(rules, rules.parts[place], score) for place in places)
    # In so many terms, brackets keep an expression from nesting as deep as it is long.
    bracketed = terms > GROUP
    items = list[str]()
    for place in places:
        text = scope.print_part(place, score)
        text = f"({text})" if bracketed else text
        items.append(f"{text}{LINE}{write_comment(*_describe_part(scope, place))}")

    return add_items(print_number(constant) if constant else "", items)


def _describe_part(scope: LineScope, place: int) -> tuple[str, str]:
    """`age & income: lines 3, 4`, and `lines 3, 4`: the numbers are those of texts."""
    part = scope.rules.parts[place]
    numbers = [scope.rules.lines[k].number for k in part.lines.tolist()]
    said = list[str]()
    if numbers:
        whole = len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1
        listed = f"{numbers[0]} to {numbers[-1]}" if whole else ", ".join(map(str, numbers))
        said.append(f"{inflect_noun('line', len(numbers))} {listed}")
    said += [f"group {scope.rules.groups[k].number}" for k in part.groups]

    return (f"{part.name}: {', '.join(said)}", ", ".join(said)) if said else (part.name, part.name)


def print_applying_lines(scope: LineScope) -> str:
    """The numbers of the lines that apply, such as 1,4,7; an empty text for none."""
    rules, dialect = scope.rules, scope.dialect
    empty, found = quote_text("", dialect), list[str]()
    for k, line in enumerate(rules.lines):
        test = print_line_test(rules.normals[k], float(rules.bounds[k]), scope.features)
        if scope.hinges_named:
            test = f"{scope.names.prefix}_l{line.number} > 0E0"
        elif scope.is_sum_named(k):
            test = f"{scope.argument(line.number)} > 0E0"
        found.append(
            f"CASE WHEN {test} THEN {quote_text(f',{line.number}', dialect)} ELSE {empty} END"
        )

    while len(found) > _ARGUMENTS:
        found = [
            dialect.concat(found[i : i + _ARGUMENTS]) for i in range(0, len(found), _ARGUMENTS)
        ]
    text = dialect.rest(dialect.concat(found)) if found else empty
    return f"CASE WHEN {scope.names.inside} = 1{LINE}  THEN {text}{LINE}END"
