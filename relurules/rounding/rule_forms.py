"""The rules themselves as exact forms: what the text of an artefact must be, term by term."""

from collections.abc import Sequence
from fractions import Fraction

from relurules.ir import AdditiveRules
from relurules.ir.network import Array, Network
from relurules.rounding.analysis import RowInputs
from relurules.rounding.forms import CategorySpan, CategoryValues, PartForm, RealCurve, RealForm

_NONE = Fraction(0)


def make_affine_form(inputs: RowInputs, weights: Array, constant: float) -> RealForm:
    """Weights (d,) times the coordinates, and a constant."""
    parts = dict[int, PartForm]()
    numbers = [Fraction(float(weight)) for weight in weights]
    for block in inputs.blocks:
        if isinstance(block, CategorySpan):
            own = tuple(numbers[place] for place in block.places)
            if any(own):
                parts[block.places[0]] = CategoryValues(block, own)
        elif numbers[block.place]:
            parts[block.place] = RealCurve(block.place, numbers[block.place], {})

    return RealForm(Fraction(float(constant)), parts)


def make_line_forms(inputs: RowInputs, rules: AdditiveRules) -> Sequence[RealForm]:
    """Every score: the base and the lines. Groups are left to the caller."""
    lines = [
        make_affine_form(inputs, normal, -bound).take_positive()
        for normal, bound in zip(rules.normals, rules.bounds, strict=True)
    ]
    found = list[RealForm]()
    for i in range(rules.score_count):
        form = make_affine_form(inputs, rules.base.weights[i], rules.base.constants[i])
        for line, slope in zip(lines, rules.slopes[:, i], strict=True):
            if slope:
                form = form.add(line.scale(Fraction(float(slope))))
        found.append(form)

    return found


def make_network_forms(inputs: RowInputs, network: Network) -> Sequence[RealForm]:
    """Every score of a network: x, and what neurons make of their arguments."""
    found = list[RealForm]()
    for k in range(len(network)):
        z = make_affine_form(inputs, network.A[k], network.b[k])
        z = _add_scaled(z, found, network.L[k])
        slope = Fraction(float(network.slope[k]))
        found.append(z.scale(slope).add(z.take_positive().scale(1 - slope)))

    return [
        _add_scaled(make_affine_form(inputs, row, constant), found, gains)
        for row, constant, gains in zip(network.C, network.c, network.U, strict=True)
    ]


def _add_scaled(form: RealForm, terms: Sequence[RealForm], gains: Array) -> RealForm:
    for term, gain in zip(terms, gains, strict=False):
        if gain:
            form = form.add(term.scale(Fraction(float(gain))))
    return form
