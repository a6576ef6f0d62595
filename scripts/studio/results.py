"""Pictures and sounds of which results with known faults are made, from clips of people who talk and from photographs.

Pictures are arrays of height × width × 3 bytes in the order red, green, blue, as the face mesh has it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lipready.check import Settings, measure_file
from lipready.faces.detection.landmarks import OUTER_EYES, Mesh, mean_face
from lipready.faces.people import people_in_image
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.people import PeopleFacts, Person
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.mouth.opening import follow, opening_of
from lipready.probe.decoding.decoder import at_times, open_decoder
from lipready.probe.decoding.frames import Frame
from lipready.probe.decoding.still import open_still
from lipready.probe.decoding.upright import Upright
from lipready.sandbox.tasks.fetch import Inputs
from lipready.sandbox.tasks.render import render
from studio import encoder
from studio.recipe import FixtureError

Picture = NDArray[np.uint8]

_ENCODE = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", "2", "-crf")
GOOD, POOR = (*_ENCODE, "23"), (*_ENCODE, "32")
"""As the sandbox writes a result, and worse."""

SOUND = ("-c:v", "copy", "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-movflags", "+faststart", "-shortest")
SOUND_RATE = 48_000
LONG_EDGE = 960

PHOTO = 480
"""Pixels, at most, of the pictures of a photograph."""

NOISE = 2.5
"""Standard deviation of a camera's noise, of 255."""

_LOWER_FACE = (2, 50, 280, 123, 352, 132, 361, 58, 288, 172, 397, 150, 379, 152)
"""Mesh points from the base of the nose over the cheeks to the chin: what moves with a mouth lies between them."""

_NOSE, _CHIN, _JAW = 2, 152, 7
"""Two of these points, and how many of them are the jaw: the last ones."""

_BELOW = 0.25
"""Of the distance from the base of the nose to the chin: how far under the chin the held region reaches."""


@dataclass(frozen=True, slots=True, eq=False)
class Talk:
    """A stretch of a clip in which one person talks: its pictures, and the mesh of the face in each, where found."""

    pictures: list[Picture]
    meshes: list[Mesh | None]
    rate: Fraction

    @property
    def openings(self) -> list[float]:
        """How far the mouth is open in the frames in which the face was found, over the distance of the eyes."""
        return [opening_of(mesh) for mesh in self.meshes if mesh is not None]

    @property
    def eyes(self) -> float:
        """The median distance of the outer corners of the eyes in pixels."""
        corners = [mesh.points[list(OUTER_EYES), :2] for mesh in self.meshes if mesh is not None]
        return float(np.median([np.linalg.norm(right - left) for left, right in corners]))


def read_talk(path: Path, begin: Fraction, seconds: Fraction) -> Talk:
    """Read a stretch of a clip, and follow the face that is seen longest. Raises FixtureError where there is none."""
    facts = measure_file(str(path), "video", Settings())
    video, people = facts.media, facts.people
    if not isinstance(video, VideoFacts) or not isinstance(people, PeopleFacts) or not people.people:
        raise FixtureError(f"Nobody is seen in {path}.")
    person = max(people.people, key=lambda each: _seconds(each, begin, begin + seconds))
    if isinstance(video.frame_rate, Unmeasured):
        raise FixtureError(f"The frame rate of {path} is not known.")
    rate = video.frame_rate.nominal
    pictures: list[Picture] = []
    meshes: list[Mesh | None] = []
    moments = [begin + number / rate for number in range(int(seconds * rate))]
    for frame, found in follow(_frames(path, video, moments), [person]):
        pictures.append(frame.image)
        meshes.append(found.get(person.id))
    return Talk(pictures, meshes, rate)


def sway(path: Path, seconds: Fraction, rate: Fraction) -> list[Picture]:
    """Return pictures of a photograph of one face: its part around the face, PHOTO pixels wide where it is that large.

    Head and camera sway a little, and the pictures have the noise of a camera. Raises FixtureError where no face is
    found.
    """
    still = open_still(str(path))
    people = people_in_image(str(path))
    if isinstance(still, Unmeasured) or isinstance(people, Unmeasured) or not people.people:
        raise FixtureError(f"Nobody is seen in {path}.")
    pixels, scale = still
    box = max(people.people, key=lambda each: each.share).looks[0].box
    across, down = (box.left + box.width / 2) / scale, (box.top + box.height / 2) / scale
    reach = 2.5 * box.height / scale
    side = min(PHOTO, round(reach) // 2 * 2)
    shrunk = cv2.resize(pixels, None, fx=side / reach, fy=side / reach, interpolation=cv2.INTER_AREA)
    middle = np.array([across, down]) * side / reach
    numbers, pictures = np.random.default_rng(side), []
    for number in range(int(seconds * rate)):
        phase = 2 * np.pi * number / float(rate)
        move = cv2.getRotationMatrix2D(middle, 2 * np.sin(phase / 3), 1 + 0.02 * np.sin(phase / 5))
        move[:, 2] += side / 2 - middle + 0.01 * side * np.array([np.sin(phase / 2), np.cos(phase / 4)])
        laid = cv2.warpAffine(shrunk, move, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        pictures.append(noisy(laid, numbers))
    return pictures


def noisy(picture: Picture, numbers: np.random.Generator, *, light: float = 1.0) -> Picture:
    """Return a picture in that share of its light, with the noise of a camera."""
    grain = numbers.normal(0, NOISE, picture.shape)
    return np.asarray(np.clip(picture * light + grain, 0, 255), np.uint8)


def _seconds(person: Person, begin: Fraction, end: Fraction) -> float:
    return sum(begin <= look.time <= end for look in person.looks)


def _frames(path: Path, video: VideoFacts, moments: Sequence[Fraction]) -> Iterator[Frame]:
    """Yield the frame that a player shows at each moment."""
    upright = Upright.of(video, LONG_EDGE)
    with open_decoder(str(path), video) as decoder:
        for number, shown in enumerate(at_times(decoder.shown(moments[0]), moments)):
            image = upright.image(shown.frame)
            even = image[: image.shape[0] // 2 * 2, : image.shape[1] // 2 * 2]
            yield Frame(moments[number], np.ascontiguousarray(even), number, upright.scale)


def held(talk: Talk) -> list[Picture]:
    """Return the pictures with the mouth of one frame in all of them: of that in which it is least open.

    The lower face of that frame is laid onto each, as eyes, nose and forehead were moved and turned, under a soft mask.
    """
    known = [(opening_of(mesh), n) for n, mesh in enumerate(talk.meshes) if mesh is not None]
    if not known:
        raise FixtureError("The face was never found.")
    _, number = sorted(known)[len(known) // 10]
    image, model = talk.pictures[number], talk.meshes[number]
    pairs = zip(talk.pictures, talk.meshes, strict=True)
    return [
        picture if mesh is None or model is None else _with_mouth(picture, mesh, image, model)
        for picture, mesh in pairs
    ]


def _with_mouth(picture: Picture, mesh: Mesh, image: Picture, model: Mesh) -> Picture:
    firm = mean_face()[0]
    move, _ = cv2.estimateAffinePartial2D(model.points[firm, :2], mesh.points[firm, :2], method=cv2.LMEDS)
    if move is None:
        return picture
    size = picture.shape[1], picture.shape[0]
    laid = cv2.warpAffine(image, move, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    mask = lower_face(picture.shape[:2], mesh, model.points[:, :2] @ move[:, :2].T + move[:, 2])[..., None]
    mixed: Picture = np.rint(picture * (1 - mask) + laid * mask).astype(np.uint8)
    return mixed


def lower_face(shape: tuple[int, int], mesh: Mesh, *others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a mask (0..1) that covers all that moves with a mouth, in any of the meshes, and fades outward."""
    mask = np.zeros(shape, np.float32)
    points = [each[list(_LOWER_FACE)] for each in (mesh.points[:, :2], *others)]
    down = mesh.points[_CHIN, :2] - mesh.points[_NOSE, :2]
    everything = np.concatenate([*points, *(each[-_JAW:] + _BELOW * down for each in points)]).astype(np.float32)
    cv2.fillConvexPoly(mask, cv2.convexHull(everything).astype(np.int32), 1.0)
    left, right = mesh.points[list(OUTER_EYES), :2]
    spread = max(1.0, 0.06 * float(np.linalg.norm(right - left)))
    return cv2.GaussianBlur(mask, (0, 0), spread)


def write_pictures(pictures: Sequence[Picture], rate: Fraction, quality: Sequence[str], path: Path) -> Path:
    """Encode pictures without sound."""
    size = pictures[0].shape[1], pictures[0].shape[0]
    encoder.encode_pictures((np.ascontiguousarray(p[..., ::-1]) for p in pictures), size, rate, quality, path)
    return path


def with_sound(picture: Path, sound: Path, path: Path) -> Path:
    """Write a clip of the picture of one file and the sound of another."""
    encoder.run(["-i", picture, "-i", sound, "-map", "0:v", "-map", "1:a", *SOUND, path])
    return path


def cut_sound(source: Path, begin: Fraction, seconds: Fraction, path: Path) -> Path:
    """Write a stretch of any file's sound as a WAV file of exactly that length."""
    wanted = ("-vn", "-ac", "1", "-ar", str(SOUND_RATE), "-af", f"apad=whole_dur={float(seconds)}")
    encoder.run(["-ss", str(float(begin)), "-i", source, *wanted, "-t", str(float(seconds)), "-bitexact", path])
    return path


def write_shifted(source: Path, milliseconds: int, path: Path) -> Path:
    """Write a WAV file of the same length whose sound comes later (negative: earlier), silent where nothing is left."""
    samples, rate = encoder.read_wave(source)
    by = round(milliseconds * rate / 1000)
    moved = np.pad(samples, (max(by, 0), max(-by, 0)))
    encoder.write_wave(moved[: len(samples)] if by > 0 else moved[-len(samples) :], rate, path)
    return path


def write_pause(source: Path, begin: Fraction, end: Fraction, path: Path) -> Path:
    """Write a WAV file that is silent for a while."""
    samples, rate = encoder.read_wave(source)
    silenced = samples.copy()
    silenced[round(begin * rate) : round(end * rate)] = 0
    encoder.write_wave(silenced, rate, path)
    return path


def moved_lips(video: Path, audio: Path, path: Path) -> Path:
    """Write what the sandbox returns for a video and an audio track with a moving mouth."""
    measured = [measure_file(str(each), role, Settings()) for each, role in ((video, "video"), (audio, "audio"))]
    facts = JobFacts(video=measured[0], audio=measured[1], reference=None, request=RequestFacts(None, False, None))  # noqa: FBT003
    render(Inputs(video, audio, None), facts, path, extension=False, moving=True, tell=lambda _share: None)
    return path
