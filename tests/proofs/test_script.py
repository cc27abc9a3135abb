"""check.py, whatever it is given: a verdict, or one sentence."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from instances import files, named_instance

import relurules as rr
from relurules import checker
from relurules.checker import json_values
from relurules.checker.script import PARTS, make_check_script

NAMES = ("certificate.json", "rules.json", "model.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A proof and what it is about."""
    folder = tmp_path_factory.mktemp("script")
    model, rules = named_instance("scores")
    for name, value in zip(NAMES, files(model, rules, rr.prove(rules, model)), strict=True):
        (folder / name).write_text(json.dumps(value))
    (folder / "check.py").write_text(make_check_script(), encoding="utf-8")
    return folder


def run(folder: Path, *paths: Any) -> tuple[int, str, str]:
    command = [sys.executable, "-I", "-S", str(folder / "check.py"), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_page_for_auditors_names_every_file() -> None:
    page = Path(__file__).parents[2] / "docs" / "design" / "checker.md"
    text = page.read_text(encoding="utf-8")
    assert [name for name in PARTS if f"`{name}.py`" not in text] == []


def test_a_proof_holds(folder: Path) -> None:
    code, out, err = run(folder, *(folder / name for name in NAMES))
    assert (code, err) == (0, "")
    assert out.startswith("proven: ")


def _deep(text: str) -> str:
    return '{"a":' * 200_000 + text


UNREADABLE: dict[str, tuple[Any, str]] = {
    "nesting": (_deep, "nested too deeply"),
    "an integer of 5000 digits": (
        lambda text: text.replace("{", '{"n": ' + "9" * 5000 + ", ", 1),
        "of 5000 digits",
    ),
    "bytes that aren't UTF-8": (lambda text: text.encode("utf-16"), "isn't UTF-8"),
    "no number": (lambda text: text.replace("{", '{"n": NaN, ', 1), "NaN is no finite number"),
    "infinity": (
        lambda text: text.replace("{", '{"n": -Infinity, ', 1),
        "-Infinity is no finite number",
    ),
    "a number beyond float64": (
        lambda text: text.replace("{", '{"n": 1e999, ', 1),
        "too large for a float64",
    ),
    "a key twice": (lambda text: text.replace("{", '{"format": 1, ', 1), "'format' is there twice"),
    "nothing": (lambda _: "", "is no JSON"),
    "half of it": (lambda text: text[: len(text) // 2], "is no JSON"),
    "a list": (lambda _: "[]", "holds no JSON object"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_cant_be_read_is_one_sentence(
    kind: str, name: str, folder: Path, tmp_path: Path
) -> None:
    change, said = UNREADABLE[kind]
    content = change((folder / name).read_text())
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    paths = [(tmp_path if other == name else folder) / other for other in NAMES]
    code, out, err = run(folder, *paths)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {tmp_path / name}: ")
    assert said in err
    assert err.count("\n") == 1


def test_files_that_arent_there(folder: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.json", tmp_path):
        code, out, err = run(folder, folder / NAMES[0], path, folder / NAMES[2])
        assert (code, out) == (2, "")
        assert err.startswith(f"error: {path}: can't be read: ")
    code, _, err = run(folder, folder / NAMES[0])
    assert code == 2
    assert "python check.py certificate.json rules.json model.json" in err


def test_a_file_that_is_too_large_isnt_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_values, "MOST_BYTES", 1 << 20)
    path = tmp_path / "rules.json"
    path.write_bytes(b" " * (2 << 20))
    with pytest.raises(ValueError, match=r"rules.json: can't be read: it is larger than 1 MB"):
        checker.read_object(str(path))


def test_deep_trees_of_a_certificate_are_refused(folder: Path, tmp_path: Path) -> None:
    """Nested as deeply as JSON reads, and more deeply than a tree is walked."""
    certificate = json.loads((folder / NAMES[0]).read_text())
    tree: list[Any] = [[], "leaf"]
    for _ in range(600):
        tree = [[], "split", 0, tree, [[], "leaf"]]
    certificate["rules"][0] = tree
    certificate["digest"] = checker.hash_json(
        {name: value for name, value in certificate.items() if name != "digest"}
    )
    (tmp_path / NAMES[0]).write_text(json.dumps(certificate))
    code, out, err = run(folder, tmp_path / NAMES[0], folder / NAMES[1], folder / NAMES[2])
    assert (code, err) == (1, "")
    assert out.startswith("refused: ")
    assert out.count("\n") == 1


def test_names_that_a_terminal_cant_show_are_told_all_the_same(
    folder: Path, tmp_path: Path
) -> None:
    rules = json.loads((folder / NAMES[1]).read_text())
    rules["features"][0]["name"] = "\ud800é\n漢"
    certificate, model = (json.loads((folder / name).read_text()) for name in (NAMES[0], NAMES[2]))
    certificate["digests"] = checker.hash_rules_and_model(rules, model)
    certificate["digest"] = checker.hash_json(
        {name: value for name, value in certificate.items() if name != "digest"}
    )
    (tmp_path / NAMES[0]).write_text(json.dumps(certificate))
    (tmp_path / NAMES[1]).write_text(json.dumps(rules))
    paths = [tmp_path / NAMES[0], tmp_path / NAMES[1], folder / NAMES[2]]
    command = [sys.executable, "-S", str(folder / "check.py"), *map(str, paths)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PYTHONIOENCODING": "ascii"}
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("refused: column 1 of the rules is '\\ud800\\xe9\\n")
