"""Bands of the score, what has moved and weak places of the signed documents, counted by hand."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_ind
from signed_example import (
    PARTS,
    SignedExample,
    cut_edges,
    cut_score_edges,
    name_categories,
    read_band,
)

Masks = list[tuple[str, np.ndarray]]


def split_by_edges(values: np.ndarray, edges: list[float]) -> list[np.ndarray]:
    """The rows of every band, from one edge on and below the next one."""
    ends = [-np.inf, *edges, np.inf]
    return [(values >= low) & (values < high) for low, high in pairwise(ends)]


def list_masks(example: SignedExample) -> Iterator[tuple[str, str, list[float], Masks]]:
    """Kind and name of everything that may move, where its bands begin, and their rows of all."""
    base = example.places["training"]
    edges = cut_score_edges(example.score[base])
    yield "score", "score", edges, [("", own) for own in split_by_edges(example.score, edges)]
    at = {name: i for i, name in enumerate(example.hand.names)}
    for column, coordinates in example.hand.columns.items():
        values = example.coordinates[:, [at[name] for name in coordinates]]
        if len(coordinates) > 1:
            labels = name_categories(example, column)
            yield "column", column, [], [(labels[i], own == 1) for i, own in enumerate(values.T)]
        else:
            edges = cut_edges(values[base, 0])
            yield "column", column, edges, [("", m) for m in split_by_edges(values[:, 0], edges)]
    for i, line in enumerate(example.hand.said["lines"], 1):
        applies = example.coordinates @ example.hand.spread(line["coefficients"]) > line["above"]
        name = f"line {i}: {next(iter(line['coefficients'])).lstrip('-')}"
        yield "line", name, [], [("doesn't apply", ~applies), ("applies", applies)]


def test_bands_of_the_score_are_tenths_of_the_training_rows(example: SignedExample) -> None:
    edges = cut_score_edges(example.score[example.places["training"]])
    for part in PARTS:
        rows = example.places[part]
        came, share = example.outcome[rows], example.share[rows]
        said = [one for one in example.validation["bands"] if one["part"] == part]
        bands = split_by_edges(example.score[rows], edges)
        assert [one["band"] for one in said] == list(range(1, 11))
        assert [one["low"] for one in said] == pytest.approx([None, *edges])
        assert [one["high"] for one in said] == pytest.approx([*edges, None])
        for one, band in zip(said, bands, strict=True):
            ends = binomtest(int(came[band].sum()), int(band.sum())).proportion_ci(method="wilson")
            assert one["rows"] == band.sum()
            assert one["share"] == pytest.approx(band.mean())
            assert one["prediction"] == pytest.approx(share[band].mean())
            assert one["outcome"] == pytest.approx(came[band].mean())
            assert (one["outcome_low"], one["outcome_high"]) == pytest.approx(tuple(ends))


def test_what_has_moved_is_a_sum_over_bands(example: SignedExample) -> None:
    moved = {(m["kind"], m["name"], m["part"]): m for m in example.validation["movements"]}
    shares: dict[Any, list[Any]] = {}
    for one in example.validation["shares"]:
        shares.setdefault((one["kind"], one["name"], one["part"]), []).append(one)
    base = example.places["training"]
    for kind, name, edges, masks in list_masks(example):
        for part in PARTS[1:]:
            rows = example.places[part]
            own, told = moved.pop((kind, name, part)), shares.pop((kind, name, part))
            before = np.array([mask[base].sum() for _, mask in masks])
            now = np.array([mask[rows].sum() for _, mask in masks])
            assert [one["base_rows"] for one in told] == before.tolist()
            assert [one["rows"] for one in told] == now.tolist()
            assert [one["base_share"] for one in told] == pytest.approx(before / len(base))
            assert [one["share"] for one in told] == pytest.approx(now / len(rows))
            check_labels([one["band"] for one in told], edges, masks)

            some = before + now > 0
            p = np.maximum(before[some], 0.5) / len(base)
            q = np.maximum(now[some], 0.5) / len(rows)
            assert own["psi"] == pytest.approx(((q - p) * np.log(q / p)).sum(), rel=1e-9)
            assert (own["base"], own["bands"]) == ("training", len(masks))
    assert not moved
    assert not shares


def check_labels(labels: list[str], edges: list[float], masks: Masks) -> None:
    """They say where bands begin and end, to four digits at least."""
    if not edges:
        assert labels == [label for label, _ in masks]
        return
    ends = [-np.inf, *edges, np.inf]
    for label, limits in zip(labels, pairwise(ends), strict=True):
        assert read_band(label) == pytest.approx(limits, rel=6e-4)


def test_weak_places_are_the_most_certain_ranges(example: SignedExample) -> None:
    rows = example.places["test"]
    score, came = example.score[rows], example.outcome[rows]
    losses = np.logaddexp(0, np.where(came, -score, score))
    found = []
    for column, coordinates in example.hand.columns.items():
        at = [example.hand.names.index(name) for name in coordinates]
        values = example.coordinates[np.ix_(rows, at)]
        places: Masks
        if len(at) > 1:
            labels = name_categories(example, column)
            places = list(zip(labels, (values == 1).T, strict=True))
        else:
            places = list(list_runs(values[:, 0]))
        tried = [(*judge_place(losses, mask), label, mask) for label, mask in places]
        certainty, _, label, mask = max(tried, key=lambda one: one[0])
        if certainty >= 3:
            found.append((certainty, column, label, mask))

    found.sort(key=lambda one: -one[0])
    said = example.validation["weak_places"]
    assert len(said) == min(10, len(found))
    for one, (certainty, column, label, mask) in zip(said, found, strict=False):
        assert (one["part"], one["column"], one["rows"]) == ("test", column, mask.sum())
        assert one["certainty"] == pytest.approx(certainty)
        assert one["loss"] == pytest.approx(losses[mask].mean())
        assert one["overall"] == pytest.approx(losses.mean())
        assert one["outcome"] == pytest.approx(came[mask].mean())
        assert one["prediction"] == pytest.approx(example.share[rows][mask].mean())
        if label:
            assert one["place"] == label
        else:
            values = example.coordinates[rows, example.hand.names.index(column)]
            low, high = read_band(one["place"])
            assert np.array_equal((values >= low) & (values < high), mask)


def list_runs(values: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Bands that are beside one another, but not all of them."""
    ends = [-np.inf, *cut_edges(values), np.inf]
    for i in range(len(ends) - 1):
        for j in range(i + 1, len(ends)):
            if j - i < len(ends) - 1:
                yield "", (values >= ends[i]) & (values < ends[j])


def judge_place(losses: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
    """Standard errors that the mean there is above that elsewhere: the t of Welch."""
    if not 50 <= mask.sum() <= len(mask) - 50:
        return -np.inf, 0.0
    found = ttest_ind(losses[mask], losses[~mask], equal_var=False)
    return float(found.statistic), float(found.pvalue)
