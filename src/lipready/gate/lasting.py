"""Which facts may be kept: those that belong to the content, and not to the hour or the machine."""

import re

from lipready.facts.address import is_address
from lipready.facts.file import FileFacts

# The words of probe, faces and speech (and of a worker that ended) where time, memory, rights or somebody who writes
# got in between. A file that brings such a word into its own facts is measured again each time, which is no harm.
_PASSING = re.compile(
    r"took longer than|kept the decoder busy|time.?out|timed out|memory|allocat|crash|killed|was lost|worker"
    r"|does not exist|permission|cannot be read:|cannot be measured|while it was read"
    r"|is not a regular file|, not a file|too many open files|lipready\[",
    re.IGNORECASE,
)


def lasts(facts: FileFacts, written: str) -> bool:
    """Whether facts are good for as long as the content is the same; `written` is their plain form as text.

    Nothing is kept of an address, of a pointer in the place of its media, of a file that could not be opened or
    changed, and nothing that was not measured for lack of time or memory.
    """
    if facts.address is not None or facts.lfs is not None or is_address(facts.path):
        return False
    return not _PASSING.search(written)
