"""Bands of values, and of scores that rounding parts."""

import numpy as np

from relurules.statistics.population_stability import cut_score_bands


def test_scores_that_rounding_parts_are_in_one_band() -> None:
    apart = np.repeat(np.arange(40.0), 5)
    near = np.nextafter(apart, np.where(np.arange(200) % 2, 100.0, -100.0))
    for scores in (apart, near):
        bands = cut_score_bands(scores)
        assert len(bands) == 10
        assert (bands.place(scores) == bands.place(apart)).all()
        assert np.bincount(bands.place(scores)).tolist() == [15, *[20] * 8, 25]
    assert len(cut_score_bands(near[:10])) == 2
    assert len(cut_score_bands(np.zeros(0))) == 1
