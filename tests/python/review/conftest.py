"""A hand-made publication, its review rendered once, and a browser to open it in."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nines import reports
from review.a_publication import make_publication

# The browser asks nobody for anything, so that a request seen is the page's own.
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]


@pytest.fixture(scope="session")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_publication(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="session")
def review_page(publication: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return reports.review(publication, None, tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="session")
def empty_review_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    published = make_publication(tmp_path_factory.mktemp("no_records"), is_empty=True)
    return reports.review(published, None, tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    path = shutil.which("chromium")
    if not path:
        reason = "Chromium is not installed; Debian's is: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()
