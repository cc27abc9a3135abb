"""The commands `document` and `monitor`, and what a fit notes for them."""

import hashlib
import json
from inspect import signature
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.main import get_command

import relurules as rr
from relurules.cli.main import app, run
from relurules.files.writing import read_json

COMMAND = get_command(app).commands["document"]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """loans.csv, and the folder `model` that a fit wrote."""
    place = tmp_path_factory.mktemp("signed")
    random = np.random.default_rng(0)
    income, age = random.gamma(2.0, 20.0, 400).round(1), random.integers(18, 80, 400)
    odds = 1.5 - 0.05 * income - 0.04 * np.maximum(0, age - 50)
    table = pd.DataFrame(
        {
            "income": income,
            "age": age,
            "sex": random.choice(["f", "m"], 400),
            "month": np.where(np.arange(400) < 200, "2025-01-15", "2025-02-15"),
            "default": np.where(random.uniform(size=400) < 1 / (1 + np.exp(-odds)), "yes", "no"),
        }
    )
    table.to_csv(place / "loans.csv", index=False)
    options = ["--form", "additive", "--max-rules", "3", "--drop", "month", "--drop", "sex"]
    words = ["fit", str(place / "loans.csv"), "--target", "default", *options]
    assert run([*words, "--out", str(place / "model")]) == 0
    (place / "about.toml").write_text('purpose = "To tell."\n[[approvers]]\nname = "Ann"\n')
    return place


def name(folder: Path, *parts: str) -> str:
    return str(folder.joinpath(*parts))


def document(folder: Path, *more: str) -> list[str]:
    words = ["document", name(folder, "model", "rules.json"), "--resamples", "20"]
    return [*words, *more, "--out", name(folder, "out")]


def test_the_page_of_a_document_can_be_tried(folder: Path) -> None:
    assert run(document(folder)) == 0
    page = (folder / "out" / "rules.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in page
    assert 'id="try' in page
    assert "Where all of this comes from" in page


def test_a_fit_notes_how_it_was_made(folder: Path) -> None:
    record = read_json(folder / "model" / "fit.json")
    assert record["fit"]["command"].startswith("relurules fit ")
    assert record["fit"]["seed"] == 0
    data = hashlib.sha256((folder / "loans.csv").read_bytes()).hexdigest()
    assert record["fit"]["data SHA-256"] == data
    for file, digest in record["files"].items():
        assert hashlib.sha256((folder / "model" / file).read_bytes()).hexdigest() == digest
    parts = pd.read_csv(folder / "model" / "parts.csv")["part"].value_counts()
    assert parts.to_dict() == {
        part: record["fit"][f"{part} rows"] for part in ("train", "validation", "test")
    }
    assert sum(step["chosen"] for step in record["front"]) == 1


def test_the_document_of_a_fit_splits_its_rows(folder: Path) -> None:
    loans, about = name(folder, "loans.csv"), name(folder, "about.toml")
    words = document(folder, "--fit", name(folder, "model"), "--data", loans, "--about", about)
    assert run([*words, "--groups", "sex"]) == 0
    said = read_json(folder / "out" / "validation.json")
    assert [part["part"] for part in said["parts"]] == ["training", "validation", "test"]
    record = read_json(folder / "model" / "fit.json")
    found = {
        one["part"]: one["value"]
        for one in said["figures"]
        if (one["model"], one["metric"]) == ("the rules", "AUC")
    }
    noted = record["scores"]["the rules"]
    assert found["test"] == pytest.approx(noted["test"], abs=1e-9)
    assert found["training"] == pytest.approx(noted["train"], abs=1e-9)
    assert {one["group"] for one in said["groups"]} == {"f", "m"}

    text = (folder / "out" / "rules.md").read_text()
    assert "Ann" in text
    assert "relurules fit " in text
    command = next(line for line in text.splitlines() if line.startswith("relurules document "))
    assert "--groups sex" in command
    assert record["files"]["rules.json"] in text  # in the table of files that were read


def test_the_same_command_gives_the_same_bytes(folder: Path) -> None:
    words = document(folder, "--test", name(folder, "loans.csv"), "--y", "default")
    assert run(words) == 0
    before = {path: path.read_bytes() for path in (folder / "out").rglob("*") if path.is_file()}
    assert run(words) == 0
    assert all(path.read_bytes() == content for path, content in before.items())


def test_rows_of_another_table_aren_t_split(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = folder / "other.csv"
    pd.read_csv(folder / "loans.csv").assign(age=40).to_csv(other, index=False)
    words = document(folder, "--fit", name(folder, "model"), "--data", str(other))
    assert run(words) == 2
    assert "aren't those of the fit, loans.csv (400 rows, by fit.json)" in read_error(capsys)


def read_error(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


def test_other_true_values_of_the_same_rows_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame, other = pd.read_csv(folder / "loans.csv"), folder / "turned.csv"
    frame.assign(default=frame["default"].to_numpy()[::-1]).to_csv(other, index=False)
    words = document(folder, "--fit", name(folder, "model"), "--data", str(other))
    assert run(words) == 2
    assert "the files have other digests" in read_error(capsys)


def test_a_folder_of_other_rules_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = folder / "changed"
    changed.mkdir()
    record = read_json(folder / "model" / "fit.json")
    record["files"]["rules.json"] = "00" * 32
    (changed / "fit.json").write_text(json.dumps(record))
    loans = name(folder, "loans.csv")
    assert run(document(folder, "--fit", str(changed), "--data", loans)) == 2
    assert "is of other rules" in capsys.readouterr().err
    assert run(document(folder, "--fit", str(folder), "--data", loans)) == 2
    assert "has no fit.json" in capsys.readouterr().err


def test_a_folder_that_does_not_say_which_rows_were_trained_on_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare, loans = folder / "bare", name(folder, "loans.csv")
    bare.mkdir()
    (bare / "fit.json").write_bytes((folder / "model" / "fit.json").read_bytes())
    assert run(document(folder, "--fit", str(bare), "--data", loans)) == 2
    assert "without parts.csv, which says which rows were trained on" in read_error(capsys)


def test_the_command_and_python_take_the_same() -> None:
    """Python reads files as they are, or takes frames; the command has options for reading."""
    command = {parameter.name for parameter in COMMAND.params}
    python = set(signature(rr.document).parameters)
    assert python - command == {"folder", "progress"}
    assert command - python == {"out", "types", "na", "sep", "decimal", "thousands", "encoding"}


def test_the_call_in_python_has_every_argument(folder: Path) -> None:
    rules = rr.load(folder / "model" / "rules.json")
    rows = pd.read_csv(folder / "loans.csv")
    out = folder / "called"
    rr.document(rules, out, data=rows, y="default", groups=["sex"], cut=0.25, resamples=0)
    text = (out / "rules.md").read_text(encoding="utf-8")
    call = f"relurules.document(rules, {str(out)!r}, data=DATA, y='default', groups=['sex'], "
    assert f"{call}cut=0.25, direction='higher', least=50, resamples=0, seed=0, " in text


def test_what_certificates_prove_is_told_with_their_digests(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, proof = name(folder, "model", "rules.json"), name(folder, "age.json")
    asked = ["ask", rules, "monotone", "--feature", "age", "--certificate", proof]
    assert run(asked) == 0
    assert run(document(folder, "--certificate", proof)) == 0
    found = read_json(Path(proof))
    text = (folder / "out" / "rules.md").read_text(encoding="utf-8")
    assert "change of score where age alone rises" in text
    assert text.count(found["digest"]) == 1
    assert found["digests"]["rules"] in text
    assert found["digests"]["domain"] in text

    loose = {**found, "column": "income"}
    Path(proof).write_text(json.dumps(loose))
    assert run(document(folder, "--certificate", proof)) == 1
    assert "was changed after it was written" in capsys.readouterr().err
    change = name(folder, "change.json")
    assert run(["diff", rules, rules, "--certificate", change]) == 0
    assert run(document(folder, "--certificate", change)) == 2
    assert "is about two files of rules" in capsys.readouterr().err


def test_columns_without_data_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(document(folder, "--y", "default")) == 2
    assert "--y names a column of the data; give --data FILE" in capsys.readouterr().err
    assert run(document(folder, "--test", name(folder, "loans.csv"), "--y", "defalt")) == 2
    assert "no column 'defalt'" in capsys.readouterr().err
    assert run(document(folder)) == 0  # rules, cover and origins alone


def test_monitor_ends_with_1_above_a_limit(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loans = pd.read_csv(folder / "loans.csv")
    moved = folder / "moved.csv"
    loans.assign(income=loans.income.sort_values().to_numpy()[-1]).to_csv(moved, index=False)
    words = ["monitor", name(folder, "model", "rules.json"), "--against", name(folder, "loans.csv")]
    assert run([*words, "--data", name(folder, "loans.csv"), "--by", "month"]) == 0
    assert "nothing is above limits" in capsys.readouterr().out
    out = name(folder, "watch")
    assert run([*words, "--data", str(moved), "--out", out]) == 1
    assert "ABOVE LIMIT income: PSI " in capsys.readouterr().out
    assert {path.name for path in (folder / "watch").iterdir()} == {
        "monitor.html", "monitor.json", "movements.csv", "rates.csv", "shares.csv",
    }  # fmt: skip
    assert run([*words, "--data", str(moved), "--psi", "100", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"] is True


def test_months_of_a_file_are_told_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loans = name(folder, "loans.csv")
    words = ["monitor", name(folder, "model", "rules.json"), "--against", loans, "--data", loans]
    assert run([*words, "--by", "month", "--json"]) == 0
    periods = json.loads(capsys.readouterr().out)["periods"]
    assert [one["period"] for one in periods] == ["2025-01", "2025-02"]
    rules, table = rr.load(folder / "model" / "rules.json"), pd.read_csv(loans)
    scores = rules.predict_scores(table)[:200, 0]
    assert periods[0]["mean_score"] == pytest.approx(np.nanmean(scores))


def test_formats_are_asked_for_by_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for package in ("typst", "docx", "xlsxwriter"):
        pytest.importorskip(package, reason=f"{package} isn't installed")
    words = [*document(folder)[:-1], name(folder, "formats")]
    assert run([*words, "--format", "pdf, docx", "--format", "xlsx,md"]) == 0
    written = {path.name for path in (folder / "formats").iterdir()}
    named = {"rules.pdf", "rules.docx", "rules.xlsx", "rules.md"}
    assert written >= {*named, "model_card.md", "SHA256SUMS"}
    assert not {"rules.html", "rules.tex"} & written
    sums = (folder / "formats" / "SHA256SUMS").read_text().splitlines()
    for line in sums:
        digest, _, file = line.partition("  ")
        content = (folder / "formats" / file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest
    assert len(sums) == len([p for p in (folder / "formats").rglob("*") if p.is_file()]) - 1

    words = [*document(folder)[:-1], name(folder, "none")]
    assert run([*words, "--format", "html,odt"]) == 2
    assert "'odt'; supported: html, md, tex, pdf, docx, xlsx" in read_error(capsys)
    assert not (folder / "none").exists()


def test_monitoring_as_a_query(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules, loans = name(folder, "model", "rules.json"), name(folder, "loans.csv")
    words = ["monitor", rules, "--against", loans, "--by", "month"]
    assert run([*words, "--sql", "duckdb", "--table", "loans"]) == 0
    query = capsys.readouterr().out
    assert 'FROM "loans"' in query
    duckdb = pytest.importorskip("duckdb", reason="duckdb isn't installed")
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE loans AS SELECT * FROM read_csv('{loans}')")
        rows = connection.execute(query).fetchall()
    assert {row[4] for row in rows} == {"", "2025-01", "2025-02"}
    assert not any(row[8] for row in rows)
    assert run([*words, "--sql", "duckdb", "--out", name(folder, "query")]) == 0
    assert (folder / "query" / "monitor.sql").is_file()
    assert run(words) == 2
    assert "give --data FILE with rows, or --sql DIALECT" in read_error(capsys)


def test_texts_in_csv_files_never_become_formulas() -> None:
    from relurules.validation.report import OtherModel, tables_to_csv

    rows = (OtherModel("=1+1", "@part", "R2", -0.5),)
    assert tables_to_csv({"others": rows})["others.csv"].splitlines()[1] == "'=1+1,'@part,R2,-0.5"
