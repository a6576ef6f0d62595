"""Read a text that belongs to the repository, such as a configuration, without trusting it."""

from pathlib import Path

from lipready.errors import ConfigurationError
from lipready.facts.quantity import counted


def read_small_text(path: Path, most: int) -> str:
    """Read a regular file of at most `most` bytes of UTF-8.

    Raises ConfigurationError for whatever else it is: a pipe would never end, and a device may not either.
    """
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationError(f"{path}: is not a regular file.")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except (OSError, ValueError) as error:
        from lipready.probe.missing import unreadable

        raise ConfigurationError(unreadable(path, error)) from error
    if len(content) > most:
        raise ConfigurationError(f"{path}: is larger than {counted(most, 'byte')}.")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}).") from error
