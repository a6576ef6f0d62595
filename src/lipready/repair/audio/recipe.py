"""What is done to an audio track: its recipe, and what comes of it."""

from dataclasses import replace
from fractions import Fraction

from lipready.facts.unmeasured import Unmeasured
from lipready.repair.aims import most_bytes
from lipready.repair.audio.case import HIGHEST_RATE, AudioCase
from lipready.repair.audio.channel_repair import sides
from lipready.repair.audio.level import raised
from lipready.repair.audio.noise_reduction import hush
from lipready.repair.audio.part import kept, pad_to
from lipready.repair.audio.sound import Listen
from lipready.repair.recipe import Input
from lipready.repair.video.span import Part

HEARD = ("loudness", "mono", "remove-dc")
"""The repairs of what is heard, which are made as far as they can be."""

_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_WAV_HEADER = 100
_SAMPLE_BYTES = 2


def audio_recipe(case: AudioCase) -> Listen | None:
    """Decide what is done: write the track as WAV, or as MP3 where WAV would be too large, or nothing (None).

    16 bits need no dither: a track is brought up to level before it is rounded, and its own noise lies above the step.

    Raises FixError or UsageError where what the user chose cannot be done.
    """
    recipe = _recipe(case)
    louder = raised(case, recipe)
    recipe = replace(recipe, gain=None if louder is None else louder.gain)
    changes = (recipe.part, recipe.pad_to, recipe.sides, recipe.hush, recipe.gain)
    other = any(
        f.fix is not None and f.fix.level == "reencode" and f.fix.name not in HEARD for f in case.wanted.findings
    )
    return recipe if other or case.salvaged is not None or any(change is not None for change in changes) else None


def audio_length(case: AudioCase, recipe: Listen | None) -> Fraction | None:
    """Tell how long the prepared track will be, in seconds; None where that is not known."""
    if recipe is None or (recipe.part is None and recipe.pad_to is None):
        return None if isinstance(case.audio.duration, Unmeasured) else case.audio.duration.believed
    return max(recipe.part.length if recipe.part else Fraction(0), recipe.pad_to or Fraction(0))


def audio_extension(recipe: Listen) -> str:
    """Name the file format that a recipe writes."""
    return "wav" if recipe.codec == "pcm_s16le" else "mp3"


def _recipe(case: AudioCase) -> Listen:
    """Decide everything but the level, which depends on the rest."""
    part, outputs = kept(case), sides(case)
    rate = min(case.audio.sample_rate, HIGHEST_RATE)
    channels = min(max(1, case.audio.channels if outputs is None else len(outputs)), 2)
    small = _wav_bytes(case, part, rate, channels) <= (most_bytes(case.profile, "A403") or 1 << 32)
    return Listen(
        source=Input(
            path=case.file.path,
            format="" if isinstance(case.file.format, Unmeasured) else case.file.format,
            stream=case.audio.stream_index,
            start=Fraction(0),
            seekable=False,
            broken=case.salvaged is not None,
        ),
        codec="pcm_s16le" if small else "libmp3lame",
        sample_rate=rate if small else min((r for r in _MP3_RATES if r >= rate), default=HIGHEST_RATE),
        channels=channels,
        part=part,
        pad_to=pad_to(case),
        sides=outputs,
        hush=hush(case),
        origin=case.audio.origin,
    )


def _wav_bytes(case: AudioCase, part: Part | None, rate: int, channels: int) -> Fraction:
    if isinstance(case.audio.duration, Unmeasured) and part is None:
        return Fraction(0)
    length = part.length if part else case.length
    return length * rate * channels * _SAMPLE_BYTES + _WAV_HEADER
