"""The page on which a person is picked, in a real browser: a click, a key, and what axe-core says of it."""

import webbrowser
from queue import SimpleQueue
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from lipready.cli.input.picker import pick
from lipready.cli.output.session import Session
from lipready.people import people


@pytest.fixture(scope="module")
def seen(made):
    return people(made("two_people.mp4"))


@pytest.fixture
def asked(monkeypatch, seen):
    """Ask who speaks: gives the page's address, and what gives the answer once it was given."""
    addresses, answers = SimpleQueue(), SimpleQueue()

    class Opener(webbrowser.BaseBrowser):
        def open(self, url, *_how):
            addresses.put(url)
            return True

    monkeypatch.setattr(webbrowser, "_browsers", {"opener": [None, Opener("opener")]})
    monkeypatch.setattr(webbrowser, "_tryorder", ["opener"])
    asking = Thread(target=lambda: answers.put(pick(seen.video, seen.front, Session())))
    asking.start()
    yield addresses.get(timeout=60), lambda: answers.get(timeout=60)
    asking.join(60)


@pytest.mark.parametrize("way", ["click", "key", "keyboard"])
def test_a_click_or_the_number_is_the_answer(chromium, asked, way):
    url, answer = asked
    page = chromium.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert Axe().run(page).violations_count == 0
    if way == "click":
        page.get_by_role("button", name="Person 2").click()
    elif way == "key":
        page.keyboard.press("2")
    else:
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    # After a key, unlike a click, Playwright does not wait for the page that answers.
    expect(page.get_by_role("heading")).to_have_text("Person 2 speaks.", timeout=60_000)
    assert answer() == (True, 2)
    assert complaints == []
    page.close()
