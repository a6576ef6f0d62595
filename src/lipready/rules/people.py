"""Rules about who is seen in the video."""

from fractions import Fraction
from statistics import fmean

from lipready.facts.file import FileFacts
from lipready.facts.finding import Fix, Where
from lipready.facts.job import JobFacts
from lipready.facts.people import PeopleFacts, Person
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.profiles.limit import Limit
from lipready.rules.bounds import outside
from lipready.rules.rule import Rule, Verdicts
from lipready.rules.samples import job, people, with_file
from lipready.rules.subjects import finding
from lipready.rules.wording import name_of

# More people than that are counted, not named one by one.
_MOST_NAMED = 6


def face_absent(facts: JobFacts, limit: Limit) -> Verdicts:
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
    video = facts.video
    if video is None:
        return
    if isinstance(video.people, Unmeasured):
        yield video.people
    elif video.people.count == 0:
        looked = len(video.people.samples)
        yield finding(
            limit,
            video,
            outside(limit),
            f"No face was found in {name_of(video)} ({looked} frames looked at): there is no mouth to move. "
            "Take a clip that shows the speaker from the front.",
            measured="no face",
            allowed="≥ 1 face",
        )


def several_people(facts: JobFacts, limit: Limit) -> Verdicts:
    """Check that it is clear who is to speak.

    What it checks
        Whether more than one person is seen while the job has no reference image. Says who is there, when and where,
        and whom the provider would pick by itself.

    Why it matters
        Only one person's mouth is replaced. Without a reference image the provider takes the largest face in the
        first frame that has one, which need not be the speaker.

    What the provider says
        EvoLink: with several faces `ref_image_url` must be given. DashScope: else the largest face in the first frame
        with a face is taken.

    How to repair
        Hand in a picture of the speaker, or let `prepare --person N` make one from the clip.
    """
    video = facts.video
    if video is None or facts.reference is not None:
        return
    seen = video.people
    if isinstance(seen, Unmeasured):
        yield seen
        return
    most = max(seen.count, seen.most_in_one_frame)
    if most <= 1:
        return
    fix = Fix("choose-person", "editorial", "Name the speaker with --person N, or hand in a reference image.")
    named = "; ".join(_describe(person, video) for person in seen.people[:_MOST_NAMED])
    more = "; and others" if len(seen.people) > _MOST_NAMED else ""
    picked = f" The provider would pick person {seen.default_person}." if seen.default_person is not None else ""
    yield finding(
        limit,
        video,
        outside(limit),
        f"{most} people are seen in {name_of(video)} and no reference image says who speaks: {named}{more}.{picked} "
        f"{fix.text}",
        measured=f"{most} people, no reference image",
        allowed="1 person, or a reference image",
        where=_first_together(seen),
        fix=fix,
    )


def _describe(person: Person, video: FileFacts) -> str:
    span = f"{_clock(person.first)}–{_clock(person.last)}"
    return f"person {person.id}: {span}{_place(person, video)}"


def _place(person: Person, video: FileFacts) -> str:
    if not isinstance(video.media, VideoFacts) or video.media.width <= 0 or not person.looks:
        return ""
    middle = fmean(look.box.left + look.box.width / 2 for look in person.looks) / video.media.width
    return ", left" if middle < 1 / 3 else (", right" if middle > 2 / 3 else ", centre")


def _clock(time: Fraction) -> str:
    """Write a time as minutes and seconds: 0:42."""
    minutes, rest = divmod(int(time), 60)
    return f"{minutes}:{rest:02d}"


def _first_together(seen: PeopleFacts) -> Where | None:
    """Find when a second person is first seen."""
    starts = sorted(person.first for person in seen.people)
    return Where(start=starts[1]) if len(starts) > 1 else None


FACE_ABSENT = Rule(
    id="P301",
    name="face-absent",
    subject="video",
    needs="pixels",
    judge=face_absent,
    valid=lambda: (job(), with_file("video", people=people(100, 400))),
    invalid=lambda: (with_file("video", people=people()),),
)
SEVERAL_PEOPLE = Rule(
    id="P302",
    name="several-people",
    subject="video",
    needs="pixels",
    judge=several_people,
    valid=lambda: (job(reference=None), with_file("video", people=people(50, 400))),
    invalid=lambda: (job(video=with_file("video", people=people(50, 400)).video, reference=None),),
)
