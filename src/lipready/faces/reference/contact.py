"""The contact sheet of a clip, as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING

from lipready.errors import FixError, ProbeError
from lipready.faces.reference.moments import rows_of
from lipready.facts.file import FileFacts
from lipready.facts.people import PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.reports.sheet import draw_sheet

if TYPE_CHECKING:
    from PIL.Image import Image


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
