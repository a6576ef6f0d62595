from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.facts.audio import AudioFacts
from lipready.facts.file import FileFacts, ImageFacts
from lipready.facts.finding import Finding, Fix, Unchecked
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.people import PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate, Stillness, VideoFacts
from lipready.reports.report import Report

RATE = Fraction(30000, 1001)
LENGTH = Fraction(1001, 250)


def duration(seconds):
    return Duration(seconds, seconds, seconds, seconds, "packets")


@pytest.fixture
def video_file():
    media = VideoFacts(
        codec="vp9",
        profile=None,
        pixel_format="yuv420p",
        bit_depth=8,
        chroma="4:2:0",
        coded_width=854,
        coded_height=480,
        width=480,
        height=854,
        rotation=-90,
        mirrored=False,
        sample_aspect_ratio=Fraction(1),
        frame_rate=FrameRate(RATE, RATE, RATE, variable=False),
        frames=120,
        duration=duration(LENGTH),
        start=Fraction(0),
        edit_list=False,
        key_frames=(Fraction(0),),
        interlaced=False,
        transfer="bt709",
        sound_tracks=(),
        other_streams=0,
        truncated=False,
        faststart=None,
        stillness=Stillness(0.0, 0.0),
    )
    return FileFacts(
        role="video",
        path="clip.webm",
        bytes=118_400,
        extension="webm",
        format="webm",
        lfs=None,
        problem=None,
        media=media,
        people=PeopleFacts(1, 1, 1.0, (), 1, (Fraction(0),)),
    )


@pytest.fixture
def audio_file():
    media = AudioFacts(
        codec="vorbis", sample_rate=48000, channels=1, duration=duration(Fraction(5, 2)), cover=False, truncated=False
    )
    nobody = Unmeasured("sound has no people")
    return FileFacts(
        role="audio",
        path="speech.ogg",
        bytes=812,
        extension="ogg",
        format="ogg",
        lfs=None,
        problem=None,
        media=media,
        people=nobody,
    )


@pytest.fixture
def image_file():
    media = ImageFacts(
        width=4000, height=1000, stored_width=4000, stored_height=1000, orientation=1, mode="RGB", frames=1
    )
    return FileFacts(
        role="reference",
        path="panorama.jpg",
        bytes=12_345_678,
        extension="jpg",
        format="jpeg",
        lfs=None,
        problem=None,
        media=media,
        people=PeopleFacts(0, 0, 0.0, (), None, (Fraction(0),)),
    )


@pytest.fixture
def container_finding():
    return Finding(
        rule="V101",
        name="video-container",
        severity="error",
        role="video",
        path="clip.webm",
        message="The container is webm; the provider reads mp4, avi and mov.",
        measured="webm",
        limit="mp4, avi, mov",
        remote="InvalidFile.Format",
        fix=Fix("transcode", "reencode", "Write an mp4."),
    )


@pytest.fixture
def rotation_finding(container_finding):
    return replace(
        container_finding,
        rule="V201",
        name="video-rotation",
        severity="warning",
        message="The picture is rotated by its metadata.",
        remote=None,
        fix=None,
    )


@pytest.fixture
def make_report(video_file, audio_file, image_file):
    def make(*findings, unchecked=(), video=video_file, audio=audio_file, reference=image_file):
        request = RequestFacts(face_threshold=None, video_extension=False, callback=None)
        facts = JobFacts(video=video, audio=audio, reference=reference, request=request)
        return Report(provider="dashscope", facts=facts, findings=findings, unchecked=tuple(unchecked))

    return make


@pytest.fixture
def unchecked_people():
    return [Unchecked(rule, "video", "--quick decodes nothing") for rule in ("P301", "P302")]
