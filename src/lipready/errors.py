"""Every exception that lipready raises on purpose.

LipreadyError                  one clear sentence: what is wrong, where, what to do
├── UsageError                 the call is wrong: unknown option value, missing file, contradicting options
├── ConfigurationError         a profile or configuration file is wrong
├── ComponentError             something that lipready needs is missing: model weights, ffmpeg, a shared library
├── ProbeError                 a file cannot be read as media (inside the package; a check turns it into F001)
├── FixError                   a repair failed, or cannot be done without a decision of the user
└── NothingCheckedError        there was nothing to check
"""


class LipreadyError(Exception):
    """The root of the tree. `str(error)` is one sentence for people."""


class UsageError(LipreadyError):
    """The call is wrong."""


class ConfigurationError(LipreadyError):
    """A profile or configuration file is wrong."""


class ComponentError(LipreadyError):
    """Something that lipready needs is missing or damaged."""


class ProbeError(LipreadyError):
    """A file cannot be read as media; the message is a phrase that follows the file's name."""


class FixError(LipreadyError):
    """A repair failed, or cannot be done without a decision of the user."""


class NothingCheckedError(LipreadyError):
    """There was nothing to check."""
