"""One Chromium for the tests of a module, and what they look at."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "there is no Chromium: on Debian, apt-get install chromium"


# Not for the session: as long as Playwright runs, no other test of the process can run an event loop.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the Chromium of the system; skip where there is none, or fail where it has to be there."""
    place = next(filter(None, map(shutil.which, NAMES)), None)
    if place is None:
        if os.environ.get("LIPREADY_BROWSER") == "required":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=place)
        yield browser
        browser.close()


@dataclass
class Seen:
    """A page that is open: what it complained of, and what it asked for beside itself."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def clean(self) -> bool:
        """Return whether nothing was complained of and nothing asked for."""
        return not self.complaints and not self.requests


@pytest.fixture
def look_at(chromium: Browser) -> Iterator[Callable[..., Seen]]:
    """Open a file in a window of its own."""
    contexts = []

    def open_page(path: Path, anchor: str = "", *, width: int = 1280, scheme: str = "light") -> Seen:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.on("console", lambda message: seen.complaints.append(message.text))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        address = path.as_uri()
        seen.page.on(
            "request",
            lambda request: None if request.url.startswith(("data:", address)) else seen.requests.append(request.url),
        )
        seen.page.goto(address + anchor)
        return seen

    yield open_page
    for context in contexts:
        context.close()
