"""Sound keeps its time: what `prepare` writes of clips that flash and beep at the same moments."""

from pathlib import Path

import pytest

from lipready.check import Settings, check
from lipready.facts.audio import AudioFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.prepare import prepare
from studio.beeps import Clip, apart, beeps, flashes, write_clip

MOST = 0.010
H264 = (("preset", "ultrafast"), ("bf", "2"))
VP8 = (("deadline", "realtime"), ("cpu-used", "8"), ("threads", "1"))
CLIPS = {
    "holes": Clip("webm", "libvpx", "libopus", holes=((0.3, 0.5), (1.4, 1.8)), options=VP8),
    "late-sound": Clip("mp4", "libx264", "aac", begin=0.7, options=H264),
    "late-picture": Clip("ts", "libx264", "aac", picture=0.6, options=H264),
    "late-picture-in-avi": Clip("avi", "libx264", "libmp3lame", picture=0.6, options=H264),
    "edit-list": Clip("mp4", "libx264", "aac", holes=((0.32, 0.512), (1.408, 1.792)), edited=True, options=H264),
    "dropped-packets": Clip("mkv", "libx264", "aac", holes=((0.5, 0.52), (1.5, 1.54)), options=H264),
}


@pytest.mark.parametrize("kind", CLIPS)
def test_sound_stays_with_its_picture(kind: str, tmp_path: Path) -> None:
    source = write_clip(tmp_path / f"clip.{CLIPS[kind].ending}", CLIPS[kind])
    assert apart(flashes(source), beeps(source)) <= MOST
    prepared = prepare(source, source, out=tmp_path / "out", settings=Settings(quick=True))
    shown = flashes(Path(prepared.job.video or ""))
    assert apart(shown, beeps(Path(prepared.job.video or ""))) <= MOST
    assert apart(shown, beeps(Path(prepared.job.audio or ""))) <= MOST


@pytest.mark.parametrize("kind", ["holes", "late-sound", "edit-list"])
def test_a_full_check_and_a_quick_one_agree_on_the_length(kind: str, tmp_path: Path) -> None:
    source = write_clip(tmp_path / f"clip.{CLIPS[kind].ending}", CLIPS[kind])
    full, quick = (_length(source, quick=quick) for quick in (False, True))
    assert abs(full - quick) <= 0.03  # an encoder pads its last frame
    assert full == pytest.approx(4.0, abs=0.03)


def _length(source: Path, *, quick: bool) -> float:
    facts = check(audio=source, settings=Settings(quick=quick)).facts.audio
    assert facts is not None
    assert isinstance(facts.media, AudioFacts)
    assert not isinstance(facts.media.duration, Unmeasured)
    return float(facts.media.duration.believed)
