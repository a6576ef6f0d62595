"""What is heard in an audio track, as people look at it: a line of its level in which the speech stands out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from math import log10

from lipready.facts.quantity import counted, plural
from lipready.facts.speech import Level, SignalToNoise, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.reports.page import Page

_LONGEST, _SHORTEST = 48, 16
_INDENT = "  "
# Speech is drawn in bars, one for each 6 dB; sound that is no speech in shades; silence in dots.
_BARS, _SHADE, _DOT = "▁▂▃▄▅▆▇█", "░", "·"
_ASCII_BARS, _ASCII_SHADE, _ASCII_DOT = "_-=+*o#@", "~", "."
_LOWEST_BAR, _STEP = -48.0, 6.0
_AUDIBLE = 20.0  # dB under the speech.
_AUDIBLE_ALONE = -50.0  # dBFS, where nobody speaks.


def speech_lines(heard: SpeechFacts, page: Page) -> list[str]:
    """`··▅▇▆▇▅▁░▆▇▅·  speech 82 % · -19.3 LUFS · SNR 31 dB`, on two lines where the page is too narrow."""
    words = " · ".join(_words(heard))
    room = page.width - len(_INDENT) - len(words) - 2
    columns = min(_LONGEST, room if room >= _SHORTEST else page.width - len(_INDENT))
    levels = _as_judged(heard)
    drawn = _INDENT + _drawn(_columns(levels, columns), page)
    if room >= _SHORTEST and levels:
        return [f"{drawn}  {words}"]
    return [*([drawn] if levels else []), *page.wrap(words, indent=_INDENT)]


def speech_details(heard: SpeechFacts | Unmeasured) -> Iterator[str]:
    """Write what else was measured, for those who ask for more."""
    if isinstance(heard, Unmeasured):
        yield f"speech: not measured, {heard.reason}"
        return
    spans = ", ".join(f"{float(span.start):.2f}–{float(span.end):.2f}" for span in heard.speech)
    spoken = f"{spans} s" if heard.has_speech else f"none (too little to count: {spans} s)" if spans else "none"
    yield f"speech: {spoken}; {counted(len(heard.silences), 'silence')}"
    clipped = round(heard.clipping.per_million)
    yield (
        f"level: {_known(heard.loudness, 'LUFS')}, true peak {_known(heard.true_peak, 'dBTP')}, clipped "
        f"{clipped} {plural(clipped, 'sample')} per million, off the middle by {heard.dc_offset:.2%}"
    )
    behind = f"not known ({heard.background.reason})" if isinstance(heard.background, Unmeasured) else heard.background
    yield f"background: {behind}, SNR {_noise(heard.noise)}; bandwidth {_known(heard.bandwidth, 'Hz', 0)}"


def _words(heard: SpeechFacts) -> list[str]:
    """Name the key facts; what is not known is left out."""
    share = [f"speech {float(heard.share):.0%}".replace("%", " %") if heard.has_speech else "no speech"]
    loudness = [] if isinstance(heard.loudness, Unmeasured) else [f"{heard.loudness:.1f} LUFS"]
    noise = heard.noise
    known = isinstance(noise, SignalToNoise) and heard.has_speech and not noise.gated
    clear = [f"SNR {noise.mean:.0f} dB"] if known and isinstance(noise, SignalToNoise) else []
    return [*share, *loudness, *clear, *(["music"] if heard.background == "music" else [])]


def _as_judged(heard: SpeechFacts) -> Sequence[Level]:
    """Take the level part by part; moments of what is no speech in all (A501), as in laughter, are not drawn as it."""
    return heard.levels if heard.has_speech else tuple(replace(level, speech=False) for level in heard.levels)


def _columns(levels: Sequence[Level], columns: int) -> list[Level]:
    """Join or repeat the parts of a track to one for each column: of mean energy, and speech where most of them are."""
    whole, count = len(levels), min(columns, max(_SHORTEST, len(levels)))
    joined = []
    for column in range(count if whole else 0):
        start = column * whole // count
        parts = levels[start : max(start + 1, (column + 1) * whole // count)]
        spoken = 2 * sum(part.speech for part in parts) >= len(parts)
        joined.append(Level(_mean(parts), spoken))
    return joined


def _drawn(levels: Sequence[Level], page: Page) -> str:
    spoken = [level for level in levels if level.speech]
    audible = _mean(spoken) - _AUDIBLE if spoken else _AUDIBLE_ALONE
    bars, shade, dot = (_BARS, _SHADE, _DOT) if page.unicode else (_ASCII_BARS, _ASCII_SHADE, _ASCII_DOT)
    text = ""
    for speech, group in groupby(levels, lambda level: level.speech):
        part = "".join(
            _bar(level.dbfs, bars) if speech else (shade if level.dbfs >= audible else dot) for level in group
        )
        text += page.paint(part, "good" if speech else "dim")
    return text


def _bar(dbfs: float, bars: str) -> str:
    return bars[min(len(bars) - 1, max(0, int((dbfs - _LOWEST_BAR) // _STEP) + 1))]


def _mean(levels: Sequence[Level]) -> float:
    return 10 * log10(sum(10 ** (level.dbfs / 10) for level in levels) / len(levels))


def _known(value: float | Unmeasured, unit: str, digits: int = 1) -> str:
    return f"not measured ({value.reason})" if isinstance(value, Unmeasured) else f"{value:.{digits}f} {unit}"


def _noise(noise: SignalToNoise | Unmeasured) -> str:
    if isinstance(noise, Unmeasured):
        return f"not measured ({noise.reason})"
    gated = ", the gaps are silent" if noise.gated else ""
    return f"{noise.mean:.1f} dB (median {noise.median:.1f} dB{gated})"
