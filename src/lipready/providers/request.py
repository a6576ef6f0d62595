"""What a provider is asked to do, in our words."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider is reached: `api` and `files` without a slash at the end, `api` with its version ("…/v1").

    `workspace` is the part of the account that is asked, at DashScope; it is no secret.
    """

    api: str
    files: str
    workspace: str | None = None


def workspace_header(endpoints: Endpoints) -> dict[str, str]:
    """Make the header that names the workspace to DashScope, where there is one."""
    return {} if endpoints.workspace is None else {"X-DashScope-WorkSpace": endpoints.workspace}


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One paid request. The addresses are what the provider will fetch; None leaves the provider's default."""

    model: str
    video_url: str = field(repr=False)
    audio_url: str = field(repr=False)
    reference_url: str | None = field(default=None, repr=False)
    video_extension: bool = False
    face_threshold: int | None = None
    callback_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class UploadPolicy:
    """Leave to store one file: where, under which name, how large, until when. `seconds` counts from the answer."""

    host: str
    folder: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)
    largest_bytes: int | None
    seconds: float
