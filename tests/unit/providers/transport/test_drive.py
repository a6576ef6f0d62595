"""Flows, carried out in a thread and in asyncio."""

import asyncio
import os
import signal
import threading

import pytest

from lipready.errors import NoAnswerError
from lipready.providers.transport.drive import drive, drive_async
from lipready.providers.transport.wire import Call, HttpRequest, HttpResponse, Pause, Save, Send, call, send

REQUEST = HttpRequest(method="GET", url="http://x/")
SAVE = Save(url="http://x/", path="p", most=1)


class Scripted:
    """Gives answers, and raises what is an exception."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def send(self, effect):
        self.asked.append(effect)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    save = send


class ScriptedAsync(Scripted):
    async def send(self, effect):
        return Scripted.send(self, effect)

    save = send


@pytest.fixture(params=["threads", "asyncio"])
def run(request):
    def in_thread(flow, *answers):
        carrier = Scripted(*answers)
        return drive(flow, carrier), carrier.asked

    def in_asyncio(flow, *answers):
        carrier = ScriptedAsync(*answers)
        return asyncio.run(drive_async(flow, carrier)), carrier.asked

    return in_thread if request.param == "threads" else in_asyncio


def answered(status: int) -> HttpResponse:
    return HttpResponse(status, {}, b"")


def test_every_effect_is_performed_in_turn(run):
    def flow():
        first = yield from send(REQUEST)
        second = yield SAVE
        waited = yield Pause(0.0)
        backward = yield Pause(-1.0)
        called = yield from call(lambda: 40 + 2)
        return first.status, second.status, waited, backward, called

    result, asked = run(flow(), answered(200), answered(206))
    assert result == (200, 206, None, None, 42)
    assert asked == [REQUEST, SAVE]


def test_a_flow_without_effects(run):
    def flow():
        return 7
        yield Pause(1)

    assert run(flow()) == (7, [])


def test_a_failure_is_raised_where_the_effect_was_asked_for(run):
    def flow():
        try:
            yield from send(REQUEST)
        except NoAnswerError as error:
            return f"caught {error}", (yield from send(REQUEST))

    result, asked = run(flow(), NoAnswerError("gone"), answered(200))
    assert result == ("caught gone", answered(200))
    assert len(asked) == 2


@pytest.mark.parametrize("error", [NoAnswerError("gone"), KeyboardInterrupt(), RuntimeError("x"), OSError("y")])
def test_what_nobody_catches_runs_the_final_blocks(error):
    seen = []

    def flow():
        try:
            yield Call(lambda: fail(error))
        finally:
            seen.append((yield Call(lambda: "cleaned")))

    with pytest.raises(type(error)):
        drive(flow(), Scripted())
    assert seen == ["cleaned"]


def fail(error: BaseException):
    raise error


def test_a_call_that_raises_stop_iteration_ends_nothing_by_mistake(run):
    def flow():
        yield Call(lambda: next(iter(())))

    with pytest.raises(RuntimeError):
        run(flow())


def test_ctrl_c_ends_a_pause_and_is_raised_in_the_flow():
    seen = []

    def flow():
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        try:
            yield Pause(60)
        except KeyboardInterrupt:
            seen.append("kept")
            raise

    with pytest.raises(KeyboardInterrupt):
        drive(flow(), Scripted())
    assert seen == ["kept"]


def test_a_cancelled_task_is_told_at_its_yield():
    seen = []

    def flow():
        try:
            yield Pause(60)
        except asyncio.CancelledError:
            seen.append((yield Call(lambda: "cleaned")))
            raise

    async def main() -> None:
        task = asyncio.create_task(drive_async(flow(), ScriptedAsync()))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["cleaned"]


def test_a_cancelled_call_is_waited_for():
    begun, release, order = threading.Event(), threading.Event(), []

    def slow() -> None:
        begun.set()
        release.wait(20)
        order.append("call ended")

    def flow():
        try:
            yield Call(slow)
        finally:
            order.append("cleaned up")

    async def main() -> None:
        task = asyncio.create_task(drive_async(flow(), ScriptedAsync()))
        await asyncio.to_thread(begun.wait, 20)
        task.cancel()
        await asyncio.sleep(0)
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert order == ["call ended", "cleaned up"]


def test_calls_do_not_hold_up_the_event_loop():
    release = threading.Event()

    def flow():
        return (yield from call(lambda: release.wait(20)))

    async def main() -> bool:
        task = asyncio.create_task(drive_async(flow(), ScriptedAsync()))
        await asyncio.sleep(0.05)
        release.set()
        return await task

    assert asyncio.run(main()) is True


def test_ctrl_c_ends_an_exchange(serve):
    from lipready.providers.transport.client import Transport

    stop = threading.Event()
    server = serve(lambda _peer: (os.kill(os.getpid(), signal.SIGINT), stop.wait(20)))
    with Transport() as carrier, pytest.raises(KeyboardInterrupt):
        drive(send(HttpRequest(method="GET", url=server.url, authorized=False)), carrier)
    stop.set()


def test_send_is_asked_for_as_such():
    assert next(send(REQUEST)) == Send(REQUEST)
