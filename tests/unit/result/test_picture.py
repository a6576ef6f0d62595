"""Where a result is black or stands still although its source does not, and what of it decodes."""

from fractions import Fraction
from pathlib import Path

import pytest

from lipready.facts.file import FileFacts
from lipready.facts.result import PictureMatch
from lipready.facts.speech import Span
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.source import examine
from lipready.result.picture import source_time, watch_result
from studio.encoder import run

ACTIVE = "testsrc2=size=320x240:rate=25:duration=4"
HELD = "loop=loop=40:size=1:start=25,trim=end=4,setpts=N/25/TB"
"""The last frame of the first second is held for 1.6 s more."""
DARK = "drawbox=enable='between(t,2,2.9)':color=black:thickness=fill"
TURNED = f"{HELD},split[a][b];[b]reverse[c];[a][c]concat"
"""The same, and then back again."""
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FileFacts]:
    """Make a clip in which something moves, one that is held for a while, and one that is dark for a while."""
    folder = tmp_path_factory.mktemp("clips")
    filters = {"moving": "null", "held": HELD, "dark": DARK, "turned": TURNED}
    for name, graph in filters.items():
        run(["-f", "lavfi", "-i", f"{ACTIVE},{graph}", *X264, folder / f"{name}.mp4"])
    return {name: examine(str(folder / f"{name}.mp4"), "video", quick=False) for name in filters}


def watched(result: FileFacts, source: FileFacts) -> PictureMatch:
    found = watch_result(result, source)
    assert isinstance(found, PictureMatch)
    return found


def test_a_result_that_moves_as_its_source_does_has_nothing(clips: dict[str, FileFacts]) -> None:
    assert watched(clips["moving"], clips["moving"]) == PictureMatch(100, 0, (), ())


def test_what_stands_still_is_told_where_the_source_moves(clips: dict[str, FileFacts]) -> None:
    (span,) = watched(clips["held"], clips["moving"]).frozen
    assert span == Span(Fraction("0.96"), Fraction("2.6"))
    assert watched(clips["held"], clips["held"]).frozen == ()


def test_what_is_black_is_told_where_the_source_is_not(clips: dict[str, FileFacts]) -> None:
    (span,) = watched(clips["dark"], clips["moving"]).black
    assert span == Span(Fraction(2), Fraction("2.92"))
    assert watched(clips["dark"], clips["dark"]).black == ()


@pytest.mark.parametrize("begin", [21, 30, 36])
def test_a_freeze_of_one_second_is_told_wherever_it_begins(begin: int, tmp_path: Path) -> None:
    path, source = tmp_path / "held.mp4", tmp_path / "source.mp4"
    run(["-f", "lavfi", "-i", ACTIVE.replace("25", "24"), *X264, source])
    held = f"loop=loop=23:size=1:start={begin + 1},trim=end=4,setpts=N/24/TB"
    run(["-i", source, "-vf", held, *X264, path])
    result, origin = (examine(str(each), "video", quick=False) for each in (path, source))
    assert watched(result, origin).frozen == (Span(Fraction(begin, 24), Fraction(begin + 24, 24)),)


def test_a_source_that_goes_back_and_forth_is_asked_there(clips: dict[str, FileFacts]) -> None:
    assert [span.length >= 1 for span in watched(clips["turned"], clips["moving"]).frozen] == [True, True]
    assert watched(clips["turned"], clips["held"]).frozen == ()


def test_damaged_frames_are_counted(clips: dict[str, FileFacts], tmp_path: Path) -> None:
    content = bytearray(Path(clips["moving"].path).read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2000] = bytes(2000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    assert watched(examine(str(path), "video", quick=False), clips["moving"]).damaged


def test_what_is_no_video_is_not_watched(clips: dict[str, FileFacts], tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    found = watch_result(examine(str(tmp_path / "text.mp4"), "video", quick=False), clips["moving"])
    assert isinstance(found, Unmeasured)


@pytest.mark.parametrize(
    ("time", "shown"), [("1", "1"), ("4", "4"), ("5", "3"), ("7.5", "0.5"), ("9", "1"), ("13", "3")]
)
def test_a_video_that_was_lengthened_goes_back_and_forth(time: str, shown: str) -> None:
    assert source_time(Fraction(time), Fraction(4)) == Fraction(shown)


def test_a_source_without_a_length_has_one_moment() -> None:
    assert source_time(Fraction(3), Fraction(0)) == 0
