"""Rules about how sound was recorded: its level, and what a device or a channel did to it."""

from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.finding import Fix, Where
from lipready.facts.quantity import clock, counted, exactly, number
from lipready.facts.speech import ChannelFault, Clipping, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.examples import heard
from lipready.rules.readings import measured, with_readings
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding, of_sound, of_speech, reading
from lipready.rules.target import written
from lipready.rules.wording import name_of, of_unit, percent


@rule(
    "A502",
    needs="samples",
    valid=lambda: (heard(loudness=-35.0), heard(loudness=-6.0, true_peak=2.5)),
    invalid=lambda: (heard(loudness=-35.01), heard(loudness=-69.0)),
)
@of_speech
@with_readings(lambda _file, heard, _limit: measured("loudness", heard.loudness, "larger"))
def audio_quiet(file: FileFacts, heard_: SpeechFacts, limit: Limit) -> Verdicts:
    """Warn of speech that is too quiet.

    What it checks
        The integrated loudness of the track (EBU R128, ITU-R BS.1770) against `quiet`, in LUFS. Nothing is said of a
        loud track, nor of a peak over 0 dB alone: 7 of 60 clean recordings have one.

    Why it matters
        A model that listens for speech may take quiet speech for silence, and keep the mouth closed.

    What the provider says
        DashScope asks for loud speech, without a number. Broadcasts aim at -23 LUFS, podcasts at -16; of 38 real
        recordings of speech 37 have -32 and more, and the one of a distant voice has -47.

    How to repair
        `prepare` raises it to `target`, or as far as its true peaks stay under `ceiling` (dBTP).
    """
    loudness = reading(heard_.loudness, "loudness")
    if isinstance(loudness, Unmeasured):
        yield loudness
        return
    bound, target, ceiling = (limit.bands[name] for name in ("quiet", "target", "ceiling"))
    if loudness >= bound:
        return
    measured, allowed = f"{number(loudness, (bound,), 1)} LUFS", f"≥ {exactly(bound)} LUFS"
    text = f"Raise it to {exactly(target)} LUFS, or as far as its peaks stay under {exactly(ceiling)} dBTP."
    fix = Fix("loudness", "reencode", text)
    message = (
        f"{name_of(file)} is quiet: {measured}, where speech has {allowed}, so that it may be taken for silence. "
        f"{fix.text}"
    )
    yield finding(limit, file, message, measured=measured, allowed=allowed, fix=fix)


@rule(
    "A503",
    needs="samples",
    valid=lambda: (heard(clipping=Clipping(9, 100.0, Fraction(3))), heard(peak=0.0, true_peak=3.0)),
    invalid=lambda: (heard(clipping=Clipping(1, 100.5, Fraction(0))), heard(clipping=Clipping(5000, 31_000.0, None))),
)
@of_sound
@with_readings(lambda _file, heard, _limit: measured("clipped per million", heard.clipping.per_million, "smaller"))
def audio_clipped(file: FileFacts, heard_: SpeechFacts, limit: Limit) -> Verdicts:
    """Warn of sound whose peaks are cut off.

    What it checks
        How many samples per million lie in runs of three or more at full scale, against `per_million`. A single sample
        there is no clipping.

    Why it matters
        What was cut off sounds harsh, and hides the consonants by which the mouth is shaped.

    What the provider says
        DashScope asks for clear speech, without a number.

    How to repair
        Nothing brings back what was cut off: take the track from before it was made louder, or record it again with
        less gain.
    """
    clipping, bound = heard_.clipping, limit.bands["per_million"]
    share = reading(clipping.per_million, "share of clipped samples")
    if isinstance(share, Unmeasured):
        yield share
        return
    if share <= bound:
        return
    first = clipping.first
    runs = counted(clipping.runs, "time") if clipping.runs > 1 else "once"
    when = "" if first is None else f", first at {clock(first, 1)}"
    measured = f"{of_unit(number(share, (bound,), 0), 'samples')} per million"
    message = (
        f"{name_of(file)} is clipped {runs}{when} ({measured}, where ≤ {exactly(bound)} are not heard): its peaks are "
        "cut off. Take it from before it was made louder, or record it again with less gain."
    )
    allowed = f"≤ {of_unit(exactly(bound), 'samples')} per million"
    where = None if first is None else Where(first)
    yield finding(limit, file, message, measured=measured, allowed=allowed, where=where)


@rule(
    "A509",
    needs="samples",
    valid=lambda: (heard(dc_offsets=(0.01, -0.01)), heard(dc_offsets=())),
    invalid=lambda: (heard(dc_offsets=(0.0, -0.0101)), heard(dc_offsets=(0.3,))),
)
@of_sound
@with_readings(lambda _file, heard, _limit: measured("offset", heard.dc_offset, "smaller"))
def audio_dc_offset(file: FileFacts, heard_: SpeechFacts, limit: Limit) -> Verdicts:
    """Warn of sound that does not swing around zero.

    What it checks
        The mean of the samples of the worst channel, as a share of full scale, against `offset`.

    Why it matters
        It takes room from the loud parts, clicks where the sound begins, ends or is cut, and spoils measurements of
        level. It comes from a fault of the recorder.

    What the provider says
        Nothing. Of 54 real files 51 lie under 0.004, and one just under a hundredth; two with a fault of the recorder
        read 0.06 and 0.17.

    How to repair
        `prepare` takes it out with a high-pass filter below all speech.
    """
    offset, bound = written(heard_.dc_offset), limit.bands["offset"]
    if offset is None:
        yield Unmeasured("the DC offset is no number")
        return
    if offset <= bound:
        return
    fix = Fix("remove-dc", "reencode", "Take the offset out.")
    measured, allowed = f"{percent(offset, (bound,))} of full scale", f"≤ {percent(bound, (bound,))}"
    message = (
        f"{name_of(file)} does not swing around zero: it is off by {measured}, where {allowed} does no harm. {fix.text}"
    )
    yield finding(limit, file, message, measured=measured, allowed=f"{allowed} of full scale", fix=fix)


_FAULTS: dict[ChannelFault, tuple[str, str]] = {
    "left-silent": ("its left side is silent", "Write the right side alone, in mono."),
    "right-silent": ("its right side is silent", "Write the left side alone, in mono."),
    "inverted": ("its two sides are inverted, and cancel each other out in mono", "Turn one of them over."),
}


@rule(
    "A507",
    needs="samples",
    valid=lambda: (heard(bandwidth=4000.0),),
    invalid=lambda: (heard(bandwidth=3999.9), heard(bandwidth=2719.0)),
)
@of_speech
@with_readings(lambda _file, heard, _limit: measured("bandwidth", heard.bandwidth, "larger"))
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
    message = (
        f"The speech in {name_of(file)} sounds like a telephone: it ends at {measured}, where clear speech reaches "
        f"{exactly(bound)} Hz and more. Take the original recording; a higher sample rate does not bring back what is "
        "missing."
    )
    yield finding(limit, file, message, measured=measured, allowed=f"≥ {exactly(bound)} Hz")


@rule("A508", needs="samples", invalid=lambda: tuple(heard(channel_fault=fault) for fault in _FAULTS))
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
    message = f"{name_of(file)} is stereo, but {what}: mixed to mono its speech is too quiet, or gone. {fix.text}"
    yield finding(limit, file, message, measured=what, allowed="the speech on both sides, or mono", fix=fix)
