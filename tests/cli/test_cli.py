"""The command line, run as a user runs it; errors end in one line, an exit code, and nothing
written.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import relurules as rr
from relurules.cli.display import ProgressCounter
from relurules.cli.main import run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """model.pt2, its rows.csv and rules.json."""
    torch.manual_seed(1)
    place = tmp_path_factory.mktemp("cli")
    model = nn.Sequential(nn.Linear(2, 3), nn.PReLU(3), nn.Linear(3, 1)).eval()
    sizes = ((torch.export.Dim.DYNAMIC, torch.export.Dim.STATIC),)
    torch.export.save(
        torch.export.export(model, (torch.zeros(2, 2),), dynamic_shapes=sizes), place / "model.pt2"
    )
    X = np.random.default_rng(0).normal(size=(50, 2))
    pd.DataFrame({"weight, kg": X[:, 0], "b": X[:, 1], "target": 0}).to_csv(
        place / "rows.csv", index=False
    )
    assert run(extracting(place)) == 0
    return place


def extracting(place: Path, *more: str) -> list[str]:
    paths = [str(place / name) for name in ("model.pt2", "rows.csv", "rules.json")]
    return ["extract", paths[0], "--data", paths[1], "--drop", "target", "--out", paths[2], *more]


def test_extract_shows_the_rules_and_says_where_they_are(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(extracting(folder, "--where", "`weight, kg` + b <= 2")) == 0
    shown = capsys.readouterr()
    assert "RULE 1" in shown.out
    assert "weight, kg" in shown.out
    assert "`weight, kg` + b <= 2" in shown.out
    assert "rules.json" in shown.err
    assert run(extracting(folder)) == 0


def test_extract_over_a_box_and_over_all_inputs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = str(folder / "model.pt2"), str(folder / "other.json")
    assert run(["extract", model, "--out", out, "--box", "-1", "1"]) == 0
    assert "-1 <= x0 <= 1" in capsys.readouterr().out
    assert run(["extract", model, "--out", out]) == 0
    assert "-inf <= x0 <= inf" in capsys.readouterr().out


def test_extract_over_a_domain_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "domain.toml").write_text('where = ["b <= `weight, kg`"]\n[columns]\nb = [-7, 9]')
    assert run(extracting(folder, "--domain", str(tmp_path / "domain.toml"))) == 0
    shown = capsys.readouterr().out
    assert "-7 <= b <= 9" in shown
    assert "b <= `weight, kg`" in shown
    assert (
        run(["extract", str(folder / "model.pt2"), "--domain", str(tmp_path / "domain.toml")]) == 2
    )
    assert "names 'weight, kg', which is no column" in capsys.readouterr().err
    assert run(extracting(folder)) == 0


@pytest.mark.parametrize("to", ["text", "markdown", "html", "latex", "sql", "python"])
def test_emit_prints(folder: Path, to: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emit", str(folder / "rules.json"), "--to", to]) == 0
    assert "weight, kg" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("to", "main"), [("sql", "score.sql"), ("python", "score.py"), ("c", "score.c")]
)
@pytest.mark.parametrize("form", ["rules", "tree", "network"])
def test_emitted_files_verify(folder: Path, tmp_path: Path, to: str, main: str, form: str) -> None:
    assert (
        run(
            ["emit", str(folder / "rules.json"), "--to", to, "--form", form, "--out", str(tmp_path)]
        )
        == 0
    )
    for against in ("model.pt2", "rules.json"):
        told = ["--against", str(folder / against), "--data", str(folder / "rows.csv")]
        assert run(["verify", str(tmp_path / main), *told]) == 0


def test_extract_few_rules_close_on_rows(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        *extracting(folder)[:-1],
        str(tmp_path / "rules.json"),
        "--max-rules",
        "1",
        "--fidelity",
    ]
    assert run([*asked, "rows"]) == 0
    said = capsys.readouterr().err
    assert "1 rule written" in said
    assert "on 50 rows of the data" in said
    assert run([*asked, "data"]) == 2
    assert "supported: domain, rows" in capsys.readouterr().err


def test_numbers_and_rows_outside_reach_the_code(folder: Path, tmp_path: Path) -> None:
    asked = ["--to", "c", "--number", "float", "--outside", "clamp", "--out", str(tmp_path)]
    assert run(["emit", str(folder / "rules.json"), *asked]) == 0
    assert "const float *x" in (tmp_path / "score.h").read_text()
    assert '"outside": "clamp"' in (tmp_path / "score.c").read_text()


def test_verify_finds_a_changed_number(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["emit", str(folder / "rules.json"), "--to", "python", "--out", str(tmp_path)]) == 0
    script = tmp_path / "score.py"
    script.write_text(script.read_text().replace("return _result(1, ", "return _result(1, 1e-6 + "))
    told = ["--against", str(folder / "model.pt2"), "--data", str(folder / "rows.csv")]
    assert run(["verify", str(script), *told]) == 1
    assert "FAIL" in capsys.readouterr().out


def test_key_and_table_reach_the_sql(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--to", "sql", "--dialect", "duckdb", "--table", "bank.loans", "--key", "loan id"]
    assert run(["emit", str(folder / "rules.json"), *told]) == 0
    shown = capsys.readouterr().out
    assert 'FROM "bank"."loans"' in shown
    assert '"loan id"' in shown


BAD = [
    (["extract", "{}/missing.pt2"], "missing.pt2: no such file"),
    (["extract", "{}/rows.csv"], "'.csv'"),
    (["extract", "{}/broken.pt2"], "broken.pt2: can't be read"),
    (["extract", "{}/model.pt2", "--data", "{}/missing.csv"], "missing.csv: No such file"),
    (["extract", "{}/model.pt2", "--data", "{}/empty.csv"], "empty.csv: can't be read as a table"),
    (["extract", "{}/model.pt2", "--data", "{}/rows.csv"], "the network reads 2"),
    (
        ["extract", "{}/model.pt2", "--data", "{}/rows.csv", "--drop", "zzz"],
        "no column 'zzz' to drop",
    ),
    (["extract", "{}/model.pt2", "--where", "x0 * x1 <= 2"], "a product of columns"),
    (["emit", "{}/missing.json", "--to", "sql"], "missing.json: can't be read"),
    (["emit", "{}/broken.json", "--to", "sql"], "is no JSON"),
    (
        ["emit", "{}/rules.json", "--to", "cobol"],
        "supported: text, markdown, html, latex, sql, python, numpy, c, javascript",
    ),
    (
        ["emit", "{}/rules.json", "--to", "sql", "--dialect", "access"],
        "supported: sqlite, duckdb, postgres",
    ),
    (
        ["emit", "{}/rules.json", "--to", "python", "--form", "poem"],
        "supported: rules, tree, network",
    ),
    (["emit", "{}/rules.json", "--to", "c"], "give --out FOLDER"),
    (
        ["verify", "{}/rows.csv", "--against", "{}/model.pt2", "--data", "{}/rows.csv"],
        "rows.csv: no line",
    ),
]


@pytest.mark.parametrize(("argv", "message"), BAD)
def test_bad_input_ends_in_one_line(
    folder: Path, tmp_path: Path, argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.pt2").write_bytes(b"PK\x03\x04 no archive")
    (folder / "broken.json").write_text("{")
    (folder / "empty.csv").write_text("")
    before = sorted(folder.iterdir())
    out = [] if argv[0] == "verify" else ["--out", str(tmp_path / "out")] if argv[-1] != "c" else []
    assert run([*(part.format(folder) for part in argv), *out]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert sorted(folder.iterdir()) == before
    assert not list(tmp_path.iterdir())


def test_debug_shows_the_traceback(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["emit", str(folder / "missing.json"), "--to", "c", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["emit"], ["extract", "--max-regions", "many"], ["polish"]])
def test_wrong_usage_is_exit_code_2(argv: list[str]) -> None:
    assert run(argv) == 2


def test_every_command_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    page = Path(__file__).parents[2] / "docs" / "command-line.md"
    for command in ("demo", "extract", "count", "emit", "verify"):
        assert run([command, "--help"]) == 0
        assert f"relurules {command}" in capsys.readouterr().out
        assert f"## relurules {command}" in page.read_text(encoding="utf-8")


def test_help_loads_nothing_heavy() -> None:
    check = (
        "import sys; from relurules.cli.main import run; run(['--help']); print(*sys.modules, "
        "file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    heavy = {
        "torch",
        "highs",
        "pandas",
        "sklearn",
        "networkx",
        "jinja2",
        "duckdb",
        "jsonschema",
        "matplotlib",
    }
    assert not heavy & set(done.stderr.split())
    assert "extract" in done.stdout


def test_count_estimates_counts_and_writes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = str(folder / "model.pt2"), folder / "regions"
    assert run(["count", model, "--box", "-1", "1", "--estimate"]) == 0
    assert "linear regions in all" in capsys.readouterr().out
    assert run(["count", model, "--box", "-1", "1", "--out", str(out)]) == 0
    counted = capsys.readouterr().out.splitlines()[-1]
    assert counted.endswith("linear regions")
    rows = pd.read_parquet(sorted(out.glob("*.parquet"))[0])
    assert len(rows) == int(counted.split()[0])
    assert run(["count", model, "--box", "-1", "1", "--out", str(out)]) == 2
    assert "give a new or an empty folder" in capsys.readouterr().err


def test_a_count_that_ends_early_says_so_and_goes_on_from_its_checkpoint(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "count",
        str(folder / "model.pt2"),
        "--box",
        "-1",
        "1",
        "--checkpoint",
        str(folder / "count.npz"),
    ]
    assert (
        run(
            [*command, "--max-regions", "2", "--data", str(folder / "rows.csv"), "--drop", "target"]
        )
        == 0
    )
    early = capsys.readouterr().out
    assert "2 linear regions so far" in early
    assert "% of the rows" in early
    assert (folder / "count.npz").exists()
    assert run([*command, "--data", str(folder / "rows.csv"), "--drop", "target"]) == 0
    assert "so far" not in capsys.readouterr().out
    assert not (folder / "count.npz").exists()


def test_count_writes_without_maps_and_with_two_jobs(folder: Path, tmp_path: Path) -> None:
    command = ["count", str(folder / "model.pt2"), "--box", "-1", "1", "--out"]
    assert run([*command, str(tmp_path / "one"), "--no-maps"]) == 0
    assert run([*command, str(tmp_path / "two"), "--jobs", "2"]) == 0
    one, two = (pd.read_parquet(tmp_path / name) for name in ("one", "two"))
    assert list(one) == ["pattern", "point"]
    assert np.array_equal(np.stack(one["pattern"].to_list()), np.stack(two["pattern"].to_list()))


def test_extract_with_jobs_a_checkpoint_and_either_solver(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = tmp_path / "search.npz"
    assert run(extracting(folder, "--max-regions", "1", "--checkpoint", str(checkpoint))) == 0
    assert f"To go on: the same command goes on, from {checkpoint}" in capsys.readouterr().err
    assert run(extracting(folder, "--checkpoint", str(checkpoint))) == 0
    assert not checkpoint.exists()
    rules = len(rr.RuleSet.load(folder / "rules.json"))
    for options in (["--jobs", "2"], ["--solver", "highs"]):
        assert run(extracting(folder, *options)) == 0
        assert len(rr.RuleSet.load(folder / "rules.json")) == rules
    assert run(extracting(folder)) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--jobs", "0"], "0 is no number of processes"),
        (["--box", "2", "1"], "holds no number"),
        (["--solver", "magic"], "solver 'magic'; supported: compiled, highs"),
        (["--solver", "highs", "--jobs", "2"], "solver 'highs' has no jobs"),
        (["--checkpoint", "{}/rows.csv"], "rows.csv: isn't a checkpoint"),
    ],
)
def test_options_of_a_search_that_cannot_be(
    folder: Path, tmp_path: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [option.format(folder) for option in options]
    assert (
        run(["extract", str(folder / "model.pt2"), "--out", str(tmp_path / "out.json"), *given])
        == 2
    )
    assert said in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())


def test_ctrl_c_outside_a_search_ends_a_command_in_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("relurules.api.trace", interrupted)
    assert run(["count", str(folder / "model.pt2"), "--box", "-1", "1"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize("command", ["count", "extract"])
def test_ctrl_c_in_a_search_says_what_was_found_and_how_to_go_on(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    class Interrupting(ProgressCounter):
        def __call__(self, found: int) -> None:
            super().__call__(found)
            if found:
                raise KeyboardInterrupt

    argv, checkpoint = (
        [command, str(folder / "model.pt2"), "--out", str(tmp_path / "out")],
        tmp_path / "search.npz",
    )
    with monkeypatch.context() as patched:
        patched.setattr("relurules.cli.display.ProgressCounter", Interrupting)
        patched.setattr("relurules.partitioning.search_run._TESTS", 5)
        assert run(argv) == 130
        said = capsys.readouterr().err
        assert re.fullmatch(
            r"interrupted: \d+ linear regions found.*; with --checkpoint FILE .* could go on\n",
            said,
        )
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        assert run([*argv, "--checkpoint", str(checkpoint)]) == 130
    assert capsys.readouterr().err.endswith(f"; the same command goes on, from {checkpoint}\n")
    assert run([*argv, "--checkpoint", str(checkpoint)]) == 0
    assert not checkpoint.exists()
    assert (tmp_path / "out").exists()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_of_a_terminal_leaves_all_that_was_found(tmp_path: Path, jobs: str) -> None:
    """The signal goes to the workers as well."""
    large = nn.Sequential(
        nn.Linear(10, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 1)
    ).eval()
    sizes, out = ((torch.export.Dim.DYNAMIC, torch.export.Dim.STATIC),), tmp_path / "out"
    program = torch.export.export(large, (torch.zeros(2, 10),), dynamic_shapes=sizes)
    torch.export.save(program, tmp_path / "large.pt2")
    command = [
        "count",
        str(tmp_path / "large.pt2"),
        "--box",
        "-1",
        "1",
        "--jobs",
        jobs,
        "--out",
        str(out),
    ]
    started = subprocess.Popen(
        [sys.executable, "-m", "relurules", *command, "--checkpoint", str(tmp_path / "search.npz")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while not list(out.glob("*.parquet")) and started.poll() is None:
        time.sleep(0.1)
    os.killpg(started.pid, signal.SIGINT)
    printed, said = started.communicate(timeout=600)
    assert (started.returncode, printed) == (130, "")
    last = said.splitlines()[-1]
    assert len(said.splitlines()) <= 2  # the first may say that the search is compiled
    found = int(
        re.match(
            (
                r"interrupted: (\d+) linear regions found, "
                r"written to"
            ),
            last,
        )[1]
    )  # type: ignore[index]
    assert found == sum(
        len(pd.read_parquet(path, columns=["point"])) for path in out.glob("*.parquet")
    )
    assert (tmp_path / "search.npz").exists()


def test_a_short_search_compiles_nothing_and_says_nothing(folder: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "relurules",
        "count",
        str(folder / "model.pt2"),
        "--box",
        "-1",
        "1",
    ]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stderr == ""
    assert not list(tmp_path.iterdir())


def test_compiling_is_announced_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    from relurules.cli.display import announce_compiling
    from relurules.lp import compilation
    from relurules.lp.machine_code import CodeStore

    monkeypatch.setattr(compilation, "_PATIENCE", compilation._Patience())
    monkeypatch.setattr(compilation, "get_store", lambda: CodeStore(tmp_path))
    announce_compiling(Console(stderr=True))
    compilation.use_machine_code()
    assert capsys.readouterr().err == (
        "compiling the search for linear regions, this once: some 30 seconds\n"
    )


def test_schema_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import jsonschema

    assert run(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.validate(json.loads((folder / "rules.json").read_text(encoding="utf-8")), schema)


def test_documents_have_a_title(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = [
        "emit",
        str(folder / "rules.json"),
        "--to",
        "html",
        "--title",
        "A <title>",
        "--out",
        str(tmp_path),
    ]
    assert run(told) == 0
    page = (tmp_path / "rules.html").read_text(encoding="utf-8")
    assert "<h1>A &lt;title&gt;</h1>" in page
    assert "model.pt2" in page
    assert run(["emit", str(folder / "rules.json"), "--to", "sql", "--title", "A"]) == 2
    assert "has no title" in capsys.readouterr().err


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of far more regions than anybody searches for unasked."""
    torch.manual_seed(0)
    place = tmp_path_factory.mktemp("wide")
    model = nn.Sequential(nn.Linear(14, 70), nn.ReLU(), nn.Linear(70, 1)).eval()
    sizes = ((torch.export.Dim.DYNAMIC, torch.export.Dim.STATIC),)
    torch.export.save(
        torch.export.export(model, (torch.zeros(2, 14),), dynamic_shapes=sizes), place / "model.pt2"
    )
    return place


def test_without_a_limit_a_large_network_is_estimated_and_nothing_written(
    wide: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = wide / "rules.json"
    assert run(["extract", str(wide / "model.pt2"), "--box", "-1", "1", "--out", str(out)]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    assert re.search(
        r"the network has about [0-9.e+]+, and at least [0-9.e+]+, linear regions", line
    )
    assert "would take about" in line
    assert "max_regions" in line
    assert not out.exists()


@pytest.mark.parametrize(
    "limit", [["--max-regions", "300"], ["--time-limit", "0"], ["--memory-limit", "0.2"]]
)
def test_with_a_limit_what_is_finished_is_written(
    wide: Path, limit: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = wide / "rules.json"
    assert (
        run(["extract", str(wide / "model.pt2"), "--box", "-1", "1", "--out", str(out), *limit])
        == 0
    )
    shown = capsys.readouterr()
    assert "INCOMPLETE. The search for linear regions was ended early" in shown.out
    assert "everywhere in the domain" not in shown.out
    assert "was ended early" in shown.err
    assert "--checkpoint FILE" in shown.err
    rules = rr.RuleSet.load(out)
    assert not rules.complete
    assert rules.estimate is not None
    assert rules.estimate.regions > 1e6
    X = np.random.default_rng(0).uniform(-1, 1, (2000, 14))
    assert (rules.apply(X) == 0).any()
    if len(rules) > 200:
        assert f"{len(rules) - 200} more rules are left out here" in shown.out
        assert "RULE 201" not in shown.out
    out.unlink()


def test_none_searches_for_all_regions(folder: Path, tmp_path: Path) -> None:
    assert (
        run(extracting(folder, "--max-regions", "none", "--out", str(tmp_path / "all.json"))) == 0
    )
    assert rr.RuleSet.load(tmp_path / "all.json").complete


@pytest.mark.parametrize("text", ["0", "-3", "many", "1.5", ""])
def test_max_regions_is_a_number_or_none(
    folder: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(extracting(folder, "--max-regions", text)) == 2
    assert "neither a number from 1 nor none" in " ".join(
        capsys.readouterr().err.replace("\u2502", " ").split()
    )


@pytest.mark.parametrize("command", ["extract", "fit", "ask", "diff", "prove", "count"])
def test_every_long_command_has_a_time_limit(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command, "--help"]) == 0
    assert "--time-limit" in capsys.readouterr().out


def test_ask_diff_and_prove_keep_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules, model = str(folder / "rules.json"), str(folder / "model.pt2")
    assert run(["ask", rules, "range", "--time-limit", "0"]) == 0
    assert "time limit was reached" in capsys.readouterr().out
    assert run(["ask", rules, "reach", "--at-least", "1e9", "--time-limit", "0"]) == 1
    assert "the time limit of 0 s was reached" in capsys.readouterr().err
    assert run(["diff", rules, model, "--time-limit", "0"]) == 1
    assert "the time limit of 0 s was reached" in capsys.readouterr().err
    out = tmp_path / "proof"
    assert run(["prove", rules, "--model", model, "--time-limit", "0", "--out", str(out)]) == 1
    assert "the time limit of 0 s was reached while" in capsys.readouterr().err
    assert not out.exists()
