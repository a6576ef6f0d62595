"""The rule about how the lengths of audio and video go together, and what the result will cost."""

from fractions import Fraction

from lipready.facts.audio import AudioFacts
from lipready.facts.finding import Fix, Severity
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.profiles.limit import Limit
from lipready.rules.bounds import outside
from lipready.rules.rule import Rule, Verdicts
from lipready.rules.samples import audio_facts, file, job, request, seconds, video_facts
from lipready.rules.subjects import finding, media_of
from lipready.rules.wording import money, name_of, number


def length_mismatch(facts: JobFacts, limit: Limit) -> Verdicts:
    """Say what happens where audio and video are not equally long.

    What it checks
        Both lengths, exactly, against each other. A warning where speech is cut off (the audio is longer and
        `video_extension` is off); a remark where only the video's tail is dropped, or the video is lengthened. Up to
        the profile's tolerance nothing is said.

    Why it matters
        What is cut off is lost, and the result is billed by the second.

    What the provider says
        Without `video_extension` the result is as long as the shorter of the two. With it the result is as long as the
        audio: the video is played forward and backward in turn until then, or cut. DashScope: 0.08 CNY a second.

    How to repair
        Ask for `video_extension`, lengthen the video with `--extend`, or trim the longer of the two.
    """
    video, audio = facts.video, facts.audio
    if video is None or audio is None:
        return
    shown, spoken = media_of(video, VideoFacts, "a video"), media_of(audio, AudioFacts, "an audio file")
    picture = shown if isinstance(shown, Unmeasured) else shown.duration
    speech = spoken if isinstance(spoken, Unmeasured) else spoken.duration
    if isinstance(picture, Unmeasured) or isinstance(speech, Unmeasured):
        reasons = [fact.reason for fact in (picture, speech) if isinstance(fact, Unmeasured)]
        yield Unmeasured(f"the lengths of both files are not known: {reasons[0]}")
        return
    pictured, spoken_for = picture.believed, speech.believed
    if abs(pictured - spoken_for) <= limit.bands["tolerance"]:
        return
    extended = facts.request.video_extension
    severity, what, fix = _consequence(pictured, spoken_for, limit, extended=extended)
    bills = {True: spoken_for, False: min(pictured, spoken_for)}
    yield finding(
        limit,
        None,
        severity,
        f"{name_of(video)} lasts {_seconds(pictured)} and {name_of(audio)} {_seconds(spoken_for)}: {what}. The result "
        f"will be {_seconds(bills[extended])} long. Billed are {_bill(bills[False], limit)} without video_extension, "
        f"{_bill(bills[True], limit)} with it.{f' {fix.text}' if fix else ''}",
        measured=f"video {_seconds(pictured)}, audio {_seconds(spoken_for)}",
        allowed=f"difference ≤ {_seconds(limit.bands['tolerance'])}",
        fix=fix,
    )


def _consequence(
    picture: Fraction, speech: Fraction, limit: Limit, *, extended: bool
) -> tuple[Severity, str, Fix | None]:
    if picture > speech:
        return "info", f"the last {_seconds(picture - speech)} of the video are dropped", None
    if extended:
        return "info", f"the video is lengthened by {_seconds(speech - picture)}, forward and backward in turn", None
    fix = Fix("extend", "editorial", "Ask for video_extension, lengthen the video with --extend, or trim the audio.")
    return outside(limit), f"the last {_seconds(speech - picture)} of the speech are cut off", fix


def _seconds(value: Fraction) -> str:
    return f"{number(value, digits=3)} s"


def _bill(length: Fraction, limit: Limit) -> str:
    price = limit.bands.get("cny_per_second")
    return _seconds(length) if price is None else f"{_seconds(length)} (about {money(length * price)} CNY)"


def _lengths(video: str, audio: str, *, extension: bool = False) -> JobFacts:
    return job(
        video=file("video", media=video_facts(duration=seconds(video))),
        audio=file("audio", media=audio_facts(duration=seconds(audio))),
        request=request(video_extension=extension),
    )


LENGTH_MISMATCH = Rule(
    id="R705",
    name="length-mismatch",
    subject="job",
    needs="headers",
    judge=length_mismatch,
    valid=lambda: (
        _lengths("10", "10"),
        _lengths("10", "10.5"),
        _lengths("10.5", "10"),
        job(audio=None),
        job(video=None),
    ),
    invalid=lambda: (_lengths("5", "8.2"), _lengths("5", "8.2", extension=True), _lengths("8.2", "5")),
)
