"""Points that are drawn of a domain, and climbs from them into parts that hold none."""

import numpy as np
from handmade import network, rules_of

import relurules as rr
from relurules.analysis.rule_cells import RestrictedRules
from relurules.analysis.sample_points import SamplePoints, find_clearest_point, is_inside
from relurules.domain.columns import Category, Column
from relurules.lp import Polytope

SIZES = (7, 5)


def make_domain() -> rr.Domain:
    columns = [Column("n"), *(Column(f"c{i}", _list_categories(k)) for i, k in enumerate(SIZES))]
    return rr.Domain.over(columns).bounded({"n": (-1.0, 2.0)})


def _list_categories(count: int) -> tuple[Category, ...]:
    return tuple(Category((f"v{j}",)) for j in range(count))


def make_sample(domain: rr.Domain) -> SamplePoints:
    net = network([np.linspace(-1, 1, len(domain))], [0.1], [[1.0]])
    return SamplePoints(domain, RestrictedRules(rules_of(net, domain), domain).space)


def test_points_are_rows_of_the_domain_with_every_admitted_category() -> None:
    domain = make_domain().admitting({"c0": ["v1", "v4"], "c1": ["v3"]})
    sample = make_sample(domain)
    rows = np.round(sample.rows, 12)
    assert len(rows) == 4000
    assert domain.contains(rows).all()
    assert rows[:, 1:8].any(axis=0).tolist() == [False, True, False, False, True, False, False]
    assert np.array_equal(make_sample(domain).points, sample.points)


def test_there_are_none_without_categories_and_none_of_an_open_column() -> None:
    box = rr.Domain.box([0.0, 0.0], [1.0, 2.0])
    assert make_sample(box).points.shape == (0, 2)
    columns = [Column("n"), Column("c", _list_categories(3))]
    assert not len(make_sample(rr.Domain.over(columns)).points)


def test_a_climb_finds_the_one_row_in_thousands_that_a_part_holds() -> None:
    domain = make_domain()
    sample = make_sample(domain)
    normal = np.concatenate([[0.0], np.linspace(0, 6, 7), np.linspace(0, 4, 5)])
    form = sample.space.forms(normal[None], np.array([-9.5]))[0]  # only v6 and v4 come to 10
    other = sample.space.forms(np.eye(13)[[0]], np.array([-1.9]))[0]
    rows = -np.array([form, other])
    part = sample.space.walls.cut(rows[:, :-1], -rows[:, -1])
    found = sample.climb_into(part)
    assert found is not None
    assert is_inside(part, found[None]).all()
    x = np.round(sample.space.rows(found), 9)
    assert domain.contains(x[None]).all()
    assert x[0] >= 1.9
    assert np.flatnonzero(x[1:]).tolist() == [6, 11]


def test_a_climb_ends_where_there_is_no_row() -> None:
    sample = make_sample(make_domain())
    normal = np.concatenate([[0.0], np.linspace(0, 6, 7), np.linspace(0, 4, 5)])
    form = sample.space.forms(normal[None], np.array([-10.5]))[0]
    assert sample.climb_into(sample.space.walls.cut(-form[None, :-1], form[-1:])) is None


def test_walls_of_categories_alone_do_not_count() -> None:
    part = Polytope(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1.0, 1.0]))
    points = np.array([[0.25, 1.0], [0.5, 0.0]])
    found = find_clearest_point(part, points, np.array([False, True]))
    assert found is not None
    assert (found[0], found[1].tolist()) == (0.75, [0.25, 1.0])
    assert find_clearest_point(part, points[:0], np.array([False, True])) is None
