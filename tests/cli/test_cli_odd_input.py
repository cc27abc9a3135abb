"""Files and texts that no command expects: each ends in a sentence, never in a traceback."""

from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx_models import mlp

from relurules.cli.main import run

ODD = {
    "empty": b"",
    "bytes": bytes(range(256)) * 10,
    "zeros": bytes(1000),
    "utf-16": "a,b\n1,2\n".encode("utf-16"),
    "an object": b"{}",
    "deep": b"[" * 100_000,
    "digits": b'{"a": ' + b"9" * 6000 + b"}",
    "header": b"a,b\n",
    "infinite": b"a,b\n1,inf\n1,2\n",
    "too large": b"a,b\n" + b"9" * 400 + b",2\n1,2\n",
    "text": b"a,b\nx,y\nu,v\n",
    "quote": b'a,b\n"1,2\n',
    "NUL": b"a\0,b\n1,2\n2,3\n",
    "latin": "\u00e4,b\n1,2\n".encode("latin1"),
}
#: Commands, X for the odd file; and endings that it may have there.
COMMANDS = [
    ("extract m.onnx --data X --out o.json", ("csv", "parquet")),
    ("extract X --box -1 1 --out o.json", ("onnx", "pt2", "joblib", "pkl", "json", "txt")),
    ("extract X --box -1 1 --out o.json --trust-pickle", ("joblib", "pkl")),
    ("extract m.onnx --domain X --out o.json", ("json", "toml")),
    ("count m.onnx --data X", ("csv",)),
    ("fit X --target b --out fitted", ("csv",)),
    ("ask X range", ("json",)),
    ("ask rules.json counterfactual --row 0 --at-least 0 --data X", ("csv",)),
    ("explain X --row 0 --data d.csv", ("json",)),
    ("explain rules.json --row 0 --data X", ("csv",)),
    ("summary X", ("json",)),
    ("plot rules.json importance --out p.svg --data X", ("csv",)),
    ("diff X rules.json", ("json", "onnx", "joblib")),
    ("emit X --to sql", ("json",)),
    ("verify X --against m.onnx --data d.csv", ("json", "py", "sql", "c")),
    ("prove rules.json --model X --out proof", ("onnx", "json")),
    ("check X --rules rules.json --model m.onnx", ("json",)),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    onnx.save(mlp([2, 3, 1]), folder / "m.onnx")
    X = np.random.default_rng(0).normal(size=(40, 2))
    pd.DataFrame(X, columns=["a", "b"]).to_csv(folder / "d.csv", index=False)
    assert (
        run(
            [
                "extract",
                str(folder / "m.onnx"),
                "--data",
                str(folder / "d.csv"),
                "--out",
                str(folder / "rules.json"),
            ]
        )
        == 0
    )
    return folder


@pytest.fixture(autouse=True)
def there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)


def ends_in_a_sentence(command: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run(command) in (1, 2), command
    said = capsys.readouterr()
    message = said.err.strip().splitlines()[-1] if said.err.strip() else said.out
    assert "internal error" not in message, command
    assert "Traceback" not in said.err + said.out, command
    assert len(message.split()) > 2, (command, message)
    return message


@pytest.mark.parametrize("kind", [*ODD, "a folder", "nothing"])
@pytest.mark.parametrize(("command", "endings"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_odd_files(
    command: str,
    endings: tuple[str, ...],
    kind: str,
    place: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for ending in endings:
        name = f"{kind.replace(' ', '_')}.{ending}"
        if kind == "a folder":
            (place / name).mkdir(exist_ok=True)
        elif kind != "nothing":
            (place / name).write_bytes(ODD[kind])
        words = [name if word == "X" else word for word in command.split()]
        if (kind, words[0]) in {("infinite", "summary"), ("infinite", "ask"), ("infinite", "plot")}:
            continue
        ends_in_a_sentence(words, capsys)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_devices_are_not_read(path: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of which the first has no end."""
    link = place / "device.json"
    link.unlink(missing_ok=True)
    link.symlink_to(path)
    for command in (
        ["extract", "m.onnx", "--data", path],
        ["extract", "m.onnx", "--domain", "device.json"],
        ["ask", "device.json", "range"],
        ["check", "device.json", "--rules", "rules.json", "--model", "m.onnx"],
    ):
        assert "device" in ends_in_a_sentence(command, capsys)


@pytest.mark.parametrize("text", ["\udcff", "a\ud800b"])
@pytest.mark.parametrize(
    "option", ["--table", "--key", "--name", "--title", "--output", "--columns"]
)
def test_halves_of_surrogate_pairs_are_not_emitted(
    option: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Python reads an argument whose bytes aren't UTF-8."""
    target = "html" if option == "--title" else "sql"
    assert "the half of a surrogate pair" in ends_in_a_sentence(
        ["emit", "rules.json", "--to", target, option, text], capsys
    )


@pytest.mark.parametrize("row", ["\u00b2", "\u0663", "9" * 30, "-1", "nan", "", "a=1", "a=x,b=1"])
def test_odd_rows(row: str, capsys: pytest.CaptureFixture[str]) -> None:
    ends_in_a_sentence(["explain", "rules.json", "--row", row, "--data", "d.csv"], capsys)


@pytest.mark.parametrize("decision", ["nan", "inf", "-inf", "1e999", "most", ""])
def test_odd_decisions(decision: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = ends_in_a_sentence(
        ["extract", "m.onnx", "--box", "-1", "1", "--decision", decision], capsys
    )
    assert "decision=" in said


def test_a_name_that_is_a_whole_file_is_cut_short(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "long.csv").write_text("x" * 100_000 + "\n1\n")
    said = ends_in_a_sentence(["summary", "rules.json", "--data", "long.csv"], capsys)
    assert "the table lacks 2 of 2 columns: 'a', 'b'; it has 'xxx" in said
    assert len(said) < 300
