"""What a page shows of a result beside its video: the speaker's face at the same moments, and the sound."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from lipready.facts.file import FileFacts
from lipready.facts.people import Box, Look
from lipready.facts.pictures import FaceCut, FilePictures, Pictures, Waveform
from lipready.facts.result import MouthMatch, Opening
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.frames import LONG_EDGE
from lipready.probe.decoding.pictures import face_of, jpeg_of
from lipready.probe.decoding.stretch import decode_moments
from lipready.speech.channels import RATE
from lipready.speech.listen import peaks_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOMENTS = 6
"""Moments at which the speaker's face stands beside that of the video."""

SIDE = 240
"""Pixels of a picture of a face."""


def keep_mouths(
    pictures: Pictures, result: FileFacts, source: FileFacts, mouth: MouthMatch, sound: "NDArray[np.float32]"
) -> None:
    """Keep the speaker's face in a result and its video, and the waveforms of the stretches that were followed.

    `sound` is that of the result, in one channel at 16 kHz. Raises ProbeError where a file cannot be opened as video.
    """
    series = mouth.series
    if series is None or not series.looks or pictures.small:
        return
    moments = moments_of(series.now)
    parts = [sound[round(span.start * RATE) : round(span.end * RATE)] for span in mouth.stretches]
    waves = tuple(Waveform(peaks_of(part, pictures.parts)) for part in parts)
    kept = pictures.files.get("result", FilePictures())
    pictures.files["result"] = replace(kept, faces=_faces(result, moments, series.looks, 1.0), stretches=waves)
    scale = _width(source) / max(1, _width(result))
    pictures.files["video"] = FilePictures(faces=_faces(source, moments, series.looks, scale))


def moments_of(openings: Sequence[Opening]) -> tuple[Fraction, ...]:
    """Return of each part of what was followed when the mouth is widest open, and when it is most closed, in turn."""
    rising = sorted(openings)
    edges = [len(rising) * number // MOMENTS for number in range(MOMENTS + 1)]
    parts = [rising[begin:end] for begin, end in pairwise(edges) if begin < end]
    return tuple((min if number % 2 else max)(part, key=_opening)[0] for number, part in enumerate(parts))


def _opening(each: Opening) -> float:
    return each[1]


def _width(file: FileFacts) -> int:
    return file.media.width if isinstance(file.media, VideoFacts) else 0


def _faces(file: FileFacts, moments: Sequence[Fraction], looks: Sequence[Look], scale: float) -> tuple[FaceCut, ...]:
    """Cut the face out at each moment, where the look at it that is nearest in time has it; `scale` is of its box."""
    if not isinstance(file.media, VideoFacts):
        return ()
    cuts = []
    for frame in decode_moments(file.at, file.media, moments, LONG_EDGE):
        moment = min(moments, key=lambda moment, shown=frame.time: abs(moment - shown))  # type: ignore[misc]
        box = min(looks, key=lambda look, wanted=moment: abs(look.time - wanted)).box  # type: ignore[misc]
        place = Box(*(round(scale * edge) for edge in (box.left, box.top, box.width, box.height)))
        cuts.append(FaceCut(moment, box, jpeg_of(face_of(frame.image, place, frame.scale, SIDE))))
    return tuple(cuts)
