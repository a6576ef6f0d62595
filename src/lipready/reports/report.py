"""The verdict on one job, and its form in JSON (see schema/report-1.json)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

from lipready.facts.address import AddressFacts
from lipready.facts.audio import AudioFacts, AudioTrack
from lipready.facts.cost import Cost
from lipready.facts.file import FileFacts, ImageFacts
from lipready.facts.finding import SEVERITIES, Finding, Unchecked
from lipready.facts.job import JobFacts, RequestFacts
from lipready.facts.people import Front, PeopleFacts, Person, Quality, background
from lipready.facts.pictures import Pictures
from lipready.facts.quantity import exactly
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate, VideoFacts
from lipready.reports.compared import comparison
from lipready.reports.values import Plain, picked, plain_text, plain_value, with_reasons

SCHEMA = "lipready.report/1"
Verdict = Literal["pass", "warn", "fail"]
"""What a report comes to: see `Report.verdict`.

>>> signs: dict[lipready.Verdict, str] = {"pass": "✓", "warn": "▲", "fail": "✗"}
>>> signs[lipready.check("clip.mp4").verdict]
'✓'
"""


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of a run that several machines share: `name` is "2/4" for the second of four, `size` counts reports."""

    provider: str
    name: str
    size: int

    def to_dict(self) -> dict[str, Any]:
        """Return what each report of the shard carries."""
        return {"shard": self.name, "shard_size": self.size}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Report:
    """Facts, findings and what was not checked, for one job at one provider.

    `front` says which faces are not in the background, as the profile has it. `price` is what the job would cost, None
    where video or audio is missing. Reports are equal where they say the same: where `to_dict` is.

    >>> report = lipready.check("raw.mkv")
    >>> report
    <Report for dashscope: fail (V101 error)>
    >>> report.verdict, len(report.errors), report.warnings, list(report.by_rule)
    ('fail', 1, (), ['V101'])
    """

    provider: str
    facts: JobFacts
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...]
    front: Front | None = None
    price: Cost | None = None
    # The "files" and the "request" of the JSON that it was read from, which are not made into facts again.
    as_read: Mapping[str, Any] | None = None

    @classmethod
    def from_json(cls, text: str | bytes) -> "Report":
        """Return the report that `to_json` or `lipready check --format json` has written.

        It says the same, findings with exact numbers and all, and is equal to the one that was written. Of its `facts`
        there are only the files, with name, size and format: what was measured is in `to_dict`. Raises UsageError for
        anything that does not fit the schema of such a report, or contradicts itself.

        >>> stored = lipready.check("raw.mkv", "speech.wav").to_json()
        >>> report = lipready.Report.from_json(stored)
        >>> report.verdict, [finding.rule for finding in report.errors]
        ('fail', ['V101'])
        """
        from lipready.reports.reading import report_of

        return report_of(text)

    @property
    def verdict(self) -> Verdict:
        """`fail` with an error, `warn` with a warning or a required rule that could not be judged, else `pass`."""
        severities = {finding.severity for finding in self.findings}
        if "error" in severities:
            return "fail"
        gap = any(entry.required for entry in self.unchecked)
        return "warn" if gap or "warning" in severities else "pass"

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make the job fail."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings by which the result may be worse than expected."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    @property
    def by_rule(self) -> Mapping[str, tuple[Finding, ...]]:
        """The findings of each rule that found something, by its id, in the order of `findings`."""
        rules = dict.fromkeys(finding.rule for finding in self.findings)
        return {rule: tuple(finding for finding in self.findings if finding.rule == rule) for rule in rules}

    def to_dict(self) -> dict[str, Any]:
        """Return the report as `lipready.report/1` (see reports/schema/report-1.json).

        >>> lipready.check("clip.mp4").to_dict()["verdict"]
        'pass'
        """
        return report_to_dict(self)

    def to_json(self) -> str:
        """Return `to_dict` as one line of ASCII, which any JSON parser reads.

        >>> import json
        >>> json.loads(lipready.check("clip.mp4").to_json())["schema"]
        'lipready.report/1'
        """
        return json.dumps(self.to_dict(), allow_nan=False)

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Report) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.provider, self.verdict, *(finding.message for finding in self.findings)))

    def to_html(self, pictures: Pictures | None = None) -> str:
        """Return the report as one page of HTML, which asks for nothing else: it opens from the disk.

        `pictures` are those that were kept while the job was checked (`Settings.pictures`); without them the page has
        no frames, no faces and no waveform.

        >>> from pathlib import Path
        >>> pictures = lipready.Pictures()
        >>> report = lipready.check("clip.mp4", settings=lipready.Settings(pictures=pictures))
        >>> written = Path("report.html").write_text(report.to_html(pictures), "utf-8")
        """
        from lipready.reports.html.content import PageEntry
        from lipready.reports.html.document import page_of
        from lipready.reports.html.figures import figures_of_job

        return page_of([PageEntry(report=self.to_dict(), figures=figures_of_job(self, pictures))])

    def __repr__(self) -> str:
        """Return one line: `<Report for dashscope: fail (V104 error, P302 warning)>`."""
        worst = {rule: min((f.severity for f in found), key=SEVERITIES.index) for rule, found in self.by_rule.items()}
        told = ", ".join(f"{rule} {severity}" for rule, severity in worst.items()) or "nothing found"
        return f"<Report for {self.provider}: {self.verdict} ({told})>"

    def _repr_html_(self) -> str:
        """Return a table of the findings, for notebooks."""
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>"
            for row in ((f.severity, f.rule, f.name, f.message) for f in self.findings)
        )
        files = " ".join(escape(plain_text(file.path)) for file in self.facts.files())
        table = f"<table>{rows}</table>" if rows else "<p>nothing found</p>"
        return f"<div><p><b>{self.verdict}</b> at {escape(self.provider)}: {files}</p>{table}</div>"


_QUALITIES: tuple[Quality, ...] = ("yaw", "pitch", "roll", "eye_distance", "sharpness", "light")


def report_to_dict(report: Report) -> Plain:
    """Turn a report into the form that reports/schema/report-1.json describes.

    Fractions become floats (the exact frame rate is kept as a text beside), what was not measured becomes null with
    its reason under `unmeasured`, and texts that cannot be encoded are escaped.
    """
    written: Plain = plain_value(
        {
            "schema": SCHEMA,
            "provider": report.provider,
            "verdict": report.verdict,
            **(_measured(report) if report.as_read is None else report.as_read),
            "price": _price(report.price),
            "findings": [_finding(finding) for finding in report.findings],
            "unchecked": [picked(entry, "rule", "role", "reason", "required") for entry in report.unchecked],
        }
    )
    return written


def _measured(report: Report) -> Plain:
    files = [_file(file, report) for file in report.facts.files()]
    return {"files": files, "request": _request(report.facts.request)}


def _file(file: FileFacts, report: Report) -> Plain:
    media, facts = file.media, Plain()
    match media:
        case VideoFacts():
            facts = {"container": file.format, **_video(media)}
        case AudioFacts():
            facts = {"format": file.format, **_audio(media)}
        case ImageFacts():
            keys = ("width", "height", "stored_width", "stored_height", "orientation", "mode", "frames")
            facts = {"format": file.format, **picked(media, *keys)}
        case _:
            facts = {"format" if file.role in {"audio", "reference"} else "container": file.format, "media": media}
    facts |= picked(file, "bytes", "extension", "problem")
    facts["lfs"] = picked(file.lfs, "sha256", "bytes")
    if file.role == "audio":
        facts["speech"] = _speech(file.speech)
    else:
        width, height = (media.width, media.height) if isinstance(media, VideoFacts | ImageFacts) else (0, 0)
        facts["people"] = _people(file.people, width, height, report.front)
    if file.role == "reference":
        facts["match"] = picked(report.facts.match, "alike", "person", "distance")
    facts = with_reasons(facts)
    # Of media there is only the reason: its own facts stand beside the others.
    facts.pop("media", None)
    compared = {} if report.facts.result is None or file.role != "result" else {"compared": comparison(report.facts)}
    return {"role": file.role, "path": file.path, "address": _address(file.address), "facts": facts, **compared}


def _address(address: AddressFacts | None) -> Plain | None:
    if address is None:
        return None
    problem = address.problem
    return with_reasons(
        {
            **picked(address, "scheme", "host", "addresses", "redirects"),
            "problem": None if problem is None else {"kind": problem.trouble, "text": problem.text},
            **picked(address, "status", "content_type", "encoding", "length", "ranges"),
            "fetched": picked(address.fetched, "bytes", "seconds", "whole"),
        }
    )


def _video(video: VideoFacts) -> Plain:
    ratio, times = video.sample_aspect_ratio, ("start", "edit_list", "key_frames")
    coded = ("codec", "profile", "pixel_format", "bit_depth", "chroma")
    sizes = ("width", "height", "coded_width", "coded_height", "rotation", "mirrored")
    colours = ("interlaced", "transfer", "primaries", "matrix", "hdr", "wide_gamut")
    return {
        **picked(video, *coded, *sizes),
        "sample_aspect_ratio": f"{ratio.numerator}:{ratio.denominator}",
        **_frame_rate(video.frame_rate),
        "frames": video.frames,
        **_duration(video.duration),
        **picked(video, *times, *colours, "other_streams", "truncated", "faststart"),
        "sound_tracks": [picked(track, "codec", "sample_rate", "channels") for track in video.sound_tracks],
        "stillness": picked(video.stillness, "black", "frozen"),
    }


def _frame_rate(rate: FrameRate | Unmeasured) -> Plain:
    known = None if isinstance(rate, Unmeasured) else rate
    return {
        "frame_rate": rate if known is None else known.nominal,
        "frame_rate_exact": None if known is None else str(known.nominal),
        "lowest_frame_rate": None if known is None else known.lowest,
        "highest_frame_rate": None if known is None else known.highest,
        "variable_frame_rate": None if known is None else known.variable,
    }


def _duration(duration: Duration | Unmeasured) -> Plain:
    if isinstance(duration, Unmeasured):
        return {"duration": duration, "duration_readings": None}
    readings = {**picked(duration, "container", "stream", "packets"), "believed": duration.source}
    return {"duration": duration.believed, "duration_readings": readings}


def _audio(audio: AudioFacts) -> Plain:
    return {
        **picked(audio, "codec", "sample_rate", "channels"),
        **_duration(audio.duration),
        **picked(audio, "cover", "truncated", "track"),
        "tracks": [_track(track) for track in audio.tracks],
    }


def _track(track: AudioTrack) -> Plain:
    stream = ("number", "stream_index", "codec", "sample_rate", "channels", "language", "title")
    return with_reasons({**picked(track, *stream, "duration", "default"), "speech": track.speaks})


def _speech(heard: SpeechFacts | Unmeasured) -> Plain | Unmeasured:
    """Write times in seconds, levels in LUFS, dBTP, dBFS and dB."""
    if isinstance(heard, Unmeasured):
        return heard
    return with_reasons(
        {
            **picked(heard, "has_speech", "share", "spoken", "length"),
            "spans": [(span.start, span.end) for span in heard.speech],
            "silences": [(span.start, span.end) for span in heard.silences],
            **picked(heard, "loudness", "true_peak", "peak", "bandwidth"),
            "clipping": picked(heard.clipping, "runs", "per_million", "first"),
            "snr": picked(heard.noise, "mean", "median", "gated"),
            **picked(heard, "background", "channel_fault", "dc_offset"),
        }
    )


def _people(people: PeopleFacts | Unmeasured, width: int, height: int, front: Front | None) -> Plain | Unmeasured:
    if isinstance(people, Unmeasured):
        return people
    return {
        "count": people.count,
        "count_low": people.fewest,
        "count_high": people.most,
        **picked(people, "certain", "at_least", "most_in_one_frame", "face_share", "default_person"),
        "background": [person.id for person in background(people, height, front)],
        "turned": people.turned,
        **with_reasons({"speaks": people.speaks}),
        "samples": len(people.samples),
        "people": [_person(person, width) for person in people.people],
    }


def _person(person: Person, width: int) -> Plain:
    """Everything about one person but the descriptor, by which the person could be recognised elsewhere."""
    return {
        **picked(person, "id", "first", "last", "share", "spans"),
        "position": person.position(width),
        **picked(person, "largest_face", "face_height", "frontal_share"),
        **{quality: person.typical(quality) for quality in _QUALITIES},
        "mouth_covered": {"share": person.covered_share, "spans": person.covered_spans},
    }


def _request(request: RequestFacts) -> Plain:
    # The URL itself may carry a secret: scheme and host are enough to know which one it was.
    callback = picked(request.callback, "scheme", "host")
    return {**picked(request, "face_threshold", "video_extension"), "callback": callback}


def _price(price: Cost | None) -> Plain | None:
    """Write seconds as a number, and amounts of money as exact texts ("0.08", "1/3")."""
    if price is None:
        return None
    money = {"per_second": price.per_second, "amount": price.amount}
    exact = {key: None if value is None else exactly(value) for key, value in money.items()}
    return {"seconds": price.seconds, **exact, "currency": price.currency or None}


def _finding(finding: Finding) -> Plain:
    keys = ("rule", "name", "severity", "role", "path", "message", "measured", "limit", "source", "remote", "help")
    return {
        **picked(finding, *keys),
        "where": picked(finding.where, "start", "end", "box"),
        "fix": picked(finding.fix, "name", "level", "text"),
        "readings": [picked(reading, "name", "number", "better") for reading in finding.readings],
    }
