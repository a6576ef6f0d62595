"""For people: each file with its facts and what is wrong with it, what was not checked, and the verdict."""

from collections.abc import Iterator
from fractions import Fraction

from lipready.facts.address import AddressFacts, Fetched
from lipready.facts.audio import AudioFacts, AudioTrack
from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding, Subject
from lipready.facts.image import ImageFacts
from lipready.facts.people import PeopleFacts, Person, Quality
from lipready.facts.quantity import counted, plural, seconds
from lipready.facts.report import Report
from lipready.facts.speech import SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, VideoFacts
from lipready.reports.count import totals
from lipready.reports.page import Page, Tone, plain
from lipready.reports.speech import speech_details, speech_lines
from lipready.reports.summary import summarize


def details(file: FileFacts) -> Iterator[str]:
    """Write one line for each group of facts; what was not measured says why."""
    if not isinstance(file.bytes, Unmeasured):
        yield f"size: {file.bytes:,} {plural(file.bytes, 'byte')}"
    if file.address is not None:
        yield _address(file.address)
    match file.media:
        case VideoFacts() as video:
            yield from _video(video)
        case AudioFacts() as audio:
            yield _duration(audio.duration)
            if len(audio.tracks) > 1:
                yield from map(_track, audio.tracks)
            yield from speech_details(file.speech)
        case Unmeasured() as unknown:
            yield f"media: not measured, {unknown.reason}"
    if isinstance(file.people, PeopleFacts):
        looked = counted(len(file.people.samples), "frame")
        yield f"looked at: {looked}, {file.people.face_share:.0%} of them with a face"
        width = file.media.width if isinstance(file.media, VideoFacts | ImageFacts) else 0
        yield from (_person(person, width) for person in file.people.people)


def _address(address: AddressFacts) -> str:
    """Write how an address answers; what may be a secret is not in it."""
    if address.problem is not None:
        return f"address: {address.problem.text}"
    if isinstance(address.status, Unmeasured):
        return f"address: not measured, {address.status.reason}"
    parts = [f"status {address.status}", _known(address.content_type or "no type"), *_fetched(address.fetched)]
    places = address.addresses if isinstance(address.addresses, tuple) else ()
    redirects = [f"{counted(len(address.redirects), 'redirect')}"] if address.redirects else []
    return f"address: {', '.join([*parts, *redirects])}; {address.host} is {', '.join(places) or 'not known'}"


def _fetched(fetched: Fetched | Unmeasured) -> list[str]:
    return [f"{counted(fetched.bytes, 'byte')} in {fetched.seconds:.1f} s"] if isinstance(fetched, Fetched) else []


def _video(video: VideoFacts) -> Iterator[str]:
    profile = f", profile {video.profile}" if video.profile else ""
    yield f"pixels: {_known(video.pixel_format)}{profile}, stored as {video.coded_width}×{video.coded_height}"
    yield f"frames: {_known(video.frames)}, key frames: {_key_frames(video)}, first at {_known(video.start)} s"
    yield _duration(video.duration)
    tracks = ", ".join(f"{t.codec} {t.sample_rate} Hz" for t in video.sound_tracks)
    yield f"sound: {tracks or 'none'}; other streams: {video.other_streams}"


def _track(track: AudioTrack) -> str:
    named = [tag for tag in (track.language, track.title) if tag]
    length = [] if track.duration is None else [seconds(track.duration, 3)]
    marked = ["default"] if track.default else []
    form = [track.codec, f"{track.sample_rate} Hz", counted(track.channels, "channel")]
    if isinstance(track.speaks, Unmeasured):
        heard = f"speech: not measured, {track.speaks.reason}"
    else:
        heard = "somebody speaks" if track.speaks else "nobody is heard to speak"
    return f"track {track.number}: {', '.join([*form, *length, *named, *marked, heard])}"


def _key_frames(video: VideoFacts) -> str:
    times = video.key_frames
    return f"not measured, {times.reason}" if isinstance(times, Unmeasured) else str(len(times))


def _duration(duration: Duration | Unmeasured) -> str:
    if isinstance(duration, Unmeasured):
        return f"duration: not measured, {duration.reason}"
    readings = (("container", duration.container), ("stream", duration.stream), ("packets", duration.packets))
    known = ", ".join(f"{name} {seconds(value, 3)}" for name, value in readings if value is not None)
    return f"duration: {seconds(duration.believed, 3)} by {duration.source}" + (f" ({known})" if known else "")


def _person(person: Person, width: int) -> str:
    place = person.position(width)
    return (
        f"person {person.id}: {seconds(person.first, 3)} to {seconds(person.last, 3)}{f', {place}' if place else ''}, "
        f"in {person.share:.0%} of the frames, face up to {person.largest_face} px high, "
        f"{person.frontal_share:.0%} from the front{_qualities(person)}"
    )


def _qualities(person: Person) -> str:
    """Write the medians that were measured."""
    angles: tuple[Quality, ...] = ("yaw", "pitch", "roll")
    turned = [f", {name} {round(angle)}°" for name in angles if (angle := person.typical(name)) is not None]
    sharpness, light = person.typical("sharpness"), person.typical("light")
    sharp = [] if sharpness is None else [f", sharpness {sharpness:.0f}"]
    return "".join([*turned, *sharp, *([] if light is None else [f", light {light:.2f}"])])


def _known(value: str | int | Fraction | Unmeasured) -> str:
    if isinstance(value, Unmeasured):
        return f"not measured ({value.reason})"
    return f"{float(value):g}" if isinstance(value, Fraction) else str(value)


MARKS: dict[str, str] = {"error": "✗", "warning": "▲", "info": "ℹ"}
_VERDICTS: dict[str, tuple[str, Tone]] = {"pass": ("✓", "good"), "warn": ("▲", "warning"), "fail": ("✗", "error")}
_LABEL = 10


def render(report: Report, page: Page) -> str:
    """Write the whole report."""
    sections = [_file_section(report, file.role, page) for file in report.facts.files()]
    verdict = [verdict_line(report, page), *_outlook(report, page)]
    sections += [_job_section(report, page), _unchecked_section(report, page), verdict]
    lines: list[str] = []
    for section in filter(None, sections):
        lines += [*([""] if lines else []), *section]
    return page.finish(lines)


def verdict_line(report: Report, page: Page) -> str:
    """`✗ fail for dashscope: 2 errors, 1 warning`."""
    mark, tone = _VERDICTS[report.verdict]
    return f"{page.paint(f'{mark} {report.verdict}', tone)} for {plain(report.provider)}: {totals(report)}"


def _outlook(report: Report, page: Page) -> list[str]:
    """Say how much of it `prepare` can repair."""
    levels = [finding.fix.level for finding in report.findings if finding.fix is not None]
    decisions = levels.count("editorial")
    repairs = len(levels) - decisions
    if page.brief or not levels:
        return []
    parts = [f"`lipready prepare` repairs {repairs} of {len(report.findings)}"] if repairs else []
    parts += [f"{counted(decisions, 'repair')} {plural(decisions, 'needs')} a decision"] if decisions else []
    return page.wrap(f"{', and '.join(parts)}.")


def finding_lines(finding: Finding, page: Page) -> list[str]:
    """One finding: what, why, and what to do."""
    tone = finding.severity
    head = f"  {page.paint(f'{MARKS[tone]} {finding.rule}', tone)} {page.paint(plain(finding.name), 'strong')}"
    lines = [head, *page.wrap(_without_advice(finding), indent="    ")]
    for label, text in _details(finding, page):
        lines += _labelled(label, text, page)
    return lines


def _details(finding: Finding, page: Page) -> list[tuple[str, str]]:
    fix = finding.fix
    pairs = [
        ("measured", finding.measured),
        ("limit", finding.limit),
        ("source", finding.source if page.verbose else ""),
        ("prevents", finding.remote or ""),
        ("fix", f"{fix.text} ({fix.level})" if fix else ""),
    ]
    return [(label, text) for label, text in pairs if text]


def _without_advice(finding: Finding) -> str:
    """Leave out the sentence that the line of the fix says again."""
    advice = finding.fix.text if finding.fix else ""
    return finding.message.removesuffix(advice).rstrip() or finding.message


def _labelled(label: str, text: str, page: Page) -> list[str]:
    margin = " " * (4 + _LABEL)
    first, *rest = page.wrap(text, indent=margin) or [margin]
    return [f"    {page.paint(label.ljust(_LABEL), 'dim')}{first[len(margin) :]}", *rest]


def _file_section(report: Report, role: Subject, page: Page) -> list[str]:
    file = next(f for f in report.facts.files() if f.role == role)
    findings = [f for f in report.findings if f.role == role]
    if page.brief and not findings:
        return []
    title = page.paint(plain(file.path), "strong") + page.paint(f"  {role}", "dim")
    lines = [title, *(page.wrap(summarize(file), indent="  ") if not page.brief else [])]
    if not page.brief and isinstance(file.speech, SpeechFacts):
        lines += speech_lines(file.speech, page)
    if page.verbose:
        lines += [line for detail in details(file) for line in page.wrap(detail, indent="  ", hanging="    ")]
    lines += [line for finding in findings for line in ["", *finding_lines(finding, page)]]
    if not findings and not any(entry.role == role for entry in report.unchecked):
        lines.append(f"  {page.paint('✓', 'good')} nothing found")
    return lines


def _job_section(report: Report, page: Page) -> list[str]:
    findings = [f for f in report.findings if f.role == "job"]
    if not findings:
        return []
    return [page.paint("the job", "strong"), *(line for f in findings for line in ["", *finding_lines(f, page)])]


def _unchecked_section(report: Report, page: Page) -> list[str]:
    """Write what did not run, by reason: many rules share one."""
    if page.brief or not report.unchecked:
        return []
    reasons: dict[str, dict[str, None]] = {}
    for entry in report.unchecked:
        # The letter of a rule says what it is about; F rules are about any file.
        rule = f"{entry.rule} ({entry.role})" if entry.rule.startswith("F") else entry.rule
        reasons.setdefault(entry.reason, {})[rule] = None
    rules = counted(len({entry.rule for entry in report.unchecked}), "rule")
    lines = [page.paint("not checked", "strong") + page.paint(f"  {rules}", "dim")]
    for reason, ids in reasons.items():
        lines += page.wrap(f"{', '.join(ids)}: {reason}", indent="  ", hanging="    ")
    return lines
