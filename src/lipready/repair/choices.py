"""What the user decides: the editorial repairs, which are done only when asked for."""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Self

from lipready.errors import UsageError
from lipready.facts.finding import Finding, FixLevel, Subject
from lipready.facts.plan import Step

_FLAGS = {
    "audio trim": "`Choices(trim_audio=…)` or `Choices(trim_audio='best')`",
    "trim": "`Choices(trim=…)`",
    "pad": "`Choices(extend=True)`",
    "choose-person": "`Choices(person=…)`",
    "crop-image": "",
}
"""The flags that ask for an editorial repair, where they are not named as it is; one belongs to audio tracks alone."""

_LENGTHS = frozenset({"trim", "extend", "pad"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """The findings on one file that can be repaired, in the order of the report."""

    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, findings: Sequence[Finding], role: Subject) -> Self:
        """Return the findings of one role that name a repair."""
        return cls(tuple(f for f in findings if f.role == role and f.fix is not None))

    def only(self, *names: str) -> tuple[Finding, ...]:
        """Return the findings that ask for one of these repairs."""
        return tuple(f for f in self.findings if f.fix is not None and f.fix.name in names)

    def has(self, *names: str) -> bool:
        """Return whether one of these repairs is asked for."""
        return bool(self.only(*names))

    def level(self, level: FixLevel, *apart: str) -> bool:
        """Return whether a repair of this level is asked for, `apart` from some."""
        return any(f.fix is not None and f.fix.level == level and f.fix.name not in apart for f in self.findings)

    def step(self, level: FixLevel, text: str, *names: str) -> Step:
        """Return the step that answers these repairs; the first name is its own."""
        return Step(names[0], level, text, tuple(dict.fromkeys(f.rule for f in self.only(*names))))

    def rest(self, steps: Iterable[Step], *apart: str) -> tuple[str, ...]:
        """Return the rules that none of the steps answers, without those of editorial repairs and of those `apart`."""
        named = {rule for step in steps for rule in step.rules}
        open_ = (f for f in self.findings if f.fix and f.fix.level != "editorial" and f.fix.name not in apart)
        return tuple(f.rule for f in open_ if f.rule not in named)

    def undecided(self, given: Container[str]) -> tuple[tuple[str, str, str], ...]:
        """Return the editorial repairs whose flag was not given: rule, flag, sentence."""
        asked = [(f, f.fix) for f in self.findings if f.fix is not None and f.fix.level == "editorial"]
        return tuple(
            (
                f.rule,
                _FLAGS.get(f"{f.role} {fix.name}")
                or _FLAGS.get(fix.name, f"`Choices({fix.name.replace('-', '_')}=True)`"),
                fix.text,
            )
            for f, fix in asked
            if fix.name not in given
        )

    def blocked(self, given: Container[str]) -> bool:
        """Return whether an error about the length stays whatever else is done: encoding would be for nothing."""
        repairs = [f.fix for f in self.findings if f.fix is not None and f.severity == "error"]
        return any(fix.level == "editorial" and fix.name in _LENGTHS and fix.name not in given for fix in repairs)


_SECONDS = re.compile(r"\d{1,7}(?:\.\d{1,9})?", re.ASCII)
_MINUTES = re.compile(r"(?:(?P<h>\d{1,3}):)?(?P<m>\d{1,4}):(?P<s>[0-5]?\d(?:\.\d{1,9})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class TrimSpan:
    """The part of a file that is kept, in exact seconds from its first frame or sample; `end` None is the end.

    >>> from fractions import Fraction
    >>> choices = lipready.Choices(trim=lipready.TrimSpan(Fraction(0), Fraction("2.2")))
    >>> lipready.prepare("clip.mp4", out="cut", choices=choices, dry_run=True).plan.files[0].length
    Fraction(11, 5)
    """

    start: Fraction
    end: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """The editorial repairs that the user asks for.

    `trim` keeps a part of the video, "best" the part in which the target's face is best seen; `trim_audio` keeps a
    part of the audio track. `extend` lengthens the video by playing it forward and backward in turn, to the length of
    the audio or the provider's minimum, and pads an audio track that is too short with silence. `person` is the number
    of the speaker, as the report counts them. `crop` cuts the picture to that person (else to whom the reference image
    shows, else to the provider's pick) where the face is too small or others are in the picture.

    `trim_audio` "best" keeps a track that is too long from the first word to the last pause before the provider's
    maximum. `trim_silence` takes away the silence before and after the speech, `denoise` lowers a steady noise.

    `salvage` keeps what decodes of a file that is broken, and lets go the rest.

    >>> choices = lipready.Choices(person=1, crop=True)
    >>> lipready.prepare("two.mp4", "speech.wav", out="left", choices=choices, dry_run=True).speaker_open
    False
    """

    trim: TrimSpan | Literal["best"] | None = None
    trim_audio: TrimSpan | Literal["best"] | None = None
    extend: bool = False
    person: int | None = None
    crop: bool = False
    trim_silence: bool = False
    denoise: bool = False
    salvage: bool = False


def parse_trim(text: str) -> TrimSpan | Literal["best"]:
    """Read `START:END` or "best".

    Times are seconds ("12.5") or minutes and seconds ("1:02.5", "0:01:02.5"), separated by a colon between two plain
    numbers of seconds ("3:12.5" is three seconds to twelve and a half), or by "-" ("0:03-1:12.5"). An empty START is
    the beginning, an empty END the end.

    Raises UsageError where the text is anything else, or the span is empty.
    """
    return "best" if text.strip().lower() == "best" else parse_span(text)


def parse_span(text: str) -> TrimSpan:
    """Read `START:END`; see `parse_trim`."""
    start_text, end_text = _split(text.strip())
    start = _time(start_text, text) if start_text else Fraction(0)
    end = _time(end_text, text) if end_text else None
    if end is not None and end <= start:
        raise UsageError(f"The span {text!r} is empty: its end must lie after its start.")
    return TrimSpan(start, end)


def _split(text: str) -> tuple[str, str]:
    """Cut a span in two; of several colons the middle one separates ("0:03:1:12" is 0:03 to 1:12)."""
    if "-" in text:
        start, _, end = text.partition("-")
        return start.strip(), end.strip()
    parts = text.split(":")
    middle = len(parts) // 2
    if len(parts) % 2:
        raise _wrong(text)
    return ":".join(parts[:middle]).strip(), ":".join(parts[middle:]).strip()


def _time(text: str, span: str) -> Fraction:
    if _SECONDS.fullmatch(text):
        return Fraction(text)
    match = _MINUTES.fullmatch(text)
    if match is None:
        raise _wrong(span)
    return int(match["h"] or 0) * 3600 + int(match["m"]) * 60 + Fraction(match["s"])


def _wrong(text: str) -> UsageError:
    return UsageError(f'{text!r} is no span: write START:END in seconds ("3:12.5") or START-END ("0:03-1:12.5").')
