"""The contact sheet of a clip, as a picture."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from lipready.errors import FixError, ProbeError
from lipready.faces.detection.geometry import Area
from lipready.faces.detection.views import cut
from lipready.faces.reference.ranking import promise
from lipready.facts.file import FileFacts
from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.frames import Frame
from lipready.probe.decoding.stretch import decode_moments
from lipready.reports.sheet import BEST_SIDE, MOMENTS, Moment, Row, draw_sheet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

LONG_EDGE = 1920
"""Pixels: frames are shrunk to this; the faces of the sheet are small."""

AROUND = 2.2
"""A face is shown in a square of so many times its height: with hair and shoulders."""

MOST_ROWS = 12
"""People beyond these are counted by the table, not drawn."""


def rows_of(path: str, video: VideoFacts, people: PeopleFacts) -> tuple[Row, ...]:
    """Decode what the sheet shows of each person, in one pass; a moment that does not decode is left out.

    Raises ProbeError where nothing at all can be decoded.
    """
    wanted = {person.id: (_best(person), *_spread(person)) for person in people.people[:MOST_ROWS]}
    looks = [(number, place, look) for number, chosen in wanted.items() for place, look in enumerate(chosen)]
    pictures = dict(_pictures(path, video, looks))
    rows = tuple(_row(person, wanted[person.id], pictures) for person in people.people[:MOST_ROWS])
    if people.people and not pictures:
        raise ProbeError("has no frame that can be decoded again")
    return rows


def _row(person: Person, looks: Sequence[Look], pictures: "dict[tuple[int, int], NDArray[np.uint8]]") -> Row:
    moments = [
        Moment(look.time, pictures[person.id, place])
        for place, look in enumerate(looks)
        if place > 0 and (person.id, place) in pictures
    ]
    return Row(person, pictures.get((person.id, 0)), tuple(moments))


def _best(person: Person) -> Look:
    return max(person.looks, key=promise)


def _spread(person: Person) -> list[Look]:
    """Pick looks at even distances between the first and the last one."""
    looks = person.looks
    count = min(MOMENTS, len(looks))
    if count == 1:
        return [looks[0]]
    return [looks[round(number * (len(looks) - 1) / (count - 1))] for number in range(count)]


def _pictures(
    path: str, video: VideoFacts, looks: Sequence[tuple[int, int, Look]]
) -> "Iterator[tuple[tuple[int, int], NDArray[np.uint8]]]":
    """Cut the squares out of the frames; sampled frames may differ from the exact ones by less than half a sample."""
    times = sorted({look.time for _, _, look in looks})
    for time, frame in _frames(path, video, times):
        for number, place, look in looks:
            if look.time == time:
                yield (number, place), cut(frame.image, _square(look.box, frame), BEST_SIDE)


def _frames(path: str, video: VideoFacts, times: Sequence[Fraction]) -> Iterator[tuple[Fraction, Frame]]:
    for frame in decode_moments(path, video, times, LONG_EDGE):
        yield min(times, key=lambda time: abs(time - frame.time)), frame


def _square(box: Box, frame: Frame) -> Area:
    """Frame a face in pixels of the shrunk frame, inside it as far as that goes."""
    height, width = frame.image.shape[:2]
    side = min(AROUND * max(box.width, box.height) / frame.scale, float(min(width, height)))
    left = (box.left + box.width / 2) / frame.scale - side / 2
    top = (box.top + box.height * 0.55) / frame.scale - side / 2
    return Area(max(0.0, min(width - side, left)), max(0.0, min(height - side, top)), side, side)


def contact_sheet(file: FileFacts) -> "Image":
    """Draw one row for each person of a video whose people are measured: number, best face, moments, timeline.

    Raises FixError where the video shows nobody, or cannot be looked at.
    """
    if not isinstance(file.media, VideoFacts) or not isinstance(file.people, PeopleFacts) or not file.people.people:
        raise FixError(f"{file.path} shows no face that a contact sheet could be made of.")
    video, people = file.media, file.people
    try:
        rows = rows_of(file.path, video, people)
    except ProbeError as error:
        raise FixError(f"{file.path} {error}.") from error
    last = max(person.last for person in people.people)
    length = last if isinstance(video.duration, Unmeasured) else max(last, video.duration.believed)
    return draw_sheet(Path(file.path).name, video, people, rows, length)
