"""Rules about who is seen in the video."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction

from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding, Fix, Reading, Where
from lipready.facts.job import JobFacts
from lipready.facts.people import Front, Match, PeopleFacts, Person, appearances, background, picked
from lipready.facts.quantity import clock, counted, number, stretch
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.profiles.limit import Limit
from lipready.rules.bounds import FROM_THE_CLIP
from lipready.rules.examples import job, people, with_file
from lipready.rules.readings import Readings, with_readings
from lipready.rules.rule import Verdicts, about, rule
from lipready.rules.subjects import finding, of_file
from lipready.rules.target import written
from lipready.rules.wording import listing, name_of

# More people than that, and more of their times, are counted, not named one by one.
_MOST_NAMED = 6
_MOST_TIMES = 3


@rule(
    "P301",
    needs="pixels",
    valid=lambda: (with_file("video", people=people(100, 400)),),
    invalid=lambda: (with_file("video", people=people()),),
)
@of_file("video", lambda file: file.people)
def face_absent(file: FileFacts, people: PeopleFacts, limit: Limit) -> Verdicts:
    """Check that the video shows a face at all.

    What it checks
        Whether any of the sampled frames shows a human face.

    Why it matters
        Without a face there is no mouth to move: the job fails, or the clip comes back as it was and is billed.

    What the provider says
        EvoLink: the video must hold a face, else the task fails. DashScope: where nobody is seen the picture is kept
        as it is and the sound plays on.

    How to repair
        Take another clip. A face that is small, turned away or lying on its side may not be seen: look at V201 first.
    """
    if people.count:
        return
    looked, turned, upright = counted(len(people.samples), "frame"), people.turned, ""
    advice = "Take a clip that shows the speaker from the front."
    if turned is not None:
        upright, advice = "upright ", f"A face lies on its side in it: turn the clip by {turned}° clockwise first."
    message = f"No {upright}face was found in {name_of(file)} ({looked} looked at): there is no mouth to move. {advice}"
    yield finding(limit, file, message, measured="no face", allowed="≥ 1 face")


def _find(facts: JobFacts) -> tuple[FileFacts, PeopleFacts] | Unmeasured | None:
    """Return the people of a video that has no reference image."""
    video = facts.video
    if video is None or facts.reference is not None:
        return None
    return video.people if isinstance(video.people, Unmeasured) else (video, video.people)


def _several(video: FileFacts, seen: PeopleFacts, limit: Limit) -> Readings:
    # What says "at least" says no number that another could be held against.
    return () if seen.at_least else (Reading("people", Fraction(_in_front(seen, video, limit)[0].most), "smaller"),)


@rule(
    "P302",
    needs="pixels",
    valid=lambda: (job(reference=None), with_file("video", people=people(50, 400))),
    invalid=lambda: tuple(
        replace(with_file("video", people=replace(people(50, 400), **changes)), reference=None, match=None)
        for changes in ({}, {"count_low": 1, "count_high": 2}, {"at_least": True})
    ),
)
@about(_find)
@with_readings(_several)
def several_people(video: FileFacts, seen: PeopleFacts, limit: Limit) -> Verdicts:
    """Check that it is clear who is to speak.

    What it checks
        Whether more than one person is seen while the job has no reference image. Says who is there, when and where,
        and whom the provider would pick by itself. Where it is uncertain whether two faces are one person, the number
        is given as "1 or 2 people", and that is never more than a warning. Faces in the background do not count: those
        that are under `least_share` of the picture's height, or turned by more than `yaw` degrees, whenever they are
        seen, and whom the provider would not pick all the same. They are told of as information. Where the video has
        sound and one mouth clearly moves with it, that person is suggested; who speaks in the result is still yours
        to say.

    Why it matters
        Only one person's mouth is replaced. Without a reference image the provider takes the largest face in the
        first frame that has one, which need not be the speaker; of faces that are nearly equally large it may take
        any.

    What the provider says
        EvoLink: with several faces `ref_image_url` must be given. DashScope refuses nothing: without a reference image
        the largest face in the first frame with a face is taken.

    How to repair
        Hand in a picture of the speaker, or let `prepare --person N` make one from the clip. `lipready people` shows
        who has which number.
    """
    seen, behind = _in_front(seen, video, limit)
    if seen.most <= 1:
        if behind:
            yield _in_the_background(limit, video, seen, behind)
        return
    fix = Fix("choose-person", "editorial", "Name the speaker to `prepare` by number, or hand in a reference image.")
    named = "; ".join(_describe(person, seen, video) for person in seen.people[:_MOST_NAMED])
    more = "; and others" if len(seen.people) > _MOST_NAMED else ""
    who = f": {named}{more}" if named else ""
    yield finding(
        limit,
        video,
        f"{_how_many(seen, name_of(video))}{who}.{_picked(seen)}{_suggested(seen)} {fix.text}",
        measured=f"{seen.how_many}, no reference image",
        allowed="1 person, or a reference image",
        severity=None if seen.fewest > 1 else "warning",
        where=_second(seen),
        fix=fix,
    )


def _in_front(seen: PeopleFacts, video: FileFacts, limit: Limit) -> tuple[PeopleFacts, int]:
    """Take away who is in the background, and count at least as many people as show their faces in one frame."""
    media = video.media if isinstance(video.media, VideoFacts) else None
    front_from = Front(limit.bands["least_share"], limit.bands["yaw"])
    behind = () if media is None else background(seen, media.height, front_from)
    if behind:
        front = tuple(person for person in seen.people if person not in behind)
        together = Counter(look.time for person in front for look in person.looks)
        fewest, most = max(seen.fewest - len(behind), 1), max(seen.most - len(behind), 1)
        seen = replace(
            seen, people=front, most_in_one_frame=max(together.values(), default=1), count_low=fewest, count_high=most
        )
    low = max(seen.fewest, seen.most_in_one_frame)
    return replace(seen, count_low=low, count_high=max(seen.most, low)), len(behind)


def _in_the_background(limit: Limit, video: FileFacts, seen: PeopleFacts, behind: int) -> Finding:
    faces = f"{counted(behind, 'more face')} in the background"
    return finding(
        limit,
        video,
        f"{seen.how_many} is seen in {name_of(video)}; {faces}, too small or turned to be driven.",
        measured=f"{seen.how_many}, {faces}",
        allowed="1 person, or a reference image",
        severity="info",
    )


def _how_many(seen: PeopleFacts, name: str) -> str:
    if seen.fewest > 1:
        return f"{seen.how_many} are seen in {name} and no reference image says who speaks"
    return (
        f"It is uncertain whether {seen.how_many} are seen in {name}: their faces alone do not tell for sure, and no "
        "reference image says who speaks"
    )


def _picked(seen: PeopleFacts) -> str:
    """Return whom the provider takes, and why; no more surely than noisy boxes allow."""
    those = picked(seen)
    if not those or not those[0].looks:
        whom = "" if seen.default_person is None else f"person {seen.default_person}, "
        return f" The provider would pick {whom}the largest face in the first frame that has one."
    names = listing((f"person {person.id}" for person in those), "or")
    look = those[0].looks[0]
    where = f"in the first frame that has one, at {clock(look.time, 1)}"
    if len(those) > 1:
        return f" The provider would pick {names}, whose faces are nearly equally large {where}."
    return f" The provider would pick {names}, the largest face ({look.box.height} px high) {where}."


def _suggested(seen: PeopleFacts) -> str:
    return f" {seen.suggestion}" if seen.suggestion else ""


def _describe(person: Person, seen: PeopleFacts, video: FileFacts) -> str:
    """`person 1: 0:00–0:42, left`, in whole seconds, the begun ones included."""
    media = video.media if isinstance(video.media, VideoFacts) else None
    length = None if media is None or isinstance(media.duration, Unmeasured) else media.duration.believed
    spans = appearances(person, seen, length)
    times = [stretch(start, end, length) for start, end in spans]
    more = [counted(len(times) - _MOST_TIMES, "time") + " more"] if len(times) > _MOST_TIMES else []
    where = None if media is None else person.position(media.width)
    when = listing([*times[:_MOST_TIMES], *more], "and")
    return f"person {person.id}: {when}" + (f", {where}" if where else "")


def _second(seen: PeopleFacts) -> Where | None:
    """Return when, and where, a second person is first seen."""
    later = sorted(seen.people, key=lambda person: person.first)[1:2]
    return next((Where(p.first, p.last, p.looks[0].box if p.looks else None) for p in later), None)


@rule(
    "P307",
    subject="reference",
    needs="pixels",
    valid=lambda: (job(reference=None), job(match=Match("same", 1, 0.5))),
    invalid=lambda: (job(match=Match("different", 1, 0.6)), job(match=Match("uncertain", 1, 0.55))),
)
def reference_not_in_video(facts: JobFacts, limit: Limit) -> Verdicts:
    """Check that the video shows the person of the reference image.

    What it checks
        The face of the image against everybody in the video, by the distance between their descriptors (dlib's face
        recognition network). Up to 0.5 is the same person, from 0.6 on another; between them, or where the faces are
        too small, blurred or turned, it is uncertain, and that is a warning.

    Why it matters
        A job with a face that is not in the video fails; with a similar one the wrong person speaks.

    What the provider says
        DashScope: InvalidFile.FaceNotMatch (also spelt FaceNotMach). EvoLink: the error "未找到匹配人脸", without a
        code. How alike the faces must be is set with `query_face_threshold` (see R701).

    How to repair
        Hand in a picture of somebody who is in the video, or let `prepare --person N` make one from the clip. Where
        the picture shows the right person and is not matched all the same, a slightly lower face threshold helps (140);
        where the wrong face moved, a higher one (190).
    """
    image, video, match = facts.reference, facts.video, facts.match
    if image is None or video is None:
        return
    if not isinstance(match, Match):
        yield match or Unmeasured("the reference image was not compared with the people of the video")
        return
    if match.alike == "same":
        return
    distance = written(match.distance)
    far = "unknown" if distance is None else number(distance, (Fraction(1, 2), Fraction(3, 5)))
    seen = video.people
    nearest = f"person {match.person}"
    if isinstance(seen, PeopleFacts) and (person := seen.person(match.person)) is not None:
        nearest = _describe(person, seen, video).replace(": ", " (", 1) + ")"
    surely = match.alike == "different"
    verdict = "does not appear" if surely else "may or may not appear"
    yield finding(
        limit,
        image,
        f"The person of {name_of(image)} {verdict} in {name_of(video)}: the nearest is {nearest}, at a distance of "
        f"{far} (up to 0.5 is the same person, from 0.6 on another). {FROM_THE_CLIP.text}",
        measured=f"{match.alike}, nearest is person {match.person} at {far}",
        allowed="the person of the image is seen in the video",
        severity=None if surely else "warning",
        fix=FROM_THE_CLIP,
    )
