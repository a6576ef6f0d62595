"""What a report is written on: its width, its colours, its characters."""

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Tone = Literal["error", "warning", "info", "good", "strong", "dim"]

_ANSI: dict[Tone, str] = {"error": "31;1", "warning": "33;1", "info": "34;1", "good": "32;1", "strong": "1", "dim": "2"}
# C0 and C1 controls, separators that a terminal may take for a line end, bidirectional overrides, lone surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_ASCII = str.maketrans(
    {"–": "-", "—": "-", "…": "...", "·": "|", "×": "x", "≤": "<=", "≥": ">=", "→": "->", "°": " deg", "’": "'"}
    | {"✗": "x", "✓": "ok", "▲": "!", "ℹ": "i", "“": '"', "”": '"', "¥": "CNY "}
)
_NARROWEST = 40
_HIDDEN_BYTES = range(0xDC80, 0xDD00)  # os.fsdecode hides the byte 0xNN in the surrogate U+DCNN


# What to say to lipready, as a program says it: `lipready.resume('3f')`, `Choices(trim='best')`, `Settings.quick`.
_HOLDERS = "Choices|Job|RequestOptions|SandboxOptions|Sending|Settings"
_CALL = re.compile(rf"`(?:lipready\.(?P<verb>[a-z]\w*)|{_HOLDERS}|gate)\((?P<arguments>[^`\n]{{0,200}})\)`")
_FIELD = re.compile(rf"`(?:{_HOLDERS})\.(\w{{1,40}})`")
_COMMANDS = {"resume": "tasks resume", "forget": "tasks forget", "split": "prepare --split"}
"""The commands of the verbs that have none of their own name."""
_ANY = ("…", r"\u2026")
"""What stands for any value, as text and in JSON."""
_VALUES = {
    "trim": "START:END",
    "trim_audio": "START:END",
    "person": "N",
    "audio_track": "N",
    "bucket": "s3://NAME/PREFIX",
}


def plain(text: str) -> str:
    r"""Escape what a terminal would obey instead of show; a byte that is no UTF-8 shows as `\xNN`."""
    return _UNSAFE.sub(_escape, with_options(text))


def with_options(text: str) -> str:
    """Write what a message says to programs (`Choices(trim='best')`) as the command line has it (--trim best)."""
    if "`" not in text:
        return text
    text = text.replace("`Profile.limits`", "`lipready rules`")
    return _FIELD.sub(lambda match: _option(match[1]), _CALL.sub(_command, text))


def _command(match: re.Match[str]) -> str:
    arguments = re.sub(r"\w+=[A-Z]\w*\((.*)\)", r"\1", match["arguments"])  # sending=Sending(again=True)
    words = [_argument(each) for each in arguments.split(", ")]
    verb = match["verb"]
    if verb is not None:
        words = ["lipready", _COMMANDS.get(verb, verb), *words]
    said = " ".join(filter(None, words))
    return said if verb is None else f"`{said}`"


def _argument(text: str) -> str:
    name, equals, value = text.partition("=")
    if not equals:
        return "" if name in _ANY else name.strip("'")
    value = _VALUES.get(name, "") if value in _ANY else value.strip("'")
    return " ".join(filter(None, (_option(name), "" if value == "True" else value)))


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def joined(sections: Iterable[list[str]]) -> list[str]:
    """Put an empty line between sections that hold anything."""
    lines: list[str] = []
    for section in filter(None, sections):
        lines += [*([""] if lines else []), *section]
    return lines


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    shown = chr(code - 0xDC00) if code in _HIDDEN_BYTES else match[0]
    return shown.encode("unicode_escape").decode("ascii")


@dataclass(frozen=True, slots=True)
class Page:
    """Where text goes. `width` in columns; `brief` leaves out facts and all that is well, `verbose` adds to them.

    `links` says that a text may lead to an address: only a terminal shows such.
    `fail_on` is the mildest severity that fails, for formats that tell what failed from what passed.
    """

    width: int = 100
    color: bool = False
    unicode: bool = True
    brief: bool = False
    verbose: bool = False
    links: bool = False
    fail_on: Literal["error", "warning"] = "error"

    def paint(self, text: str, tone: Tone) -> str:
        """Colour a text that is already plain."""
        return f"\x1b[{_ANSI[tone]}m{text}\x1b[0m" if self.color and text else text

    def link(self, text: str, address: str | None) -> str:
        """Let a text that is already plain lead to an address of printable ASCII, where there are links."""
        return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if self.links and address else text

    def wrap(self, text: str, *, indent: str = "", hanging: str | None = None) -> list[str]:
        """Break a text at spaces only, so that paths and commands stay whole; controls are escaped."""
        return textwrap.wrap(
            plain(text),
            max(self.width, _NARROWEST),
            initial_indent=indent,
            subsequent_indent=indent if hanging is None else hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def beside(self, head: str, text: str, columns: int, *, hanging: int = 0) -> list[str]:
        """Break a text beside a head that takes so many columns; further lines stand `hanging` columns further in."""
        margin = " " * columns
        first, *rest = self.wrap(text, indent=margin, hanging=" " * (columns + hanging)) or [margin]
        return [f"{head}{first[columns:]}", *rest]

    def finish(self, lines: list[str]) -> str:
        """Join lines; without Unicode, typographic characters become ASCII."""
        text = "\n".join(lines) + "\n"
        return text if self.unicode else text.translate(_ASCII)
