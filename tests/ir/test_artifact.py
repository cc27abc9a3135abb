"""The header that every emitted file carries, and what is read back from it."""

from pathlib import Path

import pytest
from handmade import network, rules_of

import relurules as rr
from relurules.errors import RulesError
from relurules.ir import Artifact
from relurules.ir.artifact import format_header

HOSTILE = [
    "*/",
    "-->",
    "??/",
    "line\nbreak",
    "quo\"te'",
    "größe ☃ \U0001d4b3",
    "back\\slash\\",
    "\u2028\r\x85",
    "<b>",
    "{}",
    "%s",
    "/*",
    "--",
]
NET = network([[1, 1]], [0], [[1], [2]])
DOMAIN = rr.Domain.box([-1, -1], [1, 1])
CODE = [("python", None), ("c", None), ("sql", "sqlite"), ("sql", "duckdb")]


@pytest.mark.parametrize("name", HOSTILE)
def test_header_is_one_harmless_line_of_ascii(name: str) -> None:
    line = format_header(
        Artifact(
            "python", "rules", rr.Domain.unbounded([name]), (name,), {}, table=name, key=(name,)
        )
    )
    assert line.isascii()
    assert line.isprintable()
    assert len(line.splitlines()) == 1
    assert not any(end in line for end in ("*/", "/*", "-->", "??", "*"))


@pytest.mark.parametrize(("target", "dialect"), CODE)
@pytest.mark.parametrize("form", ["rules", "tree", "network"])
def test_read_restores_what_was_emitted(
    target: str, dialect: str | None, form: str, tmp_path: Path
) -> None:
    rules = rules_of(NET, DOMAIN.renamed(["a*/b", "??/\n"]), outputs=["-->", "größe"])
    options = {"table": "t.*/", "key": ["id?", "*/"]} if target == "sql" else {}
    artifact = rr.emit(rules, target, dialect=dialect, form=form, **options)
    again = Artifact.read(artifact.write(tmp_path)[-1])
    assert (again.target, again.form, again.dialect) == (target, form, dialect)
    assert (again.features, again.outputs) == (("a*/b", "??/\n"), ("-->", "größe"))
    assert (again.table, again.key) == (("t.*/", ("id?", "*/")) if target == "sql" else (None, ()))
    assert again.max_error == artifact.max_error
    assert again.files == artifact.files
    assert str(again) == str(artifact)


def test_read_restores_the_error_bound(tmp_path: Path) -> None:
    net = network([[1, 0]], [0], [[3]], slope=0.9999)
    rules = rules_of(net, DOMAIN)
    assert rules.max_error > 0
    assert Artifact.read(rr.emit(rules, "python").write(tmp_path)[-1]).max_error == rules.max_error


def test_c_needs_its_header_file(tmp_path: Path) -> None:
    header_file, source = rr.emit(rules_of(NET, DOMAIN), "c").write(tmp_path)
    assert (header_file.name, source.name) == ("score.h", "score.c")
    header_file.unlink()
    with pytest.raises(RulesError, match=r"score\.c: can't be read"):
        Artifact.read(source)


GOOD = "# " + format_header(Artifact("python", "rules", rr.Domain.unbounded(["a"]), ("y",), {}))


def test_read_takes_a_header_alone(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text(GOOD)
    assert Artifact.read(tmp_path / "score.py").features == ("a",)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"print('hello')\n",
        b"\xff\xfe\xfa",
        b"# relurules artefact: {broken\n",
        b"# relurules artefact: []\n",
        b'# relurules artefact: {"target": "python"}\n',
        GOOD.replace("0.0", '"big"').encode(),
        GOOD.replace('["y"]', "5").encode(),
        GOOD.encode() + b"\n" * 30,
    ],
    ids=[
        "empty",
        "other",
        "binary",
        "broken",
        "list",
        "little",
        "error as text",
        "outputs as number",
        "far up",
    ],
)
def test_read_refuses(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "score.py"
    path.write_bytes(content)
    with pytest.raises(RulesError, match=r"score\.py: "):
        Artifact.read(path)


def test_read_refuses_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match=r"score\.sql: can't be read"):
        Artifact.read(tmp_path / "score.sql")
