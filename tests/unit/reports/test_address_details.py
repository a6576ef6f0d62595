"""What `-v` says of an input that is an address."""

from lipready.facts.address import Fetched
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.reports.full import details
from lipready.rules.examples import addressed


def line(facts: JobFacts) -> str:
    assert facts.video is not None
    (found,) = [each for each in details(facts.video) if each.startswith("address: ")]
    return found


def test_how_it_answers() -> None:
    facts = addressed(redirects=("https://a/?…",), fetched=Fetched(900_000, 1.5, whole=True))
    assert line(facts) == (
        "address: status 200, video/mp4, 900,000 bytes in 1.5 s, 1 redirect; example.com is 93.184.216.34"
    )


def test_what_is_not_known() -> None:
    bare = addressed(content_type=None, fetched=Unmeasured("nobody asked"), addresses=Unmeasured("no such host"))
    assert line(bare) == "address: status 200, no type; example.com is not known"
    assert line(addressed("timeout", "does not answer in time")) == "address: does not answer in time"
    assert line(addressed(scheme="oss", status=Unmeasured("not read"))) == "address: not measured, not read"


def test_files_of_this_machine_have_none() -> None:
    facts = addressed().audio
    assert facts is not None
    assert not [each for each in details(facts) if each.startswith("address")]
