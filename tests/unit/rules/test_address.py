"""R704: what keeps a provider from fetching an address, and what might."""

from typing import Any

import pytest

from lipready.facts.address import Fetched, Trouble
from lipready.facts.finding import Finding
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Profile
from lipready.profiles.loader import load_profile
from lipready.reports.report import Report
from lipready.rules.examples import addressed, job, unread, with_file
from lipready.rules.judge import judge

DASHSCOPE, EVOLINK = load_profile("dashscope"), load_profile("evolink")
SKIPPED = Unmeasured("the address was not fetched (`Settings(quick=True)`)", skipped=True)
LATER = Unmeasured("the host was not asked")


def found(facts: JobFacts, profile: Profile = DASHSCOPE) -> list[tuple[str, str]]:
    return [(finding.severity, finding.measured) for finding in judge(facts, profile, only=("R704",))[0]]


def one(facts: JobFacts) -> Finding:
    (finding,) = judge(facts, DASHSCOPE, only=("R704",))[0]
    return finding


@pytest.mark.parametrize("status", [200, 203, 206])
def test_an_address_that_answers_well(status: int) -> None:
    assert judge(addressed(status=status), DASHSCOPE) == ((), ())


@pytest.mark.parametrize("scheme", ["ftp", "file", "data", "gopher"])
def test_schemes(scheme: str) -> None:
    assert found(addressed(scheme=scheme, status=LATER)) == [("error", scheme)]


def test_an_address_of_the_provider_itself_is_not_judged() -> None:
    own = addressed(scheme="oss", status=LATER)
    findings, unchecked = judge(own, DASHSCOPE, only=("R704",))
    assert findings == ()
    assert [(entry.rule, entry.reason) for entry in unchecked if entry.rule == "R704"] == [("R704", LATER.reason)]
    assert found(own, EVOLINK) == [("error", "oss")]


@pytest.mark.parametrize(
    ("trouble", "remote"),
    [
        ("malformed", "InvalidURL"),
        ("password", "InvalidURL"),
        ("private", "InvalidURL"),
        ("unknown", "InvalidURL"),
        ("refused", "InvalidURL.ConnectionRefused"),
        ("certificate", "InvalidURL"),
        ("redirect", "InvalidURL"),
        ("timeout", "InvalidURL.Timeout"),
        ("broken", "InvalidURL"),
    ],
)
def test_whatever_keeps_it_from_being_fetched_is_an_error(trouble: Trouble, remote: str) -> None:
    finding = one(addressed(trouble, "does this or that", status=LATER, redirects=("https://a/", "https://b/")))
    assert (finding.severity, finding.remote, finding.role) == ("error", remote, "video")
    assert finding.message.startswith("clip.mp4?… does this or that, after 2 redirects. ")


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "not public"),
        (403, "signature has expired"),
        (404, "no such file"),
        (503, "in trouble"),
        (302, "not hand"),
    ],
)
def test_a_status_says_what_it_means(status: int, says: str) -> None:
    finding = one(addressed(status=status, content_type="text/html", length=None))
    assert (finding.severity, finding.measured) == ("error", f"status {status}")
    assert says in finding.message


@pytest.mark.parametrize(
    ("role", "kind", "fits"),
    [
        ("video", "video/quicktime", True),
        ("video", "binary/octet-stream", True),
        ("video", "application/mp4", True),
        ("video", "audio/mp4", False),
        ("video", "image/png", False),
        ("video", "application/json", False),
        ("video", "application/xhtml+xml", False),
        ("audio", "video/mp4", True),
        ("audio", "audio/mpeg", True),
        ("audio", "text/plain", False),
        ("reference", "image/webp", True),
        ("reference", "video/mp4", False),
        ("reference", "nonsense", True),
    ],
)
def test_types_that_contradict_the_role(role: Any, kind: str, *, fits: bool) -> None:
    address = addressed(content_type=kind).video
    assert address is not None
    assert found(with_file(role, address=address.address)) == ([] if fits else [("warning", kind)])


def test_a_page_in_the_place_of_the_file_is_an_error() -> None:
    page = addressed(content_type="text/html")
    assert found(page) == [("error", "text/html")]
    assert page.video is not None
    broken = job(video=unread("video", "is HTML, not a video"))
    assert "R704" not in {entry.rule for entry in judge(broken, DASHSCOPE)[1]}


def test_a_file_that_is_broken_is_judged_by_its_address_all_the_same() -> None:
    address = addressed(content_type="text/html").video
    assert address is not None
    facts = with_file("video", problem="is HTML, not a video", media=LATER, format=LATER, address=address.address)
    assert {finding.rule for finding in judge(facts, DASHSCOPE)[0]} == {"F001", "R704"}


@pytest.mark.parametrize(
    ("changes", "measured"),
    [
        ({"fetched": Fetched(900_000, 60.0, whole=True)}, None),
        ({"fetched": Fetched(900_000, 60.001, whole=True)}, "60.001 s"),
        ({"fetched": Fetched(100_000, 30.0, whole=False)}, "270 s"),
        ({"fetched": Fetched(0, 60.5, whole=False)}, "60.5 s"),
        ({"fetched": SKIPPED}, None),
    ],
)
def test_the_time_that_it_takes_is_measured_from_here_and_warns(changes: dict[str, Any], measured: str | None) -> None:
    facts = addressed(**changes)
    assert found(facts) == ([] if measured is None else [("warning", measured)])
    if measured is not None:
        assert "from here" in one(facts).message
        assert one(facts).remote == "InvalidURL.Timeout"


def test_what_goes_on_for_ever_is_an_error_and_its_time_is_not_judged() -> None:
    endless = addressed(length=None, fetched=Fetched(300_001, 299.0, whole=False, too_long=True))
    assert found(endless) == [("error", "more than 300,000 bytes")]


def test_nothing_is_asked_of_the_pace_with_quick() -> None:
    facts = addressed(fetched=SKIPPED)
    findings, unchecked = judge(facts, DASHSCOPE, quick=True)
    assert findings == ()
    assert "R704" not in {entry.rule for entry in unchecked}
    assert Report(provider="x", facts=facts, findings=findings, unchecked=unchecked).verdict == "pass"


def test_files_of_this_machine_are_not_mentioned() -> None:
    findings, unchecked = judge(job(), DASHSCOPE, ignore=("R704",))
    assert (findings, unchecked) == ((), ())
