"""Rules of different columns in one space: each reads what the other does, with coefficients 0."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from relurules.domain import Domain
from relurules.domain.columns import Column
from relurules.domain.input_places import InputPlaces
from relurules.errors import DataError
from relurules.ir import AdditiveRules, Network, Rule, RuleSet
from relurules.ir.network import AffineMap, Array
from relurules.ir.network_lines import NetworkLines
from relurules.ir.partition import Tree
from relurules.ir.rule_table import RuleTable, collect_points

#: Column -> its place in the model's table, and those of its coordinates.
ColumnPlaces = Mapping[str, tuple[int, tuple[int, ...]]]


#: Rules of either kind.
Kind = RuleSet | AdditiveRules


def share_columns(old: Kind, new: Kind) -> tuple[Kind, Kind, tuple[str, ...]]:
    """Both rule sets over the columns that either reads, and what to say of it.

    DataError where a column of both isn't the same kind, naming it and how it differs.
    """
    if old.domain.columns == new.domain.columns:
        return old, new, ()

    mine = {column.name: column for column in old.domain.columns}
    theirs = {column.name: column for column in new.domain.columns}
    for name in mine.keys() & theirs.keys():
        if mine[name] != theirs[name]:
            how = _describe_difference(mine[name], theirs[name])
            raise DataError(f"column {name!r} isn't the same in the two: {how}")

    known = _locate_columns(old.domain, new.domain)
    columns = _merge_columns(old.domain, new.domain, known)
    notes = tuple(
        f"only the {which} rules read {', '.join(map(repr, names))}"
        for which, names in (
            ("old", [name for name in mine if name not in theirs]),
            ("new", [name for name in theirs if name not in mine]),
        )
        if names
    )
    places = None if known is None else _merge_places(columns, known, old.domain.table_places)
    wide = [_widen(one, columns, other.domain) for one, other in ((old, new), (new, old))]
    old, new = (replace(one, domain=replace(one.domain, table_places=places)) for one in wide)
    return old, new, notes


def _merge_columns(old: Domain, new: Domain, known: ColumnPlaces | None) -> tuple[Column, ...]:
    """All columns: in the order of the model's table where that is known, else the old ones
    first.
    """
    found = {column.name: column for column in (*old.columns, *new.columns)}
    if known is None:
        return tuple(found.values())
    return tuple(sorted(found.values(), key=lambda column: known[column.name][0]))


def _merge_places(
    columns: Sequence[Column], known: ColumnPlaces, table: InputPlaces | None
) -> InputPlaces | None:
    """Where all columns stand in the model's table."""
    if table is None:
        return None

    return replace(
        table,
        columns=tuple(known[column.name][0] for column in columns),
        coordinates=tuple(j for column in columns for j in known[column.name][1]),
    )


def _locate_columns(old: Domain, new: Domain) -> ColumnPlaces | None:
    """The places of all columns; None where the two are of other tables, or that isn't known."""
    if old.table_places is None or new.table_places is None:
        return None
    if (old.table_places.column_count, old.table_places.coordinate_count) != (
        new.table_places.column_count,
        new.table_places.coordinate_count,
    ):
        return None

    found = {}
    for domain, table in ((old, old.table_places), (new, new.table_places)):
        for column, place, at in zip(domain.columns, table.columns, domain.places, strict=True):
            found[column.name] = (place, table.coordinates[at.start : at.stop])
    return found if len({place for place, _ in found.values()}) == len(found) else None


def _describe_difference(old: Column, new: Column) -> str:
    if bool(old.categories) != bool(new.categories):
        kinds = ["categories" if column.categories else "numbers" for column in (old, new)]
        return f"{kinds[0]} in the old rules, {kinds[1]} in the new"
    if old.fill != new.fill:
        return f"a missing value counts as {old.fill} in the old rules, as {new.fill} in the new"

    only = [
        sorted(
            {m for c in a.categories for m in c.members}
            - {m for c in b.categories for m in c.members}
        )
        for a, b in ((old, new), (new, old))
    ]
    said = [
        f"only the {which} rules have {', '.join(names[:5])}{' ...' if len(names) > 5 else ''}"
        for which, names in zip(("old", "new"), only, strict=True)
        if names
    ]
    return "; ".join(said) or "their categories are joined or ordered otherwise"


def _widen(rules: Kind, columns: Sequence[Column], other: Domain) -> Kind:
    if isinstance(rules, AdditiveRules):
        return widen_lines(rules, columns, other)
    return widen_rules(rules, columns, other)


def widen_lines(rules: AdditiveRules, columns: Sequence[Column], other: Domain) -> AdditiveRules:
    """As `widen_rules`, of rules that add up."""
    if rules.domain.columns == tuple(columns):
        return rules

    domain = rules.domain.extended(columns)
    place = np.array([domain.names.index(name) for name in rules.domain.names], dtype=np.intp)
    lines = tuple(
        replace(
            line,
            condition=line.condition._replace(
                half_space=line.condition.half_space._replace(
                    normal=_spread(line.condition.half_space.normal, place, len(domain))
                )
            ),
        )
        for line in rules.lines
    )
    if isinstance(rules, NetworkLines):
        rules = replace(rules, rest=_widen_network(rules.rest, place, len(domain)))
    return replace(
        rules,
        domain=domain,
        base=AffineMap(_spread(rules.base.weights, place, len(domain)), rules.base.constants),
        lines=lines,
        groups=tuple(
            replace(group, rules=widen_rules(group.rules, columns, other)) for group in rules.groups
        ),
        traced=None,
        evidence=None,
        chosen_reference=None,
    )


def widen_rules(rules: RuleSet, columns: Sequence[Column], other: Domain) -> RuleSet:
    """The same rules in more columns, of which they read their own; what points hold in the others
    is of the domain `other`.
    """
    if rules.domain.columns == tuple(columns):
        return rules

    domain = rules.domain.extended(columns)
    place = np.array([domain.names.index(name) for name in rules.domain.names], dtype=np.intp)
    base = _choose_row(domain, other)
    tree = replace(rules.tree, normals=_spread(rules.tree.normals, place, len(domain)))
    return replace(
        rules,
        domain=domain,
        tree=tree,
        network=_widen_network(rules.network, place, len(domain)),
        traced=None if rules.traced is None else _widen_network(rules.traced, place, len(domain)),
        rules=_widen_list(rules, tree, place, base),
        evidence=None,
    )


def _choose_row(domain: Domain, other: Domain) -> Array:
    """(d,) a value of every coordinate: 0 or the nearest bound, and of categories the first."""
    there = {name: i for i, name in enumerate(other.names)}
    lower, upper = domain.lower.copy(), domain.upper.copy()
    for j, name in enumerate(domain.names):
        if name in there:
            lower[j] = max(lower[j], other.lower[there[name]])
            upper[j] = min(upper[j], other.upper[there[name]])

    row = np.clip(np.zeros(len(domain)), lower, upper)
    for group in map(list, domain.groups):
        row[group] = np.eye(len(group))[int(np.argmax(upper[group] > 0))]
    return row


def _spread(array: Array, place: NDArray[np.intp], width: int) -> Array:
    """(..., d) -> (..., width), 0 in new places."""
    wide = np.zeros((*array.shape[:-1], width))
    wide[..., place] = array
    return wide


def _widen_network(network: Network, place: NDArray[np.intp], width: int) -> Network:
    lifting = network.lifting
    if lifting is not None:
        lifting = replace(lifting, source=_widen_network(lifting.source, place, width))

    return replace(
        network,
        A=_spread(network.A, place, width),
        C=_spread(network.C, place, width),
        lifting=lifting,
    )


def _widen_list(rules: RuleSet, tree: Tree, place: NDArray[np.intp], base: Array) -> Sequence[Rule]:
    """The rules in wider coordinates; base: (d,) what their points hold in new ones."""
    table = rules.rules
    points = np.tile(base, (len(table), 1))
    points[:, place] = collect_points(table)
    weights = _spread(rules.maps.weights, place, len(base))
    if isinstance(table, RuleTable):
        maps = AffineMap(weights, rules.maps.constants)
        network = _widen_network(table.network, place, len(base))
        return replace(table, tree=tree, network=network, maps=maps, points=points)

    return tuple(
        replace(
            rule,
            conditions=tuple(
                condition._replace(
                    half_space=condition.half_space._replace(
                        normal=_spread(condition.half_space.normal, place, len(base))
                    )
                )
                for condition in rule.conditions
            ),
            map=AffineMap(weights[i], rule.map.constants),
            point=points[i],
        )
        for i, rule in enumerate(table)
    )
