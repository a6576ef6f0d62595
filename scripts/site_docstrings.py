"""How docstrings come onto the site; an extension of griffe, which reads them for mkdocs.yml."""

import re
from typing import Any

import griffe

_EXAMPLE = re.compile(r"(?:^>>> .*\n?(?:(?!\s*$).*\n?)*(?:\n(?=>>> ))*)+", re.MULTILINE)


class FencedExamples(griffe.Extension):
    """Fences the examples of docstrings: a `>>>` at the begin of a line is a quotation for Markdown."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of whatever was read."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """Return the text with each run of examples, up to an empty line that none follows, as a block of code."""
    return _EXAMPLE.sub(lambda match: f"```pycon\n{match[0].rstrip()}\n```\n", text)
