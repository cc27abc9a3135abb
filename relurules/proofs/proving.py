"""Proofs: a certificate that rules are a model, and its check, beside the walk.

The public functions of both.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from relurules import checker, tracing
from relurules.checker import MODEL_FORMAT, Verdict, check_short, check_short_lines
from relurules.codec.additive_json import additive_to_json
from relurules.codec.any_rules import load_any_rules
from relurules.codec.rules_json import to_json
from relurules.errors import ModelError, RulesError, UnsupportedError
from relurules.files.writing import read_json, write_all
from relurules.ir import AdditiveRules, Artifact, Certificate, Graph, RuleSet
from relurules.ir.class_labels import ClassLabels
from relurules.ir.limits import Deadline
from relurules.ir.provenance import hash_network
from relurules.proofs import make_certificate as certificate_of
from relurules.proofs.certify_lines import make_additive_certificate
from relurules.proofs.executions import (
    add_claims,
    claim_executions,
    list_claimed_texts,
    read_executions,
)
from relurules.proofs.line_points import compare_with_lines, find_domain_point
from relurules.proofs.read_back import check_artifact
from relurules.tracing.class_names import name_classes
from relurules.tracing.model_weights import read_exact_weights

#: Why code of the network isn't what a certificate is about.
_IS_NETWORK = (
    "code of form network holds the collapsed network, and the certificate is about the rules; "
    "emit form rules or tree"
)
#: A model that may be another one is compared at the points of so many rules, and at so many drawn.
_PROBES = 256


def prove(
    rules: RuleSet | AdditiveRules | str | Path,
    model: Any,
    *,
    progress: Callable[[int], None] | None = None,
    notice: Callable[[str], None] | None = None,
    time_limit: float | None = None,
    artifacts: Sequence[Artifact | str | Path] = (),
) -> Certificate:
    """A certificate that |model - rules| <= certificate.bound for every score, everywhere in the
    rules' domain.

    rules: or their file, of which the certificate then is as it stands. model: what `trace` takes;
    all of its neurons count, whether the rules know them or not, with the numbers of its file as
    exact rationals. That bounds what is lost by slopes taken as 1, rounded and merged maps, and
    moved boundaries, for each rule wherever its printed conditions hold; only float64 rounding of
    who evaluates the rules is not in it. Whole numbers count as continuous, categories hold one
    value each. Of decisions it is proven that they are the model's wherever its scores are more
    than the bound from a tie. Names of columns, outputs and classes, their order, links and
    thresholds must be the model's own; what it doesn't name is bound by position, and the verdict
    of `check` says so. `progress` is called with the number of rules done. The bound is what could
    be shown, not what the rules say of themselves: compare it with `rules.score_error`. Where the
    network isn't the one that `rules.provenance` has the digest of, its scores are compared at the
    rules' points and at others before anything is searched for: a model that was written anew may
    differ by rounding, of which `notice` is told. time_limit: seconds that this may take, with time
    left for another check.

    Raises OutOfTimeError at the limit, DomainError for a domain that isn't bounded, ModelError
    where the rules are of another model or their points aren't in the domain, which might hold none
    then. Additive rules need no search but that of their groups, and no bounds of columns unless
    they have groups: over open columns what is proven is a share of the absolute terms,
    `certificate.share`; progress is called with the number of groups done.

    artifacts: code of these rules, or its files, of which the certificate then claims how far every
    score, executed in binary64, is from that of the rules, of partition rules from the model's, for
    every row of the domain. The checker reads Python, C (double), JavaScript, and SQL of SQLite,
    DuckDB and PostgreSQL, of partition rules in form tree or rules; UnsupportedError for what it
    can't read.

    Certificates by multipliers are those of linear programming duality (Farkas 1902; V. Chvátal,
    Linear Programming, 1983, chapter 5).
    """
    deadline = Deadline.after(time_limit)
    whole = load_any_rules(rules) if isinstance(rules, str | Path) else rules
    if isinstance(whole, RuleSet) and whole.is_own_model:
        raise UnsupportedError(
            "these rules are the model themselves, a tree of linear models: there is no network to "
            "prove them equal to; verify runs their code beside them"
        )
    said = _read_rules(rules)
    read = read_executions(said, artifacts)  # refuses before anything is searched for
    numbers, graph = _read_numbers_and_graph(model)
    network = "" if graph is None else hash_network(graph.network)
    kin = whole.provenance.digest in ("", network, _hash_turned_network(graph, whole.labels))

    if not kin and notice is not None:
        notice(_describe_digest_mismatch(whole.provenance.digest, network))
    if isinstance(whole, AdditiveRules):
        if not kin:
            compare_with_lines(whole, said, numbers)
        point = find_domain_point(whole)
        found = make_additive_certificate(said, numbers, point, progress, deadline)
    else:
        probes = () if kin else _draw_probes(whole)
        found = certificate_of(said, numbers, progress, probes=probes, deadline=deadline)
    claims = claim_executions(read, found, said, numbers)

    return Certificate(add_claims(found, claims), numbers)


def check(
    certificate: Certificate | str | Path,
    rules: RuleSet | AdditiveRules | str | Path,
    model: Any,
    *,
    artifact: Artifact | str | Path | None = None,
) -> Verdict:
    """Whether a certificate holds for these rules and this model: true, with what is proven, or
    false, with `why`.

    All is computed anew from the model's numbers, in integers, by `relurules.checker`, which uses
    nothing else of this package. rules: or their file; model: what `trace` takes, or the model.json
    that was written with a certificate. artifact: code in form rules, tree or lines, or its file,
    which must be just these rules, as `check_artifact` says; where the certificate claims anything
    of it, that is judged too, and is in `verdict.executed`.
    """
    found = (
        Certificate.load(certificate).found
        if isinstance(certificate, str | Path)
        else certificate.found
    )
    code = Artifact.read(artifact) if isinstance(artifact, str | Path) else artifact
    texts = () if code is None else list_claimed_texts(found, code)
    verdict = checker.check(found, _read_rules(rules), read_model_numbers(model), texts)

    if not verdict or code is None:
        return verdict

    if code.form == "network":
        return verdict._replace(holds=False, why=_IS_NETWORK)
    read = check_artifact(code, rules)

    return verdict if read else verdict._replace(holds=False, why=read.why)


def write_vnnlib(
    certificate: Certificate,
    rules: RuleSet | AdditiveRules | str | Path,
    model: Any,
    folder: str | Path,
) -> list[Path]:
    """Write what a certificate claims as questions to verifiers of networks: ONNX models of what
    model and rules differ by, in double, and VNN-LIB files that are `unsat` where a claim holds,
    with `instances.csv` that lists them; the paths.

    model: what `trace` takes, but numbers without their model. Verifiers that compute in floats
    can't tell whether a bound is attained, so they are asked about 1e-6 more, as a share of the
    bound and of what the scores' terms come to. The networks are the model as traced, in float64.

    Raises UnsupportedError for rules that decide, for model.json, and for more than 10,000
    questions (one for each rule, score, side and combination of categories); DomainError for
    columns without bounds; ModelError where the certificate is about others.
    """
    from relurules.proofs.vnnlib import list_vnnlib_files  # needs onnx

    whole = load_any_rules(rules) if isinstance(rules, str | Path) else rules
    numbers, graph = _read_numbers_and_graph(model)
    if graph is None:
        raise UnsupportedError(
            f"{model}: holds numbers without their model, of which VNN-LIB files can't be written; "
            "name the model itself"
        )
    said = _read_rules(rules)
    if certificate.found["digests"] != checker.hash_rules_and_model(said, numbers):
        raise ModelError(
            "the certificate is about other rules, or another model; make one of these with prove"
        )

    labels = None if graph.labels is None else whole.labels
    positive = None if labels is None else labels.positive_label
    network = name_classes(graph, None, positive).network
    places, _ = checker.find_places(said, numbers)
    network = replace(network, A=network.A[:, places], C=network.C[:, places], lifting=None)
    return write_all(Path(folder), list_vnnlib_files(certificate, whole, network))


def write_short_checker(
    certificate: Certificate, rules: RuleSet | AdditiveRules | str | Path, folder: str | Path
) -> list[Path]:
    """Write the short checker that judges a certificate beside it, check_short.py, or for lines
    check_short_lines.py; nothing where none does.

    RulesError where the rules' file can't be read.
    """
    chosen = _choose_short_checker(certificate, _read_rules(rules))
    if chosen is None:
        return []
    path = Path(chosen.__file__ or "")
    return write_all(Path(folder), {path.name: path.read_text(encoding="utf-8")})


def _choose_short_checker(certificate: Certificate, rules: dict[str, Any]) -> ModuleType | None:
    """The short checker of the certificate's form; None where only check.py judges it."""
    whole = (certificate.found, rules, certificate.model)
    if certificate.model is None:
        return None
    if certificate.found.get("form") != "additive":
        return None if check_short.find_unjudged(*whole) else check_short
    try:
        check_short_lines.judge(*whole)  # what neurons read is known once they are composed
    except (NotImplementedError, *check_short_lines.REFUSALS):
        return None
    return check_short_lines


def _read_rules(rules: RuleSet | AdditiveRules | str | Path) -> dict[str, Any]:
    """What the file of rules holds, or would."""
    if isinstance(rules, str | Path):
        return _read_object(rules)
    found = additive_to_json(rules) if isinstance(rules, AdditiveRules) else to_json(rules)
    return dict(_round_trip_json(found))


def _draw_probes(rules: RuleSet) -> list[tuple[int, list[float]]]:
    """Points of the rules and of the domain, with the rules' numbers."""
    domain, rng = rules.domain, np.random.default_rng(0)
    chosen = range(0, len(rules), -(-len(rules) // _PROBES))
    X = np.array([rules.rules[i].point for i in chosen])
    if np.isfinite(domain.lower).all() and np.isfinite(domain.upper).all():
        drawn = domain.lower + (domain.upper - domain.lower) * rng.random((_PROBES, len(domain)))
        for group in domain.groups:
            drawn[:, group] = np.eye(len(group))[rng.integers(len(group), size=_PROBES)]
        X = np.vstack([X, drawn])

    numbers = rules.apply(X)
    return [(number, x) for number, x in zip(numbers.tolist(), X.tolist(), strict=True) if number]


def _describe_digest_mismatch(wanted: str, network: str) -> str:
    """What is said where digests differ, or one isn't known, before scores are compared."""
    if not network:
        return (
            "these numbers have no digest of their network; their scores are compared with the "
            "rules first"
        )

    return (
        f"the rules are of the network of SHA-256 {wanted[:16]}..., and this one's is "
        f"{network[:16]}...; a model that "
        "was written anew differs by rounding alone, so their scores are compared first"
    )


def read_model_numbers(model: Any) -> dict[str, Any]:
    """The model's numbers, for a proof to start from; model: what `trace` takes, or a file that
    holds them already.
    """
    return _read_numbers_and_graph(model)[0]


def _read_numbers_and_graph(model: Any) -> tuple[dict[str, Any], Graph | None]:
    """The model's numbers, and the model as traced, None where only the numbers are known."""
    if isinstance(model, str | Path) and Path(model).suffix == ".json":
        found = _read_object(model)
        if found.get("format") != MODEL_FORMAT:
            raise RulesError(
                f"{model}: is no model's numbers; expected {MODEL_FORMAT}, as written with a "
                "certificate"
            )
        return found, None

    graph, _ = tracing.trace(model)
    return dict(_round_trip_json(read_exact_weights(model, graph))), graph


def _hash_turned_network(graph: Graph | None, labels: ClassLabels | None) -> str:
    """The digest of the network whose scores speak of the rules' positive class; none where its
    classes aren't theirs.
    """
    if labels is None or graph is None or graph.labels is None:
        return ""
    if graph.labels.values != labels.values:
        return ""
    return hash_network(name_classes(graph, None, labels.positive_label).network)


def _round_trip_json(value: Any) -> Any:
    """As it is once it has been in a file."""
    return json.loads(json.dumps(value))


def _read_object(path: str | Path) -> dict[str, Any]:
    found = read_json(Path(path))
    if not isinstance(found, dict):
        raise RulesError(f"{path}: holds no object")
    return found
