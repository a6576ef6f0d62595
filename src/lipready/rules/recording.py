"""Rules about how the sound was recorded: its band, and its two sides."""

from lipready.facts.file import FileFacts
from lipready.facts.finding import Fix
from lipready.facts.quantity import exactly, number
from lipready.facts.speech import ChannelFault, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.bounds import outside
from lipready.rules.examples import heard, job
from lipready.rules.readings import measured, of_speech_facts, with_readings
from lipready.rules.rule import Rule, Verdicts
from lipready.rules.subjects import finding, of_sound, of_speech, reading
from lipready.rules.wording import name_of

_FAULTS: dict[ChannelFault, tuple[str, str]] = {
    "left-silent": ("its left side is silent", "Write the right side alone, in mono."),
    "right-silent": ("its right side is silent", "Write the left side alone, in mono."),
    "inverted": ("its two sides are inverted, and cancel each other out in mono", "Turn one of them over."),
}


@with_readings(of_speech_facts(lambda heard, _: measured("bandwidth", heard.bandwidth, "larger")))
@of_speech
def audio_telephone_band(file: FileFacts, heard_: SpeechFacts, limit: Limit) -> Verdicts:
    """Warn of speech that sounds like a telephone.

    What it checks
        The frequency up to which the speech reaches, against `hertz`; what a file's sample rate could hold does not
        count.

    Why it matters
        Above the telephone's band lie the hisses of s, f and sh, by which the mouth is shaped; and the result sounds
        like a telephone.

    What the provider says
        DashScope asks for clear speech, without a number. A telephone ends at 3.4 kHz. Of 38 real recordings the
        three at a telephone's sample rate and one of 1961 end at 2.2 to 3.8 kHz; clear ones reach 5.4 kHz and more.

    How to repair
        Nothing brings back what is missing: take the original recording, or record it again. Writing it at a higher
        sample rate does not help.
    """
    band, bound = reading(heard_.bandwidth, "bandwidth"), limit.bands["hertz"]
    if isinstance(band, Unmeasured):
        yield band
        return
    if band >= bound:
        return
    measured = f"{number(band, (bound,), 0)} Hz"
    yield finding(
        limit,
        file,
        outside(limit),
        f"The speech in {name_of(file)} sounds like a telephone: it ends at {measured}, where clear speech reaches "
        f"{exactly(bound)} Hz and more. Take the original recording; a higher sample rate does not bring back what is "
        "missing.",
        measured=measured,
        allowed=f"≥ {exactly(bound)} Hz",
    )


@of_sound
def audio_channel_fault(file: FileFacts, heard_: SpeechFacts, limit: Limit) -> Verdicts:
    """Warn of a stereo track with one silent side, or with one side inverted.

    What it checks
        Whether one of two channels holds nothing, and whether the two cancel each other out when they are mixed.

    Why it matters
        Speech models listen in mono. What has one silent side becomes quieter, what is inverted becomes silence; and
        the mouth stays closed.

    What the provider says
        Nothing about channels.

    How to repair
        `prepare` writes the side that is heard in mono, or turns over the inverted one.
    """
    fault = heard_.channel_fault
    if fault is None:
        return
    what, text = _FAULTS[fault]
    fix = Fix("mono", "reencode", text)
    yield finding(
        limit,
        file,
        outside(limit),
        f"{name_of(file)} is stereo, but {what}: mixed to mono its speech is too quiet, or gone. {fix.text}",
        measured=what,
        allowed="the speech on both sides, or mono",
        fix=fix,
    )


TELEPHONE_BAND = Rule(
    id="A507",
    name="audio-telephone-band",
    subject="audio",
    needs="samples",
    judge=audio_telephone_band,
    valid=lambda: (job(), heard(bandwidth=4000.0)),
    invalid=lambda: (heard(bandwidth=3999.9), heard(bandwidth=2719.0)),
)
CHANNEL_FAULT = Rule(
    id="A508",
    name="audio-channel-fault",
    subject="audio",
    needs="samples",
    judge=audio_channel_fault,
    valid=lambda: (job(),),
    invalid=lambda: tuple(heard(channel_fault=fault) for fault in _FAULTS),
)
