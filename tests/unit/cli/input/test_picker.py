"""The page on which a person is clicked: real HTTP on loopback, for one answer, and only to whoever was shown it."""

import re
import sys
import webbrowser
from dataclasses import replace
from threading import Thread

import httpx2
import pytest

from lipready.cli.input.picker import page_of, pick
from lipready.cli.output.session import Session
from lipready.people import people
from lipready.profiles.loader import load_profile

PROFILE = load_profile("dashscope")


@pytest.fixture(scope="module")
def video(made):
    return people(made("two_people.mp4"), profile=PROFILE).video


@pytest.fixture
def picked(monkeypatch, video):
    """Pick with a browser that does what a function of the page's address does: `picked(visit)`."""

    def run(visit):
        seen = {}

        class Visitor(webbrowser.BaseBrowser):
            def open(self, url, *_how):
                seen["url"] = url
                self.thread = Thread(target=lambda: seen.update(result=visit(url)))
                self.thread.start()
                return True

        visitor = Visitor("visitor")
        monkeypatch.setattr(webbrowser, "_browsers", {"visitor": [None, visitor]})
        monkeypatch.setattr(webbrowser, "_tryorder", ["visitor"])
        chosen = pick(video, PROFILE.front, Session())
        visitor.thread.join()
        return chosen, seen["result"], seen["url"]

    return run


def from_page(url):
    return {"Origin": url.rsplit("/", 2)[0]}


def test_a_click_is_the_answer_and_then_the_page_is_gone(picked, capsys):
    def visit(url):
        page = httpx2.get(url)
        return page, httpx2.post(f"{url}2", headers=from_page(url))

    chosen, (page, thanks), url = picked(visit)
    assert chosen == (True, 2)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", url)
    assert "Person 2 speaks." in thanks.text
    assert page.text.count("data:image/jpeg;base64,") >= 4
    assert "0:00–0:04 · left" in page.text
    policy = page.headers["content-security-policy"]
    nonce = re.search("script-src 'nonce-([^']+)'", policy)[1]
    assert page.text.count(f'nonce="{nonce}"') == 2
    assert "default-src 'none'" in policy
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)
    assert url in capsys.readouterr().err


def test_none_of_them_is_an_answer(picked):
    chosen, thanks, _ = picked(lambda url: httpx2.post(f"{url}none", headers=from_page(url)))
    assert chosen == (True, None)
    assert "Nobody was chosen." in thanks.text


def test_nobody_else_is_answered(picked):
    def visit(url):
        root = url.rsplit("/", 2)[0]
        refused = [
            httpx2.get(f"{root}/"),
            httpx2.get(f"{root}/{'x' * 32}/"),
            httpx2.get(url, headers={"Host": "evil.example"}),
            httpx2.post(f"{root}/{'x' * 32}/2", headers=from_page(url)),
            httpx2.post(f"{url}2"),
            httpx2.post(f"{url}2", headers={"Origin": "https://evil.example"}),
            httpx2.post(f"{url}2", headers={**from_page(url), "Host": "evil.example"}),
            httpx2.post(f"{url}3", headers=from_page(url)),
            httpx2.post(f"{url}1%0a", headers=from_page(url)),
        ]
        httpx2.post(f"{url}1", headers=from_page(url))
        return [answer.status_code for answer in refused]

    chosen, refused, _ = picked(visit)
    assert chosen == (True, 1)
    assert refused == [404] * 9


def test_a_name_is_no_markup(video):
    page = page_of(
        replace(video, path="<img src=x onerror=alert(1)>\u202e\x1b[2J.mp4", place=video.path), PROFILE.front
    )
    shown = page(nonce="n", chosen=None)
    assert "<img src=x" not in shown
    assert "&lt;img src=x onerror=alert(1)&gt;" in shown
    assert not {"\u202e", "\x1b"} & set(shown)


@pytest.mark.parametrize(
    ("browsers", "said"),
    [
        ([], "there is no browser here"),
        ([webbrowser.GenericBrowser("w3m")], "there is only a text browser here"),
        ([webbrowser.BackgroundBrowser(["/nowhere/at-all"])], "no browser could be opened"),
    ],
)
def test_without_a_browser_there_is_no_page(monkeypatch, video, capsys, browsers, said):
    monkeypatch.setattr(webbrowser, "_browsers", {each.name: [None, each] for each in browsers})
    monkeypatch.setattr(webbrowser, "_tryorder", [each.name for each in browsers])
    assert pick(video, PROFILE.front, Session()) == (False, None)
    assert f"The page cannot be shown: {said}." in capsys.readouterr().err


def test_without_the_extra_there_is_no_page(monkeypatch, video, capsys):
    monkeypatch.setitem(sys.modules, "starlette", None)
    assert pick(video, PROFILE.front, Session()) == (False, None)
    assert "starlette cannot be imported (pip install 'lipready[sandbox]')" in capsys.readouterr().err
