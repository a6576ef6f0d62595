"""Facts of a job that every rule accepts, and ways to change one thing of it: what examples and tests are made of."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal

from lipready.facts.address import AddressFacts, Fetched, Problem, Trouble
from lipready.facts.audio import UNHEARD_TRACK, AudioFacts, AudioTrack
from lipready.facts.file import FileFacts, ImageFacts, LfsPointer, Role
from lipready.facts.job import CallbackFacts, JobFacts, RequestFacts
from lipready.facts.people import Box, Look, Match, PeopleFacts, Person
from lipready.facts.result import MouthMatch, MouthMovement, PictureMatch, ResultFacts, SoundMatch, Surroundings
from lipready.facts.speech import Clipping, Level, SignalToNoise, Span, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate, SoundTrack, Stillness, VideoFacts

_UNREAD = Unmeasured("the file could not be read")


def seconds(believed: Fraction | float | str, **readings: Fraction | None) -> Duration:
    """Make a duration whose readings all agree, but for the ones that are given."""
    exact = Fraction(believed)
    agreed: dict[str, Fraction | None] = {"container": exact, "stream": exact, "packets": exact, **readings}
    return Duration(**agreed, believed=exact, source="packets")


def rate(
    nominal: Fraction | float | str,
    lowest: Fraction | float | str | None = None,
    highest: Fraction | float | str | None = None,
) -> FrameRate:
    """Make a frame rate: constant where only the nominal one is given."""
    exact = Fraction(nominal)
    ends = (exact if lowest is None else Fraction(lowest), exact if highest is None else Fraction(highest))
    return FrameRate(exact, *ends, variable=ends != (exact, exact))


def video_facts(**changes: Any) -> VideoFacts:
    """Make the facts of a plain 10 s clip of 720 x 1280 pixels at 25 fps, with changes."""
    sizes = {"width": changes.get("coded_width", 720), "height": changes.get("coded_height", 1280)}
    plain: dict[str, Any] = {
        "codec": "h264",
        "profile": "High",
        "pixel_format": "yuv420p",
        "bit_depth": 8,
        "chroma": "4:2:0",
        "coded_width": sizes["width"],
        "coded_height": sizes["height"],
        **sizes,
        "rotation": 0,
        "mirrored": False,
        "sample_aspect_ratio": Fraction(1),
        "frame_rate": rate(25),
        "frames": 250,
        "duration": seconds(10),
        "start": Fraction(0),
        "edit_list": False,
        "key_frames": (Fraction(0),),
        "interlaced": False,
        "transfer": "bt709",
        "sound_tracks": (SoundTrack("aac", 48000, 2),),
        "other_streams": 0,
        "truncated": False,
        "faststart": True,
        "stillness": Stillness(black=0.0, frozen=0.0),
    }
    return VideoFacts(**{**plain, **changes})


def audio_facts(**changes: Any) -> AudioFacts:
    """Make the facts of 10 s of PCM, with changes."""
    plain: dict[str, Any] = {
        "codec": "pcm_s16le",
        "sample_rate": 48000,
        "channels": 1,
        "duration": seconds(10),
        "cover": False,
        "truncated": False,
    }
    return AudioFacts(**{**plain, **changes})


def audio_tracks(*heard: Literal["speech", "silence", "unheard"]) -> tuple[AudioTrack, ...]:
    """Make tracks of 10 s of PCM by what is heard in each."""
    return tuple(
        AudioTrack(
            number=number,
            stream_index=number - 1,
            codec="pcm_s16le",
            sample_rate=48000,
            channels=1,
            language=None,
            title=None,
            duration=Fraction(10),
            default=number == 1,
            speaks=UNHEARD_TRACK if each == "unheard" else each == "speech",
        )
        for number, each in enumerate(heard, start=1)
    )


def spans(*ends: tuple[Fraction | float | str, Fraction | float | str]) -> tuple[Span, ...]:
    """Make stretches from pairs of begin and end, in seconds."""
    return tuple(Span(Fraction(start), Fraction(end)) for start, end in ends)


def speech_facts(length: Fraction | float | str = 10, **changes: Any) -> SpeechFacts:
    """Make the facts of a good recording in which somebody speaks, but for a moment at both ends, with changes."""
    whole = Fraction(length)
    edge = whole / 50
    plain: dict[str, Any] = {
        "length": whole,
        "loudness": -20.0,
        "true_peak": -2.0,
        "peak": -2.1,
        "clipping": Clipping(0, 0.0, None),
        "speech": spans((edge, whole - edge)),
        "silences": (),
        "noise": SignalToNoise(40.0, 45.0, gated=False),
        "background": "silence",
        "bandwidth": 9000.0,
        "channel_fault": None,
        "dc_offsets": (0.0001,),
        "levels": tuple(Level(-60.0 if part in {0, 49} else -20.0, part not in {0, 49}) for part in range(50)),
    }
    return SpeechFacts(**{**plain, **changes})


def image_facts(**changes: Any) -> ImageFacts:
    """Make the facts of an upright JPEG of 800 x 1000 pixels, with changes."""
    sizes = {"stored_width": changes.get("width", 800), "stored_height": changes.get("height", 1000)}
    plain: dict[str, Any] = {"width": 800, "height": 1000, **sizes, "orientation": 1, "mode": "RGB", "frames": 1}
    return ImageFacts(**{**plain, **changes})


def look(time: Fraction, left: int = 210, size: int = 300, **changes: Any) -> Look:
    """Make a look at a face that is seen well from the front, with changes; `height` sets that of its box alone."""
    box = Box(left, 200, size, changes.pop("height", size))
    plain: dict[str, Any] = {"score": 0.9, "yaw": 0.0, "pitch": 0.0, "roll": 0.0, "eye_distance": 0.4 * size}
    return Look(time, box, **{**plain, "sharpness": 300.0, "light": 0.5, "cut": False, "mouth_cover": 0.1, **changes})


def person(number: int, left: int, size: int = 300, share: float = 1.0) -> Person:
    """Make a person who is seen at 0 s and at 9.5 s, with the left edge of the face at `left`."""
    looks = tuple(look(time, left, size) for time in (Fraction(0), Fraction(19, 2)))
    return Person(number, looks[0].time, looks[-1].time, share, size, 1.0, looks)


def people(*faces: int) -> PeopleFacts:
    """Make one person for each position; all are seen all the time, and the first has the largest face."""
    persons = tuple(person(i + 1, left, 300 - 10 * i) for i, left in enumerate(faces))
    return PeopleFacts(
        count=len(faces),
        most_in_one_frame=len(faces),
        face_share=1.0 if faces else 0.0,
        people=persons,
        default_person=1 if faces else None,
        samples=(Fraction(0), Fraction(19, 2)),
    )


def file(role: Role, **changes: Any) -> FileFacts:
    """Make a file of one role that is fine, with changes."""
    plain: dict[Role, dict[str, Any]] = {
        "video": {
            "path": "clip.mp4",
            "extension": "mp4",
            "format": "mp4",
            "media": video_facts(),
            "people": people(210),
        },
        "audio": {"path": "speech.wav", "extension": "wav", "format": "wav", "media": audio_facts(), "people": _UNREAD},
        "reference": {
            "path": "face.jpg",
            "extension": "jpg",
            "format": "jpeg",
            "media": image_facts(),
            "people": people(210),
        },
        "result": {
            "path": "result.mp4",
            "extension": "mp4",
            "format": "mp4",
            "media": video_facts(),
            "people": _UNREAD,
        },
    }
    common: dict[str, Any] = {"role": role, "bytes": 900_000, "lfs": None, "problem": None}
    values = {**common, **plain[role], **changes}
    if role == "audio" and isinstance(values["media"], AudioFacts):
        length = values["media"].duration
        values.setdefault("speech", speech_facts(10 if isinstance(length, Unmeasured) else abs(length.believed)))
    return FileFacts(**values)


def unread(role: Role, problem: str | None, lfs: LfsPointer | None = None, *, transient: bool = False) -> FileFacts:
    """Make a file that could not be read as media; `transient` where the machine stood in the way."""
    size = 0 if lfs is None else lfs.bytes
    unread = replace(_UNREAD, transient=transient)
    return file(role, problem=problem, lfs=lfs, bytes=size, format=unread, media=unread, people=unread)


def pointer(role: Role, count: int) -> JobFacts:
    """Make a job of which one file is a Git LFS pointer to so many bytes."""
    return job(**{role: unread(role, None, LfsPointer("0" * 64, count))})


def sized(role: Role, *counts: int) -> tuple[JobFacts, ...]:
    """Make a job for each size in bytes of one file."""
    return tuple(with_file(role, bytes=count) for count in counts)


def callback(url: str, *addresses: str) -> CallbackFacts:
    """Make a callback URL whose host has these addresses."""
    scheme, _, rest = url.partition("://")
    return CallbackFacts(url, scheme, rest.partition("/")[0], addresses)


def request(**changes: Any) -> RequestFacts:
    """Make a request that leaves every option to the provider, with changes."""
    plain: dict[str, Any] = {"face_threshold": None, "video_extension": False, "callback": None}
    return RequestFacts(**{**plain, **changes})


def job(**changes: Any) -> JobFacts:
    """Make a whole job that is fine, with changes of its parts."""
    plain: dict[str, Any] = {
        "video": file("video"),
        "audio": file("audio"),
        "reference": file("reference"),
        "request": request(),
    }
    parts = {**plain, **changes}
    same = None if parts["video"] is None or parts["reference"] is None else Match("same", 1, 0.25)
    return JobFacts(**{"match": same, **parts})


MOUTH = MouthMatch(
    stretches=spans((1, 6)),
    speaker=MouthMovement(spoken=0.05, silent=0.004, before=0.004, silent_before=0.004),
    others=(),
    eyes=120.0,
    followed=Fraction(5),
    lag=Fraction(0),
    unchanged=False,
    apart=0.2,
    more=0,
)
"""One mouth that moves as it should."""


def came(*, part: Mapping[str, Any] | None = None, extension: bool = False, **stream: Any) -> JobFacts:
    """Make a job with a result that is as it should be, with changes of its video stream, and of other parts of it."""
    plain: dict[str, Any] = {
        "file": file("result", media=video_facts(**stream)),
        "sound": SoundMatch(alike=0.95, level=0.98, shift=Fraction(0), compared=Fraction(10)),
        "picture": PictureMatch(frames=250, damaged=0, black=(), frozen=()),
        "mouth": MOUTH,
        "surroundings": Surroundings(alike=0.98, colour=0.002),
    }
    return job(request=request(video_extension=extension), result=ResultFacts(**{**plain, **(part or {})}))


def lasting(video: str, audio: str, *, extension: bool = False, **track: Any) -> JobFacts:
    """Make a job whose video and audio last so many seconds; `track` changes the audio file further."""
    return job(
        video=file("video", media=video_facts(duration=seconds(video))),
        audio=file("audio", media=audio_facts(duration=seconds(audio)), **track),
        request=request(video_extension=extension),
    )


def with_video(**changes: Any) -> JobFacts:
    """Make a job whose video stream differs."""
    return job(video=file("video", media=video_facts(**changes)))


def with_audio(**changes: Any) -> JobFacts:
    """Make a job whose audio stream differs."""
    return job(audio=file("audio", media=audio_facts(**changes)))


def heard(**changes: Any) -> JobFacts:
    """Make a job in whose audio track of 10 s something else is heard."""
    return job(audio=file("audio", speech=speech_facts(**changes)))


def with_image(**changes: Any) -> JobFacts:
    """Make a job whose reference image differs."""
    return job(reference=file("reference", media=image_facts(**changes)))


def with_file(role: Role, **changes: Any) -> JobFacts:
    """Make a job of which one file differs."""
    return job(**{role: file(role, **changes)})


def addressed(trouble: Trouble | None = None, text: str = "", **changes: Any) -> JobFacts:
    """Make a job whose video is an address that answers as it should, with changes, or one that is in trouble."""
    plain: dict[str, Any] = {
        "scheme": "https",
        "host": "example.com",
        "addresses": ("93.184.216.34",),
        "problem": None if trouble is None else Problem(trouble, text),
        "status": 200,
        "content_type": "video/mp4",
        "length": 900_000,
        "ranges": True,
        "fetched": Fetched(900_000, 1.5, whole=True),
    }
    read = {} if {**plain, **changes}["content_type"] != "text/html" else {"media": _UNREAD, "format": _UNREAD}
    address = AddressFacts(**{**plain, **changes})
    return with_file("video", path="https://example.com/clip.mp4?…", address=address, **read)


def watched(look_at: Callable[[int], Mapping[str, Any] | None], turned: int | None = None) -> JobFacts:
    """Make a job whose clip of 10 s was looked at twice a second.

    `look_at` gives for each sample (0..19) what differs from a good look at the one face, or None where it is not seen.
    """
    times = tuple(Fraction(number, 2) for number in range(20))
    changes = {time: look_at(number) for number, time in enumerate(times)}
    looks = tuple(look(time, **change) for time, change in changes.items() if change is not None)
    share = len(looks) / len(times)
    largest = max(each.box.height for each in looks)
    frontal = sum(abs(each.yaw or 0.0) <= 20 for each in looks) / len(looks)  # noqa: PLR2004
    one = Person(1, looks[0].time, looks[-1].time, share, largest, frontal, looks)
    return with_file("video", people=PeopleFacts(1, 1, share, (one,), 1, times, turned=turned))


def portrayed(**changes: Any) -> JobFacts:
    """Make a job whose reference image shows a face that differs from a good one."""
    one = Person(1, Fraction(0), Fraction(0), 1.0, 300, 1.0, (look(Fraction(0), **changes),))
    return with_file("reference", people=PeopleFacts(1, 1, 1.0, (one,), 1, (Fraction(0),)))
