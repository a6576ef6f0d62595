import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from lipready.probe.containers.signature import kind_by_extension, kind_of

Make = Callable[..., Path]
SINE = ("-f", "lavfi", "-i", "sine=duration=1")


@pytest.mark.parametrize("suffix", ["mp4", "webm", "mkv", "avi", "mov", "ts"])
def test_videos(clip: Make, tmp_path: Path, suffix: str) -> None:
    bare = tmp_path / "nameless.jpg"
    shutil.move(clip(f"a.{suffix}"), bare)
    assert kind_of(str(bare)) == "video"


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a", "a.mp4", "a.mka", "a.ogg", "a.flac", "a.aac", "a.ts"])
def test_containers_with_nothing_but_sound_are_audio(make: Make, tmp_path: Path, name: str) -> None:
    bare = tmp_path / "nameless.mp4"
    path = make(*SINE, "-c:a", "aac", name) if name.endswith(("mka", "ts")) else make(*SINE, name)
    shutil.move(path, bare)
    assert kind_of(str(bare)) == "audio"


@pytest.mark.parametrize("name", ["a.mp3", "a.m4a"])
def test_a_cover_picture_does_not_make_a_video(make: Make, name: str) -> None:
    cover = make("-f", "lavfi", "-i", "color=size=64x64", "-frames:v", "1", "cover.jpg")
    covered = make("-i", cover, *SINE, "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic", name)
    assert kind_of(str(covered)) == "audio"


def test_pictures_and_moving_gifs(tmp_path: Path) -> None:
    still = Image.linear_gradient("L")
    still.save(tmp_path / "a.gif")
    still.save(tmp_path / "b.gif", save_all=True, append_images=[still.rotate(90)])
    still.save(tmp_path / "c.webp", save_all=True, append_images=[still.rotate(90)])
    assert kind_of(str(tmp_path / "a.gif")) == "image"
    assert kind_of(str(tmp_path / "b.gif")) == "video"
    assert kind_of(str(tmp_path / "c.webp")) == "image"


def test_the_extension_decides_where_the_content_is_silent(tmp_path: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5\n"
    for name, content in {"a.mp4": pointer, "b.wav": "", "c.png": "hello", "d.MOV": "\0\1\2\3" * 99}.items():
        (tmp_path / name).write_text(content)
    assert kind_of(str(tmp_path / "a.mp4")) == "video"
    assert kind_of(str(tmp_path / "b.wav")) == "audio"
    assert kind_of(str(tmp_path / "c.png")) == "image"
    assert kind_of(str(tmp_path / "d.MOV")) == "video"
    assert kind_of(str(tmp_path / "missing.mp3")) == "audio"
    assert kind_of(str(tmp_path / "missing.xyz")) is None
    assert kind_of(str(tmp_path)) is None


def test_extensions() -> None:
    assert kind_by_extension("/a/b/Clip.WebM") == "video"
    assert kind_by_extension("noextension") is None
