"""Rules about what is heard behind the speech: noise, and music."""

from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.finding import Fix
from lipready.facts.quantity import exactly, number
from lipready.facts.speech import SignalToNoise, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.examples import heard
from lipready.rules.readings import Readings, measured, with_readings
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding, of_speech, reading
from lipready.rules.wording import name_of


def _over_noise(_file: FileFacts, heard: SpeechFacts, _limit: Limit) -> Readings:
    noise = heard.noise
    if not isinstance(noise, SignalToNoise):
        return ()
    return (*measured("over noise", noise.mean, "larger"), *measured("over noise, median", noise.median, "larger"))


@rule(
    "A504",
    needs="samples",
    valid=lambda: (
        heard(noise=SignalToNoise(15.0, 10.0, gated=False)),
        heard(noise=SignalToNoise(5.0, 25.0, gated=False)),
        heard(noise=SignalToNoise(5.0, 5.0, gated=True)),
        heard(noise=SignalToNoise(5.0, 5.0, gated=False), background="music"),
    ),
    invalid=lambda: (
        heard(noise=SignalToNoise(14.99, 24.99, gated=False), background="noise"),
        heard(noise=SignalToNoise(-3.0, 0.0, gated=False), background="hum"),
        heard(noise=SignalToNoise(9.3, 12.0, gated=False), background=Unmeasured("the gaps are too few")),
    ),
)
@of_speech
@with_readings(_over_noise)
def audio_noisy(file: FileFacts, heard_: SpeechFacts, limit: Limit) -> Verdicts:
    """Warn of speech with noise behind it.

    What it checks
        By how many dB the speech is louder than the gaps between it, against `mean` (from mean energies) and `median`
        (from medians); it is noisy only where both are below. Nothing is said where the gaps hold digital silence (the
        noise under the words cannot be told then), where they hold music (see A505), or where there are too few of
        them. A second voice cannot be told from the first.

    Why it matters
        Noise moves the mouth where nobody speaks, and blurs how it is shaped where somebody does.

    What the provider says
        DashScope: speech without noise or music behind it; it gives no number. On real speech with noise mixed in, the
        rule spoke up on 89 % at 10 dB and on none at 20 dB.

    How to repair
        `prepare --denoise` takes steady noise out; a person decides, because some of the voice goes with it.
    """
    noise = heard_.noise
    if isinstance(noise, Unmeasured):
        yield noise
        return
    if noise.gated or heard_.background == "music":
        return
    mean, median = (reading(value, "level of speech over noise") for value in (noise.mean, noise.median))
    if isinstance(mean, Unmeasured) or isinstance(median, Unmeasured):
        yield Unmeasured("the level of speech over noise is no number")
        return
    bounds = limit.bands
    if mean >= bounds["mean"] or median >= bounds["median"]:
        return
    kind = "hum" if heard_.background == "hum" else "noise"
    over, usual = (f"{number(value, (bounds[name],), 1)} dB" for value, name in ((mean, "mean"), (median, "median")))
    fix = Fix(
        "denoise", "editorial", "Take the noise out with `Choices(denoise=True)`, or record it in a quieter room."
    )
    message = (
        f"The speech in {name_of(file)} is only {over} louder than the {kind} between the words, where "
        f"{exactly(bounds['mean'])} dB are clear: the mouth may move with the {kind}. {fix.text}"
    )
    allowed = f"≥ {exactly(bounds['mean'])} dB, or median ≥ {exactly(bounds['median'])} dB"
    yield finding(limit, file, message, measured=f"{over} (median {usual})", allowed=allowed, fix=fix)


def _over_music(_file: FileFacts, heard: SpeechFacts, _limit: Limit) -> Readings:
    noise = heard.noise
    return measured("over music", noise.mean, "larger") if isinstance(noise, SignalToNoise) else ()


@rule(
    "A505",
    needs="samples",
    valid=lambda: (
        heard(background="noise"),
        heard(background="hum"),
        heard(background="music", noise=SignalToNoise(40.0, 30.0, gated=False)),
    ),
    invalid=lambda: (
        heard(background="music", noise=SignalToNoise(39.9, 45.0, gated=False)),
        heard(background="music", noise=SignalToNoise(9.3, 12.0, gated=False)),
        heard(background="music", noise=Unmeasured("the gaps are too few")),
    ),
)
@of_speech
@with_readings(_over_music)
def audio_music(file: FileFacts, heard_: SpeechFacts, limit: Limit) -> Verdicts:
    """Warn of speech with music behind it.

    What it checks
        What the gaps between the speech sound like: music has tones that come and go in at least three tenths of them.
        Guitar, piano, pop and song are found, dense rock in two of three cases, drums alone are not. Where the speech
        has no gaps nothing can be said, and what is `faint` dB under it or more is not heard.

    Why it matters
        The mouth moves to the music, or to a voice that sings in it.

    What the provider says
        DashScope: speech without noise or music behind it.

    How to repair
        Take the speech from before it was mixed, and lay the music under the result.
    """
    background = heard_.background
    if isinstance(background, Unmeasured):
        yield background
        return
    if background != "music":
        return
    over = reading(heard_.noise.mean, "level") if isinstance(heard_.noise, SignalToNoise) else heard_.noise
    faint = limit.bands["faint"]
    if not isinstance(over, Unmeasured) and over >= faint:
        return
    how = "" if isinstance(over, Unmeasured) else f", {number(abs(over), (faint,), 0)} dB {_side(over)} it"
    message = (
        f"There is music behind the speech in {name_of(file)}{how}: the mouth may move with it. Take the speech from "
        "before it was mixed, and lay the music under the result."
    )
    allowed = f"no music, or ≥ {exactly(faint)} dB under the speech"
    yield finding(limit, file, message, measured=f"music in the gaps{how}", allowed=allowed)


def _side(over: Fraction) -> str:
    return "under" if over >= 0 else "over"
