"""An account at a provider: its addresses and key, from the environment or a file."""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from lipready.errors import ConfigurationError, UsageError
from lipready.profiles.limit import Profile
from lipready.profiles.loader import load_profile
from lipready.providers.dashscope import requests as dashscope
from lipready.providers.dashscope.region import address_asked, region_warning, workspace_asked
from lipready.providers.evolink import requests as evolink
from lipready.providers.service import Endpoints, Service

SERVICES: dict[str, Service] = {each.name: each for each in (dashscope.SERVICE, evolink.SERVICE)}

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST_KEY_FILE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account at a provider. `provider` names its `profile`, or is the whole path of one; the key shows nowhere."""

    provider: str
    profile: Profile
    service: Service
    endpoints: Endpoints
    key: str = field(repr=False)

    @property
    def name(self) -> str:
        """What the limits of the account are counted under, in all processes of this machine."""
        return f"{self.service.name} {urlsplit(self.endpoints.api).netloc}"

    @property
    def warning(self) -> str | None:
        """A warning about the address, before anything is sent there; None without one."""
        return region_warning(self.endpoints.api) if self.service.name == "dashscope" else None

    @property
    def origins(self) -> tuple[str, ...]:
        """The only addresses that may be shown the key."""
        return tuple(dict.fromkeys(url for url in (self.endpoints.api, self.endpoints.files) if url))


_in_process: dict[tuple[str, str], Account] = {}


def account_at(provider: str, *, api_key: str | None = None) -> Account:
    """Find the account at a provider, by the name of its profile, or the path of one that extends it.

    The key is `api_key`, else the one in DASHSCOPE_API_KEY or EVOLINK_API_KEY, else the content of the file that
    DASHSCOPE_API_KEY_FILE_PATH or EVOLINK_API_KEY_FILE_PATH names, else for DashScope that of `~/.dashscope/api_key`.

    Raises UsageError for a profile that nothing can be sent to, and ConfigurationError where there is no such profile,
    a key is missing or an address is not one that may be shown a key.
    """
    account = account_without_key(provider)
    return replace(account, key=key_of(account.service, api_key))


def account_without_key(provider: str) -> Account:
    """Find what `account_at` finds, but for the key: nothing can be sent with it. Raises like `account_at`."""
    profile = load_profile(provider)
    service = service_of(profile.base or provider)
    # Whoever takes the job up later may do so in another folder.
    name = provider if provider in SERVICES else str(Path(provider).absolute())
    return Account(provider=name, profile=profile, service=service, endpoints=_endpoints(service), key="")


def service_of(name: str) -> Service:
    """Find the service of a shipped profile's name. Raises UsageError where there is none."""
    if name not in SERVICES:
        raise UsageError(
            f"Jobs can be sent to {', '.join(SERVICES)}, or by a profile that extends one; {name!r} is neither."
        )
    return SERVICES[name]


def remember(account: Account) -> Account:
    """Register the account at a server of this process, and return it."""
    return _in_process.setdefault((account.provider, account.endpoints.api), account)


def remembered(provider: str, api: str) -> Account | None:
    """Find the account at a server of this process; None where it was one of another."""
    return _in_process.get((provider, api))


def key_of(service: Service, api_key: str | None = None) -> str:
    """Find the key for a service; see `account_at`."""
    key = (api_key or _key(service)).strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:  # what is refused is not repeated
        raise ConfigurationError("The API key is empty, or holds characters that no key has: copy it again.")
    return key


def _endpoints(service: Service) -> Endpoints:
    if service.name == "dashscope":
        workspace = workspace_asked()
        return Endpoints(_address("DASHSCOPE_HTTP_BASE_URL", address_asked(workspace)), "", workspace)
    api = _address("EVOLINK_BASE_URL", os.environ.get("EVOLINK_BASE_URL") or "https://api.evolink.ai/v1")
    files = os.environ.get("EVOLINK_FILES_BASE_URL") or "https://files-api.evolink.ai"
    files = _address("EVOLINK_FILES_BASE_URL", files)
    return Endpoints(api if api.endswith("/v1") else f"{api}/v1", files)


def _address(variable: str, value: str) -> str:
    """Check the address that a variable names, or that stands for it."""
    value = value.strip().rstrip("/")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigurationError(f"{variable} is no address: {error}.") from error
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or {*"?#"} & {*value}:
        raise ConfigurationError(f"{variable} is no plain http(s) address such as https://host/v1.")
    if parts.scheme == "http" and host not in _LOCAL:
        raise ConfigurationError(f"{variable} would send your key to {host} unencrypted: it has to begin with https.")
    return value


def _key(service: Service) -> str:
    variable = service.key_variable
    if os.environ.get(variable):
        return os.environ[variable]
    named = os.environ.get(f"{variable}_FILE_PATH")
    usual = Path.home() / ".dashscope" / "api_key" if service.name == "dashscope" else None
    if named:
        return _read_key(Path(named).expanduser(), f"{variable}_FILE_PATH")
    if usual is not None and usual.is_file():
        return _read_key(usual, "the key file")
    raise ConfigurationError(
        f"There is no key for {service.title}: put it into the environment as {variable}, or into a file that "
        f"{variable}_FILE_PATH names. To try the way without a key, say `lipready.submit(provider='sandbox')`."
    )


def _read_key(path: Path, what: str) -> str:
    try:
        with path.open(encoding="ascii") as file:
            return file.read(_LONGEST_KEY_FILE)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not plain text"
        raise ConfigurationError(f"{path} ({what}) cannot be read: {reason}.", path=str(path)) from None
