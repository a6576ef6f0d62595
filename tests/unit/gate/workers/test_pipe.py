import io
import os
import pickle
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from lipready.facts.people import Box
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.pipe import Garbled, receive, send


class Evil:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.plan = (function, arguments)

    def __reduce__(self) -> Any:
        return self.plan


def sent(message: object) -> io.BytesIO:
    stream = io.BytesIO()
    send(stream, message)
    stream.seek(0)
    return stream


@pytest.mark.parametrize(
    "message",
    [
        ("facts", Box(1, 2, 3, 4)),
        Fraction(1, 3),
        FileTask(root="/", path="\udcff.mp4", role="video"),
        {"a": [1.5, None]},
    ],
)
def test_what_is_sent_arrives(message: object) -> None:
    assert receive(sent(message)) == message


def test_messages_follow_each_other() -> None:
    stream = io.BytesIO()
    send(stream, 1)
    send(stream, 2)
    stream.seek(0)
    assert (receive(stream), receive(stream)) == (1, 2)
    with pytest.raises(EOFError):
        receive(stream)


@pytest.mark.parametrize(
    "evil",
    [
        Evil(os.system, "exit 1"),
        Evil(eval, "1 + 1"),
        Evil(getattr, Box, "__init__"),
        Evil(Path, "/etc/passwd"),
    ],
)
def test_a_decoder_that_was_taken_over_gets_no_further(evil: Evil) -> None:
    with pytest.raises(Garbled):
        receive(sent(evil))


@pytest.mark.parametrize("name", ["os\nsystem", "fractions\nFraction.from_float", "lipready.facts.serial\nisfinite"])
def test_nothing_but_facts_is_looked_up(name: str) -> None:
    data = b"c" + name.encode() + b"\n."
    with pytest.raises(Garbled):
        receive(io.BytesIO(struct.pack("<Q", len(data)) + data))


@pytest.mark.parametrize("data", [b"", b"\x01", struct.pack("<Q", 9) + b"short"])
def test_half_a_message_is_the_end(data: bytes) -> None:
    with pytest.raises(EOFError):
        receive(io.BytesIO(data))


@pytest.mark.parametrize("data", [b"nonsense", b"", pickle.dumps(1)[:-1]])
def test_nonsense_is_no_message(data: bytes) -> None:
    with pytest.raises(Garbled):
        receive(io.BytesIO(struct.pack("<Q", len(data)) + data))


def test_a_message_without_end_is_not_waited_for() -> None:
    with pytest.raises(Garbled):
        receive(io.BytesIO(struct.pack("<Q", 1 << 60)))
