"""Chromium for tests, started by them: skipped where it isn't installed, except in CI."""

import csv
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)


#: Milliseconds after which the page has done what it does when nothing is typed any more.
_SETTLED = 400


def miss(what: str) -> None:
    """Skip the test, as this isn't here; in CI fail, as it must be."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have {what}")
    pytest.skip(f"{what} isn't installed")


@contextmanager
def open_chromium() -> Iterator[Any]:
    """The browser of playwright."""
    if CHROMIUM is None:
        miss("Chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        miss("the package playwright")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class TriedPage:
    """A document open in the browser; whatever it asks for or complains of is kept."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("#try-headline > *")

    def close(self) -> None:
        assert self.complaints == []
        assert [url for url in self.requests if not url.startswith(("file:", "blob:"))] == []
        self.context.close()

    def fill(self, column: int, value: str) -> None:
        """Type a number, or choose a category by its label."""
        field = self.page.locator(f"#try-value-{column}")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)

    def settle(self) -> None:
        """Wait for what the page does once nothing is typed any more.

        A timer of the page itself: it ends after those that were set before it for a shorter
        time, however slow the machine is.
        """
        self.page.evaluate("wait => new Promise(done => setTimeout(done, wait))", _SETTLED)

    def load(self, text: str | bytes, *, extended: bool = False) -> str:
        """Choose a CSV file; what is said of it."""
        if extended:
            self.page.check("#try-extended")
        data = text if isinstance(text, bytes) else text.encode()
        file = {"name": "rows.csv", "mimeType": "text/csv", "buffer": data}
        self.page.set_input_files("#try-file", files=[file])
        said = self.page.locator("#try-file-said:not([aria-busy])")
        said.locator("p").first.wait_for()
        return str(said.inner_text())

    def score(self, frame: pd.DataFrame, *, extended: bool = False) -> list[dict[str, str]]:
        """A table scored in the page, and downloaded."""
        self.load(frame.to_csv(index=False), extended=extended)
        return self.download()

    def download(self) -> list[dict[str, str]]:
        with self.page.expect_download() as waiting:
            self.page.click("#try-download")
        text = Path(waiting.value.path()).read_bytes().decode()
        return list(csv.DictReader(io.StringIO(text)))
