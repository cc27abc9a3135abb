"""Hostile SQL: no engine reads or writes anything but the table that it is given."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from handmade import network, rows_in, rules_of
from sqls import EXECUTED, need

import relurules as rr
from relurules.cli.main import run
from relurules.errors import CheckError
from relurules.ir import Artifact, RuleSet
from relurules.verifying.sql_allowlist import SqlAllowlist

BOX = rr.Domain.box([-1, -1], [1, 1], ["a", "b"])
X = rows_in(BOX, 20)
SECRET = pd.DataFrame({"a": [1.0], "b": [2.0]})
GIVEN = "SELECT 0.5 AS y0, 1 AS rule FROM input_data"

#: What each engine is asked; {out} is a path that must not appear, {seen} a file that must not be
#: read.
ASKED = {
    "sqlite": [
        "ATTACH '{out}' AS other",
        ("ATTACH ':memory:' AS other"),
        ("VACUUM INTO '{out}'"),
        "PRAGMA database_list",
        "SELECT load_extension('{out}'), 1 FROM input_data",
        ("SELECT readfile('{seen}'), 1 FROM input_data"),
        "SELECT writefile('{out}', 'x'), 1 FROM input_data",
        ("SELECT name, 1 FROM pragma_database_list"),
        "CREATE TABLE other (a)",
        "DELETE FROM input_data",
        ("UPDATE input_data SET a = 0"),
        ("DROP TABLE input_data"),
        "CREATE VIRTUAL TABLE other USING fts5(a)",
        ("CREATE TRIGGER x AFTER INSERT ON input_data BEGIN SELECT 1; END"),
        f"{GIVEN}; SELECT 1",
        "BEGIN",
        "SAVEPOINT x",
        "DETACH main",
        "ANALYZE",
    ],
    "duckdb": [
        "SELECT content AS y0, 1 AS rule FROM read_text('{seen}')",
        "SELECT * FROM '{seen}'",
        "SELECT * FROM read_csv('{seen}')",
        ("SELECT * FROM read_blob('{seen}')"),
        ("SELECT * FROM glob('{seen}*')"),
        "SELECT * FROM sniff_csv('{seen}')",
        ("COPY input_data TO '{out}'"),
        ("COPY input_data FROM '{seen}'"),
        "ATTACH '{out}'",
        "ATTACH ':memory:' AS other",
        ("EXPORT DATABASE '{out}'"),
        ("IMPORT DATABASE '{out}'"),
        "INSTALL httpfs",
        "LOAD httpfs",
        ("SET enable_external_access = true"),
        "RESET lock_configuration",
        "PRAGMA profiling_output = '{out}'",
        "CREATE SECRET (TYPE S3)",
        "DELETE FROM input_data",
        "SELECT a AS y0, 1 AS rule FROM SECRET",
        f"{GIVEN}; {GIVEN}",
        "CALL pragma_version()",
        ("SET VARIABLE x = 1"),
        ("CREATE TABLE other AS SELECT * FROM read_text('{seen}')"),
        ("SELECT * FROM 'https://127.0.0.1/x.csv'"),
    ],
    "postgres": [
        "SELECT pg_read_file('{seen}'), 1 FROM input_data",
        "SELECT pg_read_binary_file('{seen}'), 1",
        "SELECT pg_ls_dir('/'), 1",
        "SELECT lo_import('{seen}'), 1",
        ("SELECT lo_export(1, '{out}'), 1"),
        "COPY input_data TO '{out}'",
        ("COPY input_data FROM '{seen}'"),
        ("COPY input_data TO PROGRAM 'cat > {out}'"),
        "COPY input_data FROM PROGRAM 'touch {out}'",
        "RESET ROLE; COPY input_data TO '{out}'",
        "SET ROLE postgres",
        ("SET SESSION AUTHORIZATION postgres"),
        "LOAD 'auto_explain'",
        ("CREATE EXTENSION dblink"),
        "COMMIT; RESET SESSION AUTHORIZATION; COPY (SELECT 1) TO PROGRAM 'touch {out}'",
        "DO $$ BEGIN COPY (SELECT 1) TO '{out}'; END $$",
        ("CREATE ROLE other SUPERUSER"),
        ("CREATE DATABASE other"),
        "ALTER SYSTEM SET archive_command = 'touch {out}'",
        "SELECT rolpassword, 1 FROM pg_authid",
        ("CREATE FUNCTION f() RETURNS int LANGUAGE c AS '{seen}', 'f'"),
        ("CREATE TABLE public.other (a int)"),
    ],
    "mariadb": [
        "SELECT 1, 1 INTO OUTFILE '{out}'",
        "SELECT 1 INTO DUMPFILE '{out}'",
        "LOAD DATA INFILE '{seen}' INTO TABLE input_data",
        "LOAD DATA LOCAL INFILE '{seen}' INTO TABLE input_data",
        "SELECT user, 1 FROM mysql.user",
        "CREATE DATABASE other",
        "CREATE USER other",
        ("GRANT FILE ON *.* TO relurules_reader@localhost"),
        "SET GLOBAL general_log_file = '{out}'",
        "INSTALL SONAME 'ha_connect'",
        f"{GIVEN}; {GIVEN}",
        "CREATE FUNCTION f RETURNS INTEGER SONAME 'f.so'",
    ],
    "clickhouse": [
        "SELECT file('{seen}') AS y0, 1 AS rule",
        "SELECT * FROM file('{seen}', 'LineAsString')",
        "SELECT \"file\"('{seen}') AS y0, 1 AS rule",
        f"{GIVEN} INTO OUTFILE '{{out}}'",
        "INSERT INTO FUNCTION file('{out}') SELECT 1",
        ("SELECT * FROM url('http://127.0.0.1', 'CSV', 'a String')"),
        'SELECT * FROM default."{seen}"',
        ('SELECT * FROM "default"."{seen}"'),
        ("SELECT * FROM '{seen}'"),
        ("SELECT * FROM executable('touch {out}', 'CSV', 'a String')"),
        "SET readonly = 0",
        f"{GIVEN}; {GIVEN}",
        f"{GIVEN} SETTINGS readonly = 0",
        ("SELECT '\\' FROM default.\"{seen}\" -- ' AS y0"),
        ("SELECT /* */ 1, 1"),
        "SELECT $x$ $x$, 1",
        ('SELECT 1 IN "default"."{seen}", 1'),
        ("SELECT name, 1 FROM system.tables"),
        'SELECT 1, 1 FROM input_data, "default"."{seen}"',
        "SELECT 1 # x",
        "SELECT `a`, 1",
        "BACKUP DATABASE relurules TO File('{out}')",
        ("CREATE TABLE t (a Int32) ENGINE = File(CSV, '{out}')"),
    ],
    "spark": [
        "SELECT * FROM text.`{seen}`",
        ("SELECT * FROM `text`.`{seen}`"),
        ("SELECT * FROM csv.`{seen}`"),
        ("INSERT OVERWRITE DIRECTORY '{out}' USING csv SELECT 1"),
        ("CREATE TABLE t USING csv LOCATION '{out}'"),
        ("SELECT reflect('java.lang.System', 'getenv', 'HOME'), 1"),
        ("SELECT `reflect`('java.lang.System', 'getenv'), 1"),
        ("SELECT java_method('java.lang.System', 'exit', 1), 1"),
        "ADD JAR '{seen}'",
        "ADD FILE '{seen}'",
        (
            "CREATE TEMPORARY FUNCTION exp AS "
            "'org.apache.hadoop.hive.ql.udf.generic.GenericUDFReflect'"
        ),
        "SELECT '${env:HOME}', 1",
        ("SET spark.sql.runSQLOnFiles = true"),
        ("LOAD DATA INPATH '{seen}' INTO TABLE t"),
        ("SELECT 1 AS `x\\`, reflect('java.lang.System', 'exit') AS `y`"),
        ("SELECT r'\\' , reflect('a', 'b') --'"),
        ("SELECT \"'\", reflect('java.lang.System', 'exit'), \"'\""),
        f"{GIVEN}; {GIVEN}",
        ("SELECT /*+ x */ 1, 1"),
        "SELECT * FROM read_files('{seen}')",
        "TABLE input_data",
        ("SELECT 1, 1 FROM input_data, `text`.`{seen}`"),
    ],
}
CASES = [
    pytest.param(engine, statement, id=f"{engine}-{i}")
    for engine in EXECUTED
    for i, statement in enumerate(ASKED[engine])
]
#: SQLite has no functions in SQL.
SHAPES = [
    (engine, shape)
    for engine in EXECUTED
    for shape in ("select", "view", "function")
    if (engine, shape) != ("sqlite", "function")
]


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return rules_of(network([[1, 1]], [0], [[3]], c=[0.5]), BOX)


def hostile(rules: RuleSet, engine: str, text: str, **options: str) -> Artifact:
    artifact = rr.emit(rules, "sql", dialect=engine, **options)
    return replace(artifact, files={"score.sql": text})


@pytest.mark.parametrize(("engine", "statement"), CASES)
def test_hostile_statements_are_refused(
    engine: str, statement: str, rules: RuleSet, tmp_path: Path
) -> None:
    need(engine)
    seen, out = tmp_path / "secret.txt", tmp_path / "out"
    seen.write_text("7\n")
    tmp_path.chmod(0o777)
    text = statement.replace("{out}", str(out)).replace("{seen}", str(seen))
    with pytest.raises(CheckError) as raised:
        rr.verify(hostile(rules, engine, text), rules, X)
    assert str(raised.value).startswith(("score.sql failed in ", "score.sql wasn't run: "))
    assert [path.name for path in tmp_path.iterdir()] == ["secret.txt"]


@pytest.mark.parametrize(("engine", "shape"), SHAPES)
def test_honest_statements_run_after_hostile_ones(engine: str, shape: str, rules: RuleSet) -> None:
    need(engine)
    output = {"output": "y0"} if shape == "function" else {}
    artifact = rr.emit(
        rules,
        "sql",
        dialect=engine,
        shape=shape,
        form="rules",
        outside="null",
        key=["id"],
        **output,
    )
    for _ in range(2):
        assert rr.verify(artifact, rules, X)
        with pytest.raises(CheckError):
            rr.verify(hostile(rules, engine, "DROP TABLE input_data"), rules, X)
    assert rr.verify(artifact, rules, X)


def test_a_file_is_nothing_to_mariadb(rules: RuleSet, tmp_path: Path) -> None:
    """LOAD_FILE gives NULL where it isn't allowed."""
    need("mariadb")
    seen = tmp_path / "secret.txt"
    seen.write_text("7\n")
    text = f"SELECT LOAD_FILE('{seen}') AS y0, 1 AS `rule` FROM input_data"
    report = rr.verify(hostile(rules, "mariadb", text), rules, X)
    assert not report
    assert np.isnan(report.difference)


@pytest.mark.parametrize("engine", ["clickhouse", "spark"])
@pytest.mark.parametrize(
    "text",
    [
        'CREATE FUNCTION "other" AS ("a") -> 1',
        'CREATE VIEW "v" AS SELECT 1',
        "SELECT 1",
    ],
)
def test_another_function_than_the_head_names_is_refused(
    engine: str, text: str, rules: RuleSet
) -> None:
    """What is called afterwards is the head's word: it could name one of the engine's own."""
    need(engine)
    quote = '"' if engine == "clickhouse" else "`"
    artifact = hostile(
        rules, engine, text.replace('"', quote), shape="function", output="y0", form="rules"
    )
    for name in ("file", "reflect", "score"):
        with pytest.raises(CheckError, match=r"score\.sql wasn't run"):
            rr.verify(replace(artifact, name=name), rules, X)


def test_a_message_says_what_may_be_read(rules: RuleSet) -> None:
    with pytest.raises(
        CheckError, match='where it may read "input_data" and nothing else: not authorized'
    ):
        rr.verify(hostile(rules, "sqlite", "ATTACH ':memory:' AS other"), rules, X)
    with pytest.raises(CheckError, match="file system operations are disabled by configuration"):
        rr.verify(hostile(rules, "duckdb", "SELECT * FROM read_text('/etc/passwd')"), rules, X)


def test_the_small_language_reads_quotes_as_each_engine_does(rules: RuleSet) -> None:
    artifact = rr.emit(rules, "sql", dialect="spark")
    spark, clickhouse = (
        SqlAllowlist(engine="Spark", quote="`"),
        SqlAllowlist(engine="ClickHouse", quote='"', escapes=True),
    )
    spark.check(
        "SELECT 'it\\'s file(' AS `a``b.c file(\\`, 1.5E-3 FROM `input_data` -- file(", artifact
    )
    clickhouse.check(
        'SELECT \'it\'\'s file(\' AS "a\\"b.c file(", rr_x."y" FROM "input_data"', artifact
    )
    for text in (
        "SELECT `a\\`, file(1)",
        "SELECT 'a'' || file(1)",
        "SELECT \u2018a\u2019",
        "SELECT 0x41",
        "SELECT `a`.`b`",
    ):
        with pytest.raises(CheckError, match="is nothing that relurules writes for Spark"):
            spark.check(text, artifact)
    for text in (
        'SELECT "a\\", file(1)',
        "SELECT 1 -- x\r, file(1)",
        'SELECT "default"."x"',
        "SELECT * FROM 'x'",
    ):
        with pytest.raises(CheckError, match="is nothing that relurules writes for ClickHouse"):
            clickhouse.check(text, artifact)


def test_tables_with_a_schema_are_named_by_the_head(rules: RuleSet) -> None:
    artifact = rr.emit(rules, "sql", dialect="clickhouse", table="main.loans")
    check = SqlAllowlist(engine="ClickHouse", quote='"', escapes=True).check
    check(str(artifact), artifact)
    with pytest.raises(CheckError, match="is nothing that relurules writes"):
        check(str(artifact), replace(artifact, table="main.other"))


def test_the_command_line_says_why(
    rules: RuleSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hostile SQL and a difference that shows both end with 1 and a sentence."""
    artifact = rr.emit(rules, "sql", dialect="duckdb", outside="null", form="rules")
    (path,) = artifact.write(tmp_path)
    rules.save(tmp_path / "rules.json")
    pd.DataFrame(X, columns=["a", "b"]).to_csv(tmp_path / "rows.csv", index=False)
    command = [
        "verify",
        str(path),
        "--against",
        str(tmp_path / "rules.json"),
        "--data",
        str(tmp_path / "rows.csv"),
    ]
    assert run(command) == 0
    capsys.readouterr()

    honest = path.read_text()
    path.write_text(honest.replace("3E0 *", "3.001E0 *"))
    assert run(command) == 1
    assert "more than rounding of its terms" in capsys.readouterr().out

    path.write_text(honest.replace("FROM rr_scored", "FROM rr_scored, read_text('/etc/passwd')"))
    assert run(command) == 1
    shown = capsys.readouterr()
    assert "file system operations are disabled" in " ".join(shown.err.split())
    assert "Traceback" not in shown.err + shown.out
