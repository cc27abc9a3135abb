"""Whether both checkers of certificates say the same: check.py, and the one in JavaScript that was
written from docs/certificates.md alone (tools/second_checker).

    python benchmarks/second_checker.py [--cases 10000] [--answers 2000] [--seeds 60] [--lines 48]
        [--keep FOLDER] [--proven PROGRAM]

Honest certificates of random networks and of answers, of all kinds, and changed ones: of meaning,
of single values (with forged digests), of their text. Whether they are proven, refused or can't be
read must be the same, and so must every number that is shown. Disagreements are kept in a folder.
check_short.py and check_short_lines.py must say the same too, or that they don't judge.
--proven: the checker that Coq proves right (`make proven-checker`), a third opinion where a
certificate is of a kind that it judges, and isn't refused for its digests.
"""

import argparse
import json
import operator
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from results import add_write_option, record_output

from relurules.checker import check_short, check_short_lines

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "proofs")]

BATCH = 500
NAMED = 6
SHORT = (check_short, check_short_lines)
WORDS = ("proven", "refused", "unreadable")


class CheckerPair(NamedTuple):
    """Both checkers. second: of all files at once; ours: of those of one case; differ: whether two
    judgements do; get_code: of ours, a place in WORDS.
    """

    second: Callable[[list[Any]], Sequence[Any]]
    ours: Callable[[Any], Any]
    differ: Callable[[Any, Any], bool]
    get_code: Callable[[Any], int]


def compare_checkers(
    cases: list[tuple[str, Any]], pair: CheckerPair, tally: Counter[str], times: Counter[str]
) -> list[tuple[str, Any, Any, Any]]:
    """Those on which the checkers disagree: kind, files, both judgements."""
    begun = time.perf_counter()
    second = pair.second([files for _, files in cases])
    times["JavaScript"] += time.perf_counter() - begun  # type: ignore[assignment]
    wrong = []
    for (kind, files), other in zip(cases, second, strict=True):
        begun = time.process_time()
        ours = pair.ours(files)
        times["Python"] += time.process_time() - begun  # type: ignore[assignment]
        if pair.differ(ours, other):
            tally["DISAGREE"] += 1
            wrong.append((kind, files, ours, other))
        else:
            tally[f"both: {WORDS[pair.get_code(ours)]}"] += 1

    return wrong


def compare_batch(
    cases: list[tuple[str, Any]], tally: Counter[str], times: Counter[str]
) -> list[tuple[str, Any, Any, Any]]:
    """The disagreements about certificates of rules and their model."""
    both = import_module("second_checker")
    pair = CheckerPair(
        both.judge_by_second, both.judge_by_ours, both.differ, lambda ours: int(ours.code)
    )
    return compare_checkers(cases, pair, tally, times)


def ask_proven(
    program: Path, cases: list[tuple[str, Any]], ours: Callable[[Any], tuple[int, str]]
) -> Counter[str]:
    """How often the proven checker says what ours says, which gives a code and why it refuses."""
    third = import_module("proven_checker")
    checker, tally = third.ProvenChecker(program, ""), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for kind, files in cases:
            code, said = third.judge_by_proven(checker, files, Path(folder))
            expected, why = ours(files)
            if any(reason in why for reason in third.DIGESTS):
                tally["refused for digests"] += 1
            elif code == third.OUT_OF_SCOPE:
                tally["not judged"] += 1
            elif code == expected:
                tally[f"both: {WORDS[code]}"] += 1
            else:
                tally["DISAGREE"] += 1
                print(f"{kind}: ours {expected} {why}; proven {code} {said}", flush=True)

    return tally


def ask_short(
    short: ModuleType, cases: list[tuple[str, Any]], ours: Callable[[Any], Any]
) -> Counter[str]:
    """How often a short checker says what check.py says."""
    tally = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("certificate", "rules", "model")]
        for kind, files in cases:
            for path, data in zip(paths, files, strict=True):
                path.write_bytes(data)
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                code = short.main([str(path) for path in paths])
            wanted = ours(files).code
            agree = "not judged" if code == 3 else f"both: {WORDS[wanted]}"
            tally[agree if code in (wanted, 3) else "DISAGREE"] += 1
            if code not in (wanted, 3):
                print(f"{kind}: ours {wanted}; {short.__name__} {code}", flush=True)

    return tally


def ask_proven_of_all(
    program: Path, sources: Sequence[Any], numbers: range, answers: range
) -> Iterator[str]:
    """The same of certificates of rules and their model, and of answers."""
    both, make = import_module("second_checker"), import_module("certificate_cases")
    cases = [make.draw_case(sources[i % len(sources)], np.random.default_rng(i)) for i in numbers]

    def judge_proof(files: Any) -> tuple[int, str]:
        ours = both.judge_by_ours(files)
        return ours.code, ours.why

    tally = ask_proven(program, cases, judge_proof)
    yield f"{len(numbers)} certificates, ours and the proven checker: {dict(tally)}"
    drawn = import_module("answer_cases")
    made = [drawn.make_answer(kind) for kind in drawn.RANGES]
    cases = [drawn.draw_files(made[i % len(made)], np.random.default_rng(i)) for i in answers]
    tally = ask_proven(program, cases, lambda files: (drawn.judge_by_ours(*files)[0], ""))
    yield f"{len(answers)} certificates of ranges, ours and the proven checker: {dict(tally)}"


def compare_answers(
    numbers: range, tally: Counter[str], times: Counter[str]
) -> list[tuple[str, Any, Any, Any]]:
    """The disagreements about certificates of answers, which are about rules alone."""
    both, make = import_module("second_checker"), import_module("answer_cases")
    sources = [make.make_answer(kind) for kind in make.CASES]
    cases = [make.draw_files(sources[i % len(sources)], np.random.default_rng(i)) for i in numbers]
    pair = CheckerPair(
        both.judge_answers_by_second,
        lambda files: make.judge_by_ours(*files),
        operator.ne,
        lambda ours: int(ours[0]),
    )
    return [
        (kind, tuple(json.dumps(value).encode() for value in files), ours, other)
        for kind, files, ours, other in compare_checkers(cases, pair, tally, times)
    ]


def keep_case(folder: Path, number: int, files: Any) -> None:
    """Write the files of a disagreement."""
    for name, data in zip(("certificate", "rules", "model"), files, strict=False):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}_{name}.json").write_bytes(data)


def main() -> None:
    """Draw, judge twice, compare."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--answers", type=int, default=2_000)
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--lines", type=int, default=48)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--proven", type=Path)
    add_write_option(parser)
    given = parser.parse_args()
    make = import_module("certificate_cases")
    sources = list(make.make_sources(given.seeds, given.lines))
    # The first ones have names, classes and categories, as few others do.
    sources += 4 * sources[:NAMED]
    tally, times, number = Counter[str](), Counter[str](), 0
    both, brief = import_module("second_checker"), {short: Counter[str]() for short in SHORT}

    with record_output("Two checkers", write=given.write):
        for start in range(given.start, given.start + given.cases, BATCH):
            numbers = range(start, min(start + BATCH, given.start + given.cases))
            cases = [
                make.draw_case(sources[i % len(sources)], np.random.default_rng(i)) for i in numbers
            ]
            for short in SHORT:
                brief[short] += ask_short(short, cases, both.judge_by_ours)
            for kind, files, ours, other in compare_batch(cases, tally, times):
                number += 1
                print(f"{number}: {kind}: ours {ours[:3]} {ours.why}; second {other}", flush=True)
                if given.keep:
                    keep_case(given.keep, number, files)
        answers = Counter[str]()
        for start in range(given.start, given.start + given.answers, BATCH):
            numbers = range(start, min(start + BATCH, given.start + given.answers))
            for kind, files, ours, other in compare_answers(numbers, answers, times):
                number += 1
                print(f"{number}: answer, {kind}: ours {ours}; second {other}", flush=True)
                if given.keep:
                    keep_case(given.keep, number, files)
        spent = ", ".join(f"{name} {value:.0f} s" for name, value in times.items())
        print(f"{given.cases} certificates of {len(sources)} networks: {dict(tally)}")
        for short, told in brief.items():
            name = Path(str(short.__file__)).name
            print(f"{given.cases} certificates, ours and {name}: {dict(told)}")
        print(f"{given.answers} certificates of answers: {dict(answers)}; {spent}")
        if given.proven:
            numbers = range(given.start, given.start + given.cases)
            asked = range(given.start, given.start + given.answers)
            print(*ask_proven_of_all(given.proven, sources, numbers, asked), sep="\n")


if __name__ == "__main__":
    main()
