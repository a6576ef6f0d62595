"""Real pictures with one thing wrong each, repaired with Pillow and probed again."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image, ImageCms

from lipready.errors import FixError
from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.facts.plan import PictureEdit
from lipready.repair.image import write_frame, write_picture


def scene(width, height):
    """Left half red, right half blue, a green top row: which way is up can be told."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = (200, 20, 20)
    pixels[:, width // 2 :] = (20, 20, 200)
    pixels[: height // 8] = (20, 200, 20)
    return Image.fromarray(pixels)


def one_face(box):
    look = Look(Fraction(0), box, 0.9)
    return PeopleFacts(
        1, 1, 1.0, (Person(1, Fraction(0), Fraction(0), 1.0, box.height, 1.0, (look,)),), 1, (Fraction(0),)
    )


def saved(image, path, **options):
    image.save(path, **options)
    return path


def clean(done, format_="jpeg"):
    assert done.rules("FI") <= {"I605"}
    assert done.file.format == format_
    assert done.media.orientation == 1
    assert done.media.mode == "RGB"
    assert done.plan.commands == ()


@pytest.mark.parametrize("orientation", range(2, 9))
def test_pictures_are_turned_upright(tmp_path, repaired, orientation):
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    upright = scene(320, 240)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(upright.transpose(Image.Transpose(undo)), tmp_path / "a.jpg", exif=exif, quality=95)
    done = repaired("reference", path)
    clean(done)
    with Image.open(done.path) as image:
        assert not image.getexif()
        difference = np.abs(np.asarray(image, int) - np.asarray(upright, int))
    assert difference.mean() < 4


@pytest.mark.parametrize("name", ["a.tif", "a.gif", "a.avif", "a.ico"])
def test_other_formats_become_jpeg(tmp_path, repaired, name):
    done = repaired("reference", saved(scene(256, 256), tmp_path / name))
    clean(done)


def test_of_an_animation_the_first_frame_is_kept(tmp_path, repaired):
    first, second = scene(200, 200), Image.new("RGB", (200, 200), "white")
    path = tmp_path / "a.webp"
    first.save(path, save_all=True, append_images=[second], duration=100, lossless=True)
    done = repaired("reference", path)
    clean(done)
    assert "convert-image" in done.steps()
    with Image.open(done.path) as image:
        assert np.abs(np.asarray(image, int) - np.asarray(first, int)).mean() < 4


def test_transparency_becomes_white(tmp_path, repaired):
    image = scene(5000, 3000).convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    done = repaired("reference", saved(image, tmp_path / "a.png"))
    clean(done, "png")
    with Image.open(done.path) as picture:
        assert picture.getextrema() == ((255, 255),) * 3


def test_cmyk_and_deep_grey_become_rgb(tmp_path, repaired):
    clean(repaired("reference", saved(scene(300, 300).convert("CMYK"), tmp_path / "a.tif")))
    grey = (np.linspace(0, 65535, 300 * 300).reshape(300, 300)).astype(np.uint16)
    done = repaired("reference", saved(Image.fromarray(grey), tmp_path / "b.tif"))
    clean(done)
    with Image.open(done.path) as image:
        values = np.asarray(image.convert("L"), int)
    assert values[0, 0] < 5
    assert abs(values[150, 0] - 127) < 6
    assert values[-1, -1] > 250


def test_a_colour_profile_is_applied_and_left_out(tmp_path, repaired):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = saved(scene(300, 300), tmp_path / "a.tif", icc_profile=lab)
    done = repaired("reference", path)
    clean(done)
    broken = saved(scene(300, 300), tmp_path / "b.tif", icc_profile=b"no profile at all" * 20)
    clean(repaired("reference", broken))


def test_a_place_in_the_metadata_stays_behind(tmp_path, repaired):
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x010F] = "SecretCam"
    exif.get_ifd(0x8825)[1] = "N"
    path = saved(scene(300, 200), tmp_path / "a.jpg", exif=exif)
    assert b"SecretCam" in path.read_bytes()
    done = repaired("reference", path)
    assert b"SecretCam" not in done.path.read_bytes()
    assert b"Exif" not in done.path.read_bytes()


def test_large_pictures_are_shrunk_and_keep_their_shape(tmp_path, repaired):
    done = repaired("reference", saved(Image.new("RGB", (5000, 3000), "teal"), tmp_path / "a.jpg"))
    clean(done)
    assert (done.media.width, done.media.height) == (4096, 2457)


def test_a_heavy_picture_is_brought_under_the_limit(tmp_path, repaired):
    noise = np.random.default_rng(7).integers(0, 256, (2200, 2200, 3), np.uint8)
    path = saved(Image.fromarray(noise), tmp_path / "a.png")
    assert path.stat().st_size > 12_000_000
    done = repaired("reference", path)
    clean(done)
    assert 2_000_000 < done.path.stat().st_size <= 9_500_000


@pytest.mark.parametrize(
    ("size", "face", "corner"),
    [
        ((3000, 1000), Box(1400, 300, 200, 200), (550, 0)),
        ((3000, 1000), Box(0, 300, 200, 200), (0, 0)),
        ((3000, 1000), Box(2900, 300, 100, 200), (1100, 0)),
        ((500, 2000), Box(100, 1800, 200, 200), (0, 1050)),
    ],
)
def test_a_long_picture_is_cropped_around_its_one_face(tmp_path, repaired, size, face, corner):
    done = repaired("reference", saved(scene(*size), tmp_path / "a.jpg"), people=one_face(face))
    assert done.rules("FI") == set()
    crop = done.plan.picture.crop
    assert (crop.left, crop.top) == corner
    assert max(done.media.width, done.media.height) <= 2 * min(done.media.width, done.media.height)
    assert crop.left <= face.left
    assert face.left + face.width <= crop.left + crop.width
    assert face.top + face.height <= crop.top + crop.height


def test_writing_is_deterministic(tmp_path):
    path = saved(scene(300, 300), tmp_path / "a.tif")
    edit = PictureEdit(format="JPEG", orientation=1, crop=None, size=None, max_bytes=None)
    for name in ("one", "two"):
        write_picture(str(path), edit, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_cannot_be_decoded_is_one_sentence(tmp_path):
    path = saved(scene(300, 300), tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:400])
    edit = PictureEdit(format="PNG", orientation=1, crop=None, size=None, max_bytes=None)
    with pytest.raises(FixError, match=r"a\.png "):
        write_picture(str(path), edit, tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


def test_what_cannot_be_made_small_enough_is_told(tmp_path):
    with pytest.raises(FixError, match="cannot be written in 100 bytes"):
        write_frame(np.zeros((200, 200, 3), np.uint8), 100, tmp_path / "a.jpg")
