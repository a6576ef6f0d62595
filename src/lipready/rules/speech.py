"""Rules about whether somebody speaks in the audio track, and for how much of it."""

from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.finding import Fix, Where
from lipready.facts.quantity import number
from lipready.facts.speech import SpeechFacts
from lipready.profiles.limit import Limit
from lipready.rules.examples import heard, spans
from lipready.rules.readings import Readings, measured, with_readings
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding, of_sound, of_speech
from lipready.rules.wording import name_of, named, percent


def _spoken(_file: FileFacts, heard: SpeechFacts, _limit: Limit) -> Readings:
    return (*measured("speech", heard.spoken, "larger"), *measured("longest speech", _longest(heard), "larger"))


def _longest(heard: SpeechFacts) -> Fraction:
    return max((span.length for span in heard.speech), default=Fraction(0))


@rule(
    "A501",
    needs="samples",
    valid=lambda: (heard(speech=spans(("4", "4.4"), ("6", "6.1"))),),
    invalid=lambda: (
        heard(speech=()),
        heard(speech=(), background="music"),
        heard(speech=spans(("4", "4.49"))),
        heard(speech=spans(*((n, Fraction(n) + Fraction(39, 100)) for n in range(9)))),
    ),
)
@of_sound
@with_readings(_spoken)
def audio_no_speech(file: FileFacts, heard_: SpeechFacts, limit: Limit) -> Verdicts:
    """Warn of an audio track in which nobody speaks.

    What it checks
        Whether a voice-activity detector hears speech: at least half a second in all, and 0.4 s of it without a break.
        Singing over loud accompaniment is not seen as speech: a song may sing and still be warned of.

    Why it matters
        Where nothing is said the mouth stays closed, and the job is billed all the same.

    What the provider says
        DashScope: the audio should hold clear, loud speech; where it is silent the mouth closes. It gives no number.
        On 85 real files the longest run of speech was 0.70 s and more, of anything else 0.35 s and less.

    How to repair
        Take the track that holds the speech; of a song the voice alone.
    """
    if heard_.has_speech:
        return
    longest = _longest(heard_)
    least = f"{number(longest)} s that may be speech" if longest else "no speech"
    music = "; it sounds like music" if heard_.background == "music" else ""
    message = (
        f"No speech is heard in {name_of(file)}{music}: the mouth will stay closed, and the job is billed. "
        "Singing over loud accompaniment is not seen as speech. Take the track that holds the speech, of a song the "
        "voice alone."
    )
    yield finding(limit, file, message, measured=least, allowed="≥ 0.5 s of speech, ≥ 0.4 s of it without a break")


@rule(
    "A506",
    needs="samples",
    valid=lambda: (heard(speech=spans(("1", "2"), ("4", "5"), ("7", "8"))),),
    invalid=lambda: (heard(speech=spans(("1", "3.999"))), heard(speech=spans(("9", "10")))),
)
@of_speech
@with_readings(lambda _file, heard, _limit: measured("share of speech", heard.share, "larger"))
def audio_mostly_silent(file: FileFacts, heard_: SpeechFacts, limit: Limit) -> Verdicts:
    """Warn of an audio track in which somebody speaks for a small part of the time only.

    What it checks
        The share of the track in which somebody speaks against `share`. What is not speech may be silence, noise or
        music.

    Why it matters
        The result is as long as the track, up to the length of the video: for most of it the mouth stays closed, and
        each second is billed.

    What the provider says
        DashScope: where the audio is silent the mouth closes. It gives no number. Of 38 real recordings all
        readings, poems and dialogues with pauses are speech for 51 % of the time and more, two short phrases for 42 %,
        a spoken countdown for 26 %, three words in ten seconds for 23 %, a distant voice now and then for 11 %.

    How to repair
        `prepare --trim-silence` cuts the silence before and after the speech, `--trim-audio START:END` keeps a part.
    """
    least = limit.bands["share"]
    if heard_.share >= least:
        return
    share = percent(heard_.share, (least,))
    start, end = _longest_pause(heard_)
    spoken, whole = (number(seconds, digits=1) for seconds in (heard_.spoken, heard_.length))
    fix = _repair(heard_, least)
    message = (
        f"Only {share} of {name_of(file)} is speech ({spoken} of {whole} s; the longest stretch without is "
        f"{named([(start, end)])}): for the rest the mouth stays closed, and is billed. {fix.text}"
    )
    allowed = f"≥ {percent(least, (least,))} speech"
    yield finding(limit, file, message, measured=f"{share} speech", allowed=allowed, where=Where(start, end), fix=fix)


def _repair(heard_: SpeechFacts, least: Fraction) -> Fix:
    """Cut the silence at both ends where that is enough; pauses between words only a person can cut."""
    within = heard_.speech[-1].end - heard_.speech[0].start
    if heard_.spoken >= least * within:
        return Fix(
            "trim-silence",
            "editorial",
            "Cut the silence before and after the speech with `Choices(trim_silence=True)`.",
        )
    return Fix("trim", "editorial", "Keep the part in which somebody speaks with `Choices(trim_audio=…)`.")


def _longest_pause(heard_: SpeechFacts) -> tuple[Fraction, Fraction]:
    ends = (Fraction(0), *(span.end for span in heard_.speech))
    starts = (*(span.start for span in heard_.speech), heard_.length)
    return max(zip(ends, starts, strict=True), key=lambda pause: pause[1] - pause[0])
