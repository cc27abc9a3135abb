"""README and docs are true: their blocks run, their links lead somewhere, they name everything."""

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main

import relurules as rr
from relurules.cli.main import app, run

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
LINKED = (
    *PAGES,
    *sorted((ROOT / "docs" / "design").glob("*.md")),
    *(ROOT / name for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "benchmarks/RESULTS.md")),
)
EXAMPLES = ROOT / "docs" / "command-line.md"

#: Pages that start in an empty folder; the others have the files of `EXAMPLES`.
FROM_NOTHING = ("tutorial.md", "command-line.md")
MOST_WORDS = 1000
LANGUAGES = ("bash", "json", "python", "text", "toml")

#: First lines of blocks that aren't run, and why.
NOT_RUN = {
    "make demo    # sets up .venv, trains, extracts, emits into out/, runs every artefact, "
    "prints the comparison": "sets up an environment and runs these tests",
    "relurules demo --out out --seed 0": "a test of its own, tests/cli/test_demo.py, runs it",
    'make wheel && pip install "$(ls dist/*.whl)[demo,onnx,parquet,plot]"': "installs",
    "info = rr.mlflow.log_model(": "MLflow is in an environment of its own, where a test runs it",
}

#: What follows a command that finds a difference.
MAY_DIFFER = " || test $? -eq 1"


class Block(NamedTuple):
    """A fenced block: what follows the fence, its lines, the number of the first."""

    language: str
    text: str
    line: int


def read_blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], text.count("\n", 0, found.start()) + 2)
        for found in re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def strip_code(text: str) -> str:
    """The text without fenced blocks and code in a line, in which brackets are no links."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", lambda found: found[0].strip("`").replace("[", ""), text)


@functools.cache
def list_anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", strip_code(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment in which `relurules` and `python` are those that run the tests."""
    folder = tmp_path_factory.mktemp("bin")
    for name, command in (("relurules", "-m relurules"), ("python", "")):
        shim = folder / name
        shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {command} "$@"\n')
        shim.chmod(0o755)

    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "MPLBACKEND": "agg",
    }


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """The files of the examples, made as the page says, and the rules extracted from them."""
    folder = tmp_path_factory.mktemp("prepared")
    run_python(next(block for block in read_blocks(EXAMPLES) if block.language == "python"), folder)
    command = "relurules extract model.joblib --trust-pickle --data loans.csv --drop id"
    assert command in EXAMPLES.read_text(encoding="utf-8")
    run_commands(Block("bash", f"{command} --target default", 0), folder, environment)

    domain = next(
        block for block in read_blocks(ROOT / "docs" / "inputs.md") if block.language == "toml"
    )
    (folder / "domain.toml").write_text(domain.text, encoding="utf-8")
    return folder


def run_python(block: Block, folder: Path, names: dict[str, Any] | None = None) -> None:
    before = Path.cwd()
    os.chdir(folder)
    try:
        # Line numbers of the page in tracebacks.
        code = compile("\n" * (block.line - 1) + block.text, "block", "exec")
        exec(code, {"__name__": "docs"} if names is None else names)
    finally:
        os.chdir(before)


def run_commands(block: Block, folder: Path, environment: dict[str, str]) -> None:
    """Run the lines of a block one by one: those of relurules as that does, without a process of
    its own for each.
    """
    before = Path.cwd()
    os.chdir(folder)
    try:
        for line in split_lines(block):
            command, may_differ, _ = line.partition(MAY_DIFFER)
            if line.startswith("relurules "):
                code = run(shlex.split(command)[1:])
                assert code == 0 or (code == 1 and may_differ), f"line {block.line}: {line}"
            else:
                run_bash(block._replace(text=line), folder, environment)
    finally:
        os.chdir(before)


def split_lines(block: Block) -> list[str]:
    """The commands of a block of which each has a line, and lines that go on."""
    return block.text.replace("\\\n", " ").splitlines()


def is_commands(block: Block) -> bool:
    """Whether a block holds nothing but commands of relurules and Python, of which a shell makes
    nothing but words.
    """
    lines = [line.partition(MAY_DIFFER)[0] for line in split_lines(block)]
    bare = [re.sub(r"'[^']*'|\"[^\"$`\\]*\"", "", line) for line in lines]
    return all(re.fullmatch(r"(relurules|python) [\w\s.,/=+-]*", line) for line in bare)


def run_bash(block: Block, folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-e", "-c", block.text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (
        f"line {block.line}: {block.text}\n{done.stdout[-2000:]}\n{done.stderr}"
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.filterwarnings("ignore")
def test_every_block_runs(
    page: Path, tmp_path: Path, prepared: Path, environment: dict[str, str]
) -> None:
    folder = tmp_path / "reader"
    if page.name in FROM_NOTHING:
        folder.mkdir()
    else:
        shutil.copytree(prepared, folder)

    names: dict[str, Any] = {"__name__": "docs"}
    for block in read_blocks(page):
        assert block.language in LANGUAGES, f"{page.name}:{block.line}: ```{block.language}"
        if block.text.splitlines()[0] in NOT_RUN:
            continue
        if block.language == "python":
            run_python(block, folder, names)
        elif block.language == "bash" and is_commands(block):
            run_commands(block, folder, environment)
        elif block.language == "bash":
            run_bash(block, folder, environment)


def test_commands_run_in_a_shell(tmp_path: Path, environment: dict[str, str]) -> None:
    """As a reader types them: those of the pages run in this process."""
    run_bash(Block("bash", "relurules --version\nrelurules fit --help", 1), tmp_path, environment)


def test_blocks_that_are_not_run_exist() -> None:
    first = {block.text.splitlines()[0] for page in PAGES for block in read_blocks(page)}
    assert set(NOT_RUN) <= first


def test_every_public_name_is_documented() -> None:
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    missing = [name for name in rr.__all__ if not re.search(rf"\b{name}\b", text)]
    assert not missing


def list_commands() -> Iterator[tuple[str, list[str]]]:
    """Every command with its options; "" is the program itself."""
    group: Any = typer.main.get_command(app)
    for name, command in [("", group), *group.commands.items()]:
        yield (
            name,
            [
                option
                for parameter in command.params
                for option in (*parameter.opts, *parameter.secondary_opts)
                if option.startswith("--")
            ],
        )


@pytest.mark.parametrize(("command", "options"), list(list_commands()))
def test_every_option_is_documented_with_its_command(command: str, options: list[str]) -> None:
    sections = {
        section.split("\n", 1)[0]: section
        for section in re.split(r"^## ", EXAMPLES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    title = f"relurules {command}" if command else "What all commands share"
    assert title in sections
    missing = [name for name in options if not re.search(rf"{name}(?![\w-])", sections[title])]
    assert not missing


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", strip_code(page.read_text(encoding="utf-8")))
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        assert not anchor or anchor in list_anchors(target), f"{page.name}: {link}"


def test_every_page_is_linked_from_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if f"(docs/{page.name})" not in text] == []


def test_the_readme_is_one_page() -> None:
    assert len(README.read_text(encoding="utf-8").split()) <= MOST_WORDS


def test_the_rule_in_the_readme_is_what_the_tool_prints() -> None:
    rules = rr.AdditiveRules.load(ROOT / "examples" / "documents" / "demo_lines" / "rules.json")
    shown = next(block for block in read_blocks(README) if block.text.startswith("ADD for"))
    printed = next(iter(rr.emit(rules, "text").files.values()))
    assert all(part in printed for part in shown.text.split("\n\n"))
