"""Every documented bound: at it, just inside and just outside, by exact numbers."""

from fractions import Fraction

import pytest

from lipready.facts.job import JobFacts
from lipready.profiles.limit import Limit, Range
from lipready.profiles.loader import load_profile
from lipready.rules.bounds import breach, refusal
from lipready.rules.examples import job, rate, request, seconds, with_audio, with_file, with_image, with_video
from lipready.rules.judge import judge

MEBI = 1 << 20
MEGA = 10**6


def severity(facts: JobFacts, rule: str, provider: str = "dashscope") -> str | None:
    """The severity of the one finding of a rule; None where it finds nothing."""
    findings, unchecked = judge(facts, load_profile(provider), only=(rule,))
    assert not [entry for entry in unchecked if entry.rule == rule]
    assert len(findings) <= 1
    return findings[0].severity if findings else None


@pytest.mark.parametrize(
    ("fps", "expected"),
    [
        ("14.999", "error"),
        ("15000/1001", "error"),
        ("14999999999999999999/1000000000000000000", "error"),
        ("15", None),
        ("15000001/1000000", None),
        ("24000/1001", None),
        ("60000/1001", None),
        ("60", None),
        ("60000000000000000001/1000000000000000000", "error"),
        ("60.001", "error"),
        ("12", "error"),
        ("120", "error"),
    ],
)
def test_frame_rate(fps: str, expected: str | None) -> None:
    assert severity(with_video(frame_rate=rate(fps)), "V104") == expected
    assert severity(with_video(frame_rate=rate(fps)), "V104", "evolink") == (expected and "warning")


@pytest.mark.parametrize("edge", [639, 640, 641, 2047, 2048, 2049])
@pytest.mark.parametrize("other", [640, 1080, 2048])
@pytest.mark.parametrize("turned", [False, True])
def test_edge_length_before_and_after_rotation(edge: int, other: int, *, turned: bool) -> None:
    expected = None if 640 <= edge <= 2048 else "error"
    for coded in ((edge, other), (other, edge)):
        shown = coded[::-1] if turned else coded
        facts = with_video(
            coded_width=coded[0], coded_height=coded[1], width=shown[0], height=shown[1], rotation=-90 if turned else 0
        )
        assert severity(facts, "V103") == expected


@pytest.mark.parametrize(
    ("coded", "shown", "ratio", "expected"),
    [
        ((639, 1280), (852, 1280), "4/3", "warning"),
        ((640, 1280), (639, 1280), "639/640", "warning"),
        ((1536, 1080), (2048, 1080), "4/3", None),
        ((1537, 1080), (2049, 1080), "4/3", "warning"),
        ((600, 1080), (630, 1080), "21/20", "error"),
        ((2100, 1080), (500, 1080), "5/21", "error"),
    ],
)
def test_edge_length_in_two_readings(
    coded: tuple[int, int], shown: tuple[int, int], ratio: str, expected: str | None
) -> None:
    facts = with_video(
        coded_width=coded[0],
        coded_height=coded[1],
        width=shown[0],
        height=shown[1],
        sample_aspect_ratio=Fraction(ratio),
    )
    assert severity(facts, "V103") == expected


@pytest.mark.parametrize(
    ("width", "height", "step"),
    [(480, 854, "scale"), (3840, 2160, "scale"), (200, 640, "scale"), (199, 640, "pad"), (4096, 640, "pad")],
)
def test_edge_length_is_scaled_where_the_shape_allows(width: int, height: int, step: str) -> None:
    findings, _ = judge(with_video(coded_width=width, coded_height=height), load_profile("dashscope"), only=("V103",))
    assert findings[0].fix is not None
    assert findings[0].fix.name == step


DURATIONS = [
    ("0", "error"),
    ("1.99", "error"),
    ("1999999999/1000000000", "error"),
    ("2", "warning"),
    ("2000000001/1000000000", None),
    ("2.04", None),
    ("119.96", None),
    ("119999999999/1000000000", None),
    ("120", "warning"),
    ("120000000001/1000000000", "error"),
    ("120.04", "error"),
    ("300", "error"),
]


@pytest.mark.parametrize(("length", "expected"), DURATIONS)
def test_duration(length: str, expected: str | None) -> None:
    assert severity(with_video(duration=seconds(length)), "V105") == expected
    assert severity(with_audio(duration=seconds(length)), "A402") == expected
    assert severity(with_audio(duration=seconds(length)), "A402", "evolink") == (expected and "warning")


@pytest.mark.parametrize(
    ("length", "expected"),
    [("1.99", "warning"), ("2.01", None), ("119.9", None), ("120", "warning"), ("300", "warning"), ("301", "warning")],
)
def test_duration_at_evolink(length: str, expected: str | None) -> None:
    assert severity(with_video(duration=seconds(length)), "V105", "evolink") == expected


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ("0", None),
        ("-1", None),
        ("10", None),
        ("2", "warning"),
        ("1.9", "warning"),
        ("121", "warning"),
        ("9000", "warning"),
    ],
)
@pytest.mark.parametrize("reader", ["container", "stream"])
def test_another_reading_of_a_good_duration_can_only_warn(reading: str, reader: str, expected: str | None) -> None:
    facts = with_video(duration=seconds(10, **{reader: Fraction(reading)}))
    assert severity(facts, "V105") == expected


def test_a_bad_duration_is_one_finding_whatever_the_header_says() -> None:
    assert severity(with_video(duration=seconds(150, container=Fraction(10))), "V105") == "error"


@pytest.mark.parametrize(
    ("role", "rule", "megabytes"), [("video", "V106", 300), ("audio", "A403", 30), ("reference", "I602", 10)]
)
@pytest.mark.parametrize(
    ("base", "offset", "expected"),
    [
        (MEGA, -1, None),
        (MEGA, 0, None),
        (MEGA, 1, "warning"),
        (MEBI, -1, "warning"),
        (MEBI, 0, "warning"),
        (MEBI, 1, "error"),
    ],
)
def test_size_in_both_readings_of_a_megabyte(
    *, role: str, rule: str, megabytes: int, base: int, offset: int, expected: str | None
) -> None:
    facts = with_file(role, bytes=megabytes * base + offset)  # type: ignore[arg-type]
    assert severity(facts, rule) == expected
    assert severity(facts, rule, "evolink") == (expected and "warning")


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (2000, 1000, None),
        (1000, 2000, None),
        (1999, 1000, None),
        (2001, 1000, "error"),
        (1000, 2001, "error"),
        (4095, 2048, None),
        (4096, 2048, None),
        (4096, 2047, "error"),
        (3, 1, "error"),
    ],
)
def test_aspect_ratio(width: int, height: int, expected: str | None) -> None:
    assert severity(with_image(width=width, height=height), "I603") == expected


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(4096, 4096, None), (4095, 4097, "error"), (4097, 3000, "error"), (3000, 4096, None), (1, 1, None)],
)
def test_image_edge(width: int, height: int, expected: str | None) -> None:
    assert severity(with_image(width=width, height=height), "I604") == expected


@pytest.mark.parametrize(
    ("threshold", "expected"), [(119, "error"), (120, None), (200, None), (201, "error"), (None, None)]
)
def test_face_threshold(threshold: int | None, expected: str | None) -> None:
    for provider in ("dashscope", "evolink"):
        assert severity(job(request=request(face_threshold=threshold)), "R701", provider) == expected


def limit(**changes: object) -> Limit:
    from datetime import date

    plain: dict[str, object] = {"rule": "V104", "strength": "required", "source": "a page", "read": date(2026, 1, 1)}
    return Limit(**{**plain, **changes})  # type: ignore[arg-type]


def test_an_open_side_accepts_everything() -> None:
    assert breach(Fraction(10**9), limit(accept=Range(minimum=Fraction(1)))) is None
    assert breach(Fraction(-(10**9)), limit(accept=Range(maximum=Fraction(1)))) is None
    assert breach(Fraction(1), limit()) is None


def test_an_exclusive_bound_is_broken_by_itself() -> None:
    broken = breach(Fraction(2), limit(accept=Range(Fraction(2), Fraction(4), inclusive=False)))
    assert broken is not None
    assert (broken.side, broken.bound, broken.disputed) == ("below", 2, False)


def test_choices() -> None:
    assert refusal("a", limit(choices=("a", "b"))) is None
    assert refusal("b", limit(choices=("a", "b"), safe_choices=("a",))) == "warning"
    assert refusal("c", limit(choices=("a",))) == "error"
    assert refusal("c", limit(choices=("a",), strength="inferred")) == "warning"
