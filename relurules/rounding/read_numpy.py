"""Numpy: lines, networks and trees as products of matrices, whose sums come in an order that nobody
states.
"""

import ast
import re
from collections.abc import Mapping, Sequence

import numpy as np

from relurules.domain import Domain
from relurules.domain.columns import find_groups
from relurules.ir.network import Array
from relurules.rounding.coordinates import list_coordinates
from relurules.rounding.expression import (
    Branch,
    Choice,
    Comparison,
    Expression,
    Leaf,
    Literal,
    Operation,
    Program,
    UnreadableError,
    refuse_broken,
)
from relurules.rounding.numpy_text import read_arrays, read_numpy_module
from relurules.rounding.python_names import list_arguments
from relurules.rounding.vectors import (
    Vector,
    combine,
    list_literals,
    multiply,
    multiply_matrix,
)

#: What is due on the way from coordinates to scores; _GIVEN: what is made of the scores.
_LINES = """
def _lines(x):
    return np.asarray(np.maximum(x @ _NORMALS - _LINE_BOUNDS, 0.0))

def _known(x):
    return _inside(x)

def score_batch(table):
    x = _coordinates(table)
    with np.errstate(over='ignore', invalid='ignore', under='ignore'):
        s = np.full((len(x), len(_CONSTANTS)), np.nan)
        for start in range(0, len(x), 8192):
            rows = x[start:start + 8192]
            known = _known(rows)
            own = rows[known]
            s[start:start + 8192][known] = own @ _BASE + _lines(own) @ _SLOPES + _CONSTANTS
        return _GIVEN
"""
_NETWORK = """
def _taken(x):
    taken = np.isfinite(x).all(axis=1)
    KNOWN
    return np.asarray(taken)

def score_batch(table):
    x = _coordinates(table)
    with np.errstate(over='ignore', invalid='ignore', under='ignore'):
        s, z = _evaluated(x)
        inside = _GATE(x)
        if not inside.all():
            s[~inside] = np.nan
        return _GIVEN
"""
_TREE = """
def _rules(x):
    at, active = (np.zeros(len(x), dtype=np.intp), np.arange(len(x)))
    while len(active):
        test = at[active]
        yes = np.einsum('ij,ij->i', x[active], _NORMALS[test]) >= _BOUNDS[test]
        at[active] = _NEXT[test, yes.astype(np.intp)]
        active = active[at[active] > 0]
    return -at

def _found(x):
    inside, found = (_inside(x), np.zeros(len(x), dtype=np.intp))
    found[inside] = _rules(x[inside])
    return found

def score_batch(table):
    x = _coordinates(table)
    with np.errstate(over='ignore', invalid='ignore', under='ignore'):
        rule = _found(x)
        s = np.full((len(x), len(_CONSTANTS[0])), np.nan)
        ruled = rule > 0
        s[ruled] = (
            np.einsum('ijk,ik->ij', _WEIGHTS[rule[ruled] - 1], x[ruled])
            + _CONSTANTS[rule[ruled] - 1]
        )
        return _GIVEN
"""
#: What is returned beside the scores: arrays as they are.
_NAMES_ONLY = re.compile(r"\w+|np\.hstack\(\[\w+(?:, \w+)*\]\)")
_LINE_ARRAYS = ("_BASE", "_CONSTANTS", "_NORMALS", "_LINE_BOUNDS", "_SLOPES")
_TREE_ARRAYS = ("_WEIGHTS", "_CONSTANTS", "_NORMALS", "_BOUNDS", "_NEXT")


@refuse_broken("the module")
def read_numpy_lines(text: str, domain: Domain, linked: bool) -> Sequence[Expression]:
    """The scores of lines over the columns of a domain; UnreadableError for anything else, or where
    what is called on the way to them isn't as it is due.

    linked: whether outputs are made of the scores, by a function that isn't read.
    """
    values, _ = read_numpy_module(text, domain, _name_given(_LINES, linked))
    return _make_scores(read_arrays(values, _LINE_ARRAYS), list_coordinates(domain))


def _name_given(due: str, linked: bool) -> str:
    return due.replace("_GIVEN", "_linked(s)" if linked else "s")


@refuse_broken("the module")
def read_numpy_network(
    text: str, domain: Domain, linked: bool, exact: bool
) -> Sequence[Expression]:
    """The same of a network. exact: whether rows outside the domain have scores too."""
    due = _NETWORK.replace("_GATE", "_taken" if exact else "_inside")
    groups = [[*group] for group in find_groups(domain.columns)]
    known = [f"taken &= (x[:, {group}] == 1.0).sum(axis=1) == 1" for group in groups]
    due = due.replace("    KNOWN\n", "".join(f"    {line}\n" for line in known))
    values, functions = read_numpy_module(text, domain, _name_given(due, linked))
    evaluated = functions.get("_evaluated")
    if evaluated is None or list_arguments(evaluated) != ["x"]:
        raise UnreadableError("no function `_evaluated` of x is found")

    return _Layers(values, list_coordinates(domain)).run(evaluated)


@refuse_broken("the module")
def read_numpy_tree(text: str, domain: Domain, linked: bool) -> Program:
    """The same of rules, by their tree."""
    values, _ = read_numpy_module(text, domain, _name_given(_TREE, linked))
    arrays = read_arrays(values, _TREE_ARRAYS)
    weights, constants, normals, bounds, following = (arrays[name] for name in _TREE_ARRAYS)
    count, x = len(constants), list_coordinates(domain)
    columns = len(x)
    if weights.shape != (*constants.shape, columns) or normals.shape != (len(bounds), columns):
        raise UnreadableError("arrays of rules don't fit together")
    if following.shape != (len(bounds), 2) or (following != np.round(following)).any():
        raise UnreadableError("the tree's table isn't read")

    tests = [
        Comparison(">=", multiply(normal, x), Literal(bound))
        for normal, bound in zip(normals.tolist(), bounds.tolist(), strict=True)
    ]
    leaves = [
        Leaf(tuple(combine("+", multiply_matrix(x, own.T), list_literals(more))), i + 1)
        for i, (own, more) in enumerate(zip(weights, constants, strict=True))
    ]

    def build(at: int) -> Program:
        if at < 0 and -at <= count:
            return leaves[-at - 1]
        if at == 0:
            return Leaf(None)
        return branch(at)

    def branch(at: int) -> Program:
        if not 0 <= at < len(tests):
            raise UnreadableError("the tree's table leads nowhere")
        no, yes = (int(place) for place in following[at])
        if {no, yes} & set(range(1, at + 1)):
            raise UnreadableError("the tree's table leads back")
        return Branch(tests[at], build(yes), build(no))

    return branch(0)


class _Layers:
    """The statements of `_evaluated`, which are carried out on rows of expressions."""

    def __init__(self, values: Mapping[str, str], x: Vector) -> None:
        self._values, self._names = dict(values), dict[str, Vector]({"x": x})

    def run(self, function: ast.FunctionDef) -> Vector:
        """The scores."""
        for one in function.body:
            match one:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if (
                    name != "x" and not isinstance(value, ast.Name)
                ):  # neither is another name of the same array
                    self._names[name] = self._evaluate(value)
                case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value) if (
                    name != "x" and name in self._names
                ):
                    more = self._evaluate(value)
                    self._names[name] = combine("+", self._names[name], more)
                case ast.Return(value=ast.Tuple(elts=[ast.Name(id="s"), others])) if (
                    _NAMES_ONLY.fullmatch(ast.unparse(others))
                ):
                    return self._names["s"]
                case ast.Expr(value=ast.Constant()):
                    continue
                case _:
                    raise UnreadableError(f"line {one.lineno} isn't followed")

        raise UnreadableError("the function ends without a return")

    def _evaluate(self, node: ast.expr) -> Vector:
        match node:
            case ast.Name(id=name) if name in self._names:
                return self._names[name]
            case ast.Name(id=name):
                return list_literals(read_arrays(self._values, [name])[name])
            case ast.BinOp(op=ast.MatMult(), left=left, right=ast.Name(id=name)):
                array = read_arrays(self._values, [name])[name]
                return multiply_matrix(self._evaluate(left), array)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return combine("+", self._evaluate(left), self._evaluate(right))

        return self._take_positive(node)

    def _take_positive(self, node: ast.expr) -> Vector:
        """What a neuron makes of its argument, in place or not; or columns of 0."""
        told = ast.unparse(node)
        if found := re.fullmatch(r"np\.maximum\((\w+), 0\.0(?:, out=(?!x\))\1)?\)", told):
            positive = combine("max", self._names.get(found[1], []), [Literal(0.0)])
            if "out=" in told:  # the array has two names then, of which one is read on
                self._names.pop(found[1])
                self._values.pop(found[1], None)
            return positive
        if found := re.fullmatch(r"np\.where\((\w+) < 0\.0, (\w+) \* \1, \1\)", told):
            values = self._names.get(found[1], [])
            scaled = combine("*", self._evaluate(ast.Name(found[2])), values)
            pairs = zip(values, scaled, strict=True)
            return [Choice(Comparison("<", z, Literal(0.0)), low, z) for z, low in pairs]
        if found := re.fullmatch(r"np\.zeros\(\(len\(x\), len\((\w+)\)\)\)", told):
            return [Literal(0.0)] * len(read_arrays(self._values, [found[1]])[found[1]])

        raise UnreadableError(f"{told} isn't followed")


def _make_scores(arrays: Mapping[str, Array], x: Vector) -> Sequence[Expression]:
    base, constants, normals, bounds, slopes = (arrays[name] for name in _LINE_ARRAYS)
    shapes, columns = (base.shape, normals.shape, slopes.shape), len(x)
    if shapes != ((columns, len(constants)), (columns, len(bounds)), (len(bounds), len(constants))):
        raise UnreadableError("arrays of lines don't fit together")
    lines = list[Expression]()
    for normal, bound in zip(normals.T.tolist(), bounds.tolist(), strict=True):
        beyond = Operation("-", (multiply(normal, x), Literal(bound)))
        lines.append(Operation("max", (beyond, Literal(0.0))))

    return [
        Operation("+", (Operation("+", (multiply(own, x), multiply(gains, lines))), Literal(c)))
        for own, gains, c in zip(
            base.T.tolist(), slopes.T.tolist(), constants.tolist(), strict=True
        )
    ]
