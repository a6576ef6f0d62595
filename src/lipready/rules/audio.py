"""Rules about the audio track that is to be spoken."""

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, LfsPointer
from lipready.facts.finding import Fix
from lipready.facts.job import JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.bounds import refusal
from lipready.rules.duration import judge_duration
from lipready.rules.rule import Rule, Verdicts
from lipready.rules.samples import audio_facts, job, seconds, unread, with_audio, with_file
from lipready.rules.size import judge_size
from lipready.rules.subjects import finding, of_audio
from lipready.rules.wording import listing, name_of, printable

# What each format usually carries; the beginning of the codec's name.
_CODECS = {"wav": ("pcm_",), "mp3": ("mp3",), "aac": ("aac",), "m4a": ("aac", "alac", "mp3")}
_USUAL = {"wav": "wav holding PCM", "mp3": "mp3", "aac": "aac", "m4a": "m4a holding AAC"}


def audio_format(facts: JobFacts, limit: Limit) -> Verdicts:
    """Check that the audio file is of a format that the provider reads.

    What it checks
        The format by content, whatever the name says: a `.aac` that is an MP4 file is M4A, not AAC. And the codec
        within: a WAV that holds something other than PCM is a warning.

    Why it matters
        A format that is not on the list is refused; a rare codec inside of a usual format may fail to decode.

    What the provider says
        DashScope: wav, mp3, aac; else InvalidFile.Format. EvoLink: WAV, MP3, M4A and other common formats.

    How to repair
        `prepare` decodes the best audio stream and writes it as WAV.
    """
    audio = facts.audio
    if audio is None:
        return
    if isinstance(audio.format, Unmeasured):
        yield audio.format
        return
    allowed = listing(_USUAL.get(name, name) for name in limit.safe_choices or limit.choices)
    severity, measured = refusal(audio.format, limit), printable(audio.format)
    if severity is None:
        if isinstance(audio.media, Unmeasured):
            yield audio.media
        if not isinstance(audio.media, AudioFacts) or _usual(audio.format, audio.media.codec):
            return
        severity, measured = "warning", f"{measured} holding {printable(audio.media.codec)}"
    fix = Fix("transcode-audio", "reencode", "Write the sound as WAV.")
    yield finding(
        limit,
        audio,
        severity,
        f"{name_of(audio)} is {measured} by content; {allowed} is accepted. {fix.text}",
        measured=measured,
        allowed=allowed,
        fix=fix,
    )


def _usual(name: str, codec: str) -> bool:
    return codec.startswith(_CODECS[name]) if name in _CODECS else True


@of_audio
def audio_duration(file: FileFacts, audio: AudioFacts, limit: Limit) -> Verdicts:
    """Check that the audio is neither too short nor too long.

    What it checks
        The length in seconds, from counted samples where the header cannot be trusted. Exactly on a bound that the
        pages dispute: a warning. A header that says something else that breaks the limit: a warning, because the
        provider may believe it.

    Why it matters
        The length is checked before the job runs, and it decides how long the result is, which is billed by the second.

    What the provider says
        DashScope: "2s<时长<2min" in one place, "不小于2s且不大于120s" in another; else InvalidFile.Duration:
        "must be 2s ~ 120s". EvoLink says nothing, but the model behind it is DashScope's.

    How to repair
        A person decides what is lost: `prepare --trim-audio START:END` shortens, `--trim-audio best` at a pause;
        what is too short is lengthened with silence. A header that lies is written anew.
    """
    return judge_duration(
        file,
        audio.duration,
        limit,
        longer=Fix("pad", "editorial", "Lengthen it with silence at its end."),
        shorter=Fix(
            "trim",
            "editorial",
            "Choose what to keep with --trim-audio START:END, or let --trim-audio best cut it at a pause.",
        ),
        header=Fix("transcode-audio", "reencode", "Write it as WAV, with the true length."),
    )


def audio_file_size(facts: JobFacts, limit: Limit) -> Verdicts:
    """Check that the audio file is not too large.

    What it checks
        The size in bytes, exactly; for a Git LFS pointer the size that the pointer names.

    Why it matters
        A larger file is refused.

    What the provider says
        DashScope: "文件≤30MB"; else InvalidFile.Size. Whether a MB is 10^6 or 2^20 bytes is not said: over
        30 · 2^20 bytes is an error, between 30 · 10^6 and that a warning. EvoLink says nothing.

    How to repair
        `prepare` writes it with fewer channels, a lower sample rate, or as MP3.
    """
    return judge_size(facts.audio, limit, Fix("fit-size", "reencode", "Encode it at a rate that fits."))


FORMAT = Rule(
    id="A401",
    name="audio-format",
    subject="audio",
    needs="headers",
    judge=audio_format,
    valid=lambda: (
        job(),
        with_file("audio", format="mp3", media=audio_facts(codec="mp3")),
        with_file("audio", format="aac", media=audio_facts(codec="aac")),
        with_audio(codec="pcm_f32le"),
    ),
    invalid=lambda: (
        with_file("audio", format="ogg", media=audio_facts(codec="vorbis")),
        with_file("audio", format="m4a", media=audio_facts(codec="aac")),
        with_file("audio", format="flac", media=audio_facts(codec="flac")),
        with_audio(codec="adpcm_ima_wav"),
        with_audio(codec="mp3"),
    ),
)
DURATION = Rule(
    id="A402",
    name="audio-duration",
    subject="audio",
    needs="headers",
    judge=audio_duration,
    valid=lambda: tuple(with_audio(duration=seconds(length)) for length in ("2.001", "10", "119.999")),
    invalid=lambda: (
        *(with_audio(duration=seconds(length)) for length in ("0", "1.99", "2", "120", "120.04")),
        with_audio(duration=seconds(10, container=seconds(209).believed)),
    ),
)
FILE_SIZE = Rule(
    id="A403",
    name="audio-file-size",
    subject="audio",
    needs="headers",
    judge=audio_file_size,
    valid=lambda: tuple(with_file("audio", bytes=size) for size in (0, 29_999_999, 30_000_000)),
    invalid=lambda: (
        *(with_file("audio", bytes=size) for size in (30_000_001, 31_457_280, 31_457_281)),
        job(audio=unread("audio", None, LfsPointer("0" * 64, 40_000_000))),
    ),
)
