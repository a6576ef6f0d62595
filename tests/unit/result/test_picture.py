"""Where a result is black or stands still although its source does not, and what of it decodes."""

from fractions import Fraction
from pathlib import Path

import pytest

from lipready.facts.file import FileFacts
from lipready.facts.result import PictureMatch
from lipready.facts.unmeasured import Unmeasured
from lipready.probe.source import examine
from lipready.result.picture import source_time, watch_result
from studio.encoder import run

ACTIVE = "testsrc2=size=320x240:rate=25:duration=4"
HELD = "loop=loop=40:size=1:start=25,trim=end=4,setpts=N/25/TB"
"""From the first second on one frame is held for 1.6 s."""
DARK = "drawbox=enable='between(t,2,2.9)':color=black:thickness=fill"
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FileFacts]:
    """Make a clip in which something moves, one that is held for a while, and one that is dark for a while."""
    folder = tmp_path_factory.mktemp("clips")
    filters = {"moving": "null", "held": HELD, "dark": DARK}
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
    assert abs(span.start - 1) <= Fraction(2, 5)
    assert abs(span.end - Fraction("2.6")) <= Fraction(2, 5)
    assert watched(clips["held"], clips["held"]).frozen == ()


def test_what_is_black_is_told_where_the_source_is_not(clips: dict[str, FileFacts]) -> None:
    (span,) = watched(clips["dark"], clips["moving"]).black
    assert abs(span.start - 2) <= Fraction(2, 5)
    assert abs(span.end - Fraction("2.9")) <= Fraction(2, 5)
    assert watched(clips["dark"], clips["dark"]).black == ()


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
