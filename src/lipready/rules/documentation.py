"""What a rule's docstring says, in parts, and what the rule says of the facts that stand beside it."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from lipready.facts.finding import Finding, Fix
from lipready.profiles.limit import Profile
from lipready.rules.judge import judge
from lipready.rules.rule import Rule

_MARKUP = re.compile(r"([\\*_\[\]<>#|])")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading ("How to repair") and the paragraphs under it, each without line ends."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Documentation:
    """The text about one rule: one sentence that sums up, whatever else precedes the headings, and the sections."""

    summary: str
    more: tuple[str, ...]
    sections: tuple[Section, ...]

    def text(self) -> str:
        """Return all of it as plain text: a line for each paragraph and heading."""
        parts = [self.summary, *self.more]
        parts += ["\n".join([section.title, *section.paragraphs]) for section in self.sections]
        return "\n\n".join(filter(None, parts))

    def markdown(self) -> str:
        """Return all of it as Markdown, without a heading of its own; what stands between backticks stays code."""
        parts = [self.summary, *self.more]
        for section in self.sections:
            parts += [f"### {section.title}", *section.paragraphs]
        return "\n\n".join(_inert(part) if not part.startswith("### ") else part for part in parts if part)


@cache
def documentation(rule: Rule) -> Documentation:
    """Return what the docstring of a rule says; empty where it has none.

    A line that is not indented, with deeper ones under it, is a heading.
    """
    paragraphs, sections = list[str](), list[Section]()
    for block in _blocks(inspect.cleandoc(rule.judge.__doc__ or "")):
        indented = [line for line in block if line.startswith(" ")]
        if not indented:
            paragraphs.append(_joined(block))
        elif indented == block and sections:  # one more paragraph under the last heading
            sections[-1] = Section(sections[-1].title, (*sections[-1].paragraphs, _joined(block)))
        else:
            sections.append(Section(_joined(block[: len(block) - len(indented)]), (_joined(indented),)))
    summary, *more = paragraphs or [""]
    return Documentation(summary, tuple(more), tuple(sections))


def broken_examples(rule: Rule, profile: Profile) -> tuple[Finding, ...]:
    """Return what a rule finds in the facts that stand beside it as broken, each measurement once.

    They break the limits of DashScope; at another profile some of them may pass.
    """
    found: dict[str, Finding] = {}
    for facts in rule.invalid():
        own = (rule,) if rule.own else ()
        for each in judge(facts, profile, only=(rule.id,), rules=own)[0]:
            found.setdefault(each.measured, each)
    return tuple(found.values())


def repairs_of(findings: tuple[Finding, ...]) -> tuple[Fix, ...]:
    """Return the repairs that findings offer, each name and level once."""
    fixes = {(each.fix.name, each.fix.level): each.fix for each in findings if each.fix is not None}
    return tuple(fixes.values())


def _blocks(text: str) -> Iterator[list[str]]:
    for block in re.split(r"\n\s*\n", text):
        lines = block.splitlines()
        if lines:
            yield lines


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


def _inert(paragraph: str) -> str:
    """Escape what Markdown would obey, but for code between backticks."""
    parts = paragraph.split("`")
    if len(parts) % 2 == 0:
        return _MARKUP.sub(r"\\\1", paragraph)
    return "`".join(part if index % 2 else _MARKUP.sub(r"\\\1", part) for index, part in enumerate(parts))
