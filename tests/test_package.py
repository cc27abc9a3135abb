"""The package as others meet it: its wheel, its names, what importing it costs."""

import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from handmade import network, rules_of

import relurules as rr

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {
    "torch",
    "sklearn",
    "scipy",
    "matplotlib",
    "duckdb",
    "onnx",
    "networkx",
    "jinja2",
    "pandas",
    "jsonschema",
    "numba",
    "sympy",
    "highspy",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the working tree."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    ignored = shutil.ignore_patterns(
        ".*", "tests", "benchmarks", "examples", "out", "build", "dist", "__pycache__",
        "shipped_code",
    )  # fmt: skip
    shutil.copytree(ROOT, source, ignore=ignored)
    code = source / "relurules" / "shipped_code" / "machine" / "engine.advance-1.code"
    code.parent.mkdir(parents=True)
    code.touch()
    (source / ".gitignore").write_text((ROOT / ".gitignore").read_text())
    (source / "README.md").touch()
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(folder / "dist"),
            str(source),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = (folder / "dist").glob("*.whl")
    return path


def test_wheel_holds_templates_schema_and_marker(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    templates = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    ]
    assert templates
    assert {f"relurules/{name}" for name in templates} <= names
    assert {"relurules/codec/rules_file.py", "relurules/py.typed"} <= names
    assert "relurules/shipped_code/machine/engine.advance-1.code" in names
    assert not [name for name in names if "tests" in name or "__pycache__" in name]


def test_wheel_emits_without_the_working_tree(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    rules_of(network([[1, 1]], [0], [[1]])).save(tmp_path / "rules.json")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import relurules as rr\n"
        "assert rr.__file__.startswith(sys.argv[1]), rr.__file__\n"
        "rules = rr.RuleSet.load('rules.json')\n"
        "for target in ('text', 'markdown', 'html', 'latex', 'python', 'c', 'sql'):\n"
        "    assert str(rr.emit(rules, target))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "site")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, relurules; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "relurules" in ended.stdout.split()
    assert not HEAVY & set(ended.stdout.split())


def test_the_functions_load_no_framework_and_no_table_library() -> None:
    code = "import sys, relurules.api; print(*sorted({n.partition('.')[0] for n in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "sklearn", "pandas", "pyarrow", "polars", "matplotlib", "onnx", "sympy"}
    assert not heavy & set(done.stdout.split())


#: Runs commands, and prints after each its exit code and what of these modules is loaded by then.
RUN = """
import sys
from relurules.cli.main import run
for command in sys.argv[1:]:
    code = run(command.split())
    print()
    found = {name.partition(".")[0] for name in sys.modules} & set(%r)
    print("loaded:", code, *sorted(found))
"""
WATCHED = {"torch", "sklearn", "numba", "pandas", "matplotlib", "sympy", "scipy"}
#: Commands in the order in which they are run, in one process, and what each may have loaded by
#: then; the last one reads its file by torch.
COMMANDS: dict[str, set[str]] = {
    "extract model.pt2 --box -1 1 --out pt2.json": set(),
    "extract model.onnx --box -1 1 --out onnx.json": set(),
    "count model.pt2 --box -1 1": set(),
    "emit rules.json --to sql": set(),
    "emit rules.json --to html": set(),
    "ask rules.json range": set(),
    "prove rules.json --model model.pt2 --out proof": set(),
    "explain rules.json --row x0=0,x1=0,x2=0": {"pandas"},
    "document rules.json --out document": {"pandas"},
    "extract model.pt2 --check --box -1 1 --out checked.json": WATCHED,
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small network as .pt2 and .onnx, and its rules."""
    import onnx
    import torch
    from onnx import TensorProto, helper, numpy_helper

    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    sizes = ({0: torch.export.Dim.DYNAMIC},)
    program = torch.export.export(module, (torch.zeros(2, 3),), dynamic_shapes=sizes)
    torch.export.save(program, folder / "model.pt2")
    weights = {name: value.numpy() for name, value in module.state_dict().items()}
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["x", "0.weight", "0.bias"], ["z"], transB=1),
            helper.make_node("Relu", ["z"], ["a"]),
            helper.make_node("Gemm", ["a", "2.weight", "2.bias"], ["y"], transB=1),
        ],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    opsets = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), folder / "model.onnx")
    rr.extract(module, domain=rr.Domain.box([-1] * 3, [1] * 3)).save(folder / "rules.json")
    return folder


@pytest.fixture(scope="module")
def told(models: Path) -> dict[str, list[str]]:
    """Of every command its exit code, and the watched modules that were loaded once it was run."""
    done = subprocess.run(
        [sys.executable, "-c", RUN % sorted(WATCHED), *COMMANDS],
        capture_output=True, text=True, cwd=models, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("loaded: ")]
    assert len(lines) == len(COMMANDS), done.stderr
    return {command: line.split()[1:] for command, line in zip(COMMANDS, lines, strict=True)}


@pytest.mark.parametrize("command", list(COMMANDS)[:-1])
def test_commands_load_no_framework_and_no_compiler(
    told: dict[str, list[str]], command: str
) -> None:
    code, *found = told[command]
    assert code == "0"
    assert set(found) <= COMMANDS[command]


def test_checking_a_file_with_torch_loads_torch(told: dict[str, list[str]]) -> None:
    code, *found = told[list(COMMANDS)[-1]]
    assert code == "0"
    assert "torch" in found


@pytest.mark.parametrize(
    "name",
    [
        "Domain",
        "RelurulesError",
        "RuleSet",
        "emit",
        "extract",
        "partition",
        "reached",
        "trace",
        "verify",
    ],
)
def test_public_names(name: str) -> None:
    assert name in rr.__all__
    assert getattr(rr, name).__doc__


def test_every_name_that_is_promised_exists() -> None:
    assert len(set(rr.__all__)) == len(rr.__all__)
    assert all(getattr(rr, name) is not None for name in rr.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        rr.nonsense  # noqa: B018


def modules() -> list[str]:
    found = pkgutil.walk_packages(rr.__path__, "relurules.")
    return ["relurules", *(module.name for module in found if not module.name.endswith("__main__"))]


def says_what_it_is(name: str) -> bool:
    doc = importlib.import_module(name).__doc__ or ""
    return doc.strip().split("\n\n")[0].endswith((".", ":", ")"))


def test_every_module_says_what_it_is() -> None:
    assert [name for name in modules() if not says_what_it_is(name)] == []


def test_errors_carry_their_exit_code() -> None:
    from relurules import errors

    codes = {
        name: error.exit_code
        for name, error in vars(errors).items()
        if isinstance(error, type) and issubclass(error, errors.RelurulesError)
    }
    assert codes == {
        "RelurulesError": 2,
        "InputError": 2,
        "ModelError": 2,
        "DomainError": 2,
        "DataError": 2,
        "RulesError": 2,
        "UnsupportedError": 2,
        "TooLargeError": 2,
        "CheckError": 1,
        "OutOfTimeError": 1,
    }
