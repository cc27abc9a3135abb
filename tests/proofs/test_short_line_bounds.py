"""What check_short_lines.py shows is true: of drawn certificates, at rows in exact rationals."""

import numpy as np
from answer_cases import evaluate
from drawn_stacks import draw_row, draw_stack, evaluate_model
from second_checker import encode_files, judge_by_ours
from short_checkers import judge_values

from relurules.checker import check_short_lines
from relurules.checker.forms import round_up

STACKS, ROWS = 600, 6


def test_bounds_hold_at_rows_and_some_are_reached() -> None:
    """Whatever a certificate says of neurons: and check.py shows the same of it."""
    proven, reached = 0, 0
    for seed in range(STACKS):
        rng = np.random.default_rng(seed)
        triple = draw_stack(rng)
        (code, gaps), ours = (
            judge_values(check_short_lines, triple),
            judge_by_ours(encode_files(triple)),
        )
        assert code in (ours.code, 3), (seed, gaps, ours)
        if code:
            continue
        proven += 1
        assert [[round_up(gap)] for gap in gaps] == ours.shown[1]
        rules, model = triple[1:]
        for _ in range(ROWS):
            row = draw_row(rules, rng)
            for i, score in enumerate(evaluate_model(model, row)):
                weights = [float(own == i) for own in range(len(gaps))]
                off = abs(score - evaluate(rules, row, weights))
                assert off <= gaps[i], seed
                reached += off == gaps[i] > 0

    assert proven > STACKS / 8
    assert reached > proven / 8
