"""What is planned for what is heard, from facts made by hand: recipes, commands and words."""

from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.errors import FixError, UsageError
from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding, Fix
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.speech import Clipping, Level, SignalToNoise, Span, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration
from lipready.profiles.limit import Range
from lipready.repair.choices import Choices, TrimSpan
from lipready.repair.plan import plan_job
from lipready.reports.report import Report

LEVELS = {"trim": "editorial", "pad": "editorial", "trim-silence": "editorial", "denoise": "editorial"}
RULES = {
    "loudness": "A502", "mono": "A508", "remove-dc": "A509", "trim": "A402", "pad": "A402", "denoise": "A504",
    "transcode-audio": "A401",
}  # fmt: skip


def spans(*times):
    return tuple(Span(Fraction(start), Fraction(end)) for start, end in times)


SPOKEN = spans(("1.5", "3.25"), ("3.5", "7"))


def heard(length=10, **changes):
    facts = SpeechFacts(
        length=Fraction(length),
        loudness=-40.0,
        true_peak=-25.0,
        peak=-25.2,
        clipping=Clipping(0, 0.0, None),
        speech=SPOKEN,
        silences=(),
        noise=SignalToNoise(10.0, 10.0, gated=False),
        background="noise",
        bandwidth=8000.0,
        channel_fault=None,
        dc_offsets=(0.0,),
        levels=tuple(Level(-40.0, speech=1 < second < 7) for second in range(10)),
    )
    return replace(facts, **changes)


def asked(fix, role="audio", severity="warning"):
    level = LEVELS.get(fix, "reencode")
    rule = RULES.get(fix, "A506") if role == "audio" else "R706"
    return Finding(
        rule=rule, name=fix, severity=severity, role=role, path="a.wav", message="", measured="", limit="", remote=None,
        fix=Fix(fix, level, "Decide."),
    )  # fmt: skip


@pytest.fixture
def planned(profile):
    """Plan the repair of one track: `planned(facts, *fixes, choices=…)`."""

    def plan(facts, *fixes, choices=None, channels=1, rate=16_000, maximum=None, bands=None):
        limits = dict(profile.limits)
        limits["A502"] = replace(limits["A403"], bands=bands or {"target": Fraction(-20), "ceiling": Fraction(-1)})
        if maximum is not None:
            limits["A403"] = replace(limits["A403"], aim=Range(None, Fraction(maximum)))
        length = Fraction(10) if isinstance(facts, Unmeasured) else facts.length
        audio = AudioFacts(
            codec="pcm_s16le", sample_rate=rate, channels=channels, cover=False, truncated=False, stream_index=0,
            duration=Duration(length, None, None, length, "samples"),
        )  # fmt: skip
        file = FileFacts(
            role="audio", path="a.wav", bytes=1, extension="wav", format="wav", lfs=None, problem=None, media=audio,
            people=Unmeasured("no picture"), speech=facts,
        )  # fmt: skip
        request = RequestFacts(face_threshold=None, video_extension=False, callback=None)
        job = JobFacts(video=None, audio=file, reference=None, request=request)
        findings = tuple(fix if isinstance(fix, Finding) else asked(fix) for fix in fixes)
        report = Report(provider="dashscope", facts=job, findings=findings, unchecked=())
        return Planned(plan_job(report, replace(profile, limits=limits), choices or Choices(), "out"), report)

    return plan


class Planned:
    def __init__(self, plan, report):
        self.plan, self.report, self.undecided = plan, report, plan.undecided
        self.file = plan.files[0] if plan.files else None
        self.steps = {step.name: step for step in self.file.steps} if self.file else {}
        commands = self.file.commands if self.file else ()
        self.command = " ".join(commands[0]) if commands else ""


@pytest.mark.parametrize(
    ("loudness", "peak", "gain", "said"),
    [
        (-40.0, -25.0, "20.00", "Raise the level by 20.0 dB, to -20 LUFS."),
        (-40.0, -21.0, "20.00", "Raise the level by 20.0 dB, to -20 LUFS."),  # the peaks come exactly to the ceiling
        (-40.0, -20.9, "19.90", "by 19.9 dB, to -20.1 LUFS: with more its peaks could pass -1 dBTP."),
        (-36.5, -11.0, "10.00", "by 10.0 dB, to -26.5 LUFS: with more its peaks could pass -1 dBTP."),
        (-35.123, -30.0, "15.12", "Raise the level by 15.1 dB, to -20 LUFS."),
        (-40.0, -1.5, "0.50", "Raise the level by 0.5 dB, to -39.5 LUFS: with more its peaks could pass -1 dBTP."),
    ],
)
def test_the_gain_leads_to_the_target_or_to_the_ceiling(planned, loudness, peak, gain, said):
    done = planned(heard(loudness=loudness, true_peak=peak), "loudness")
    assert f"volume=precision=double:volume={gain}dB" in done.command
    assert done.steps["loudness"].text.endswith(said)
    assert done.steps["loudness"].rules == ("A502",)
    assert done.steps["transcode-audio"].rules == ()


@pytest.mark.parametrize(
    "changes",
    [{"true_peak": -1.49}, {"true_peak": 0.5}, {"loudness": Unmeasured("x")}, {"true_peak": Unmeasured("x")}],
)
def test_without_room_or_numbers_nothing_is_raised(planned, changes):
    assert planned(heard(**changes), "loudness").file.already_fine
    done = planned(heard(**changes), "loudness", "transcode-audio")
    assert "volume" not in done.command
    assert done.steps["transcode-audio"].rules == ("A401",)


def test_target_and_ceiling_are_the_profile_s(planned):
    bands = {"target": Fraction(-16), "ceiling": Fraction(-2)}
    assert "volume=24.00dB" in planned(heard(true_peak=-30.0), "loudness", bands=bands).command
    assert "volume=23.00dB" in planned(heard(), "loudness", bands=bands).command


def test_nothing_is_raised_that_no_finding_asks_for(planned):
    assert planned(heard()).file.already_fine


def test_mp3_leaves_room_for_its_own_peaks(planned):
    done = planned(heard(true_peak=-20.0), "loudness", maximum=1000)
    assert "libmp3lame" in done.command
    assert "volume=18.00dB" in done.command


@pytest.mark.parametrize(
    ("fault", "expression", "channels", "said"),
    [
        ("left-silent", "channel_layout=mono:exprs=val(1)", 1, "Keep the right side alone: the left one is silent."),
        ("right-silent", "channel_layout=mono:exprs=val(0)", 1, "Keep the left side alone: the right one is silent."),
        ("inverted", "channel_layout=stereo:exprs=val(0)|-(val(1))", 2, "Turn the right side over, so that the two"),
    ],
)
def test_sides_are_mended(planned, fault, expression, channels, said):
    done = planned(heard(channel_fault=fault, dc_offsets=(0.0, 0.0)), "mono", channels=2)
    assert f"aeval={expression}[" in done.command
    assert f"-ac {channels} " in done.command
    assert done.steps["mono"].text.startswith(said)
    assert done.steps["mono"].rules == ("A508",)


def test_offsets_are_taken_away_before_a_side_is_turned(planned):
    facts = heard(channel_fault="inverted", dc_offsets=(0.0125, -0.03), true_peak=-20.0)
    done = planned(facts, "mono", "remove-dc", "loudness", channels=2)
    assert "exprs=val(0)-0.012500|-(val(1)+0.030000)[" in done.command
    assert "(left +1.25 %, right -3.00 % of full scale)" in done.steps["remove-dc"].text
    # A peak of 0.1 may be one of 0.13 without the offset: 16.7 dB of room, not 19.
    assert "volume=16.72dB" in done.command


def test_an_offset_of_nothing_asks_for_nothing(planned):
    assert planned(heard(dc_offsets=(1e-9,)), "remove-dc").file.already_fine
    assert planned(Unmeasured("x"), "remove-dc", "mono", "loudness").file.already_fine


@pytest.mark.parametrize(
    ("speech", "start", "end"),
    [
        (SPOKEN, "1.300", "7.200"),
        (spans(("0.25", "9.75")), "0.000", "10.000"),  # 0.05 s beyond the air are not worth a cut
        (spans(("0.3", "9.7")), "0.100", "9.900"),
        (spans(("0.1", "7")), "0.000", "7.200"),
        (spans(("4", "5")), "3.800", "6.000"),  # 1.4 s would be too short for the provider
        (spans(("8.5", "9.5")), "7.800", "10.000"),
    ],
)
def test_silence_is_cut_off_but_for_some_air(planned, speech, start, end):
    done = planned(heard(speech=speech), asked("trim-silence"), choices=Choices(trim_silence=True))
    cut = f"atrim=end={end}000:start={start}000["
    assert (cut in done.command) == (end != "10.000" or start != "0.000")
    if done.command:
        assert done.file.length == Fraction(end) - Fraction(start)
        assert done.steps["trim-silence"].rules == ("A506",)
        assert done.steps["trim-silence"].text.endswith(f" {10 - float(end):.3g} s after it.")
    else:
        assert done.file.already_fine


def test_silence_is_cut_off_inside_the_span_that_is_kept(planned):
    choices = Choices(trim_silence=True, trim_audio=TrimSpan(Fraction("3.3"), Fraction(9)))
    done = planned(heard(), choices=choices)
    assert "atrim=end=7.200000:start=3.300000[" in done.command
    assert list(done.steps) == ["transcode-audio", "trim", "trim-silence"]
    elsewhere = Choices(trim_silence=True, trim_audio=TrimSpan(Fraction(8)))
    with pytest.raises(FixError, match=r"finds no speech in the part of a\.wav"):
        planned(heard(), choices=elsewhere)


LONG = spans(("2", "60"), ("60.5", "100"), ("100.1", "119"), ("119.3", "121"), ("121.05", "140"))


@pytest.mark.parametrize(
    ("speech", "length", "end"),
    [
        (LONG, 150, "119.150"),  # the middle of a pause of 0.3 s
        (spans(("2", "60"), ("61", "150")), 150, "60.200"),  # no more air than elsewhere
        (spans(("2", "60"), ("60.1", "150")), 150, "60.050"),  # only a short pause
        (spans(("2", "150")), 150, "121.300"),  # no pause at all: 119.5 s
        (spans(("2", "60"), ("61", "62")), 150, "62.200"),  # what is too long is the silence behind
        (spans(("2", "3"), ("3.5", "150")), 150, "121.300"),  # the only pause would leave too little
    ],
)
def test_best_cuts_in_the_last_pause_that_fits(planned, speech, length, end):
    too_long = asked("trim", severity="error")
    choices = Choices(trim_audio="best")
    done = planned(heard(length, speech=speech), too_long, choices=choices)
    assert f"atrim=end={end}000:start=1.800000[" in done.command
    assert done.file.length == Fraction(end) - Fraction("1.8")
    step = done.steps["trim"]
    assert step.rules == ("A402",)
    assert step.text.startswith("Keep 0:01.8 to ")
    assert ("there is no pause" in step.text) == (end == "121.300")


def test_best_keeps_all_of_what_is_not_too_long(planned):
    assert planned(heard("119.5"), choices=Choices(trim_audio="best")).file.already_fine
    assert not planned(heard("119.6"), choices=Choices(trim_audio="best")).file.already_fine


def test_a_track_that_fits_without_its_silence_needs_no_other_cut(planned):
    too_long = asked("trim", severity="error")
    done = planned(heard(150), too_long, choices=Choices(trim_silence=True))
    assert done.undecided == ()
    assert done.file.length == Fraction("5.9")
    still = planned(heard(150, speech=LONG), too_long, choices=Choices(trim_silence=True))
    assert still.plan.files == ()
    assert still.undecided == (("A402", "`Choices(trim_audio=…)` or `Choices(trim_audio='best')`", "Decide."),)


def test_a_video_is_lengthened_to_what_is_left_of_the_sound(planned, clip, reported, profile):
    sound = planned(heard(150, speech=LONG)).report.facts.audio
    report = reported(video=clip("clip.mp4", seconds="5", options=("-movflags", "+faststart")))
    report = replace(report, facts=replace(report.facts, audio=sound))
    choices = Choices(extend=True, trim_silence=True, trim_audio=TrimSpan(Fraction(119), Fraction(130)))
    video, audio = plan_job(report, profile, choices, "out").files
    assert audio.length == Fraction("10.9")
    assert video.length == Fraction("10.92")  # whole frames of 25 a second


def test_the_job_may_ask_for_less_silence(planned):
    done = planned(heard(), asked("trim-silence", role="job"))
    assert done.undecided == (("R706", "`Choices(trim_silence=True)`", "Decide."),)
    decided = planned(heard(), asked("trim-silence", role="job"), choices=Choices(trim_silence=True))
    assert decided.undecided == ()
    assert decided.steps["trim-silence"].rules == ("R706",)


def test_noise_is_learnt_in_the_longest_pause(planned):
    done = planned(heard(), asked("denoise"), choices=Choices(denoise=True))
    # Nobody speaks from 7 to 10 s; its middle second. Speech of -40 dBFS, 10 dB over the noise.
    assert "atrim=end_sample=144000:start_sample=128000[" in done.command
    assert "afftdn=nf=-50.0:nr=12[" in done.command
    assert "atrim=start_sample=16400[" in done.command
    assert done.steps["denoise"].rules == ("A504",)
    assert "as it is heard from 0:08 to 0:09." in done.steps["denoise"].text


def test_digital_silence_is_no_noise(planned):
    facts = heard(noise=SignalToNoise(60.0, 60.0, gated=True))
    assert planned(facts, choices=Choices(denoise=True)).file.already_fine


@pytest.mark.parametrize(
    ("facts", "choices", "said"),
    [
        (Unmeasured("x y"), Choices(denoise=True), r"`Choices.denoise` needs to hear a\.wav: x y\."),
        (Unmeasured("x y"), Choices(trim_silence=True), r"`Choices.trim_silence` needs to hear a\.wav: x y\."),
        (heard(speech=()), Choices(trim_silence=True), r"no speech is heard in a\.wav\."),
        (
            heard(150, speech=()),
            Choices(trim_audio="best"),
            r"`Choices\(trim_audio=\'best\'\)` follows the speech, and no speech",
        ),
        (
            heard(noise=Unmeasured("x y")),
            Choices(denoise=True),
            r"`Choices.denoise` does not know the noise in a\.wav: x y\.",
        ),
        (
            heard(background="music"),
            Choices(denoise=True),
            r"`Choices.denoise` lowers a steady noise, and .* a\.wav is music\.",
        ),
        (heard(speech=spans((0, 5), ("5.4", 10))), Choices(denoise=True), r"a\.wav has none of half a second\."),
    ],
)
def test_what_needs_speech_says_so(planned, facts, choices, said):
    with pytest.raises(FixError, match=said):
        planned(facts, choices=choices)


@pytest.mark.parametrize(
    ("choices", "flag"),
    [
        (Choices(trim_silence=True), "`Choices.trim_silence`"),
        (Choices(denoise=True), "`Choices.denoise`"),
        (Choices(trim_audio="best"), "`Choices.trim_audio`"),
    ],
)
def test_choices_about_the_sound_need_some(clip, reported, profile, choices, flag):
    with pytest.raises(UsageError, match=f"{flag} is about the audio track"):
        plan_job(reported(video=clip("a.mp4")), profile, choices, "out")


def test_what_is_left_of_a_track_is_judged_by_its_own_level(planned):
    """The half that is kept is 4 dB quieter than the whole."""
    levels = tuple(Level(-30.0 if second < 5 else -36.0, speech=True) for second in range(10))
    facts = heard(loudness=-32.0, true_peak=-30.0, levels=levels)
    done = planned(facts, "loudness", choices=Choices(trim_audio=TrimSpan(Fraction(5))))
    # The mean energy of both halves is -32.04 dB, that of the kept one -36.
    assert "volume=15.96dB" in done.command
    assert "to about -20 LUFS" in done.steps["loudness"].text
