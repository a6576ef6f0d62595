"""The ratchet: as it was or better passes, anything else does not."""

from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.config.unit import Unit, UnitVerdict
from lipready.errors import ConfigurationError
from lipready.facts.speech import Clipping
from lipready.facts.unmeasured import Unmeasured, is_transient
from lipready.gate.baseline.baseline import apply_baseline, updated_baseline
from lipready.gate.baseline.file import Baseline
from lipready.job import Job
from lipready.profiles.loader import load_profile
from lipready.reports.report import Report
from lipready.rules.examples import (
    file,
    heard,
    job,
    lasting,
    people,
    portrayed,
    rate,
    request,
    seconds,
    unread,
    video_facts,
    watched,
    with_audio,
    with_file,
    with_image,
    with_video,
)
from lipready.rules.judge import judge
from lipready.rules.registry import RULES

DASHSCOPE = load_profile("dashscope")
EVOLINK = load_profile("evolink")


def verdict_of(
    facts, name=None, *, profile=DASHSCOPE, quick=False, video="a.mp4", audio="a.wav", reference="a.ref.jpg"
):
    """Judge facts as those of a unit of three files; a role without facts has no file."""
    paths = [
        path if there is not None else None
        for path, there in zip((video, audio, reference), _roles(facts), strict=True)
    ]
    findings, unchecked = judge(facts, profile, quick=quick)
    report = Report(provider=profile.name, facts=facts, findings=findings, unchecked=unchecked)
    first = next(path for path in paths if path is not None)
    return UnitVerdict(unit=Unit(name=name or first, job=Job(*paths)), report=report)


def _roles(facts):
    return facts.video, facts.audio, facts.reference


def accepted(facts, **options):
    return updated_baseline([verdict_of(facts)], DASHSCOPE, **options)


def left(facts, baseline, **options):
    """What still counts, but for remarks."""
    (after,), _ = apply_baseline([verdict_of(facts, **options)], baseline, DASHSCOPE)
    return [finding.rule for finding in after.report.findings if finding.severity != "info"]


def test_nothing_is_accepted_of_a_file_that_the_machine_did_not_measure():
    broken = job(video=unread("video", "is empty"))
    lost = job(video=unread("video", "kept the decoder busy for more than 300 s", transient=True))
    assert accepted(lost).entries == ()
    assert accepted(lost, previous=accepted(broken)) == accepted(broken)
    assert left(lost, accepted(broken)) == ["F001"]


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(facts, id=f"{rule.id}-{n}")
        for rule in RULES
        for n, facts in enumerate(rule.invalid())
        if not is_transient(facts)
    ],
)
def test_whatever_is_found_is_accepted_as_it_is(facts):
    baseline = accepted(facts)

    (after,), notices = apply_baseline([verdict_of(facts)], baseline, DASHSCOPE)

    assert {finding.severity for finding in after.report.findings} <= {"info"}
    assert {waived.by for waived in after.waived} <= {"baseline"}
    assert notices == ()
    assert updated_baseline([after], DASHSCOPE) == baseline


def long(length):
    return lasting(length, "100")


RATCHETS = {
    "V103 high": (
        with_video(coded_width=2100),
        [with_video(coded_width=2099), with_video(coded_width=2100, coded_height=700)],
        [with_video(coded_width=2101), with_video(coded_width=600), with_video(coded_width=2100, coded_height=600)],
    ),
    "V104 low": (
        with_video(frame_rate=rate(12)),
        [with_video(frame_rate=rate("14.99"))],
        [with_video(frame_rate=rate("11.99")), with_video(frame_rate=rate(61))],
    ),
    "V105 long": (long("121.3"), [long("121.3"), long("120")], [long("121.301"), long("130"), long("1.9")]),
    "V105 header": (
        with_video(duration=seconds(100, container=Fraction(200))),
        [with_video(duration=seconds(90, container=Fraction(199)))],
        [
            with_video(duration=seconds(100, container=Fraction(201))),
            with_video(duration=seconds(100, stream=Fraction(150))),
            long("121"),
        ],
    ),
    "V106": (
        with_file("video", bytes=314_572_900),
        [with_file("video", bytes=314_572_900), with_file("video", bytes=300_000_001)],
        [with_file("video", bytes=314_572_901)],
    ),
    "V202": (
        with_video(frame_rate=rate(30, 20, 40)),
        [with_video(frame_rate=rate(24, 20, 28))],
        [with_video(frame_rate=rate(30, 19, 40)), with_video(frame_rate=rate(30, 14, 40))],
    ),
    "V206": (
        with_video(start=Fraction(1, 2)),
        [with_video(start=Fraction(-1, 3))],
        [with_video(start=Fraction(2, 3)), with_video(start=Fraction(1, 2), edit_list=True)],
    ),
    "A402": (
        with_audio(duration=seconds("1.5")),
        [with_audio(duration=seconds("1.6"))],
        [with_audio(duration=seconds(1))],
    ),
    "A502": (heard(loudness=-40.0), [heard(loudness=-39.0)], [heard(loudness=-40.1)]),
    "A503": (
        heard(clipping=Clipping(5, 200.0, None)),
        [heard(clipping=Clipping(9, 150.0, Fraction(1)))],
        [heard(clipping=Clipping(5, 201.0, None))],
    ),
    "I603": (
        with_image(width=2100, height=1000),
        [with_image(width=1000, height=2050)],
        [with_image(width=2101, height=1000)],
    ),
    "I606": (portrayed(yaw=25.0), [portrayed(yaw=-24.0)], [portrayed(yaw=26.0), portrayed(yaw=25.0, roll=25.0)]),
    "I607": (portrayed(sharpness=20.0), [portrayed(sharpness=21.0)], [portrayed(sharpness=19.0), portrayed(cut=True)]),
    "P302": (
        job(video=file("video", people=people(100, 500, 900)), reference=None),
        [job(video=file("video", people=people(100, 500)), reference=None)],
        [job(video=file("video", people=people(100, 300, 500, 900)), reference=None)],
    ),
    "P303": (
        watched(lambda _: {"height": 100}),
        [watched(lambda _: {"height": 110}), watched(lambda i: {"height": 100 if i < 10 else 300})],
        [watched(lambda _: {"height": 99})],
    ),
    "P304": (
        watched(lambda i: {"yaw": 40.0 if i < 12 else 0.0}),
        [watched(lambda i: {"yaw": 40.0 if i < 11 else 0.0})],
        [watched(lambda i: {"yaw": 40.0 if i < 13 else 0.0}), watched(lambda _: {"pitch": -30.0})],
    ),
    "P305": (
        watched(lambda i: None if i in range(5, 10) else {}),
        [watched(lambda i: None if i in range(12, 16) else {})],
        [watched(lambda i: None if i in range(5, 11) else {})],
    ),
    "R701": (
        job(request=request(face_threshold=110)),
        [job(request=request(face_threshold=115))],
        [job(request=request(face_threshold=100)), job(request=request(face_threshold=201))],
    ),
}


@pytest.mark.parametrize("case", RATCHETS)
def test_only_equal_or_better_passes(case):
    before, better, worse = RATCHETS[case]
    rule, baseline = case.split()[0], accepted(before)

    assert rule in {entry.rule for entry in baseline.entries}
    assert all(entry.readings for entry in baseline.entries if entry.rule == rule)
    assert [rule in left(facts, baseline) for facts in (before, *better)] == [False] * (1 + len(better))
    assert [rule in left(facts, baseline) for facts in worse] == [True] * len(worse)


def test_what_has_no_number_is_accepted_as_it_was_found():
    baseline = accepted(with_video(rotation=90))

    assert left(with_video(rotation=90), baseline) == []
    assert left(with_video(rotation=180), baseline) == ["V201"]
    assert left(with_video(rotation=90, mirrored=True), baseline) == ["V201"]


def test_other_files_are_not_accepted():
    baseline = accepted(long("121.3"))

    assert left(long("121.3"), baseline, video="b.mp4", name="a.mp4") == ["V105"]
    assert left(long("121.3"), baseline, name="renamed job") == []


def test_an_error_is_not_accepted_where_a_warning_was():
    (entry,) = accepted(long("120")).entries
    assert entry.severity == "warning"

    strict = replace(
        DASHSCOPE.limits["V105"], safe=None, accept=replace(DASHSCOPE.limits["V105"].accept, maximum=Fraction(110))
    )
    profile = replace(DASHSCOPE, limits={**DASHSCOPE.limits, "V105": strict})
    verdict = verdict_of(long("120"), profile=profile)
    (after,), _ = apply_baseline([verdict], Baseline("dashscope", (entry,)), profile)

    assert [finding.rule for finding in after.report.findings if finding.severity == "error"] == ["V105"]


def test_what_is_worse_and_what_is_stale_is_said():
    baseline = accepted(long("121.3"))

    _, (worse,) = apply_baseline([verdict_of(long("130"))], baseline, DASHSCOPE)
    _, (stale,) = apply_baseline([verdict_of(long("100"))], baseline, DASHSCOPE)
    _, (gone,) = apply_baseline([], baseline, DASHSCOPE)

    assert worse.text == "The baseline accepts length ≤ 121.3 for V105 of a.mp4, and it is length ≤ 130 now."
    assert stale == gone
    assert stale.text.startswith("The baseline's entry for V105 of a.mp4 is stale")
    assert not stale.failing


def test_what_was_not_looked_at_is_not_stale():
    baseline = accepted(watched(lambda _: {"height": 100}))
    assert {entry.rule for entry in baseline.entries} == {"P303"}
    quick, broken = verdict_of(job(), quick=True), verdict_of(job(video=unread("video", "is empty")))

    assert apply_baseline([quick], baseline, DASHSCOPE)[1] == ()
    assert apply_baseline([broken], baseline, DASHSCOPE)[1] == ()
    assert apply_baseline([], baseline, DASHSCOPE, whole=False)[1] == ()
    assert updated_baseline([quick], DASHSCOPE, baseline) == baseline
    assert updated_baseline([], DASHSCOPE, baseline, whole=False) == baseline
    assert updated_baseline([], DASHSCOPE, baseline) == Baseline("dashscope")


def test_many_stale_entries_are_counted():
    verdicts = [verdict_of(long("121.3"), video=f"{number}.mp4") for number in range(30)]

    _, notices = apply_baseline([], updated_baseline(verdicts, DASHSCOPE), DASHSCOPE)

    assert len(notices) == 21
    assert notices[-1].text == "The baseline has 10 more entries like that."


def test_an_update_takes_what_is_there_now_and_drops_the_rest():
    old = updated_baseline([verdict_of(long("121.3")), verdict_of(long("125"), video="b.mp4")], DASHSCOPE)

    new = updated_baseline([verdict_of(long("130")), verdict_of(long("100"), video="b.mp4")], DASHSCOPE, old)

    assert [(entry.of, entry.readings[0].number) for entry in new.entries] == [("a.mp4", Fraction(130))]


def test_a_file_of_several_jobs_is_accepted_as_its_worst():
    one = verdict_of(job(video=file("video", people=people(100, 500)), reference=None), "one")
    two = verdict_of(job(video=file("video", people=people(100, 300, 500)), reference=None), "two")

    for verdicts in ([one, two], [two, one]):
        baseline = updated_baseline(verdicts, DASHSCOPE)
        after, notices = apply_baseline(verdicts, baseline, DASHSCOPE)

        assert [entry.readings[0].number for entry in baseline.entries] == [3]
        assert [verdict.report.findings for verdict in after] == [(), ()]
        assert notices == ()


def test_what_is_found_about_a_job_goes_by_its_name():
    silent = {"speech": Unmeasured("nothing was listened to")}
    baseline = updated_baseline([verdict_of(lasting("5", "8.2", **silent), "intro")], DASHSCOPE)
    (entry,) = baseline.entries

    assert (entry.kind, entry.of, entry.rule) == ("job", "intro", "R705")
    assert left(lasting("5", "8.1", **silent), baseline, name="intro") == []
    assert left(lasting("5", "8.3", **silent), baseline, name="intro") == ["R705"]
    assert left(lasting("5", "8.2", **silent), baseline, name="other") == ["R705"]


def test_of_a_file_that_is_mostly_lost_seconds_and_share_are_compared():
    baseline = updated_baseline([verdict_of(lasting("100", "40"), "intro")], DASHSCOPE)
    (entry,) = baseline.entries

    assert {(reading.name, reading.number) for reading in entry.readings} == {
        ("video longer by", 60),
        ("share of the video lost", Fraction(3, 5)),
    }
    assert left(lasting("100", "41"), baseline, name="intro") == []
    assert left(lasting("100", "39"), baseline, name="intro") == ["R705"]
    assert left(lasting("80", "30"), baseline, name="intro") == ["R705"]
    assert left(lasting("40", "100"), baseline, name="intro") == ["R705", "R706"]


def test_a_pointer_is_judged_by_the_size_that_it_names():
    from lipready.facts.file import LfsPointer

    def pointer(size):
        return job(video=unread("video", None, LfsPointer("0" * 64, size)))

    baseline = accepted(pointer(400_000_000))

    assert left(pointer(400_000_000), baseline) == []
    assert left(pointer(399_000_000), baseline) == []
    assert left(pointer(400_000_001), baseline) == ["V106", "F004"]


def test_a_clean_repository_has_an_empty_baseline():
    clean = verdict_of(job(video=file("video", media=video_facts())))

    assert updated_baseline([clean], DASHSCOPE) == Baseline("dashscope")
    assert apply_baseline([clean], Baseline("dashscope"), DASHSCOPE) == ((clean,), ())


def test_the_baseline_of_another_provider_is_refused():
    baseline = accepted(long("121.3"))

    with pytest.raises(ConfigurationError, match="belongs to the provider dashscope, and this run is for evolink"):
        apply_baseline([], baseline, EVOLINK)
    with pytest.raises(ConfigurationError, match=r"name another file with `gate\(baseline=…\)`"):
        updated_baseline([], EVOLINK, baseline)
