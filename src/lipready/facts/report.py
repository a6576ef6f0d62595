"""The verdict on one job, and its form in JSON (see reports/schema/report-1.json)."""

from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import Any, Literal

from lipready.facts.address import AddressFacts, Fetched
from lipready.facts.audio import AudioFacts, AudioTrack
from lipready.facts.file import FileFacts, ImageFacts
from lipready.facts.finding import Finding, Unchecked, Where
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.people import Box, Match, PeopleFacts, Person, Quality, background
from lipready.facts.speech import SignalToNoise, Span, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate, Stillness, VideoFacts

SCHEMA = "lipready.report/1"
Verdict = Literal["pass", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of a run that several machines share: `name` is "2/4" for the second of four, `size` counts reports."""

    provider: str
    name: str
    size: int

    def to_dict(self) -> dict[str, Any]:
        """Return what each report of the shard carries."""
        return {"shard": self.name, "shard_size": self.size}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Facts, findings and what was not checked, for one job at one provider."""

    provider: str
    facts: JobFacts
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]

    @property
    def verdict(self) -> Verdict:
        """`fail` with an error, `warn` with a warning or a required rule that could not be judged, else `pass`."""
        severities = {finding.severity for finding in self.findings}
        if "error" in severities:
            return "fail"
        gap = any(entry.required for entry in self.unchecked)
        return "warn" if gap or "warning" in severities else "pass"

    def to_dict(self) -> dict[str, Any]:
        """Return the report as `lipready.report/1` (see reports/schema/report-1.json)."""
        return report_to_dict(self)


Plain = dict[str, Any]


def plain_text(text: str) -> str:
    """Escape what no encoding of JSON can carry: the stray halves of characters in paths that are not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def plain_number(value: Fraction | float | None) -> float | None:
    """Turn a number into a float that JSON knows; what is too large for one becomes null."""
    if value is None:
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


class PlainFacts:
    """Facts by key; what was not measured is null, and its reason stands under `unmeasured`."""

    def __init__(self) -> None:
        self.known: Plain = {}
        self.unmeasured: dict[str, str] = {}

    def add(self, key: str, value: object) -> None:
        """Add one fact that is plain already, or that was not measured."""
        if isinstance(value, Unmeasured):
            self.unmeasured[key] = plain_text(value.reason)
            value = None
        self.known[key] = plain_text(value) if isinstance(value, str) else value

    def plain(self) -> Plain:
        """Return everything as one dict."""
        return {**self.known, "unmeasured": self.unmeasured}


def speech_to_dict(heard: SpeechFacts | Unmeasured) -> Plain | Unmeasured:
    """Write times in seconds, levels in LUFS, dBTP, dBFS and dB; what was not measured is null, with its reason."""
    if isinstance(heard, Unmeasured):
        return heard
    facts = PlainFacts()
    facts.add("has_speech", heard.has_speech)
    facts.add("share", plain_number(heard.share))
    facts.add("spoken", plain_number(heard.spoken))
    facts.add("length", plain_number(heard.length))
    facts.add("spans", _spans(heard.speech))
    facts.add("silences", _spans(heard.silences))
    for key in ("loudness", "true_peak", "peak", "bandwidth"):
        value: float | Unmeasured = getattr(heard, key)
        facts.add(key, value if isinstance(value, Unmeasured) else plain_number(value))
    clipping = heard.clipping
    facts.add(
        "clipping",
        {
            "runs": clipping.runs,
            "per_million": plain_number(clipping.per_million),
            "first": plain_number(clipping.first),
        },
    )
    facts.add("snr", _noise(heard.noise))
    facts.add("background", heard.background)
    facts.add("channel_fault", heard.channel_fault)
    facts.add("dc_offset", plain_number(heard.dc_offset))
    return facts.plain()


def _spans(spans: tuple[Span, ...]) -> list[list[float | None]]:
    return [[plain_number(span.start), plain_number(span.end)] for span in spans]


def _noise(noise: SignalToNoise | Unmeasured) -> Plain | Unmeasured:
    if isinstance(noise, Unmeasured):
        return noise
    return {"mean": plain_number(noise.mean), "median": plain_number(noise.median), "gated": noise.gated}


_QUALITIES: tuple[Quality, ...] = ("yaw", "pitch", "roll", "eye_distance", "sharpness", "light")


def report_to_dict(report: Report) -> Plain:
    """Turn a report into the form that reports/schema/report-1.json describes.

    Fractions become floats (the exact frame rate is kept as a text beside), what was not measured becomes null with
    its reason under `unmeasured`, and texts that cannot be encoded are escaped.
    """
    return {
        "schema": SCHEMA,
        "provider": plain_text(report.provider),
        "verdict": report.verdict,
        "files": [_file(file, report.facts.match) for file in report.facts.files()],
        "request": _request(report.facts.request),
        "findings": [_finding(finding) for finding in report.findings],
        "unchecked": [
            {"rule": u.rule, "role": u.role, "reason": plain_text(u.reason), "required": u.required}
            for u in report.unchecked
        ],
    }


def _file(file: FileFacts, match: Match | Unmeasured | None) -> Plain:
    facts = PlainFacts()
    match file.media:
        case VideoFacts():
            facts.add("container", file.format)
            _add_video(facts, file.media)
        case AudioFacts():
            facts.add("format", file.format)
            _add_audio(facts, file.media)
        case ImageFacts():
            facts.add("format", file.format)
            _add_image(facts, file.media)
        case _:
            facts.add("container" if file.role == "video" else "format", file.format)
            facts.unmeasured["media"] = plain_text(file.media.reason)
    facts.add("bytes", file.bytes)
    facts.add("extension", file.extension)
    facts.add("problem", file.problem)
    facts.add("lfs", None if file.lfs is None else {"sha256": plain_text(file.lfs.sha256), "bytes": file.lfs.bytes})
    if file.role != "audio":
        media = file.media
        width, height = (media.width, media.height) if isinstance(media, VideoFacts | ImageFacts) else (0, 0)
        facts.add("people", _people(file.people, width, height))
    if file.role == "audio":
        facts.add("speech", speech_to_dict(file.speech))
    if file.role == "reference":
        facts.add("match", _match(match))
    address = None if file.address is None else _address(file.address)
    return {"role": file.role, "path": plain_text(file.path), "address": address, "facts": facts.plain()}


def _address(address: AddressFacts) -> Plain:
    facts, problem, fetched = PlainFacts(), address.problem, address.fetched
    facts.add("scheme", address.scheme)
    facts.add("host", address.host)
    facts.add("addresses", list(address.addresses) if isinstance(address.addresses, tuple) else address.addresses)
    facts.add("redirects", [plain_text(each) for each in address.redirects])
    facts.add("problem", None if problem is None else {"kind": problem.trouble, "text": plain_text(problem.text)})
    for key in ("status", "content_type", "encoding", "length", "ranges"):
        facts.add(key, getattr(address, key))
    if isinstance(fetched, Fetched):
        got = {"bytes": fetched.bytes, "seconds": plain_number(fetched.seconds), "whole": fetched.whole}
        facts.add("fetched", got)
    else:
        facts.add("fetched", fetched)
    return facts.plain()


def _add_video(facts: PlainFacts, video: VideoFacts) -> None:
    for key in ("codec", "profile", "pixel_format", "bit_depth", "chroma", "width", "height"):
        facts.add(key, getattr(video, key))
    for key in ("coded_width", "coded_height", "rotation", "mirrored"):
        facts.add(key, getattr(video, key))
    ratio = video.sample_aspect_ratio
    facts.add("sample_aspect_ratio", f"{ratio.numerator}:{ratio.denominator}")
    _add_frame_rate(facts, video.frame_rate)
    facts.add("frames", video.frames)
    _add_duration(facts, video.duration)
    facts.add("start", plain_number(video.start) if isinstance(video.start, Fraction) else video.start)
    facts.add("edit_list", video.edit_list)
    keys = video.key_frames
    facts.add("key_frames", keys if isinstance(keys, Unmeasured) else [plain_number(time) for time in keys])
    for key in ("interlaced", "transfer", "primaries", "matrix", "hdr", "wide_gamut"):
        facts.add(key, getattr(video, key))
    for key in ("other_streams", "truncated", "faststart"):
        facts.add(key, getattr(video, key))
    facts.add(
        "sound_tracks",
        [
            {"codec": plain_text(track.codec), "sample_rate": track.sample_rate, "channels": track.channels}
            for track in video.sound_tracks
        ],
    )
    facts.add("stillness", _stillness(video.stillness))


def _add_frame_rate(facts: PlainFacts, rate: FrameRate | Unmeasured) -> None:
    if isinstance(rate, Unmeasured):
        facts.add("frame_rate", rate)
        for key in ("frame_rate_exact", "lowest_frame_rate", "highest_frame_rate", "variable_frame_rate"):
            facts.add(key, None)
        return
    facts.add("frame_rate", plain_number(rate.nominal))
    facts.add("frame_rate_exact", str(rate.nominal))
    facts.add("lowest_frame_rate", plain_number(rate.lowest))
    facts.add("highest_frame_rate", plain_number(rate.highest))
    facts.add("variable_frame_rate", rate.variable)


def _add_duration(facts: PlainFacts, duration: Duration | Unmeasured) -> None:
    if isinstance(duration, Unmeasured):
        facts.add("duration", duration)
        facts.add("duration_readings", None)
        return
    facts.add("duration", plain_number(duration.believed))
    readings: Plain = {key: plain_number(getattr(duration, key)) for key in ("container", "stream", "packets")}
    facts.add("duration_readings", {**readings, "believed": plain_text(duration.source)})


def _stillness(still: Stillness | Unmeasured) -> Plain | Unmeasured:
    if isinstance(still, Unmeasured):
        return still
    return {"black": plain_number(still.black), "frozen": plain_number(still.frozen)}


def _add_audio(facts: PlainFacts, audio: AudioFacts) -> None:
    for key in ("codec", "sample_rate", "channels"):
        facts.add(key, getattr(audio, key))
    _add_duration(facts, audio.duration)
    facts.add("cover", audio.cover)
    facts.add("truncated", audio.truncated)
    facts.add("track", audio.track)
    facts.add("tracks", [_track(track) for track in audio.tracks])


def _track(track: AudioTrack) -> Plain:
    facts = PlainFacts()
    for key in ("number", "stream_index", "codec", "sample_rate", "channels", "language", "title"):
        facts.add(key, getattr(track, key))
    facts.add("duration", plain_number(track.duration))
    facts.add("default", track.default)
    facts.add("speech", track.speaks)
    return facts.plain()


def _add_image(facts: PlainFacts, image: ImageFacts) -> None:
    for key in ("width", "height", "stored_width", "stored_height", "orientation", "mode", "frames"):
        facts.add(key, getattr(image, key))


def _people(people: PeopleFacts | Unmeasured, width: int, height: int) -> Plain | Unmeasured:
    if isinstance(people, Unmeasured):
        return people
    return {
        "count": people.count,
        "count_low": people.fewest,
        "count_high": people.most,
        "certain": people.certain,
        "at_least": people.at_least,
        "most_in_one_frame": people.most_in_one_frame,
        "face_share": plain_number(people.face_share),
        "default_person": people.default_person,
        "background": [person.id for person in background(people, height)],
        "turned": people.turned,
        "samples": len(people.samples),
        "people": [_person(person, width) for person in people.people],
    }


def _person(person: Person, width: int) -> Plain:
    """Everything about one person but the descriptor, by which the person could be recognised elsewhere."""
    return {
        "id": person.id,
        "first": plain_number(person.first),
        "last": plain_number(person.last),
        "share": plain_number(person.share),
        "spans": [[plain_number(start), plain_number(end)] for start, end in person.spans],
        "position": person.position(width),
        "largest_face": person.largest_face,
        "face_height": person.face_height,
        "frontal_share": plain_number(person.frontal_share),
        **{quality: person.typical(quality) for quality in _QUALITIES},
        "mouth_covered": {
            "share": None if person.covered_share is None else plain_number(person.covered_share),
            "spans": [[plain_number(start), plain_number(end)] for start, end in person.covered_spans],
        },
    }


def _match(match: Match | Unmeasured | None) -> Plain | Unmeasured | None:
    if not isinstance(match, Match):
        return match
    return {"alike": match.alike, "person": match.person, "distance": plain_number(match.distance)}


def _request(request: RequestFacts) -> Plain:
    callback = request.callback
    return {
        "face_threshold": request.face_threshold,
        "video_extension": request.video_extension,
        # The URL itself may carry a secret: scheme and host are enough to know which one it was.
        "callback": None
        if callback is None
        else {"scheme": plain_text(callback.scheme), "host": plain_text(callback.host)},
    }


def _finding(finding: Finding) -> Plain:
    fix = finding.fix
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "role": finding.role,
        "path": None if finding.path is None else plain_text(finding.path),
        "message": plain_text(finding.message),
        "measured": plain_text(finding.measured),
        "limit": plain_text(finding.limit),
        "source": plain_text(finding.source),
        "remote": finding.remote,
        "where": None if finding.where is None else _where(finding.where),
        "fix": None if fix is None else {"name": fix.name, "level": fix.level, "text": plain_text(fix.text)},
        "readings": [
            {"name": reading.name, "number": plain_number(reading.number), "better": reading.better}
            for reading in finding.readings
        ],
    }


def _where(where: Where) -> Plain:
    return {"start": plain_number(where.start), "end": plain_number(where.end), "box": _box(where.box)}


def _box(box: Box | None) -> list[int] | None:
    return None if box is None else [box.left, box.top, box.width, box.height]
