"""Proofs: whether they are found and accepted, how long a check takes, whether tampering is found
out.

    python benchmarks/proofs.py [nets] [models] [ranges] [limits] [random] [tampering]
                                [--networks 300] [--instances 20]

nets: every network of ../shared/nets with at most 12,000 regions, in its box. models: networks
trained on exclusive-or, breast cancer, Taiwan credit and the census. ranges: how small and large
additive rules can be, drawn ones and those of tables, by both checkers. limits: large proofs, and
certificates of 100 MB, beside what they may take. random: certificates of small random networks,
half of them degenerate, must be accepted, and their bounds be as small as the rules say. tampering:
every kind of change in up to so many instances must be refused. Times of a check are CPU time, with
the reading of the model and of the rules.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from proofs_limits import report_limits
from proofs_ranges import report_ranges
from results import add_write_option, record_output

import relurules as rr
from relurules import checker
from relurules.codec.rules_json import to_json

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "proofs")]

PARTS = ("nets", "models", "ranges", "limits", "random", "tampering")
NETS = (
    "deg_d2_8_8",
    "deg_d3_6_6",
    "d2_16_16",
    "d2_32_32_32",
    "d2_64_64",
    "d4_8_8_8",
    "d4_16_16",
    "d23_8_8",
)


def files(rules: rr.RuleSet, certificate: rr.Certificate) -> tuple[Any, Any, Any]:
    """Certificate, rules and model as they are in files."""
    found, said, model = (
        json.loads(json.dumps(x))
        for x in (certificate.found, to_json(rules), dict(certificate.model or {}))
    )
    return found, said, model


def report(name: str, model: Any, **options: Any) -> None:
    """Extract, prove, check; a line of figures."""
    rules = rr.extract(model, **options)
    begun = time.process_time()
    certificate = rr.prove(rules, model)
    proving, (found, said, numbers) = time.process_time() - begun, files(rules, certificate)
    begun = time.process_time()
    verdict = checker.check(found, said, numbers)
    checking = time.process_time() - begun
    size = len(json.dumps(found, separators=(",", ":")))
    print(
        f"{name:28} {'proven' if verdict else 'REFUSED ' + verdict.why} {len(rules):6} rules "
        f"{verdict.leaves:6} pieces bound {verdict.bound:.1e}, said {rules.score_error:.1e}, prove "
        f"{proving:6.1f} s, check {checking:5.1f} s, "
        f"{1000 * checking / max(1, verdict.leaves):.2f} ms per piece, {size / 1e6:.2f} MB",
        flush=True,
    )


def nets() -> None:
    """The benchmark networks."""
    load = import_module("test_nets").load
    for name in NETS:
        model = load(SHARED / "nets" / f"{name}.npz")
        d = model[0].in_features
        report(name, model, domain=rr.Domain.box([-1] * d, [1] * d))


def models() -> None:
    """Networks trained on data."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def mlp(*widths: int) -> Any:
        return make_pipeline(StandardScaler(), MLPClassifier(widths, max_iter=60, random_state=0))

    corners = np.array(np.meshgrid(*[[0.0, 1.0]] * 2)).reshape(2, -1).T
    X = np.repeat(corners, 50, axis=0) + np.random.default_rng(0).normal(size=(200, 2)) * 0.05
    report("exclusive-or", mlp(8, 8).fit(X, np.abs(X[:, 0] - X[:, 1]) > 0.5), data=X)
    cancer, sick = load_breast_cancer(return_X_y=True)
    report("breast cancer", model := mlp(6).fit(cancer, sick), data=cancer)
    report("breast cancer, decides", model, data=cancer, decision=0.5)

    if SHARED.is_dir():
        import pandas

        table = pandas.read_csv(SHARED / "data" / "TaiwanCredit_UCI.csv")
        inputs, default = table[table.columns[1:24]], table[table.columns[-1]]
        report("Taiwan credit", model := mlp(5, 3).fit(inputs, default), data=inputs)
        report("Taiwan credit, within 0.05", model, data=inputs, max_error=0.05)
        model, raw = import_module("test_adult").fitted("one-hot")
        report("census", model, data=raw)
        report("census, decides", model, data=raw, decision=0.2)


def randoms(count: int) -> None:
    """Certificates of random networks."""
    make, tally = import_module("instances").instance, Counter[str]()
    for seed in range(count):
        model, rules = make(seed)
        certificate = rr.prove(rules, model)
        verdict = checker.check(*(found := files(rules, certificate)))
        del found
        net = rr.trace(model).network
        reach = np.maximum(abs(rules.domain.lower), abs(rules.domain.upper))[None, :]
        tight = (
            verdict.bound
            <= 1.1 * rules.score_error + 1e-11 * float(net.magnitude(reach).max()) + 1e-50
        )
        tally["accepted" if verdict else "REFUSED"] += 1
        tally["bound as the rules say" if tight else "bound larger than the rules say"] += 1
        if not (verdict and tight):
            print(f"seed {seed}: {verdict.why or verdict.bound}, rules say {rules.score_error}")

    print(f"{count} random networks:", dict(tally), flush=True)


def tampering(instances: int) -> None:
    """Every kind of tampering, in so many instances that have something of the kind."""
    sources, kinds = import_module("instances"), import_module("tampering")

    def all_files() -> Iterator[tuple[int, tuple[Any, Any, Any]]]:
        for seed, name in enumerate(sources.NAMED):
            model, rules = sources.named_instance(name)
            yield seed, files(rules, rr.prove(rules, model))
        for seed in range(12 * instances):
            model, rules = sources.instance(seed)
            if len(rules) <= 60:
                yield seed, files(rules, rr.prove(rules, model))

    done: dict[str, Counter[str]] = {kind: Counter() for kind in kinds.TAMPERINGS}
    for seed, given in all_files():
        open_ = [kind for kind, count in done.items() if count["tried"] < instances]
        for kind in open_:
            attempt(kinds, kind, given, np.random.default_rng(seed), done[kind])
        if not open_:
            break

    for kind, count in done.items():
        print(f"{kind:32} {dict(count)}", flush=True)


def attempt(
    kinds: Any,
    kind: str,
    given: tuple[Any, Any, Any],
    rng: np.random.Generator,
    count: Counter[str],
) -> None:
    """One change, and the same with digests forged."""
    try:
        changed = kinds.tampered(kind, given, rng)
    except kinds.InapplicableError:
        return

    count["tried"] += 1
    count["refused" if not checker.check(*changed) else "ACCEPTED"] += 1
    if kind != "the version":
        count[
            "refused, forged"
            if not checker.check(*kinds.stamped(changed))
            else "another proof of the same"
        ] += 1


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", default=PARTS)
    parser.add_argument("--networks", type=int, default=300)
    parser.add_argument("--instances", type=int, default=20)
    add_write_option(parser)
    given = parser.parse_args()
    table: dict[str, Callable[[], None]] = {
        "nets": nets,
        "models": models,
        "ranges": partial(report_ranges, SHARED / "data"),
        "limits": report_limits,
        "random": partial(randoms, given.networks),
        "tampering": partial(tampering, given.instances),
    }

    with record_output("Proofs", write=given.write):
        for part in given.parts:
            table[part]()


if __name__ == "__main__":
    main()
