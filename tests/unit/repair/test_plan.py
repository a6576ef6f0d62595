"""What is planned for whole jobs, from real reports, without running anything."""

from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.errors import FixError, UsageError
from lipready.facts.finding import Finding, Fix
from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.facts.video import Duration
from lipready.repair.choices import Choices, TrimSpan
from lipready.repair.plan import plan_job

# Several threads of libvpx wait for each other by running in circles: forty times the work.
VP8 = ("-c:v", "libvpx", "-threads", "1", "-deadline", "realtime", "-cpu-used", "8")


@pytest.fixture
def good(clip, make):
    return clip("clip.mp4", options=("-movflags", "+faststart")), make(
        "-f", "lavfi", "-i", "sine=duration=2.4", "s.wav"
    )


def lasting(report, seconds, fix, severity="error"):
    """Let the video of a report last so long, with the finding that the rule would have."""
    length = Fraction(seconds)
    video = report.facts.video
    media = replace(video.media, duration=Duration(length, length, length, length, "packets"))
    finding = Finding(
        rule="V105", name="video-duration", severity=severity, role="video", path=video.path, message="", measured="",
        limit="", remote=None, fix=Fix(fix, "editorial", "Decide."),
    )  # fmt: skip
    facts = replace(report.facts, video=replace(video, media=media))
    return replace(report, facts=facts, findings=(*report.findings, finding))


def person(number):
    looks = tuple(Look(Fraction(t, 2), Box(0, 0, 200, 200), 0.9) for t in range(4))
    return Person(number, Fraction(0), Fraction(2), 1.0, 200, 1.0, looks)


def with_people(report, *people):
    times = tuple(Fraction(t, 2) for t in range(4))
    seen = PeopleFacts(len(people), len(people), 1.0, people, people[0].id if people else None, times)
    return replace(report, facts=replace(report.facts, video=replace(report.facts.video, people=seen)))


def test_what_is_fine_is_passed_on_untouched(good, reported, profile):
    plan = plan_job(reported(video=good[0], audio=good[1]), profile, Choices(), "out")
    assert [(each.role, each.output, each.already_fine) for each in plan.files] == [
        ("video", str(good[0]), True),
        ("audio", str(good[1]), True),
    ]
    assert plan.undecided == ()


def test_a_wrong_extension_is_only_renamed(good, reported, profile):
    path = good[0].rename(good[0].with_name("clip.bin"))
    (plan,) = plan_job(reported(video=path), profile, Choices(), "out").files
    assert [(step.name, step.level, step.rules) for step in plan.steps] == [("rename", "lossless", ("F003",))]
    assert (plan.output, plan.commands) == ("clip.mp4", ())


def test_planning_is_pure_and_repeats_itself(clip, reported, profile, tmp_path):
    report = reported(video=clip("a.webm", size="480x854", rate="12", codec=VP8))
    out = tmp_path / "out"
    assert plan_job(report, profile, Choices(), str(out)) == plan_job(report, profile, Choices(), str(out))
    assert not out.exists()


def test_every_repairable_finding_is_answered_by_a_step(clip, reported, profile):
    report = reported(video=clip("a.webm", size="480x854", rate="12", codec=VP8))
    (plan,) = plan_job(report, profile, Choices(), "out").files
    asked = {f.rule for f in report.findings if f.fix is not None and f.role == "video"}
    assert asked == {"V101", "V102", "V103", "V104"}
    assert {rule for step in plan.steps for rule in step.rules} == asked
    assert len(plan.commands) == 1


def test_ignored_rules_ask_for_nothing(clip, reported, profile):
    report = reported(video=clip("a.mp4", rate="12"))
    kept = tuple(f for f in report.findings if f.rule != "V104")
    (plan,) = plan_job(replace(report, findings=kept), profile, Choices(), "out").files
    assert plan.already_fine


def test_broken_files_are_in_no_plan(tmp_path, reported, profile, good):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    plan = plan_job(reported(video=broken, audio=good[1]), profile, Choices(), "out")
    assert [each.role for each in plan.files] == ["audio"]


def test_a_file_that_stays_too_long_is_not_encoded_for_nothing(good, reported, profile):
    report = lasting(reported(video=good[0], audio=good[1]), 500, "trim")
    plan = plan_job(report, profile, Choices(), "out")
    assert [each.role for each in plan.files] == ["audio"]
    assert plan.undecided == (("V105", "`Choices(trim=…)`", "Decide."),)
    decided = plan_job(report, profile, Choices(trim=TrimSpan(Fraction(3), Fraction(9))), "out")
    assert decided.undecided == ()
    assert decided.files[0].length == 6


def test_a_warning_that_waits_for_a_decision_does_not_hold_up_the_rest(good, reported, profile):
    report = lasting(reported(video=good[0]), 120, "trim", severity="warning")
    plan = plan_job(report, profile, Choices(), "out")
    assert [each.already_fine for each in plan.files] == [True]
    assert plan.undecided[0][:2] == ("V105", "`Choices(trim=…)`")


@pytest.mark.parametrize(("seconds", "frames"), [("3", 75), ("90", 2250), ("500", 2987)])
def test_a_video_is_lengthened_to_the_audio_but_never_past_the_maximum(good, reported, profile, seconds, frames):
    report = lasting(reported(video=good[0], audio=good[1]), "2.4", "extend")
    duration = Duration(Fraction(seconds), None, None, Fraction(seconds), "samples")
    audio = replace(report.facts.audio, media=replace(report.facts.audio.media, duration=duration))
    report = replace(report, facts=replace(report.facts, audio=audio))
    (video, _) = plan_job(report, profile, Choices(extend=True), "out").files
    assert video.length == Fraction(frames, 25)
    assert [step.name for step in video.steps if step.level == "editorial"] == ["extend"]


def test_a_video_that_is_long_enough_is_not_lengthened(clip, good, reported, profile):
    long = clip("long.mp4", seconds="4", options=("-movflags", "+faststart"))
    plan = plan_job(reported(video=long, audio=good[1]), profile, Choices(extend=True), "out")
    assert [each.already_fine for each in plan.files] == [True, True]


def test_sound_is_left_out_only_where_the_clip_is_played_backward(clip, reported, profile):
    aac = ("-c:a", "aac", "-movflags", "+faststart")
    long = clip("long.mp4", seconds="4", rate="12", sound=True, options=aac)
    short = clip("short.mp4", seconds="1", sound=True, options=aac)
    for path, maps in ((long, 2), (short, 1)):
        (plan,) = plan_job(reported(video=path), profile, Choices(extend=True), "out").files
        assert plan.commands[0].count("-map") == maps


def test_the_chosen_person_becomes_the_reference(good, reported, profile):
    report = with_people(reported(video=good[0]), person(1), person(2))
    video, reference = plan_job(report, profile, Choices(person=2), "out").files
    assert video.already_fine
    assert (reference.role, reference.source, reference.output) == ("reference", str(good[0]), "reference.jpg")
    assert [(step.name, step.rules) for step in reference.steps] == [("take-reference", ("P302",))]
    with pytest.raises(UsageError, match=r"no person 3 .* numbers 1, 2"):
        plan_job(report, profile, Choices(person=3), "out")


def test_the_chosen_person_goes_before_a_picture(good, reported, profile, make):
    picture = make("-f", "lavfi", "-i", "testsrc2=size=640x640", "-frames:v", "1", "face.png")
    report = with_people(reported(video=good[0], reference=picture), person(1), person(2))
    wrong = Finding(
        rule="P307", name="reference-not-in-video", severity="error", role="reference", path=str(picture), message="",
        measured="", limit="", remote=None, fix=Fix("choose-person", "editorial", "Decide."),
    )  # fmt: skip
    wide = replace(wrong, rule="I603", fix=Fix("crop-image", "editorial", "Crop."))
    report = replace(report, findings=(*report.findings, wrong, wide))
    asked = plan_job(report, profile, Choices(), "out")
    assert (asked.undecided, asked.set_aside) == (
        (("P307", "`Choices(person=…)`", "Decide."), ("I603", "", "Crop.")),
        None,
    )

    plan = plan_job(report, profile, Choices(person=2), "out")
    assert [(each.role, each.source, each.output) for each in plan.files] == [
        ("video", str(good[0]), str(good[0])),
        ("reference", str(good[0]), "reference.jpg"),
    ]
    assert plan.files[1].steps[0].rules == ("P307", "I603")
    assert (plan.undecided, plan.set_aside) == ((), str(picture))


def test_a_file_that_is_fine_has_a_name_in_the_folder_that_no_other_output_has(good, reported, profile):
    video = good[0].rename(good[0].with_name("a:b.MP4"))
    plan = plan_job(reported(video=video, audio=good[1]), profile, Choices(), "out", lambda _source: "copy")
    assert [(each.output, each.kept, each.already_fine) for each in plan.files] == [
        ("a_b.MP4", "copy", True),
        ("s.wav", "copy", True),
    ]


def test_nobody_can_be_chosen_where_nobody_was_looked_for(good, reported, profile):
    with pytest.raises(FixError, match="Person 1 cannot be found"):
        plan_job(reported(video=good[0]), profile, Choices(person=1), "out")
    with pytest.raises(FixError, match=r"`Choices\(trim=\'best\'\)` needs to see the faces"):
        plan_job(reported(video=good[0]), profile, Choices(trim="best"), "out")


@pytest.mark.parametrize(
    ("choices", "flag"),
    [
        (Choices(trim="best"), "`Choices.trim`"),
        (Choices(trim=TrimSpan(Fraction(1))), "`Choices.trim`"),
    ],
)
def test_choices_about_a_video_need_one(good, reported, profile, choices, flag):
    with pytest.raises(UsageError, match=f"{flag} is about"):
        plan_job(reported(audio=good[1]), profile, choices, "out")


def test_a_person_is_chosen_in_a_video(good, reported, profile):
    with pytest.raises(UsageError, match="no video to find anybody in"):
        plan_job(reported(audio=good[1]), profile, Choices(person=1), "out")


def test_a_choice_about_the_audio_needs_one(good, reported, profile):
    with pytest.raises(UsageError, match=r"`Choices\.trim_audio` is about"):
        plan_job(reported(video=good[0]), profile, Choices(trim_audio=TrimSpan(Fraction(1))), "out")


def test_one_name_for_two_outputs_is_told_apart(clip, make, reported, profile):
    webm = clip("talk.webm", codec=VP8)
    ogg = make("-f", "lavfi", "-i", "sine=duration=3", "talk.ogg")
    plan = plan_job(reported(video=webm, audio=ogg), profile, Choices(), "out")
    assert [each.output for each in plan.files] == ["talk.mp4", "talk.wav"]


@pytest.mark.parametrize("name", ["-version.webm", "http:example.webm", "two  spaces.webm", "quote'\"[0].webm"])
def test_names_that_look_like_something_else_stay_files(clip, repaired, name):
    flat = clip("a.webm", codec=VP8)
    path = flat.rename(flat.with_name(name))
    done = repaired("video", path)
    assert done.rules() == set()
    assert f"file:{path}" in done.plan.commands[0]
