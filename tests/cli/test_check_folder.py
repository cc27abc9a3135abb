"""`relurules check folder`: what holds of its digests, certificates and signature."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from executed_targets import require_program
from handmade import graph, network

import relurules as rr
from relurules.cli.main import run
from relurules.emitting import EmitOptions, targets
from relurules.files.digests import format_digest_list, parse_digest_list
from relurules.pipeline import deployment

BOX = rr.Domain.box([-1, -2], [1, 2], ["a", "b"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment with the rules and a proof in it."""
    folder = tmp_path_factory.mktemp("made") / "scoring"
    rng = np.random.default_rng(0)
    model = graph(network(rng.normal(size=(3, 2)), rng.normal(size=3), rng.normal(size=(1, 3))))
    rules = rr.extract(model, domain=BOX, form="additive")
    kept = {name: targets.TARGETS[name] for name in ("python", "numpy")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deployment, "TARGETS", kept)
        deployment.write_deployment(rules, folder, None, EmitOptions())
    rules.save(folder / "rules.json")
    rr.prove(rules, model).write(folder / "proof")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "scoring"))


def read_lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_what_a_manifest_does_not_name_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(folder)]) == 1
    told = read_lines(capsys)
    assert "files hold, by manifest.json" in told[0]
    names = ["proof/certificate.json", "proof/check.py", "proof/model.json", "rules.json"]
    assert told[1:5] == [f"in no list: {name}" for name in names]
    assert told[5].startswith("proof/certificate.json: proven: |model - rules| <= ")
    shutil.rmtree(folder / "proof")
    (folder / "rules.json").unlink()
    assert run(["check", str(folder)]) == 0


def test_a_sealed_folder_holds_until_a_file_changes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(folder), "--seal"]) == 0
    assert read_lines(capsys)[0] == f"wrote {folder / 'SHA256SUMS'}"
    command = ["sha256sum", "--strict", "--check", "--quiet", "SHA256SUMS"]
    if shutil.which("sha256sum"):
        assert subprocess.run(command, cwd=folder, check=False).returncode == 0

    score = folder / "python" / "score.py"
    score.write_text(score.read_text() + "#")
    (folder / "rules.json").rename(folder / "other.json")
    assert run(["check", str(folder)]) == 1
    told = read_lines(capsys)
    assert told[1:4] == [
        "changed: python/score.py",
        "missing: rules.json",
        "in no list: other.json",
    ]
    assert "not checked: no rules.json stands beside it or above it" in told[4]
    assert run(["check", str(folder), "--seal"]) == 1
    assert "isn't what" in capsys.readouterr().err


def test_a_link_is_no_file(folder: Path) -> None:
    assert run(["check", str(folder), "--seal"]) == 0
    rules = folder / "rules.json"
    other = folder.parent / "elsewhere.json"
    rules.rename(other)
    rules.symlink_to(other)
    assert run(["check", str(folder)]) == 1


def test_a_certificate_that_does_not_hold_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder / "proof" / "certificate.json"
    found = json.loads(place.read_text())
    place.write_text(json.dumps({**found, "bound": 0.0}))
    assert run(["check", str(folder)]) == 1
    assert any("refused: the certificate was changed" in line for line in read_lines(capsys))
    assert run(["check", str(folder), "--seal"]) == 1
    assert not (folder / "SHA256SUMS").exists()


BAD_LISTS = {
    "a path upwards": ("a" * 64 + "  ../x\n", "is no file in its folder"),
    "a path from the root": ("a" * 64 + "  /etc/passwd\n", "is no file in its folder"),
    "a file twice": (("a" * 64 + "  x\n") * 2, "line 2 names 'x' again"),
    "no digest": ("hello\n", "line 1 is no SHA-256"),
    "a digest that is too short": ("a" * 63 + "  xy\n", "line 1 is no SHA-256"),
}


@pytest.mark.parametrize("kind", BAD_LISTS)
def test_a_list_that_is_none_is_one_sentence(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, said = BAD_LISTS[kind]
    (tmp_path / "SHA256SUMS").write_text(text)
    assert run(["check", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_other_manifests_and_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(tmp_path)]) == 2
    assert "nothing tells what should be in it" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text('{"files": [{"file": "x"}]}')
    assert run(["check", str(tmp_path)]) == 2
    assert "is no manifest" in capsys.readouterr().err
    assert run(["check", str(tmp_path), "--rules", "rules.json"]) == 2
    assert "--rules is of a certificate" in capsys.readouterr().err
    assert run(["check", str(tmp_path / "certificate.json"), "--seal"]) == 2
    assert "--seal is of a folder" in capsys.readouterr().err


def test_an_empty_folder_neither_holds_nor_is_sealed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", str(tmp_path), "--seal"]) == 1
    assert "has no files to seal" in capsys.readouterr().err
    (tmp_path / "SHA256SUMS").write_text("")
    assert run(["check", str(tmp_path)]) == 1
    assert read_lines(capsys) == ["0 files hold, by SHA256SUMS"]


def test_strange_names_come_back() -> None:
    digests = {"a\nb": "a" * 64, "c\\n": "b" * 64, "d e": "c" * 64}
    assert parse_digest_list("list", format_digest_list(digests)) == digests


def require_ssh_keygen() -> None:
    require_program("ssh-keygen")


def make_key(folder: Path, name: str) -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
    subprocess.run(command, check=True)
    return folder / name


def test_a_signature_is_of_these_files_by_an_allowed_signer(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require_ssh_keygen()
    key, other = make_key(tmp_path, "key"), make_key(tmp_path, "other")
    signers, strangers = tmp_path / "signers", tmp_path / "strangers"
    signers.write_text(f"risk@example.org {key.with_suffix('.pub').read_text()}")
    strangers.write_text(f"else@example.org {other.with_suffix('.pub').read_text()}")

    assert run(["check", str(folder), "--signers", str(signers)]) == 1
    assert "SHA256SUMS.sig: there is no SHA256SUMS" in read_lines(capsys)
    assert run(["check", str(folder), "--sign", str(key), "--signers", str(signers)]) == 0
    assert read_lines(capsys)[-1] == "SHA256SUMS.sig: signed by risk@example.org"
    assert run(["check", str(folder), "--signers", str(strangers)]) == 1
    assert "it isn't by a key of" in read_lines(capsys)[-1]

    sums = folder / "SHA256SUMS"
    sums.write_text("".join(sums.read_text().splitlines(keepends=True)[1:]))
    assert run(["check", str(folder), "--signers", str(signers)]) == 1
    assert "it isn't a signature of this text by risk@example.org" in read_lines(capsys)[-1]


def test_a_manifest_does_not_vouch_for_a_file_that_nobody_signed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require_ssh_keygen()
    key, signers = make_key(tmp_path, "key"), tmp_path / "signers"
    signers.write_text(f"risk@example.org {key.with_suffix('.pub').read_text()}")
    assert run(["check", str(folder), "--sign", str(key)]) == 0
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "more.py").write_text("")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    manifest["files"].append({"file": "more.py", "sha256": empty})
    (folder / "manifest.json").write_text(json.dumps(manifest))
    capsys.readouterr()
    assert run(["check", str(folder), "--signers", str(signers)]) == 1
    told = read_lines(capsys)
    assert "changed: manifest.json" in told
    assert "in no list: more.py" in told


def test_what_cannot_sign_is_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require_ssh_keygen()
    assert run(["check", str(folder), "--sign", str(tmp_path / "none")]) == 1
    assert "can't sign with it" in capsys.readouterr().err
    assert not (folder / "SHA256SUMS").exists()


def test_digests_that_are_no_texts_name_no_rules(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digests = {"domain": ["a"], "rules": {"b": 1}}
    said = {"format": "relurules.answer", "version": 1, "digests": digests}
    (folder / "answers.json").write_text(json.dumps(said))
    assert run(["check", str(folder), "--seal"]) == 1
    told = "".join(capsys.readouterr())
    assert "answers.json: not checked: no rules with the digest" in told


def test_answers_are_judged_by_the_rules_that_they_name(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = rr.load(folder / "rules.json")
    assert isinstance(rules, rr.AdditiveRules)
    (folder / "old").mkdir()
    named = Path(shutil.copy(folder / "rules.json", folder / "old" / "scores.json"))
    changed = json.loads(named.read_text())
    changed["base"]["y0"]["constant"] += 0.5
    named.write_text(json.dumps(changed))
    rr.prove_answer(rules).save(folder / "answers.json")
    rr.prove_answer(rules, "difference", old=named).save(folder / "old" / "change.json")
    assert run(["check", str(folder), "--seal"]) == 0
    told = read_lines(capsys)
    assert told[-2].startswith("answers.json: proven: ")
    assert told[-1].startswith("old/change.json: proven: -0.5")

    named.unlink()
    assert run(["check", str(folder)]) == 1
    assert "old/change.json: not checked: no rules with the digest " in read_lines(capsys)[-1]
    found = json.loads((folder / "answers.json").read_text())
    (folder / "answers.json").write_text(json.dumps({**found, "low": 0.0}))
    assert run(["check", str(folder), "--seal"]) == 1
    assert "answers.json" in capsys.readouterr().err
