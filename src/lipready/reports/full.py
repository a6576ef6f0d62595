"""For people: each file with its facts and what is wrong with it, what was not checked, and the verdict."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from math import log10
from typing import TypeVar

from lipready.facts.address import AddressFacts, Fetched
from lipready.facts.audio import AudioFacts, AudioTrack
from lipready.facts.file import FileFacts, ImageFacts
from lipready.facts.finding import Finding
from lipready.facts.people import PeopleFacts, Person, Quality
from lipready.facts.quantity import counted, plural, seconds
from lipready.facts.speech import Level, SignalToNoise, SpeechFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, VideoFacts
from lipready.reports.count import totals
from lipready.reports.page import Page, Tone, joined, plain
from lipready.reports.report import Report
from lipready.reports.summary import summarize

_T = TypeVar("_T")
_LONGEST, _SHORTEST = 48, 16
_INDENT = "  "
# Speech is drawn in bars, one for each 6 dB; sound that is no speech in shades; silence in dots.
_BARS, _SHADE, _DOT = "▁▂▃▄▅▆▇█", "░", "·"
_ASCII_BARS, _ASCII_SHADE, _ASCII_DOT = "_-=+*o#@", "~", "."
_LOWEST_BAR, _STEP = -48.0, 6.0
_AUDIBLE = 20.0  # dB under the speech.
_AUDIBLE_ALONE = -50.0  # dBFS, where nobody speaks.


def speech_lines(heard: SpeechFacts, page: Page) -> list[str]:
    """`··▅▇▆▇▅▁░▆▇▅·  speech 82 % · -19.3 LUFS · SNR 31 dB`, on two lines where the page is too narrow."""
    words = " · ".join(_words(heard))
    room = page.width - len(_INDENT) - len(words) - 2
    columns = min(_LONGEST, room if room >= _SHORTEST else page.width - len(_INDENT))
    # What is no speech in all (A501), as laughter, is not drawn as it.
    levels = heard.levels if heard.has_speech else tuple(replace(level, speech=False) for level in heard.levels)
    drawn = _INDENT + _drawn(_columns(levels, columns), page)
    if room >= _SHORTEST and levels:
        return [f"{drawn}  {words}"]
    return [*([drawn] if levels else []), *page.wrap(words, indent=_INDENT)]


def speech_details(heard: SpeechFacts | Unmeasured) -> Iterator[str]:
    """Write what else was measured, for those who ask for more."""
    if isinstance(heard, Unmeasured):
        yield f"speech: not measured, {heard.reason}"
        return
    spans = ", ".join(f"{float(span.start):.2f}–{float(span.end):.2f}" for span in heard.speech)
    spoken = f"{spans} s" if heard.has_speech else f"none (too little to count: {spans} s)" if spans else "none"
    yield f"speech: {spoken}; {counted(len(heard.silences), 'silence')}"
    clipped = round(heard.clipping.per_million)
    loudness, peak = _known(heard.loudness, "{:.1f} LUFS".format), _known(heard.true_peak, "{:.1f} dBTP".format)
    yield (
        f"level: {loudness}, true peak {peak}, clipped {clipped} {plural(clipped, 'sample')} per million, off the "
        f"middle by {heard.dc_offset:.2%}"
    )
    bandwidth = _known(heard.bandwidth, "{:.0f} Hz".format)
    behind = f"not known ({heard.background.reason})" if isinstance(heard.background, Unmeasured) else heard.background
    yield f"background: {behind}, SNR {_known(heard.noise, _noise)}; bandwidth {bandwidth}"


def _words(heard: SpeechFacts) -> list[str]:
    """Name the key facts; what is not known is left out."""
    share = [f"speech {float(heard.share):.0%}".replace("%", " %") if heard.has_speech else "no speech"]
    loudness = [] if isinstance(heard.loudness, Unmeasured) else [f"{heard.loudness:.1f} LUFS"]
    noise = heard.noise if heard.has_speech else None
    clear = [f"SNR {noise.mean:.0f} dB"] if isinstance(noise, SignalToNoise) and not noise.gated else []
    return [*share, *loudness, *clear, *(["music"] if heard.background == "music" else [])]


def _columns(levels: Sequence[Level], columns: int) -> list[Level]:
    """Join or repeat the parts of a track to one for each column: of mean energy, and speech where most of them are."""
    whole, count = len(levels), min(columns, max(_SHORTEST, len(levels)))
    joined = []
    for column in range(count if whole else 0):
        start = column * whole // count
        parts = levels[start : max(start + 1, (column + 1) * whole // count)]
        spoken = 2 * sum(part.speech for part in parts) >= len(parts)
        joined.append(Level(_mean(parts), spoken))
    return joined


def _drawn(levels: Sequence[Level], page: Page) -> str:
    spoken = [level for level in levels if level.speech]
    audible = _mean(spoken) - _AUDIBLE if spoken else _AUDIBLE_ALONE
    bars, shade, dot = (_BARS, _SHADE, _DOT) if page.unicode else (_ASCII_BARS, _ASCII_SHADE, _ASCII_DOT)

    def mark(level: Level) -> str:
        if not level.speech:
            return shade if level.dbfs >= audible else dot
        return bars[min(len(bars) - 1, max(0, int((level.dbfs - _LOWEST_BAR) // _STEP) + 1))]

    groups = groupby(levels, lambda level: level.speech)
    return "".join(page.paint("".join(map(mark, group)), "good" if speech else "dim") for speech, group in groups)


def _mean(levels: Sequence[Level]) -> float:
    return 10 * log10(sum(10 ** (level.dbfs / 10) for level in levels) / len(levels))


def _noise(noise: SignalToNoise) -> str:
    gated = ", the gaps are silent" if noise.gated else ""
    return f"{noise.mean:.1f} dB (median {noise.median:.1f} dB{gated})"


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
    parts = [f"status {address.status}", _known(address.content_type or "no type")]
    if isinstance(address.fetched, Fetched):
        parts.append(f"{counted(address.fetched.bytes, 'byte')} in {address.fetched.seconds:.1f} s")
    if address.redirects:
        parts.append(counted(len(address.redirects), "redirect"))
    places = address.addresses if isinstance(address.addresses, tuple) else ()
    return f"address: {', '.join(parts)}; {address.host} is {', '.join(places) or 'not known'}"


def _video(video: VideoFacts) -> Iterator[str]:
    profile = f", profile {video.profile}" if video.profile else ""
    yield f"pixels: {_known(video.pixel_format)}{profile}, stored as {video.coded_width}×{video.coded_height}"
    times, start = video.key_frames, _known(video.start, lambda start: f"{float(start):g}")
    key_frames = f"not measured, {times.reason}" if isinstance(times, Unmeasured) else len(times)
    yield f"frames: {_known(video.frames)}, key frames: {key_frames}, first at {start} s"
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
        heard = "somebody speaks" if track.speaks else "no speech is heard"
    return f"track {track.number}: {', '.join([*form, *length, *named, *marked, heard])}"


def _duration(duration: Duration | Unmeasured) -> str:
    if isinstance(duration, Unmeasured):
        return f"duration: not measured, {duration.reason}"
    readings = (("container", duration.container), ("stream", duration.stream), ("packets", duration.packets))
    known = ", ".join(f"{name} {seconds(value, 3)}" for name, value in readings if value is not None)
    return f"duration: {seconds(duration.believed, 3)} by {duration.source}" + (f" ({known})" if known else "")


def _person(person: Person, width: int) -> str:
    place = person.position(width)
    angles: tuple[Quality, ...] = ("yaw", "pitch", "roll")
    medians = [f", {name} {round(angle)}°" for name in angles if (angle := person.typical(name)) is not None]
    if (sharpness := person.typical("sharpness")) is not None:
        medians.append(f", sharpness {sharpness:.0f}")
    if (light := person.typical("light")) is not None:
        medians.append(f", light {light:.2f}")
    return (
        f"person {person.id}: {seconds(person.first, 3)} to {seconds(person.last, 3)}{f', {place}' if place else ''}, "
        f"in {person.share:.0%} of the frames, face up to {person.largest_face} px high, "
        f"{person.frontal_share:.0%} from the front{''.join(medians)}"
    )


def _known(value: _T | Unmeasured, write: Callable[[_T], str] = str) -> str:
    return f"not measured ({value.reason})" if isinstance(value, Unmeasured) else write(value)


MARKS: dict[str, str] = {"error": "✗", "warning": "▲", "info": "ℹ"}
_VERDICTS: dict[str, tuple[str, Tone]] = {"pass": ("✓", "good"), "warn": ("▲", "warning"), "fail": ("✗", "error")}
_LABEL = 10


def render(report: Report, page: Page) -> str:
    """Write the whole report."""
    files = [_file_section(report, file, page) for file in report.facts.files()]
    found = [line for f in report.findings if f.role == "job" for line in ["", *finding_lines(f, page)]]
    job = [page.paint("the job", "strong"), *found] if found else []
    verdict = [verdict_line(report, page), *_repairs(report, page)]
    return page.finish(joined((*files, job, _unchecked_section(report, page), verdict)))


def verdict_line(report: Report, page: Page) -> str:
    """Write `✗ fail for dashscope: 2 errors, 1 warning`."""
    mark, tone = _VERDICTS[report.verdict]
    return f"{page.paint(f'{mark} {report.verdict}', tone)} for {plain(report.provider)}: {totals(report)}"


def _repairs(report: Report, page: Page) -> list[str]:
    """Return how much of it `prepare` can repair."""
    levels = [finding.fix.level for finding in report.findings if finding.fix is not None]
    decisions = levels.count("editorial")
    repairs = len(levels) - decisions
    if page.brief or not levels:
        return []
    parts = [f"`lipready prepare` repairs {repairs} of {len(report.findings)}"] if repairs else []
    parts += [f"{counted(decisions, 'repair')} {plural(decisions, 'needs')} a decision"] if decisions else []
    return page.wrap(f"{', and '.join(parts)}.")


def finding_lines(finding: Finding, page: Page) -> list[str]:
    """Write one finding: what, why, and what to do."""
    tone, fix = finding.severity, finding.fix
    # The line of the fix says its sentence again.
    message = finding.message.removesuffix(fix.text if fix else "").rstrip() or finding.message
    marked = page.paint(f"{MARKS[tone]} {page.link(finding.rule, finding.help)}", tone)
    lines = [f"  {marked} {page.paint(plain(finding.name), 'strong')}"]
    lines += page.wrap(message, indent="    ")
    details = {
        "measured": finding.measured,
        "limit": finding.limit,
        "source": finding.source if page.verbose else "",
        "prevents": finding.remote,
        "fix": f"{fix.text} ({fix.level})" if fix else "",
    }
    for label, text in details.items():
        if text:
            lines += page.beside(f"    {page.paint(label.ljust(_LABEL), 'dim')}", text, 4 + _LABEL)
    return lines


def _file_section(report: Report, file: FileFacts, page: Page) -> list[str]:
    findings = [f for f in report.findings if f.role == file.role]
    if page.brief and not findings:
        return []
    lines = [page.paint(plain(file.path), "strong") + page.paint(f"  {file.role}", "dim")]
    if not page.brief:
        lines += page.wrap(summarize(file, report.front), indent="  ")
        lines += speech_lines(file.speech, page) if isinstance(file.speech, SpeechFacts) else []
    if page.verbose:
        lines += [line for detail in details(file) for line in page.wrap(detail, indent="  ", hanging="    ")]
    lines += [line for finding in findings for line in ["", *finding_lines(finding, page)]]
    # Where there is a result, nothing else was judged.
    judged = report.facts.result is None or file.role == "result"
    if judged and not findings and not any(entry.role == file.role for entry in report.unchecked):
        lines.append(f"  {page.paint('✓', 'good')} nothing found")
    return lines


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


ROLE_WIDTH = 11


def brief_report(title: str, report: Report, page: Page) -> list[str]:
    """Write a report under a title, where it is not the last word: each file, and a line for each finding."""
    lines = [page.paint(title, "strong") + page.paint(f"  {report.provider}", "dim")]
    for file in report.facts.files():
        lines.append(f"  {file.role:{ROLE_WIDTH}}{plain(file.path)}")
        lines += page.wrap(summarize(file, report.front), indent=" " * (2 + ROLE_WIDTH))
        lines += [line for f in report.findings if f.role == file.role for line in _in_short(f, page)]
    lines += [line for f in report.findings if f.role == "job" for line in _in_short(f, page)]
    return [*lines, f"  {verdict_line(report, page)}"]


def _in_short(finding: Finding, page: Page) -> list[str]:
    remote = f" · {finding.remote}" if finding.remote else ""
    text = f"{finding.rule} {finding.name}: {finding.measured}{remote}"
    first, *rest = page.beside(f"    {page.paint(MARKS[finding.severity], finding.severity)} ", text, 6, hanging=2)
    return [first.replace(finding.rule, page.link(finding.rule, finding.help), 1), *rest]
