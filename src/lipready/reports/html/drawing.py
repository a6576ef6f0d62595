"""Times and levels as places on a page: everything in percent, since a page has no width yet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lipready.facts.pictures import Waveform

Plain = Mapping[str, Any]
Seconds = tuple[float, float]
_STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds between two marks of a ruler."""
_MOST_MARKS = 8
WAVE = (640, 100)
"""Width and height of a drawn waveform."""
_LEAST = 0.4
"""Percent: what lasts a moment is still seen."""
_EDGE = 0.03
"""Share of the height that is left above and below a line, which is cut in half else."""
_GAP = 0.06
"""Share of the width: two points that are farther apart are not joined, since nothing is known between them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch on a lane: where it begins and how wide it is (percent), what it is, and where it leads."""

    left: str
    width: str
    text: str
    tone: str = ""
    href: str | None = None
    row: int = 0


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of a timeline; `face` is a picture (JPEG, in base64), `text` is what the bars say."""

    name: str
    bars: tuple[Bar, ...]
    tone: str = ""
    face: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows its bars take."""
        return 1 + max((bar.row for bar in self.bars), default=0)

    @property
    def text(self) -> str:
        """What is drawn, in words."""
        spans = ", ".join(bar.text for bar in self.bars[:12])
        more = f" and {len(self.bars) - 12} more" if len(self.bars) > 12 else ""  # noqa: PLR2004
        return f"{self.name}: {spans}{more}" if spans else f"{self.name}: never"


@dataclass(frozen=True, slots=True)
class DrawnWave:
    """The outline of a waveform as SVG paths: what is speech, what is not, and where it is clipped."""

    speech: str
    other: str
    clipped: tuple[str, ...]


def clock_of(seconds: float) -> str:
    """Write a time: "0:04.2", "1:02:03"."""
    tenths = round(max(0.0, seconds) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    whole, tenth = divmod(rest, 10)
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{head}:{whole:02}" + (f".{tenth}" if tenth else "")


def span_of(start: float, end: float | None) -> str:
    """Write a stretch of time, or a moment."""
    first = clock_of(start)
    return first if end is None or clock_of(end) == first else f"{first}–{clock_of(end)}"


def percent(share: float) -> str:
    """Write a share (0..1) as a place."""
    return f"{round(100 * min(1.0, max(0.0, share)), 2):g}%"


def bar(start: float, end: float | None, length: float, text: str = "", **more: Any) -> Bar:
    """Place a stretch, or a moment, on a lane of `length` seconds."""
    begin = min(max(0.0, start), length)
    stop = begin if end is None else min(max(begin, end), length)
    width = max(_LEAST / 100, (stop - begin) / length)
    left = min(begin / length, 1 - width)
    return Bar(percent(left), percent(width), text or span_of(start, end), **more)


def bars(spans: Iterable[Sequence[float]], length: float, tone: str = "") -> tuple[Bar, ...]:
    """Place stretches on a lane."""
    return tuple(bar(start, end, length, tone=tone) for start, end in spans)


def packed(found: Iterable[Bar]) -> tuple[Bar, ...]:
    """Put bars that would lie upon each other into rows below each other."""
    ends: list[float] = []
    placed = []
    for each in found:
        left = float(each.left.removesuffix("%"))
        row = next((row for row, end in enumerate(ends) if end <= left), len(ends))
        ends[row : row + 1] = [left + float(each.width.removesuffix("%"))]
        placed.append(replace(each, row=row))
    return tuple(placed)


def marks(length: float, begin: float = 0.0) -> tuple[tuple[str, str], ...]:
    """Return places and texts of a ruler that begins at a time in seconds."""
    step = next((step for step in _STEPS if length / step <= _MOST_MARKS), length / _MOST_MARKS)
    count = int(length / step)
    times = [step * number for number in range(count + 1) if length - step * number >= step * 0.6 or number == 0]
    return tuple((percent(time / length), clock_of(begin + time)) for time in times)


def together(spans: Sequence[Sequence[Seconds]]) -> tuple[Seconds, ...]:
    """Return the stretches in which at least two of some people are seen."""
    turns = sorted(
        (time, turn) for person in spans for span in person for time, turn in zip(span, (1, -1), strict=True)
    )
    shared: list[Seconds] = []
    seen, begun = 0, 0.0
    for time, turn in turns:  # at one moment the end of one comes before the begin of the next
        before, seen = seen, seen + turn
        if seen == 2 and before == 1:  # noqa: PLR2004
            begun = time
        elif seen == 1 and before == 2 and time > begun:  # noqa: PLR2004
            if shared and shared[-1][1] == begun:
                begun = shared.pop()[0]
            shared.append((begun, time))
    return tuple(shared)


def draw_wave(wave: Waveform, spans: Sequence[Sequence[float]], length: float) -> DrawnWave:
    """Draw a waveform of `length` seconds; `spans` are the stretches of speech."""
    count = len(wave.peaks)
    spoken = list(_spoken(count, spans, length))
    width, height = WAVE
    step = width / count

    def outline(*, speech: bool) -> str:
        parts = []
        for number, peak in enumerate(wave.peaks):
            if spoken[number] is speech:
                half = max(0.6, height / 2 * peak / 255)
                parts.append(f"M{number * step:.4g} {height / 2 - half:.3g}v{2 * half:.3g}")
        return "".join(parts)

    return DrawnWave(outline(speech=True), outline(speech=False), tuple(percent(n / count) for n in wave.clipped[:200]))


def draw_line(points: Sequence[tuple[float, float]], low: float, high: float) -> str:
    """Draw a line through points, whose x are shares (0..1) of the width, and whose y lie from `low` to `high`."""
    width, height = WAVE
    parts, last = [], -1.0
    for x, value in points:
        y = height * (1 - _EDGE - (1 - 2 * _EDGE) * (value - low) / (high - low))
        parts.append(f"{'M' if x - last > _GAP else 'L'}{width * x:.4g} {y:.3g}")
        last = x
    return "".join(parts)


def _spoken(count: int, spans: Sequence[Sequence[float]], length: float) -> Iterator[bool]:
    for number in range(count):
        middle = (number + 0.5) * length / count
        yield any(start <= middle < end for start, end in spans)
