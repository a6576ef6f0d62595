import pytest

from lipready.facts.file import LfsPointer
from lipready.probe.containers.signature import read_pointer

OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 314572801\n"


def test_a_pointer_carries_hash_and_size() -> None:
    assert read_pointer(POINTER.encode()) == LfsPointer(sha256=OID, bytes=314572801)


def test_a_pointer_with_windows_line_ends_and_extensions() -> None:
    extended = POINTER.replace("\noid", f"\next-0-foo sha256:{OID}\noid").replace("\n", "\r\n")
    assert read_pointer(extended.encode()) == LfsPointer(sha256=OID, bytes=314572801)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version https://git-lfs.github.com/spec/v1\n",
        POINTER.replace("sha256", "md5"),
        POINTER.replace("size 314572801", "size many"),
        POINTER.replace("git-lfs", "example"),
        " " + POINTER,
        POINTER + "x" * 1024,
    ],
)
def test_what_is_not_quite_a_pointer_is_none(text: str) -> None:
    assert read_pointer(text.encode()) is None
