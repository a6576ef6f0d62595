"""Rules about the options of the request, and about what the upload to the provider takes."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

from lipready.facts.address import is_public
from lipready.facts.file import FileFacts
from lipready.facts.finding import Finding, Fix
from lipready.facts.job import CallbackFacts, JobFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.profiles.limit import Limit
from lipready.rules.bounds import breach, judge_size, refusal
from lipready.rules.examples import addressed, callback, job, pointer, request, sized, with_file
from lipready.rules.readings import Readings, ranged, with_readings
from lipready.rules.rule import Verdicts, about, rule
from lipready.rules.subjects import finding
from lipready.rules.wording import interval, listing, name_of, of_unit, printable

T = TypeVar("T")
_OTHERWISE = ", or put it at an address of your own"


def _given(option: T | None) -> tuple[T] | None:
    return None if option is None else (option,)


def _bytes(facts: JobFacts, limit: Limit) -> Readings:
    return tuple(
        reading
        for file in facts.files()
        if file.address is None and not isinstance(file.bytes, Unmeasured)
        for reading in ranged(f"bytes of the {file.role}", file.bytes, limit)
    )


@rule(
    "F004",
    valid=lambda: (
        with_file("video", bytes=100_000_000),
        with_file("reference", format="bmp"),
        *(job(video=replace(video, bytes=104_857_601)) for video in (addressed().video,) if video is not None),
    ),
    invalid=lambda: (
        *sized("video", 100_000_001, 104_857_601),
        *sized("audio", 104_857_601),
        *sized("reference", 104_857_601),
        pointer("video", 104_857_601),
    ),
)
@with_readings(_bytes)
def file_not_uploadable(facts: JobFacts, limit: Limit) -> Verdicts:
    """Warn of a file that the provider's own upload does not take, whatever the model would.

    What it checks
        The size in bytes, exactly (for a Git LFS pointer the size that the pointer names), and the format of a
        reference image by its content. What is given as an address is not uploaded, and not judged.

    Why it matters
        A file of this machine is uploaded before the provider can fetch it. An upload may take less than the model
        does; then the job ends before it begins.

    What the provider says
        DashScope: the leave to upload names `max_file_size_mb`, 100 in its sample; what it names when the file is
        uploaded counts. EvoLink: uploads of JPEG, PNG, GIF and WebP; its own client sends audio and video, too, and all
        up to 100 MB. Whether a MB is 10^6 or 2^20 bytes is not said, so that the warning begins over 100 · 10^6 bytes.

    How to repair
        `prepare` makes the file fit both the upload and the model, and writes a BMP as PNG. Or put the file at an
        address of your own: `submit --bucket` does, and `prepare --no-for-upload` then aims at the model alone.
    """
    for file in facts.files():
        if file.address is None:
            if isinstance(file.bytes, Unmeasured):
                yield file.bytes
            else:
                yield from judge_size(file, file.bytes, limit, "the provider's own upload takes", _OTHERWISE)
            yield from _format(file, limit)


def _format(file: FileFacts, limit: Limit) -> Iterator[Finding]:
    """Judge a picture; which formats of audio and video are taken, no page says."""
    if file.role != "reference" or not limit.choices or isinstance(file.format, Unmeasured):
        return
    severity = refusal(file.format, limit)
    if severity is None:
        return
    measured, allowed = printable(file.format), listing(limit.choices)
    fix = Fix("convert-image", "reencode", "Write it in a format that is taken.")
    message = (
        f"{name_of(file)} is {measured} by content; the provider's own upload takes {allowed}. "
        f"{fix.text[:-1]}{_OTHERWISE}."
    )
    yield finding(limit, file, message, measured=measured, allowed=allowed, severity=severity, fix=fix)


@rule(
    "R701",
    valid=lambda: tuple(job(request=request(face_threshold=value)) for value in (None, 120, 170, 200)),
    invalid=lambda: tuple(job(request=request(face_threshold=value)) for value in (-1, 0, 119, 201)),
)
@about(lambda facts: _given(facts.request.face_threshold))
@with_readings(lambda threshold, limit: ranged("threshold", threshold, limit))
def face_threshold_range(threshold: int, limit: Limit) -> Verdicts:
    """Check that the face threshold is one that the provider takes.

    What it checks
        `query_face_threshold`, where it is given.

    Why it matters
        A request with another value is refused.

    What the provider says
        An integer from 120 to 200, 170 by default. Lower matches more easily and may match the wrong face; higher is
        stricter and may match none. Else InvalidParameter (DashScope) or invalid_parameters (EvoLink).

    How to repair
        Leave it out, or give a number from 120 to 200: slightly less than 170 (140) where a reference image is sent and
        no face matched, more (190) where the wrong face moved.
    """
    broken = breach(Fraction(threshold), limit)
    if broken is not None:
        allowed = interval(broken.range, limit.unit)
        message = (
            f"The face threshold is {threshold}; {allowed} is accepted. Leave it out, or give a number in that range."
        )
        yield finding(limit, None, message, measured=str(threshold), allowed=allowed, severity=broken.severity)


@rule(
    "R702",
    valid=lambda: (job(reference=None), job(request=request(face_threshold=150))),
    invalid=lambda: (job(reference=None, request=request(face_threshold=150)),),
)
def face_threshold_without_reference(facts: JobFacts, limit: Limit) -> Verdicts:
    """Warn of a face threshold that has no effect.

    What it checks
        Whether `query_face_threshold` is given while the job has no reference image.

    Why it matters
        The threshold compares faces with the reference image; without one the provider ignores it.

    What the provider says
        DashScope: ignored when `ref_image_url` is empty. EvoLink shows a threshold without a reference image, so that
        nothing is said there.

    How to repair
        Hand in a reference image, or leave the threshold out.
    """
    if facts.request.face_threshold is not None and facts.reference is None:
        message = (
            f"The face threshold {facts.request.face_threshold} has no effect without a reference image. Hand in a "
            "reference image, or leave the threshold out."
        )
        measured = f"threshold {facts.request.face_threshold}, no reference image"
        yield finding(limit, None, message, measured=measured, allowed="a threshold only beside a reference image")


@rule("R703", invalid=lambda: (job(request=request(callback=callback("https://example.com/done", "93.184.216.34"))),))
@about(lambda facts: _given(facts.request.callback))
def callback_url(target: CallbackFacts, limit: Limit) -> Verdicts:
    """Check that the provider can call back at the URL that is given.

    What it checks
        The scheme, the length, that the URL names a host and no password, and every address that the host resolves to:
        private, loopback, link-local, multicast and reserved ones are refused, also where an IPv6 address wraps them.
        At a provider that does not call back at all, that a URL is given.

    Why it matters
        The request is refused, or the call never arrives.

    What the provider says
        EvoLink: HTTPS only; no internal addresses (127.0.0.1, 10.x.x.x, 172.16-31.x.x, 192.168.x.x and so on); at most
        2048 characters. DashScope has no callback.

    How to repair
        Give a public https URL, or leave it out and poll the task.
    """
    if not limit.choices:
        yield _refused(limit, "is ignored, because this provider does not call back", "a callback URL", "no callback")
        return
    yield from _text(target, limit)
    yield from _addresses(target, limit)


def _text(target: CallbackFacts, limit: Limit) -> Iterator[Finding]:
    if target.scheme.lower() not in limit.choices:
        measured = printable(target.scheme) if target.scheme else "no scheme"
        yield _refused(limit, f"has the scheme {measured}", measured, f"{listing(limit.choices)} only")
    broken = breach(Fraction(len(target.url)), limit)
    if broken is not None:
        measured, allowed = of_unit(str(len(target.url)), limit.unit), interval(broken.range, limit.unit)
        yield _refused(limit, f"is {measured} long", measured, allowed)
    if not target.host:
        yield _refused(limit, "names no host", "no host", "a public host")
    if _has_password(target.url):
        # The finding must not repeat the password, and reports travel.
        yield _refused(limit, "carries a user name or a password", "a user name or password", "none in the URL")


def _has_password(url: str) -> bool:
    try:
        return "@" in urlsplit(url).netloc
    except ValueError:
        return False


def _addresses(target: CallbackFacts, limit: Limit) -> Verdicts:
    if not target.host:
        return
    literal = target.host.strip("[]")
    if is_public(literal) is not None:
        found: tuple[str, ...] = (str(ip_address(literal)),)
    elif f".{target.host.lower().rstrip('.')}".endswith(".localhost"):
        # RFC 6761: the name means this machine, whatever a resolver says.
        yield _refused(limit, "leads to localhost", "localhost", "public addresses only")
        return
    elif isinstance(target.addresses, Unmeasured):
        yield target.addresses
        return
    else:
        found = target.addresses
    if not found:
        yield Unmeasured(f"the host {printable(target.host)} has no address")
    for text in found:
        public = is_public(text)
        if public is None:
            yield Unmeasured(f"{printable(text)}, an address of {printable(target.host)}, cannot be read")
        elif not public:
            shown = printable(text)
            yield _refused(limit, f"leads to {shown}, which is not a public address", shown, "public addresses only")
            return


_ADVICE = "Give a public https URL without a password, or leave it out"


def _refused(limit: Limit, what: str, measured: str, allowed: str) -> Finding:
    message = f"The callback URL {what}. {_ADVICE if limit.choices else 'Leave it out'} and poll the task."
    return finding(limit, None, message, measured=measured, allowed=allowed)
