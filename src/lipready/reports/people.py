"""The people of a clip, as a table and as `lipready.people/1`."""

import json
from collections.abc import Sequence
from typing import Any

from lipready.facts.file import FileFacts
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.people import Front, PeopleFacts, Person, appearances, background, picked
from lipready.facts.quantity import plural, stretch
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.reports.page import Page, plain
from lipready.reports.report import Report, report_to_dict
from lipready.reports.summary import summarize

BLURRED, SOFT = 30.0, 100.0
"""Variance of the Laplacian of the face at 128 × 128: below them it is called blurred, and soft."""

DARK, GLARING = 0.2, 0.85
"""Mean luma of the face, 0..1: below and above them it is called dark, and glaring."""

_MOST_TIMES = 3


def introductions(video: FileFacts, front: Front | None) -> dict[int, str]:
    """Name everybody by number: `person 1: 0:00–0:42, left, face 310 px (43%)`.

    `front` says who is in the background.
    """
    people, media = video.people, video.media
    if not isinstance(people, PeopleFacts) or not isinstance(media, VideoFacts):
        return {}
    behind = background(people, media.height, front)
    return {p.id: introduce(p, people, media) + "; in the background" * (p in behind) for p in people.people}


def introduce(person: Person, people: PeopleFacts, video: VideoFacts) -> str:
    """`person 1: 0:00–0:42, left, face 310 px (43%); the provider's own pick`."""
    words = [_listing(times_of(person, people, video)), place_of(person, video), face_size(person, video)]
    those = [each.id for each in picked(people)]
    pick = "" if person.id not in those else f"; {'perhaps ' if len(those) > 1 else ''}the provider's own pick"
    return f"person {person.id}: {', '.join(word for word in words if word)}{pick}"


def times_of(person: Person, people: PeopleFacts, video: VideoFacts) -> tuple[str, ...]:
    """`0:00–0:42` for each appearance; of more than three the first ones, and how many more there are."""
    end = None if isinstance(video.duration, Unmeasured) else video.duration.believed
    times = [stretch(*seen, end) for seen in appearances(person, people, end)]
    more = len(times) - _MOST_TIMES
    return tuple(times) if more <= 0 else (*times[:_MOST_TIMES], f"{more} more")


def place_of(person: Person, video: VideoFacts) -> str:
    """Return in which third of the picture the face usually is; empty where that is not known."""
    return person.position(video.width) or ""


def face_size(person: Person, video: VideoFacts) -> str:
    """`face 310 px (43%)`: the usual height of the face, in pixels and as a share of the frame's height."""
    height = person.face_height
    return "" if height is None else f"face {height:.0f} px ({height / max(1, video.height):.0%})"


def picture_of(person: Person) -> str:
    """Return in words how sharp and how bright the face usually is."""
    sharpness, light = person.typical("sharpness"), person.typical("light")
    sharp = "" if sharpness is None else "blurred" if sharpness < BLURRED else "soft" if sharpness < SOFT else "sharp"
    lit = "" if light is None else "dark" if light < DARK else "glaring" if light > GLARING else "well lit"
    return ", ".join(filter(None, (sharp, lit)))


def _listing(words: Sequence[str], before_last: str = "and") -> str:
    """Join words: `a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} {before_last} {last}" if most else last


SCHEMA = "lipready.people/1"
_HEADINGS = ("person", "seen", "share", "place", "face", "yaw", "frontal", "picture")
_FEW = 40


def as_text(file: FileFacts, page: Page, front: Front | None) -> str:
    """Write the table of everybody who is seen; `front` says who is in the background."""
    lines = [page.paint(plain(file.path), "strong"), *page.wrap(summarize(file, front), indent="  ")]
    people = file.people
    if isinstance(people, PeopleFacts) and isinstance(file.media, VideoFacts):
        behind = background(people, file.media.height, front)
        lines += ["", *_table(people, file.media, page), *_remarks(people, behind, page)]
    return page.finish(lines)


def as_json(file: FileFacts, front: Front | None) -> str:
    """Write one line; see `as_dict`."""
    return json.dumps(as_dict(file, front), allow_nan=False) + "\n"


def as_dict(file: FileFacts, front: Front | None) -> dict[str, Any]:
    """Return plain data; `people` is what a report says of the video's people."""
    request = RequestFacts(face_threshold=None, video_extension=False, callback=None)
    job = JobFacts(video=file, audio=None, reference=None, request=request)
    (plain_file,) = report_to_dict(Report(provider="", facts=job, findings=(), unchecked=(), front=front))["files"]
    facts: dict[str, Any] = plain_file["facts"]
    return {
        "schema": SCHEMA,
        "path": plain_file["path"],
        **{key: facts.get(key) for key in ("width", "height", "duration")},
        "people": facts["people"],
        "unmeasured": facts["unmeasured"].get("people"),
    }


def _table(people: PeopleFacts, video: VideoFacts, page: Page) -> list[str]:
    starred = frozenset(person.id for person in picked(people))
    rows: list[tuple[str, ...]] = [_HEADINGS]
    for person in people.people[:_FEW]:
        rows += _rows(person, people, video, starred=person.id in starred)
    if len(rows) == 1:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = ["  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [page.paint(lines[0], "dim"), *lines[1:]]


def _rows(person: Person, people: PeopleFacts, video: VideoFacts, *, starred: bool) -> list[tuple[str, ...]]:
    """One line for the person, with the first appearance, and one for each further appearance."""
    yaw = person.typical("yaw")
    first, *further = times_of(person, people, video)
    row = (
        f"{person.id} *" if starred else str(person.id),
        first,
        f"{person.share:.0%}",
        place_of(person, video),
        face_size(person, video).removeprefix("face "),
        "" if yaw is None else f"{round(yaw):+d}°" if round(yaw) else "0°",
        f"{person.frontal_share:.0%}",
        picture_of(person),
    )
    return [row, *(("", time, *[""] * (len(row) - 2)) for time in further)]


def _remarks(people: PeopleFacts, behind: Sequence[Person], page: Page) -> list[str]:
    remarks = []
    names = [f"person {person.id}" for person in picked(people)]
    if names:
        why = ": their faces are nearly equally large in the first frame that has one" if len(names) > 1 else ""
        remarks.append(f"* Without a reference image the provider would pick {_listing(names, 'or')}{why}.")
    if behind:
        who = _listing([str(person.id) for person in behind])
        remarks.append(
            f"In the background, too small or turned to be driven: person {who}. They are not counted, and can be "
            "chosen all the same."
        )
    if people.suggestion:
        remarks.append(people.suggestion)
    if people.at_least:
        remarks.append("There are so many people that this is a lower bound.")
    elif people.fewest != people.most:
        remarks.append(
            f"Who is the same person could not be decided everywhere: there are {people.how_many}, and one number may "
            "stand for more than one of them. Look at them with --sheet people.jpg."
        )
    more = len(people.people) - _FEW
    if more > 0:
        remarks.append(f"{more} more {plural(more, 'is')} not listed.")
    unknown = [str(person.id) for person in people.people if isinstance(person.descriptor, Unmeasured)]
    if unknown and len(people.people) > 1:
        remarks.append(f"Too small, turned or blurred to be told from others: person {', '.join(unknown)}.")
    return [line for remark in remarks for line in ["", *page.wrap(remark, indent="  ", hanging="  ")]]
