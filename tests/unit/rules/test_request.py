"""Callback URLs that a provider could, and could not, reach."""

import pytest

from lipready.facts.job import CallbackFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.loader import load_profile
from lipready.rules.examples import callback, job, request
from lipready.rules.judge import judge

EVOLINK = load_profile("evolink")


def found(target: CallbackFacts) -> list[str]:
    return [f.measured for f in judge(job(request=request(callback=target)), EVOLINK, only=("R703",))[0]]


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert found(callback("https://example.com/done", address)) == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  (the address that is to be refused)
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "2002:0a00:0001::1",
        "64:ff9b::a00:1",
        "2001:db8::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert found(callback("https://example.com/done", address)) == [address]
    assert found(callback("https://example.com/done", "93.184.216.34", address)) == [address]


def test_an_address_in_the_url_needs_no_look_up() -> None:
    unresolved = Unmeasured("not looked up")
    assert found(CallbackFacts("https://10.0.0.1/x", "https", "10.0.0.1", unresolved)) == ["10.0.0.1"]
    assert found(CallbackFacts("https://[::1]/x", "https", "::1", unresolved)) == ["::1"]
    assert found(CallbackFacts("https://LocalHost./x", "https", "LocalHost.", unresolved)) == ["localhost"]


@pytest.mark.parametrize("addresses", [Unmeasured("no such name"), (), ("nonsense",)])
def test_a_host_that_was_not_looked_up_is_not_a_pass(addresses: tuple[str, ...] | Unmeasured) -> None:
    target = CallbackFacts("https://example.com", "https", "example.com", addresses)
    findings, unchecked = judge(job(request=request(callback=target)), EVOLINK, only=("R703",))
    assert findings == ()
    assert [entry.required for entry in unchecked if entry.rule == "R703"] == [True]


@pytest.mark.parametrize(
    ("url", "measured"),
    [
        ("http://example.com/", ["http"]),
        ("ftp://example.com/", ["ftp"]),
        ("HTTPS://example.com/", []),
        ("https://example.com/" + "x" * 2028, []),
        ("https://example.com/" + "x" * 2029, ["2049 characters"]),
        ("https://user:s3cret@example.com/", ["a user name or password"]),
        ("https://[broken/", []),
    ],
)
def test_the_text_of_the_url(url: str, measured: list[str]) -> None:
    target = callback(url, "93.184.216.34")
    findings = judge(job(request=request(callback=target)), EVOLINK, only=("R703",))[0]
    assert [f.measured for f in findings] == measured
    assert not any("s3cret" in f.message for f in findings)


def test_a_url_without_a_host() -> None:
    assert found(CallbackFacts("https:///x", "https", "", Unmeasured("no host"))) == ["no host"]


def test_dashscope_does_not_call_back() -> None:
    facts = job(request=request(callback=callback("https://example.com/", "93.184.216.34")))
    (finding,) = judge(facts, load_profile("dashscope"), only=("R703",))[0]
    assert (finding.severity, finding.limit, finding.remote) == ("warning", "no callback", None)
