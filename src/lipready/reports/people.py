"""The people of a clip, as a table and as `lipready.people/1`."""

import json
from fractions import Fraction
from typing import Any

from lipready.facts.file import FileFacts
from lipready.facts.job import JobFacts
from lipready.facts.people import PeopleFacts, Person
from lipready.facts.report import Report
from lipready.facts.request import RequestFacts
from lipready.facts.serial import report_to_dict
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.reports.page import Page, plain
from lipready.reports.summary import summarize

SCHEMA = "lipready.people/1"
BLURRED, SOFT = 30.0, 100.0
"""Variance of the Laplacian of the face at 128 × 128: below them it is called blurred, and soft."""

DARK, GLARING = 0.2, 0.85
"""Mean luma of the face, 0..1: below and above them it is called dark, and glaring."""

_HEADINGS = ("person", "seen", "share", "place", "face", "yaw", "frontal", "picture")
_FEW = 40


def as_text(file: FileFacts, page: Page) -> str:
    """Write the table of everybody who is seen."""
    lines = [page.paint(plain(file.path), "strong"), *page.wrap(summarize(file), indent="  ")]
    people = file.people
    if isinstance(people, PeopleFacts) and isinstance(file.media, VideoFacts):
        lines += ["", *_table(people, file.media, page), *_remarks(people, page)]
    return page.finish(lines)


def as_json(file: FileFacts) -> str:
    """Write one line; `people` is what a report says of the video's people."""
    request = RequestFacts(face_threshold=None, video_extension=False, callback=None)
    job = JobFacts(video=file, audio=None, reference=None, request=request)
    (plain_file,) = report_to_dict(Report(provider="", facts=job, findings=(), unchecked=()))["files"]
    facts: dict[str, Any] = plain_file["facts"]
    content = {
        "schema": SCHEMA,
        "path": plain_file["path"],
        **{key: facts.get(key) for key in ("width", "height", "duration")},
        "people": facts["people"],
        "unmeasured": facts["unmeasured"].get("people"),
    }
    return json.dumps(content, allow_nan=False) + "\n"


def introduce(person: Person, video: VideoFacts) -> str:
    """`person 1: 0:00–0:42, left, face 310 px (43 %)`."""
    words = [span_of(person), place_of(person, video), face_size(person, video)]
    return f"person {person.id}: {', '.join(word for word in words if word)}"


def span_of(person: Person) -> str:
    """`0:00–0:42`: when the person is seen first and last."""
    return f"{clock(person.first)}–{clock(person.last)}"


def place_of(person: Person, video: VideoFacts) -> str:
    """Tell in which third of the picture the face usually is; empty where that is not known."""
    return person.position(video.width) or ""


def face_size(person: Person, video: VideoFacts) -> str:
    """`face 310 px (43 %)`: the usual height of the face, in pixels and as a share of the frame's height."""
    height = person.face_height
    return "" if height is None else f"face {height:.0f} px ({height / max(1, video.height):.0%})"


def picture_of(person: Person) -> str:
    """Say in words how sharp and how bright the face usually is."""
    sharpness, light = person.typical("sharpness"), person.typical("light")
    words = []
    if sharpness is not None:
        words.append("blurred" if sharpness < BLURRED else "soft" if sharpness < SOFT else "sharp")
    if light is not None:
        words.append("dark" if light < DARK else "glaring" if light > GLARING else "well lit")
    return ", ".join(words)


def clock(time: Fraction) -> str:
    """Write a time as minutes and seconds: 0:42."""
    minutes, rest = divmod(int(time), 60)
    return f"{minutes}:{rest:02d}"


def _table(people: PeopleFacts, video: VideoFacts, page: Page) -> list[str]:
    rows = [_HEADINGS, *(_cells(person, people, video) for person in people.people[:_FEW])]
    if len(rows) == 1:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = ["  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [page.paint(lines[0], "dim"), *lines[1:]]


def _cells(person: Person, people: PeopleFacts, video: VideoFacts) -> tuple[str, ...]:
    yaw = person.typical("yaw")
    return (
        f"{person.id} *" if person.id == people.default_person else str(person.id),
        span_of(person),
        f"{person.share:.0%}",
        place_of(person, video),
        face_size(person, video).removeprefix("face "),
        "" if yaw is None else f"{yaw:+.0f}°",
        f"{person.frontal_share:.0%}",
        picture_of(person),
    )


def _remarks(people: PeopleFacts, page: Page) -> list[str]:
    remarks = []
    if people.default_person is not None:
        remarks.append(f"* Without a reference image the provider would pick person {people.default_person}.")
    if people.at_least:
        remarks.append("There are so many people that this is a lower bound.")
    elif people.fewest != people.most:
        remarks.append(
            f"Who is the same person could not be decided everywhere: there are {people.how_many}, and one number may "
            "stand for more than one of them. Look at them with --sheet people.jpg."
        )
    if len(people.people) > _FEW:
        remarks.append(f"{len(people.people) - _FEW} more are not listed.")
    if any(isinstance(person.descriptor, Unmeasured) for person in people.people) and len(people.people) > 1:
        unknown = [str(p.id) for p in people.people if isinstance(p.descriptor, Unmeasured)]
        remarks.append(f"Too small, turned or blurred to be told from others: person {', '.join(unknown)}.")
    return [line for remark in remarks for line in ["", *page.wrap(remark, indent="  ", hanging="  ")]]
