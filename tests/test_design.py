"""The design documents speak of what is there."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "relurules"
PAGES = [ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs" / "design").glob("*.md"))]
LAYERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][
    0
]["layers"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_that_are_named_exist(page: Path) -> None:
    """A path from the root or from the package, or a module of the package by its own name."""
    modules = {path.name for path in PACKAGE.rglob("*.py")}
    for name in re.findall(r"`([\w./-]+\.(?:py|md|json|toml|sh))`", page.read_text()):
        here = (ROOT / name).exists() or (PACKAGE / name).exists()
        assert here or ("/" not in name and name in modules) or name in WRITTEN, name


#: Files that commands write.
WRITTEN = {"check.py", "fit.json", "model.json", "score.py", "certificate.json"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_names_of_modules_are_defined(page: Path) -> None:
    """`module.name` of a module of the package: the module's text has the name."""
    texts: dict[str, str] = {}
    for path in PACKAGE.rglob("*.py"):
        texts[path.stem] = texts.get(path.stem, "") + path.read_text()
    for module, name in re.findall(r"`(?:\w+\.)*(\w+)\.(\w+)(?:\([^`]*\))?`", page.read_text()):
        if module in texts and name not in ("py", "md", "json"):
            assert re.search(rf"\b{name}\b", texts[module]), f"{module}.{name}"


def test_the_layers_are_those_of_the_contract() -> None:
    text = (ROOT / "docs" / "design" / "index.md").read_text()
    printed = re.search(r"## The layers.*?```text\n(.*?)```", text, re.DOTALL)
    assert printed
    assert printed[1].splitlines() == LAYERS


def test_every_room_is_described() -> None:
    text = (ROOT / "docs" / "design" / "index.md").read_text()
    rooms = {room for layer in LAYERS for room in layer.split(" | ")} - {"__main__"}
    for room in rooms:
        folder = (PACKAGE / room).is_dir()
        assert f"| `{room}/` |" in text if folder else f"| `{room}.py` |" in text, room


def test_contributing_names_the_makefile_s_targets() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([\w-]+)`", (ROOT / "CONTRIBUTING.md").read_text()))
    assert {"format", "lint", "test-fast", "test", "metrics"} <= named <= targets
    assert (ROOT / "tools/install_servers.sh").stat().st_mode & 0o111
    assert "tools/install_servers.sh" in (ROOT / ".ci/run").read_text()


def test_the_fast_lane_touches_every_room() -> None:
    """`make test-fast` runs tests of each folder, and all that it names is there."""
    tests = ROOT / "tests"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    listed = re.search(
        r"^FAST := \$\(addprefix tests/,(.*?)\)$", makefile, re.MULTILINE | re.DOTALL
    )
    assert listed is not None
    chosen = listed[1].replace("\\\n", " ").split()
    assert [name for name in chosen if not (tests / name.partition("::")[0]).exists()] == []
    rooms = {file.relative_to(tests).parts[0] for file in tests.glob("*/**/test_*.py")}
    assert rooms - {name.partition("/")[0] for name in chosen} == set()
