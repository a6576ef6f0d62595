"""Rules about the audio track that is to be spoken."""

from lipready.facts.audio import AudioFacts, AudioTrack
from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding, Fix
from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration
from lipready.profiles.limit import Limit
from lipready.rules.bounds import judge_duration, judge_size, refusal
from lipready.rules.examples import (
    audio_facts,
    audio_tracks,
    pointer,
    seconds,
    sized,
    with_audio,
    with_file,
)
from lipready.rules.readings import in_bytes, length, with_readings
from lipready.rules.rule import Verdicts, rule
from lipready.rules.subjects import finding, length_in, of_audio, of_file
from lipready.rules.wording import listing, name_of, printable

# What each format usually carries; the beginning of the codec's name.
_CODECS = {"wav": ("pcm_",), "mp3": ("mp3",), "aac": ("aac",), "m4a": ("aac", "alac", "mp3")}
_TWO, _MOST_NAMED = 2, 8
_USUAL = {"wav": "wav holding PCM", "mp3": "mp3", "aac": "aac", "m4a": "m4a holding AAC"}


@rule(
    "A401",
    valid=lambda: (
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
        with_audio(size_wrong=True),
    ),
)
@of_file("audio", lambda file: file.format)
def audio_format(file: FileFacts, container: str, limit: Limit) -> Verdicts:
    """Check that the audio file is of a format that the provider reads.

    What it checks
        The format by content, whatever the name says: a `.aac` that is an MP4 file is M4A, not AAC. And the codec
        within: a WAV that holds something other than PCM is a warning. So is a whole WAV whose header states a size
        that the file does not have: one that was written into a pipe, or one that is a few bytes over.

    Why it matters
        A format that is not on the list is refused; a rare codec inside of a usual format may fail to decode; and a
        reader that believes a wrong size takes the file for cut off, or for hours long.

    What the provider says
        DashScope: wav, mp3, aac; else InvalidFile.Format. EvoLink: WAV, MP3, M4A and other common formats.

    How to repair
        `prepare` decodes the audio track that is taken (A404) and writes it as WAV.
    """
    allowed = listing(_USUAL.get(name, name) for name in limit.safe_choices or limit.choices)
    severity, measured = refusal(container, limit), printable(container)
    if severity is None:
        if isinstance(file.media, Unmeasured):
            yield file.media
        if not isinstance(file.media, AudioFacts):
            return
        if container not in _CODECS or file.media.codec.startswith(_CODECS[container]):
            if file.media.size_wrong:
                yield _wrong_size(file, measured, limit)
            return
        severity, measured = "warning", f"{measured} holding {printable(file.media.codec)}"
    fix = Fix("transcode-audio", "reencode", "Write the sound as WAV.")
    message = f"{name_of(file)} is {measured} by content; {allowed} is accepted. {fix.text}"
    yield finding(limit, file, message, measured=measured, allowed=allowed, severity=severity, fix=fix)


def _wrong_size(file: FileFacts, name: str, limit: Limit) -> Finding:
    fix = Fix("transcode-audio", "reencode", "Write the sound as WAV, with its true size.")
    message = (
        f"{name_of(file)} is {name} whose header states a size that the file does not have, as a program does that "
        f"writes into a pipe: a reader that believes it takes the file for cut off. {fix.text}"
    )
    measured = f"{name} whose header states a wrong size"
    allowed = "the true size in the header"
    return finding(limit, file, message, measured=measured, allowed=allowed, severity="warning", fix=fix)


@rule(
    "A402",
    valid=lambda: tuple(with_audio(duration=seconds(length)) for length in ("2.001", "10", "119.999")),
    invalid=lambda: (
        *(with_audio(duration=seconds(length)) for length in ("0", "1.99", "2", "120", "120.04")),
        with_audio(duration=seconds(10, container=seconds(209).believed)),
    ),
)
@of_file("audio", length_in)
@with_readings(length)
def audio_duration(file: FileFacts, duration: Duration, limit: Limit) -> Verdicts:
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
        what is too short is lengthened with silence. A header that lies is written anew. Nothing is lost where
        `submit --split` cuts the job into parts, and joins their results.
    """
    return judge_duration(
        file,
        duration,
        limit,
        longer=Fix("pad", "editorial", "Lengthen it with silence at its end."),
        shorter=Fix(
            "trim",
            "editorial",
            "Choose what to keep with `Choices(trim_audio=…)`, let `Choices(trim_audio='best')` cut it at a pause, or "
            "cut the whole job into parts with `lipready.split(…)`.",
        ),
        header=Fix("transcode-audio", "reencode", "Write it as WAV, with the true length."),
    )


@rule(
    "A403",
    valid=lambda: sized("audio", 0, 29_999_999, 30_000_000),
    invalid=lambda: (
        *sized("audio", 30_000_001, 31_457_280, 31_457_281),
        pointer("audio", 40_000_000),
    ),
)
@of_file("audio", lambda file: file.bytes)
@with_readings(in_bytes)
def audio_file_size(file: FileFacts, count: int, limit: Limit) -> Verdicts:
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
    return judge_size(file, count, limit)


@rule(
    "A404",
    valid=lambda: (with_audio(tracks=audio_tracks("speech")),),
    invalid=lambda: (
        with_audio(tracks=audio_tracks("speech", "speech")),
        with_audio(tracks=audio_tracks("silence", "speech"), track=2, taken="speech"),
        with_audio(tracks=audio_tracks("silence", "silence", "silence")),
        with_audio(tracks=audio_tracks("unheard", "unheard")),
        with_audio(tracks=audio_tracks("speech", "unheard"), taken="chosen"),
    ),
)
@of_audio
def audio_several_tracks(file: FileFacts, audio: AudioFacts, limit: Limit) -> Verdicts:
    """Warn of an audio file that holds more than one audio track.

    What it checks
        How many audio streams the file holds. All else that is said of the audio is about one of them: the one that
        `--audio-track N` names; else the one that is marked as default, unless nobody speaks in it and somebody does
        in another. Up to eight are listened to; with --quick none, and the default is taken.

    Why it matters
        The provider takes one voice. Which track of several it hears nobody knows: where it is another one, the lips
        say something else, or nothing.

    What the provider says
        Neither says anything about several tracks.

    How to repair
        `prepare` writes the track that was taken as WAV, and nothing else; `--audio-track N` chooses another.
    """
    count = len(audio.tracks)
    if count < _TWO:
        return
    fix = Fix("transcode-audio", "reencode", f"Write track {audio.track} alone as WAV.")
    message = (
        f"{name_of(file)} holds {counted(count, 'audio track')}, and which one the provider hears is not known. "
        f"{_taken(audio)} {fix.text} `Settings(audio_track=…)` chooses another."
    )
    measured = (
        f"{counted(count, 'audio track')} ({', '.join(map(_described, audio.tracks[:_MOST_NAMED]))}"
        f"{', …' if count > _MOST_NAMED else ''})"
    )
    yield finding(limit, file, message, measured=measured, allowed="1 audio track", fix=fix)


def _taken(audio: AudioFacts) -> str:
    """Return which track was taken and why, and what is known of the others."""
    count = len(audio.tracks)
    others = [track for track in audio.tracks if track.number != audio.track]
    speaking = [str(track.number) for track in others if track.speaks is True]
    unheard = [str(track.number) for track in others if isinstance(track.speaks, Unmeasured)]
    own = next((track.speaks for track in audio.tracks if track.number == audio.track), None)
    if audio.taken == "chosen":
        return f"Track {audio.track} of {count} was chosen."
    if audio.taken == "default" and isinstance(own, Unmeasured) and len(unheard) == len(others):
        return f"Track {audio.track} of {count} is taken, which a player would play: nobody listened."
    why = "in which somebody speaks" if own is True else "which a player would play"
    parts = [f"Track {audio.track} of {count} is taken, {why}"]
    if speaking:
        parts.append(f"somebody speaks in {_numbered(speaking)} too")
    elif not unheard:
        parts.append(
            f"no speech is heard in {'any' if own is False else 'the other' if count == _TWO else 'the others'}"
        )
    if unheard:
        parts.append(f"nobody listened to {_numbered(unheard)}")
    return f"{'; '.join(parts)}."


def _numbered(numbers: list[str]) -> str:
    """Write the names of tracks: "track 2", "tracks 2 and 3"; of many, the first."""
    if len(numbers) == 1:
        return f"track {numbers[0]}"
    named = numbers if len(numbers) <= _MOST_NAMED else [*numbers[:_MOST_NAMED], f"{len(numbers) - _MOST_NAMED} others"]
    return f"tracks {listing(named, 'and')}"


def _described(track: AudioTrack) -> str:
    words = [track.codec, track.language, track.title]
    return f"{track.number}: {' '.join(printable(word) for word in words if word)}"
