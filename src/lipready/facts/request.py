"""What is known of the request that would carry the files."""

from dataclasses import dataclass

from lipready.facts.unmeasured import Unmeasured


@dataclass(frozen=True, slots=True)
class CallbackFacts:
    """A callback URL: its parts, and the addresses that its host resolves to."""

    url: str
    scheme: str
    host: str
    addresses: tuple[str, ...] | Unmeasured


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """The options of a request; `None` means not given, so that the provider's default applies."""

    face_threshold: int | None
    video_extension: bool
    callback: CallbackFacts | None
