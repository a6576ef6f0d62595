import io
import json
import pickle
import struct
from fractions import Fraction

import pytest

from lipready.facts.unmeasured import Unmeasured
from lipready.gate.workers.file_task import FileTask
from lipready.gate.workers.pipe import Garbled, WorkerAnswer, receive, send

TASK = FileTask(root="/", path="\udcff.mp4", role="video")


def framed(data: bytes) -> io.BytesIO:
    return io.BytesIO(struct.pack("<Q", len(data)) + data)


def sent(message: object) -> io.BytesIO:
    stream = io.BytesIO()
    send(stream, message)
    stream.seek(0)
    return stream


@pytest.mark.parametrize(
    "message",
    [WorkerAnswer("ready"), WorkerAnswer("facts", TASK.failed("is broken")), WorkerAnswer("error", text="no"), TASK],
)
def test_what_is_sent_arrives(message: object) -> None:
    assert receive(sent(message), type(message)) == message


def test_numbers_arrive_exactly() -> None:
    facts = TASK.failed("x")
    stream = sent(WorkerAnswer("facts", facts))

    received = receive(stream, WorkerAnswer).facts

    assert received == facts
    assert received is not None
    assert isinstance(received.media, Unmeasured)
    assert received.media.transient


def test_messages_follow_each_other() -> None:
    stream = io.BytesIO()
    send(stream, WorkerAnswer("ready"))
    send(stream, WorkerAnswer("error", text="2"))
    stream.seek(0)
    assert (receive(stream, WorkerAnswer), receive(stream, WorkerAnswer)) == (
        WorkerAnswer("ready"),
        WorkerAnswer("error", text="2"),
    )
    with pytest.raises(EOFError):
        receive(stream, WorkerAnswer)


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Fraction(1, 3)),
        json.dumps(["ready", None, ""]).encode().replace(b"ready", b"other"),
        b'["ready", null, 1]',
        b'["ready"]',
        b'{"WorkerAnswer": []}',
        b"[" * 100_000,
        b"\xff",
        b"nonsense",
        b"",
    ],
)
def test_a_decoder_that_was_taken_over_gets_no_further(data: bytes) -> None:
    with pytest.raises(Garbled):
        receive(framed(data), WorkerAnswer)


@pytest.mark.parametrize("data", [b"", b"\x01", struct.pack("<Q", 9) + b"short"])
def test_half_a_message_is_the_end(data: bytes) -> None:
    with pytest.raises(EOFError):
        receive(io.BytesIO(data), WorkerAnswer)


def test_a_message_without_end_is_not_waited_for() -> None:
    with pytest.raises(Garbled):
        receive(io.BytesIO(struct.pack("<Q", 1 << 60)), WorkerAnswer)
