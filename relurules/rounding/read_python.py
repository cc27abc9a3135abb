"""Python: the function `score`, statement by statement, read by Python's own parser."""

import ast
from collections.abc import Mapping, Sequence
from typing import TypeGuard

from relurules.rounding.expression import (
    Choice,
    Comparison,
    Expression,
    Junction,
    Leaf,
    Literal,
    Opaque,
    Operation,
    Program,
    Test,
    UnreadableError,
    refuse_broken,
)
from relurules.rounding.python_names import list_arguments, parse_module
from relurules.rounding.statements import (
    Exit,
    Names,
    chain_exits,
    fill_missing,
    merge_names,
    read_rule_number,
)

_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_TESTS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=="}
#: What `score` calls, and asks for; none of it may be another thing in it.
_CALLED = frozenset({"max", "float", "math", "_number", "_category", "_result"})


@refuse_broken("the module")
def read_python(text: str, inputs: Mapping[str, Expression]) -> Program:
    """What `score(row)` computes; inputs: a column's name -> what stands for it."""
    tree = parse_module(text)
    for one in tree.body:
        if not _is_definition(one):
            raise UnreadableError(f"line {one.lineno} isn't followed")
    function = next(
        (one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "score"), None
    )
    if function is None or list_arguments(function) != ["row"]:
        raise UnreadableError("no function `score` of a row is found")
    end = _PythonReader(inputs).run(function.body)
    if end is None:
        raise UnreadableError("the function ends without a return")

    return end


def _is_definition(one: ast.stmt) -> bool:
    """Whether a statement of a module just defines something, or runs what is read elsewhere."""
    match one:
        case ast.FunctionDef() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return all(each.asname is None and each.name != "*" for each in names)
        case (
            ast.Assign(targets=[ast.Name()], value=value)
            | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
        ):
            calls = [each.func for each in ast.walk(value) if isinstance(each, ast.Call)]
            return all(ast.unparse(each) == "re.compile" for each in calls)
        case ast.If(test=test):
            return ast.unparse(test) == "__name__ == '__main__'"

    return False


class _PythonReader:
    """names: what variables stand for, up to where it has read."""

    def __init__(self, inputs: Mapping[str, Expression]) -> None:
        self._inputs, self._names = inputs, Names()

    def run(self, body: Sequence[ast.stmt]) -> Program | None:
        """The end of these statements, None where it goes on behind them."""
        exits = list[Exit]()
        for one in body:
            if isinstance(one, ast.Return):
                return chain_exits(exits, self._read_return(one))
            if isinstance(one, ast.If):
                last = self._run_if(one, exits)
                if last is not None:
                    return chain_exits(exits, last)
            elif isinstance(one, ast.Assign):
                self._assign(one)
            elif not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)):
                raise UnreadableError(f"a statement of the kind {type(one).__name__}")

        if exits:
            raise UnreadableError("an if ends the function on one side only")

        return None

    def _assign(self, one: ast.Assign) -> None:
        match one.targets:
            case [ast.Name(id=name)] if name not in _CALLED:
                self._names[name] = self._read_number(one.value)
            case _:
                raise UnreadableError(f"{ast.unparse(one)} isn't followed")

    def _run_if(self, one: ast.If, exits: list[Exit]) -> Program | None:
        """What follows where neither side goes on."""
        if "__class__" in ast.dump(one.test):  # a number of another type becomes a float
            self._read_conversion(one)
            return None
        before, test = dict(self._names), self._read_test(one.test)
        end, then = self.run(one.body), self._names
        self._names = dict(before)
        other_end = self.run(one.orelse)
        if end is not None:
            exits.append((test, end))
            return other_end
        if other_end is not None:
            raise UnreadableError("an else ends the function, and the if before it doesn't")
        self._names = merge_names(test, then, self._names)

        return None

    def _read_conversion(self, one: ast.If) -> None:
        """`x = _number(x, name)`, or with what a missing number counts as."""
        assigned, call = one.body[0], None
        if isinstance(assigned, ast.Assign) and len(one.body) == 1:
            call = assigned.value
        if not _is_call(call, "_number"):
            raise UnreadableError("a column becomes something else than a number")
        name = ast.unparse(assigned).partition(" = ")[0]
        asked = f"{name}.__class__ is not float"
        if ast.unparse(one.test) not in (asked, f"{asked} or {name} != {name}"):
            raise UnreadableError("another column is asked whether it is a number")
        value = self._read_number(call.args[0])
        if one.orelse or self._names.get(name) is not value:
            raise UnreadableError("a column becomes another one")
        if len(call.args) > 2:
            self._names[name] = fill_missing(value, self._read_number(call.args[2]))

    def _read_return(self, one: ast.Return) -> Program:
        call = one.value
        if not _is_call(call, "_result"):
            raise UnreadableError("a return of something else than scores")
        first = self._read_number(call.args[0]) if call.args else None
        rule = read_rule_number(first)
        if any("'nan'" in ast.dump(argument) for argument in call.args):
            return Leaf(None, rule)

        return Leaf(tuple(map(self._read_number, call.args)), rule)

    def _read_number(self, node: ast.expr) -> Expression:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return Literal(float(node.value))
        if isinstance(node, ast.Name):
            return self._names.get(node.id, Opaque(f"{node.id!r} stands for nothing known"))
        if isinstance(node, ast.BinOp | ast.UnaryOp):
            return self._read_operation(node)
        if isinstance(node, ast.IfExp):
            sides = (self._read_number(node.body), self._read_number(node.orelse))
            return Choice(self._read_test(node.test), *sides)

        return self._read_input(node)

    def _read_operation(self, node: ast.BinOp | ast.UnaryOp) -> Expression:
        if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS:
            sides = (self._read_number(node.left), self._read_number(node.right))
            return Operation(_SIGNS[type(node.op)], sides)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self._read_number(node.operand)
            if isinstance(inner, Literal):
                return Literal(-inner.value)
            return Operation("neg", (inner,))

        return Opaque("an operation that isn't read")

    def _read_input(self, node: ast.expr) -> Expression:
        """`row[name]`, `_category(row[name], ...)`, `max(0.0, z)`."""
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", "")
            if name == "max" and len(node.args) == 2 and not node.keywords:
                return Operation("max", tuple(map(self._read_number, node.args)))
            if name == "_category" and isinstance(node.args[0], ast.Subscript):
                return self._read_input(node.args[0])
            return Opaque(f"a call of {name}")
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            key = str(node.slice.value)
            return self._inputs.get(key, Opaque(f"column {key!r} isn't known"))

        return Opaque(f"an expression of the kind {type(node).__name__}")

    def _read_test(self, node: ast.expr) -> Test:
        if isinstance(node, ast.BoolOp):
            sign = "and" if isinstance(node.op, ast.And) else "or"
            return Junction(sign, tuple(map(self._read_test, node.values)))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return Junction("not", (self._read_test(node.operand),))
        if not isinstance(node, ast.Compare):
            return Opaque("no test")

        sides = [node.left, *node.comparators]
        tests = tuple(
            Comparison(_TESTS[type(op)], self._read_number(left), self._read_number(right))
            if type(op) in _TESTS
            else Opaque("a test that isn't read")
            for op, left, right in zip(node.ops, sides, sides[1:], strict=False)
        )

        return tests[0] if len(tests) == 1 else Junction("and", tests)


def _is_call(node: ast.expr | None, name: str) -> TypeGuard[ast.Call]:
    """Whether a function is called, and no argument by its name."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == name
        and not node.keywords
    )
