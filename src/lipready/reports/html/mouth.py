"""The speaker's mouth in a result: how far it is open over time, under the sound, and stills beside the video."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lipready.facts.pictures import FaceCut, Pictures, Waveform
from lipready.facts.result import MouthMatch, MouthSeries, Opening
from lipready.facts.speech import Span
from lipready.reports.html.drawing import Bar, DrawnWave, bars, draw_line, draw_wave, marks, percent, span_of
from lipready.reports.report import Report

_LEAST_RANGE = 0.1
"""Of the distance of the eyes: what the drawing is high at least, so that a mouth that hardly moves looks so."""


@dataclass(frozen=True, slots=True)
class MouthFigure:
    """What is drawn of the speaker's mouth: waveforms by stretch, and faces in the result and its video by moment."""

    match: MouthMatch
    series: MouthSeries
    waves: tuple[Waveform, ...] = ()
    pairs: tuple[tuple[FaceCut, FaceCut | None], ...] = ()

    def shows(self, span: tuple[float, float | None] | None) -> bool:
        """Return whether a span of seconds is one of the stretches that are drawn."""
        return span in [(float(each.start), float(each.end)) for each in self.match.stretches]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnStretch:
    """One stretch as SVG: `now` and `before` are lines, `ticks` the places of the stills."""

    begin: float
    length: float
    text: str
    wave: DrawnWave | None
    wave_text: str
    spoken: tuple[Bar, ...]
    now: str
    before: str
    ticks: tuple[str, ...]
    ruler: tuple[tuple[str, str], ...]


def mouth_figure(report: Report, pictures: Pictures | None) -> MouthFigure | None:
    """Choose what is shown of the speaker's mouth; None where it was not followed."""
    result = report.facts.result
    mouth = None if result is None else result.mouth
    if not isinstance(mouth, MouthMatch) or mouth.series is None or not mouth.series.now:
        return None
    now, before = (pictures.files.get(role) if pictures is not None else None for role in ("result", "video"))
    then = {cut.time: cut for cut in (before.faces if before else ())}
    pairs = tuple((cut, then.get(cut.time)) for cut in (now.faces if now else ()))
    return MouthFigure(mouth, mouth.series, now.stretches if now else (), pairs)


def draw_stretches(figure: MouthFigure) -> Iterator[DrawnStretch]:
    """Draw each stretch that was followed, all to the same scale."""
    series, stretches = figure.series, figure.match.stretches
    low, high = range_of(figure)
    waves: Sequence[Waveform | None] = figure.waves or [None] * len(stretches)
    for stretch, wave in zip(stretches, waves, strict=True):
        begin, length = float(stretch.start), float(stretch.length)
        spoken = [
            (max(0.0, float(span.start) - begin), float(span.end) - begin)
            for span in series.speech
            if span.end > stretch.start and span.start < stretch.end
        ]
        now, before = (_within(each, stretch) for each in (series.now, series.before))

        def line(points: Sequence[tuple[float, float]], begin: float = begin, length: float = length) -> str:
            return draw_line([((time - begin) / length, value) for time, value in points], low, high)

        said = ", ".join(span_of(begin + start, min(begin + end, begin + length)) for start, end in spoken)
        yield DrawnStretch(
            begin=begin,
            length=length,
            text=f"Opening of the mouth, {span_of(begin, begin + length)}: {_in_words(now, 'in the result')}; "
            f"{_in_words(before, 'in the video')}",
            wave=draw_wave(wave, spoken, length) if wave is not None and wave.peaks else None,
            wave_text=f"Waveform: speech at {said}." if said else "Waveform: no speech is heard.",
            spoken=bars(spoken, length, "speech"),
            now=line(now),
            before=line(before),
            ticks=tuple(
                percent(float(cut.time - stretch.start) / length) for cut, _ in figure.pairs if _in(cut, stretch)
            ),
            ruler=marks(length, begin),
        )


def _in(cut: FaceCut, stretch: Span) -> bool:
    return stretch.start <= cut.time <= stretch.end


def range_of(figure: MouthFigure) -> tuple[float, float]:
    """Return how far the mouth is open where the drawing ends below and above, over the distance of the eyes."""
    values = [value for _, value in (*figure.series.now, *figure.series.before)]
    low, high = min(values), max(values)
    return low, max(high, low + _LEAST_RANGE)


def _within(openings: Sequence[Opening], stretch: Span) -> list[tuple[float, float]]:
    return sorted((float(time), value) for time, value in openings if stretch.start <= time <= stretch.end)


def _in_words(openings: Sequence[tuple[float, float]], where: str) -> str:
    if not openings:
        return f"{where} it was not followed"
    values = [value for _, value in openings]
    return f"{where} between {min(values):.2f} and {max(values):.2f} of the distance of the eyes"


def moved_in_words(figure: MouthFigure) -> str:
    """Write how much the mouth moves while somebody speaks, in the result and in the video."""
    now, before = figure.match.speaker.spoken, figure.match.speaker.before
    said = [
        f"by {value:.3f} in the {name}" for value, name in ((now, "result"), (before, "video")) if value is not None
    ]
    if not said:
        return ""
    how = "standard deviation from the mean of the second around, over the distance of the eyes"
    return f"While somebody speaks, its opening varies {' and '.join(said)} ({how})."
