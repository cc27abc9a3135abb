"""Measures of how the package reads: `make metrics`, or `python tools/measure_style.py [FOLDER]`.

Counts what a newcomer meets: lengths and parameters of functions, names, classes of one name, long
lines, comments, blank lines, circles of imports (those under TYPE_CHECKING too), modules at the
top, words of the README.
"""

import argparse
import ast
import re
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef

#: The longest line that is not counted as long, as in pyproject.toml.
LINE = 100

#: Files of public functions; those of the command line are public too, and what estimators take.
PUBLIC = frozenset(
    {
        "api.py",
        "questions.py",
        "linearize_model.py",
        "fit_function.py",
        "frame_scores.py",
        "edit_rules.py",
        "__init__.py",
    }
)

#: Past participles that no ending tells.
IRREGULAR = frozenset(
    [
        "built",
        "cut",
        "done",
        "drawn",
        "found",
        "given",
        "gone",
        "held",
        "kept",
        "known",
        "laid",
        "left",
        "lost",
        "made",
        "met",
        "put",
        "ran",
        "read",
        "run",
        "said",
        "seen",
        "sent",
        "set",
        "shown",
        "split",
        "spread",
        "taken",
        "thought",
        "told",
        "understood",
        "written",
    ]
)

#: Words of these endings, or of that list, that are nouns or verbs where names of functions have
#: them.
VERBS_AND_NOUNS = frozenset(
    [
        "bed",
        "embed",
        "exceed",
        "feed",
        "fed",
        "indeed",
        "need",
        "proceed",
        "seed",
        "speed",
        "succeed",
        "cut",
        "put",
        "read",
        "run",
        "set",
        "split",
        "spread",
    ]
)


def main() -> None:
    """Print one measure a line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path(__file__).parents[1] / "relurules"
    )
    parser.add_argument("--names", action="store_true", help="list one-word names and participles")
    args = parser.parse_args()
    sources = {path: path.read_text() for path in sorted(args.folder.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in sources.items()}
    rows = list(measure(args.folder, sources, trees))
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:{width}}  {value}")
    if args.names:
        _list_names(args.folder, trees)


def measure(
    folder: Path, sources: dict[Path, str], trees: dict[Path, ast.Module]
) -> Iterator[tuple[str, str]]:
    """(what, value) of a package's files, by their texts and their trees."""
    yield from _functions(trees)
    yield from _lines(sources, trees)
    yield from _names(trees)
    yield from _modules(folder, trees)


def _functions(trees: dict[Path, ast.Module]) -> Iterator[tuple[str, str]]:
    by_file = {
        path: [node for node in _walk_statements(tree) if isinstance(node, Function)]
        for path, tree in trees.items()
    }
    found = [node for nodes in by_file.values() for node in nodes]
    lengths = sorted(_length(node) for node in found)
    yield "functions", f"{len(found)}"
    yield "function lines, median / p95 / max", _quantiles(lengths)
    parameters = sorted(_parameter_count(node) for node in found)
    yield "parameters, median / p95 / max", _quantiles(parameters)
    inner = sorted(
        _parameter_count(node)
        for path, nodes in by_file.items()
        for node in nodes
        if not _is_shell(path, node)
    )
    yield "parameters inside the public shell", _quantiles(inner)
    annotated = sum(_is_annotated(node) for node in found)
    yield "annotated functions", _share(annotated, len(found))


def _is_shell(path: Path, node: Function) -> bool:
    """Whether parameters are what users type, or arrays that compiled code takes."""
    compiled = any("compile" in ast.unparse(each) for each in node.decorator_list)
    public = path.name in PUBLIC or path.parent.name == "cli"
    return compiled or (public and not node.name.startswith("_")) or node.name == "__init__"


def _length(node: Function) -> int:
    """Lines of a function without its docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return node.end_lineno - body[0].lineno + 1 if body and node.end_lineno else 1


def _arguments(node: Function) -> list[ast.arg]:
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    every += [each for each in (given.vararg, given.kwarg) if each]
    return [each for each in every if each.arg not in {"self", "cls"}]


def _parameter_count(node: Function) -> int:
    return len(_arguments(node))


def _is_annotated(node: Function) -> bool:
    return node.returns is not None and all(each.annotation for each in _arguments(node))


def _lines(sources: dict[Path, str], trees: dict[Path, ast.Module]) -> Iterator[tuple[str, str]]:
    lines = [line for text in sources.values() for line in text.splitlines()]
    yield "lines", f"{len(lines)}"
    yield f"lines over {LINE} columns", _share(sum(len(line) > LINE for line in lines), len(lines))
    yield "comment lines", _share(sum(line.lstrip().startswith("#") for line in lines), len(lines))
    inside = [line for path, tree in trees.items() for line in _body_lines(sources[path], tree)]
    yield (
        "blank lines inside functions",
        _share(sum(not line.strip() for line in inside), len(inside)),
    )


def _body_lines(text: str, tree: ast.Module) -> Iterator[str]:
    """Lines of the functions that no other function holds, docstrings aside."""
    lines = text.splitlines()
    for node in _outer_functions(tree):
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        if body:
            yield from lines[body[0].lineno - 1 : node.end_lineno]


def _outer_functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield node
        else:
            yield from _outer_functions(node)


def _names(trees: dict[Path, ast.Module]) -> Iterator[tuple[str, str]]:
    names = [node.name for _, node in _module_functions(trees)]
    yield "one-word names of module functions", _share(sum(map(is_one_word, names)), len(names))
    yield "participles as names of functions", _share(sum(map(is_participle, names)), len(names))
    places = Counter(
        node.name for tree in trees.values() for node in tree.body if isinstance(node, ast.ClassDef)
    )
    twice = sorted(name for name, count in places.items() if count > 1)
    yield "class names in two modules", f"{len(twice)} {' '.join(twice)}".strip()


def _module_functions(trees: dict[Path, ast.Module]) -> Iterator[tuple[Path, Function]]:
    for path, tree in trees.items():
        for node in tree.body:
            if isinstance(node, Function):
                yield path, node


def is_one_word(name: str) -> bool:
    """Whether a name is a single word, a leading underscore aside."""
    return "_" not in name.strip("_")


def is_participle(name: str) -> bool:
    """Whether the first or the only word of a name is a past participle: settled, found_rows."""
    first = name.strip("_").split("_")[0]
    if first in VERBS_AND_NOUNS:
        return False
    return first in IRREGULAR or bool(re.fullmatch(r"\w+ed", first))


def _list_names(folder: Path, trees: dict[Path, ast.Module]) -> None:
    for path, node in _module_functions(trees):
        marks = [
            mark
            for mark, test in (("one word", is_one_word), ("participle", is_participle))
            if test(node.name)
        ]
        if marks:
            print(
                f"{path.relative_to(folder.parent)}:{node.lineno} {node.name} ({', '.join(marks)})"
            )


def _modules(folder: Path, trees: dict[Path, ast.Module]) -> Iterator[tuple[str, str]]:
    yield "modules", f"{len(trees)}"
    yield "modules in the hall", f"{len(list(folder.glob('*.py')))}"
    graph = {
        _module_name(folder, path): _imports(folder, path, tree) for path, tree in trees.items()
    }
    circles = [sorted(circle) for circle in strongly_connected(graph) if len(circle) > 1]
    yield (
        "circles of modules",
        f"{len(circles)} {' | '.join(' '.join(each) for each in circles)}".strip(),
    )
    readme = folder.parent / "README.md"
    if readme.exists():
        yield "README words", f"{len(readme.read_text().split())}"


def _module_name(folder: Path, path: Path) -> str:
    parts = path.relative_to(folder.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(folder: Path, path: Path, tree: ast.Module) -> set[str]:
    """The modules that a module's import statements at any depth name; those within functions are
    lazy, and left out.
    """
    found = set[str]()
    for node in _walk_statements(tree, into_functions=False):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if _is_module(folder, inner) else node.module)
    return found - {_module_name(folder, path)}


def _walk_statements(tree: ast.AST, *, into_functions: bool = True) -> Iterator[ast.AST]:
    """All nodes but expressions, which hold neither functions nor imports."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if into_functions or not isinstance(node, Function):
            waiting += [
                child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)
            ]


def _is_module(folder: Path, name: str) -> bool:
    place = folder.parent.joinpath(*name.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def strongly_connected(graph: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected components: who reaches whom, both ways (Warshall, on bit sets)."""
    names = sorted(graph)
    place = {name: i for i, name in enumerate(names)}
    reach = [sum(1 << place[other] for other in graph[name] if other in place) for name in names]
    for middle in range(len(names)):
        for i, found in enumerate(reach):
            if found >> middle & 1:
                reach[i] |= reach[middle]

    components, seen = list[set[str]](), set[str]()
    for i, name in enumerate(names):
        if name not in seen:
            both = (j for j in range(len(names)) if reach[i] >> j & 1 and reach[j] >> i & 1)
            component = {name, *(names[j] for j in both)}
            seen |= component
            components.append(component)
    return components


def _quantiles(values: Sequence[int]) -> str:
    p95 = values[min(len(values) - 1, int(0.95 * len(values)))]
    return f"{statistics.median(values):g} / {p95} / {values[-1]}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % ({part} of {whole})"


if __name__ == "__main__":
    main()
