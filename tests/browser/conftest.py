"""A real browser for the page: Debian's Chromium, driven by Playwright. Where there is none, its tests are skipped and say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("no Chromium is here to open the report in: apt-get install chromium, or CHROMIUM=path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def show(context: BrowserContext) -> Iterator[Open]:
    """`show(file, hash, width)` opens a page from the disk, as a reader does. Whatever it complains of on its console fails the test."""
    complaints: list[str] = []

    def opened(file: Path, fragment: str = "", width: int = 1440, ready: bool = True) -> Page:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(("file:", "blob:")) else None)
        page.goto(file.as_uri() + fragment)
        if ready:
            page.wait_for_selector("#findings[data-ready=yes]")
        return page

    yield opened
    assert complaints == []
