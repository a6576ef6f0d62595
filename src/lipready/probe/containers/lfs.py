"""Git LFS pointers: the few lines of text that stand where media should be when `git lfs pull` did not run."""

import re

from lipready.facts.file import LfsPointer

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md: a pointer is UTF-8 text of less than 1024 bytes whose first
# line is the version, followed by sorted "key value" lines; versions before 2.0 wrote the hawser or git-media address.
POINTER_BYTES = 1024
_VERSION = re.compile(
    rb"version (https://git-lfs\.github\.com/spec/v1|https?://hawser\.github\.com/spec/v1|http://git-media\.io/v/2)\r?\n"
)
_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})\r?$", re.MULTILINE)
_SIZE = re.compile(rb"^size ([0-9]{1,18})\r?$", re.MULTILINE)


def read_pointer(head: bytes) -> LfsPointer | None:
    """Read a pointer from the first bytes of a file; None where it is none. `head` must hold the whole small file."""
    if len(head) >= POINTER_BYTES or not _VERSION.match(head):
        return None
    oid, size = _OID.search(head), _SIZE.search(head)
    if oid is None or size is None:
        return None
    return LfsPointer(sha256=oid[1].decode(), bytes=int(size[1]))
