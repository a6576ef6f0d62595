"""Who is in real clips and pictures, composed of two portraits."""

import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from lipready.errors import FixError
from lipready.faces.detection.picture import faces_in_picture
from lipready.faces.people import PeopleWatcher, people_in_image
from lipready.faces.reference.reference import find_reference
from lipready.facts.people import PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.decoding.frames import scan

Picture = np.ndarray[Any, np.dtype[np.uint8]]
WriteClip = Callable[..., Path]
FactsOf = Callable[[Path], VideoFacts]
pytestmark = pytest.mark.usefixtures("weights")


@pytest.fixture
def people_of(facts_of: FactsOf) -> Callable[..., PeopleFacts]:
    def watch(path: Path, *, every_frame: bool = False) -> PeopleFacts:
        watcher = PeopleWatcher(every_frame=every_frame)
        scan(str(path), facts_of(path), (watcher,), every_frame=every_frame, progress=None)
        facts = watcher.facts(describe=True)
        assert isinstance(facts, PeopleFacts)
        return facts

    return watch


def wide(*pictures: Picture) -> Picture:
    """Lay portraits side by side on a grey 1280 × 640 stage."""
    stage = np.full((640, 1280, 3), 90, np.uint8)
    for i, picture in enumerate(pictures):
        stage[64 : 64 + 512, 100 + 560 * i : 100 + 560 * i + 512] = cv2.resize(picture[:512], (512, 512))
    return stage


def save(picture: Picture, path: Path, **options: Any) -> str:
    Image.fromarray(picture).save(path, **options)
    return str(path)


def test_one_person(astronaut: Picture, write_clip: WriteClip, people_of: Callable[..., PeopleFacts]) -> None:
    facts = people_of(write_clip([wide(astronaut)] * 36))
    assert (facts.count, facts.most_in_one_frame, facts.face_share, facts.default_person) == (1, 1, 1.0, 1)
    (person,) = facts.people
    assert person.frontal_share == 1.0
    assert 80 <= person.largest_face <= 130
    assert [look.time for look in person.looks] == list(facts.samples)
    assert all(abs(look.box.left - 275) < 20 and abs(look.box.top - 130) < 20 for look in person.looks)


def test_two_people(
    astronaut: Picture, hopper: Picture, write_clip: WriteClip, people_of: Callable[..., PeopleFacts]
) -> None:
    facts = people_of(write_clip([wide(astronaut, hopper)] * 30))
    assert (facts.count, facts.most_in_one_frame) == (2, 2)
    sizes = {person.id: person.largest_face for person in facts.people}
    assert facts.default_person == max(sizes, key=lambda number: sizes[number])


def test_nobody(nobody: Picture, write_clip: WriteClip, people_of: Callable[..., PeopleFacts]) -> None:
    facts = people_of(write_clip([wide(nobody[:, :400])] * 24))
    assert (facts.count, facts.face_share, facts.default_person) == (0, 0.0, None)
    assert len(facts.samples) == 5


def test_a_second_person_who_comes_for_one_second_is_seen(
    astronaut: Picture, hopper: Picture, write_clip: WriteClip, people_of: Callable[..., PeopleFacts]
) -> None:
    alone, together = wide(astronaut), wide(astronaut, hopper)
    facts = people_of(write_clip([*[alone] * 31, *[together] * 12, *[alone] * 31]))
    assert facts.most_in_one_frame == 2
    guest = min(facts.people, key=lambda p: p.share)
    assert Fraction(31, 12) <= guest.first <= guest.last < Fraction(43, 12)


def test_every_frame_says_the_same(
    astronaut: Picture, hopper: Picture, write_clip: WriteClip, people_of: Callable[..., PeopleFacts]
) -> None:
    path = write_clip([*[wide(astronaut)] * 12, *[wide(astronaut, hopper)] * 12])
    sampled, exhaustive = people_of(path), people_of(path, every_frame=True)
    assert sampled.count == exhaustive.count == 2
    assert len(exhaustive.samples) == 24


def test_a_sideways_clip_with_a_display_matrix_is_seen_upright(
    astronaut: Picture, write_clip: WriteClip, people_of: Callable[..., PeopleFacts], tmp_path: Path
) -> None:
    stored, path = write_clip([np.rot90(wide(astronaut)).copy()] * 14), tmp_path / "turned.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-display_rotation", "-90", "-i", str(stored)]
    subprocess.run([*command, "-c", "copy", str(path)], check=True)
    (person,) = people_of(path).people
    assert abs(person.looks[0].box.left - 275) < 20
    assert abs(person.looks[0].roll or 99) < 15


def test_boxes_of_a_large_clip_are_in_displayed_pixels(
    astronaut: Picture, write_clip: WriteClip, people_of: Callable[..., PeopleFacts]
) -> None:
    large = cv2.resize(wide(astronaut), (2560, 1280))
    (person,) = people_of(write_clip([large] * 14)).people
    assert 160 <= person.largest_face <= 260
    assert abs(person.looks[0].box.left - 550) < 40


def test_no_frame_no_verdict() -> None:
    assert isinstance(PeopleWatcher().facts(), Unmeasured)


def test_pictures(astronaut: Picture, both: Picture, nobody: Picture, tmp_path: Path) -> None:
    for picture, count in ((astronaut, 1), (both, 2), (nobody, 0)):
        facts = people_in_image(save(picture, tmp_path / f"{count}.png"))
        assert isinstance(facts, PeopleFacts)
        assert (facts.count, len(facts.people), facts.samples) == (count, count, (0,))


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_exif_orientation_is_applied(astronaut: Picture, tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turns = {3: 2, 6: 1, 8: 3}[orientation]
    facts = people_in_image(save(np.rot90(astronaut, turns).copy(), tmp_path / "a.jpg", exif=exif, quality=95))
    assert isinstance(facts, PeopleFacts)
    box = facts.people[0].looks[0].box
    assert abs(box.left - 172) < 20
    assert abs(box.top - 64) < 20


def test_boxes_of_a_large_picture_are_in_its_own_pixels(astronaut: Picture, tmp_path: Path) -> None:
    facts = people_in_image(save(cv2.resize(astronaut, (4096, 4096)), tmp_path / "large.jpg"))
    assert isinstance(facts, PeopleFacts)
    assert abs(facts.people[0].largest_face - 8 * 105) < 8 * 20


def test_the_first_frame_of_an_animation_counts(astronaut: Picture, nobody: Picture, tmp_path: Path) -> None:
    frames = [Image.fromarray(cv2.resize(p, (512, 512))) for p in (astronaut, nobody)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:])
    facts = people_in_image(str(tmp_path / "a.webp"))
    assert isinstance(facts, PeopleFacts)
    assert facts.count == 1


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "I;16"])
def test_modes(astronaut: Picture, tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    if mode == "I;16":
        grey = cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY).astype(np.uint16) * 200
        Image.fromarray(grey).save(path)
    else:
        Image.fromarray(astronaut).convert(mode).save(path)
    facts = people_in_image(str(path))
    assert isinstance(facts, PeopleFacts)
    assert facts.count == 1


def test_hostile_pictures_are_unmeasured(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    Image.new("1", (20000, 20000)).save(bomb)
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0" + b"nothing" * 20)
    for path in (bomb, broken, tmp_path / "missing.jpg", tmp_path):
        assert isinstance(people_in_image(str(path)), Unmeasured)


def test_threads_share_the_models(astronaut: Picture, both: Picture, tmp_path: Path) -> None:
    one, two = save(astronaut, tmp_path / "1.png"), save(both, tmp_path / "2.png")
    with ThreadPoolExecutor(4) as pool:
        counts = [f.count for f in pool.map(people_in_image, [one, two] * 4) if isinstance(f, PeopleFacts)]
    assert counts == [1, 2] * 4


def run_apart(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


def test_looking_opens_no_connection(astronaut: Picture, tmp_path: Path) -> None:
    code = """
import sys
def audit(event, _):
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
        sys.exit(f"network: {event}")
sys.addaudithook(audit)
from lipready.faces.people import people_in_image
print(people_in_image(sys.argv[1]).count)
import os
for number in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
    try:
        target = os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        continue
    assert not target.startswith("socket:"), "native code opened a socket"
"""
    done = run_apart(code, save(astronaut, tmp_path / "a.png"))
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_models_load_look_and_end_without_a_word(astronaut: Picture, tmp_path: Path) -> None:
    code = "import sys; from lipready.faces.people import people_in_image; people_in_image(sys.argv[1])"
    done = run_apart(code, save(astronaut, tmp_path / "a.png"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_reference_shows_one_person_alone(
    astronaut: Picture, hopper: Picture, write_clip: WriteClip, facts_of: FactsOf, people_of: Callable[..., PeopleFacts]
) -> None:
    path = write_clip([wide(astronaut, hopper)] * 18)
    people = people_of(path)
    for person in people.people:
        found = find_reference(str(path), facts_of(path), people, person.id)
        (face,) = faces_in_picture(found.image)
        height, width = found.image.shape[:2]
        assert (width, height) == (found.box.width, found.box.height)
        assert max(width, height) <= 2 * min(width, height)
        look = min(person.looks, key=lambda each: abs(each.time - found.time))
        assert abs(found.box.left + face.area.left - look.box.left) < 0.15 * look.box.width
        assert abs(found.box.top + face.area.top - look.box.top) < 0.15 * look.box.height


def refused(path: Path, video: VideoFacts, people: PeopleFacts, person: int | None = None) -> str:
    with pytest.raises(FixError) as caught:
        find_reference(str(path), video, people, person)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def clip(
    write_clip: WriteClip, facts_of: FactsOf, people_of: Callable[..., PeopleFacts]
) -> Callable[[Picture, str], tuple[Path, VideoFacts, PeopleFacts]]:
    """Show one picture for a good second; the path, the facts and the people of the clip."""

    def make(picture: Picture, name: str) -> tuple[Path, VideoFacts, PeopleFacts]:
        path = write_clip([picture] * 14, name)
        return path, facts_of(path), people_of(path)

    return make


def test_a_reference_that_cannot_be_taken_says_why(
    astronaut: Picture, hopper: Picture, nobody: Picture, clip: Callable[..., tuple[Path, VideoFacts, PeopleFacts]]
) -> None:
    two = clip(wide(astronaut, hopper), "two.mp4")
    assert "say by number which of them speaks" in refused(*two)
    assert "no person 7" in refused(*two, 7)
    assert "no face" in refused(*clip(wide(nobody[:, :400]), "none.mp4"))
    tiny = np.full((640, 1280, 3), 90, np.uint8)
    tiny[200:400, 300:500] = cv2.resize(astronaut, (200, 200), interpolation=cv2.INTER_AREA)
    assert re.search(r"the eyes are 1[678] px apart; at least 25 px", refused(*clip(tiny, "tiny.mp4")))
    matrix = cv2.getRotationMatrix2D((256, 256), 40, 1.0)
    tilted = cv2.warpAffine(astronaut, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    assert "at most 20°" in refused(*clip(wide(tilted), "tilted.mp4"))
