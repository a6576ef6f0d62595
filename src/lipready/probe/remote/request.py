"""What the options of a request say, and where its callback would go."""

from urllib.parse import urlsplit

from lipready.facts.job import CallbackFacts, RequestFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.net.guard import addresses_of


def examine_request(
    *, face_threshold: int | None, video_extension: bool, callback_url: str | None, resolve: bool
) -> RequestFacts:
    """Measure the request itself; the callback's host is looked up only where `resolve` is set."""
    callback = None if callback_url is None else _callback(callback_url, resolve=resolve)
    return RequestFacts(face_threshold=face_threshold, video_extension=video_extension, callback=callback)


def _callback(url: str, *, resolve: bool) -> CallbackFacts:
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        return CallbackFacts(url, url.partition(":")[0].lower(), "", Unmeasured(f"the URL is malformed: {error}"))
    return CallbackFacts(url, parts.scheme, host, addresses_of(host, resolve=resolve))
