import threading

import pytest

from lipready.errors import UsageError
from lipready.sandbox.faults.fault import KINDS, STEPS, Fault, Faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("submit:500", Fault("submit", "500")),
        ("submit:500*3", Fault("submit", "500", count=3)),
        ("poll:429*", Fault("poll", "429", count=None)),
        ("poll:429-after=2*2", Fault("poll", "429-after", "2", 2)),
        ("upload:delay=0.5", Fault("upload", "delay", "0.5")),
        ("list:redirect=https://a.example/b?c=d", Fault("list", "redirect", "https://a.example/b?c=d")),
        (" download:broken=1000 ", Fault("download", "broken", "1000")),
        ("list:lag=45", Fault("list", "lag", "45", count=None)),
        ("list:lag=45*2", Fault("list", "lag", "45", 2)),
        ("list:foreign", Fault("list", "foreign")),
        ("poll:unknown=60", Fault("poll", "unknown", "60", count=None)),
        ("submit:ignore-key", Fault("submit", "ignore-key", count=None)),
    ],
)
def test_faults_are_read(text: str, fault: Fault) -> None:
    assert Fault.parse(text) == fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sbmit:500", ("no step 'sbmit'", *STEPS)),
        ("submit:501", ("no fault '501'", *KINDS)),
        ("submit", ("STEP:KIND", *STEPS, *KINDS)),
        ("submit:", ("no fault ''", *KINDS)),
        ("submit:delay", ("needs a value: delay=SECONDS",)),
        ("submit:delay=", ("needs a value",)),
        ("submit:delay=soon", ("needs a number for SECONDS, not 'soon'",)),
        ("submit:delay=nan", ("needs a number",)),
        ("submit:delay=-1", ("needs a number",)),
        ("download:slow=0", ("needs a number for BYTES_PER_SECOND",)),
        ("submit:500=3", ("takes no value",)),
        ("upload:expired", ("expired belongs to policy, not to upload",)),
        ("submit:slow=5", ("slow belongs to download",)),
        ("poll:lost", ("lost belongs to submit",)),
        ("poll:lag=4", ("lag belongs to list",)),
        ("list:unknown=4", ("unknown belongs to poll",)),
        ("submit:foreign", ("foreign belongs to list",)),
        ("list:lag", ("needs a value: lag=SECONDS",)),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        Fault.parse(text)
    assert all(word in str(caught.value) for word in words)


def test_faults_of_a_step_happen_one_after_the_other() -> None:
    faults = Faults([Fault.parse("poll:500*2"), Fault.parse("submit:429"), Fault.parse("poll:503")])
    kinds = [fault.kind if (fault := faults.take("poll")) else None for _ in range(4)]
    assert kinds == ["500", "500", "503", None]
    assert (faults.take("submit"), faults.take("submit")) == (Fault("submit", "429"), None)


def test_a_fault_without_a_count_never_ends() -> None:
    faults = Faults([Fault.parse("poll:500*"), Fault.parse("poll:503")])
    assert {faults.take("poll") for _ in range(50)} == {Fault("poll", "500", count=None)}


def test_several_threads_take_each_fault_once() -> None:
    faults, taken = Faults([Fault("poll", "500", count=100)]), []

    def take() -> None:
        taken.extend(faults.take("poll") for _ in range(100))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fault is not None for fault in taken) == 100


def test_what_happens_beside_other_faults_does_not_wait_for_them() -> None:
    faults = Faults([Fault.parse("list:lag=45"), Fault.parse("list:503"), Fault.parse("list:foreign")])
    assert set(faults.take_beside("list", 0.0)) == {"lag", "foreign"}
    assert (faults.take("list"), faults.take("list")) == (Fault("list", "503"), None)
    assert set(faults.take_beside("list", 0.0)) == {"lag"}
    assert faults.take_beside("poll", 0.0) == {}


def test_what_lasts_for_a_while_begins_with_the_first_request() -> None:
    faults = Faults([Fault.parse("poll:unknown=60")])
    found = [set(faults.take_beside("poll", now)) for now in (1000.0, 1059.9, 1060.0, 1001.0)]
    assert found == [{"unknown"}, {"unknown"}, set(), set()]
