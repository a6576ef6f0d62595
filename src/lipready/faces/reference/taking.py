"""Take the reference image of a clip that passes the provider's rules, and write it."""

from pathlib import Path

from lipready.errors import FixError
from lipready.faces.people import people_in_image
from lipready.faces.reference.bounds import bounds_of
from lipready.faces.reference.cutting import ReferenceFrame
from lipready.faces.reference.reference import find_reference
from lipready.facts.file import FileFacts
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.people import PeopleFacts
from lipready.facts.video import VideoFacts
from lipready.probe.source import examine
from lipready.profiles.limit import Profile
from lipready.repair.aims import most_bytes
from lipready.repair.image.edit import write_frame
from lipready.rules.judge import judge

IMAGE_RULES = ("I",)


def take_reference(file: FileFacts, person: int | None, profile: Profile, output: Path) -> ReferenceFrame:
    """Write the best frame of one person as JPEG to `output`, such that no image rule finds fault with it.

    `file` is a video whose people are measured. Every candidate is written and judged as it was written, so that what
    passes is the file itself; the next best follows where one does not.

    Raises FixError where the video cannot be looked at, where it shows nobody or several people and none is named, or
    where no frame is good enough.
    """
    if file.problem is not None or not isinstance(file.media, VideoFacts):
        raise FixError(f"{file.path} {file.problem or 'is no video'}; no reference image can be taken from it.")
    if not isinstance(file.people, PeopleFacts):
        raise FixError(f"{file.path}: {file.people.reason}; no reference image can be taken from it.")
    most = most_bytes(profile, "I602")

    def objection(frame: ReferenceFrame) -> str | None:
        write_frame(frame.image, None if most is None else int(most), output)
        return _objection(output, profile)

    return find_reference(file.path, file.media, file.people, person, bounds=bounds_of(profile), judge=objection)


def _objection(picture: Path, profile: Profile) -> str | None:
    """Say what the image rules find in a picture; None where that is nothing."""
    facts = examine(str(picture), "reference", quick=False)
    if facts.problem is None:
        facts = _with_people(facts, picture)
    request = RequestFacts(face_threshold=None, video_extension=False, callback=None)
    job = JobFacts(video=None, audio=None, reference=facts, request=request)
    findings, _ = judge(job, profile, only=IMAGE_RULES)
    found = [f"{f.rule} {f.name}: {f.measured}" for f in findings if f.severity != "info"]
    return "; ".join(found) or None


def _with_people(facts: FileFacts, picture: Path) -> FileFacts:
    from dataclasses import replace

    return replace(facts, people=people_in_image(str(picture)))
