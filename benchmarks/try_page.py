"""The page on which rules can be tried: its size, and how fast it scores a file, in time of its
thread, with the histogram, and by its own clock.

    python benchmarks/try_page.py [--rows N] [--runs N]

It needs Chromium, and the package playwright to drive it.
"""

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from results import add_write_option, record_output
from rich.console import Console
from rich.table import Table

import relurules as rr
from relurules.codec.any_rules import load_any_rules
from relurules.domain import Domain
from relurules.domain.encoding import decode_rows

DOCUMENTS = Path(__file__).resolve().parent.parent / "examples" / "documents"
EXAMPLES = ("credit_lines", "demo_lines", "credit", "breast_cancer")
#: A file has more columns than the rules read.
UNREAD = 12
#: Rows that are made by decoding; a file repeats them.
DRAWN = 5000


def draw_rows(domain: Domain, rows: int) -> pd.DataFrame:
    """Rows of the domain's box with decimals, and columns that no rule reads."""
    random = np.random.default_rng(0)
    low, high = np.maximum(domain.lower, -1e6), np.minimum(domain.upper, 1e6)
    X = np.round(random.uniform(low, high, (DRAWN, len(low))), 3).clip(low, high)
    for group in domain.groups:
        X[:, list(group)] = np.eye(len(group))[random.integers(len(group), size=DRAWN)]
    frame = pd.DataFrame(decode_rows(X, domain.columns))
    unread = random.integers(0, 100000, (DRAWN, UNREAD))
    frame = frame.assign(**{f"unread_{i}": unread[:, i] for i in range(UNREAD)})
    return pd.concat([frame] * -(-rows // DRAWN)).head(rows)


def time_page(page: Any, path: Path, file: Path, runs: int, *, extended: bool) -> list[str]:
    """Seconds of each run that the page's thread worked, histogram included, and by its clock, in
    which other programs have a part on a busy machine.
    """
    seconds = []
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    for _ in range(runs):
        page.goto(path.as_uri())
        if extended:
            page.check("#try-extended")
        before = read_thread_time(session)
        page.set_input_files("#try-file", str(file))
        page.locator("#try-file-said:not([aria-busy]) > ul").wait_for(state="attached")
        said = page.locator("#try-file-said p").first.inner_text()
        told = said.rpartition(" scored in ")[2].removesuffix(" s.")
        seconds.append(f"{read_thread_time(session) - before:.2f} ({told})")
    return seconds


def read_thread_time(session: Any) -> float:
    """Seconds that the page's thread has worked."""
    found = session.send("Performance.getMetrics")["metrics"]
    return float(next(each["value"] for each in found if each["name"] == "TaskDuration"))


def measure(rows: int, runs: int) -> Table:
    """A row for every example."""
    from playwright.sync_api import sync_playwright  # type: ignore[import-not-found, unused-ignore]

    table = Table("rules", "document, kB", "columns", "score, s (clock)", "with reasons, s (clock)")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        for name in EXAMPLES:
            rules = load_any_rules(DOCUMENTS / name / "rules.json")
            (path,) = rr.emit(rules, "html").write(Path(folder))
            frame = draw_rows(rules.domain, rows)
            file = Path(folder) / "rows.csv"
            frame.to_csv(file, index=False)
            cells = [
                "\n".join(time_page(page, path, file, runs, extended=extended))
                for extended in (False, True)
            ]
            size = f"{path.stat().st_size / 1000:.0f}"
            table.add_row(f"{name}, {len(rules)}", size, str(frame.shape[1]), *cells)
        browser.close()
    return table


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    add_write_option(parser)
    arguments = parser.parse_args()
    with record_output("The page on which rules are tried", write=arguments.write):
        what = "seconds of the page's thread, and by its clock"
        Console().print(f"{arguments.rows:,} rows of a CSV file, {arguments.runs} runs: {what}")
        Console().print(measure(arguments.rows, arguments.runs))


if __name__ == "__main__":
    main()
