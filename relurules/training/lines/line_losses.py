"""What each line of a model is worth."""

from functools import singledispatch

import numpy as np

from relurules.ir.network import Array
from relurules.training.lines.line_model import LineModel
from relurules.training.lines.refits import FitTerms, build_tangents, get_line_parameters


@singledispatch
def estimate_losses(model: LineModel, terms: FitTerms) -> Array:
    """(K,) what the objective rises by without each line, by its quadratic model (B. Hassibi
    and D. Stork, "Second order derivatives for network pruning", 1993).
    """
    rows, ridge = terms.rows, terms.ridge
    tangents = build_tangents(model, rows)
    second = rows.derivatives(rows.evaluate(model))[1]
    values, pulls = get_line_parameters(model)
    hessian = (tangents * second) @ tangents.T + np.diag(pulls * ridge + 1e-8)
    inverse = np.linalg.inv(hessian)
    at = 1 + int(model.read.sum())
    losses = np.empty(len(model))

    for k, line in enumerate(model.lines):
        own = slice(at, at + len(line.weights) + 1)
        losses[k] = values[own] @ np.linalg.solve(inverse[own, own], values[own]) / 2
        at = own.stop

    return losses
