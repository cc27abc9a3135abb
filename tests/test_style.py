"""How the package reads, as `make metrics` measures it."""

import ast
from pathlib import Path
from types import ModuleType

import pytest
from scripts import load_script

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def measures() -> ModuleType:
    return load_script(ROOT / "tools/measure_style.py")


@pytest.fixture(scope="module")
def rows(measures: ModuleType) -> dict[str, str]:
    folder = ROOT / "relurules"
    sources = {path: path.read_text() for path in sorted(folder.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in sources.items()}
    return dict(measures.measure(folder, sources, trees))


def share(text: str) -> float:
    return float(text.removesuffix(")").partition(" %")[0])


def test_names_say_what_things_are(rows: dict[str, str]) -> None:
    assert share(rows["one-word names of module functions"]) < 30
    assert share(rows["participles as names of functions"]) < 3
    assert rows["class names in two modules"] == "0"


def test_the_plan_of_rooms_holds(rows: dict[str, str]) -> None:
    assert rows["modules in the hall"] == "4"
    assert rows["circles of modules"] == "0"


def test_functions_are_small(rows: dict[str, str]) -> None:
    assert share(rows["lines over 100 columns"]) < 0.1
    assert int(rows["parameters, median / p95 / max"].split(" / ")[1]) <= 5
    assert int(rows["parameters inside the public shell"].split(" / ")[2]) <= 8
    assert share(rows["annotated functions"]) == 100
    assert share(rows["blank lines inside functions"]) > 7


PLANTED = {
    "house/__init__.py": "",
    "house/one.py": (
        "from house.two import Room\n\n\nclass Wall:\n    pass\n\n\n"
        "def settled():\n    return Room\n"
    ),
    "house/two.py": (
        "from typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from house.one import Wall\n\n\n"
        "class Room:\n    pass\n\n\ndef build_room(a: int, b: int) -> int:\n    # a reason\n"
        "    total = a + b\n\n    return total\n"
    ),
    "house/cellar/__init__.py": "class Wall:\n    pass\n\n\ndef dig() -> None:\n    pass\n",
}


def test_a_planted_package_is_measured(tmp_path: Path, measures: ModuleType) -> None:
    for name, text in PLANTED.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "README.md").write_text("Three words here\n")
    folder = tmp_path / "house"
    sources = {path: path.read_text() for path in sorted(folder.rglob("*.py"))}
    found = dict(
        measures.measure(folder, sources, {p: ast.parse(text) for p, text in sources.items()})
    )
    assert found["functions"] == "3"
    assert found["parameters, median / p95 / max"] == "0 / 2 / 2"
    assert found["annotated functions"] == "66.7 % (2 of 3)"
    assert found["one-word names of module functions"] == "66.7 % (2 of 3)"
    assert found["participles as names of functions"] == "33.3 % (1 of 3)"
    assert found["class names in two modules"] == "1 Wall"
    assert found["circles of modules"] == "1 house.one house.two"
    assert found["modules in the hall"] == "3"
    assert found["README words"] == "3"
    assert found["comment lines"].endswith(
        f"(1 of {sum(t.count(chr(10)) for t in PLANTED.values())})"
    )


@pytest.mark.parametrize(
    ("name", "participle"),
    [
        ("settled", True),
        ("_found_rows", True),
        ("built", True),
        ("feed_rows", False),
        ("seed", False),
        ("read_rows", False),
        ("round_map", False),
    ],
)
def test_participles_are_told(name: str, participle: bool, measures: ModuleType) -> None:
    assert measures.is_participle(name) == participle
