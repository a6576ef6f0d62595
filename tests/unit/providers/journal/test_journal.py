import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace

import pytest

from lipready.errors import JournalError, UsageError
from lipready.providers.journal.entry import JournalEntry, to_text
from lipready.providers.journal.journal import FILE, VERSION, Journal

API = "https://a.example/v1"
START = f"""
import sys
from dataclasses import replace
from pathlib import Path
from lipready.providers.journal.entry import JournalEntry
from lipready.providers.journal.journal import Journal
journal = Journal(Path(sys.argv[1]))
def entry(number, **more):
    given = dict(id=f"{{number:012x}}", created=float(number), provider="p", service="dashscope", api="{API}")
    return JournalEntry(**given, **more)
"""
ADD = "for n in range(10): journal.add(entry(int(sys.argv[2]) * 1000 + n)); print(n)"
CLAIM_ONE = "print(journal.claim(f'{int(sys.argv[2]):012x}', 'lost') is not None)"
WRITE = """
first = int(sys.argv[2])
for n in range(first, first + 100000):
    journal.add(entry(n)); print(n, "intended", flush=True)
    journal.write(entry(n, stage="posting", message="x" * 1500)); print(n, "posting", flush=True)
    journal.write(entry(n, stage="submitted", task_id=f"task-{n}")); print(n, "submitted", flush=True)
"""


def an_entry(number=1, **more):
    given = {"id": f"{number:012x}", "created": float(number), "provider": "p", "service": "dashscope", "api": API}
    return JournalEntry(**{**given, **more})


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "state")


def start(script, folder, number):
    command = [sys.executable, "-c", START + script, str(folder), str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def together(script, folder, numbers):
    processes = [start(script, folder, number) for number in numbers]
    outputs = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return outputs


def test_what_is_written_is_read_newest_first(journal):
    first, second = an_entry(1), an_entry(2)
    journal.add(second)
    journal.add(first)
    changed = replace(first, stage="submitted", task_id="t-1")
    journal.write(changed)
    assert Journal(journal.path.parent).entries() == (second, changed)
    assert journal.known_tasks("dashscope", API) == {"t-1"}
    assert journal.known_tasks("evolink", API) == frozenset()


def test_looking_makes_no_journal(journal):
    assert journal.entries() == ()
    assert journal.known_tasks("dashscope", API) == frozenset()
    assert not journal.path.parent.exists()


def test_only_the_user_can_read_it(journal):
    journal.add(an_entry())
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700
    assert {path.name for path in journal.path.parent.iterdir()} == {FILE, "locks"}


def test_an_entry_is_added_once_and_written_only_where_it_is(journal):
    journal.add(an_entry())
    with pytest.raises(JournalError, match="already"):
        journal.add(an_entry())
    with pytest.raises(JournalError, match="no entry"):
        journal.write(an_entry(2))


def test_a_task_that_is_written_down_is_never_taken_away(journal):
    journal.add(an_entry(1, task_id="paid"))
    for task in (None, "other"):
        with pytest.raises(JournalError, match="paid"):
            journal.write(an_entry(1, task_id=task))
    journal.add(an_entry(2))
    with pytest.raises(JournalError, match="another entry"):
        journal.write(an_entry(2, task_id="paid"))
    journal.add(an_entry(3, task_id="paid", api="https://other.example/v1"))
    assert journal.find(f"{1:012x}").task_id == "paid"


def test_a_claimed_task_has_one_entry(journal):
    journal.add(an_entry(1, stage="posting"))
    journal.add(an_entry(2, stage="posting"))
    claimed = journal.claim(f"{1:012x}", "t")
    assert (claimed.stage, claimed.task_id) == ("submitted", "t")
    assert journal.claim(f"{1:012x}", "t") == claimed
    assert journal.claim(f"{2:012x}", "t") is None
    assert journal.find(f"{2:012x}").stage == "posting"
    with pytest.raises(JournalError, match="keeps it"):
        journal.claim(f"{1:012x}", "u")


def test_an_entry_is_found_by_id_prefix_or_task(journal):
    one, two = an_entry(id="abcd00000001", task_id="task-7"), an_entry(2, id="abcd00000002")
    journal.add(one)
    journal.add(two)
    for text in ("abcd00000001", "ABCD00000001", " task-7 "):
        assert journal.find(text) == one
    assert journal.find("abcd00000002") == two
    with pytest.raises(UsageError, match=r"abcd00000002.*abcd00000001 \(task-7\)"):
        journal.find("abcd")
    for text in ("abc", "task", ""):
        with pytest.raises(UsageError, match="no task"):
            journal.find(text)


def test_in_an_empty_journal_nothing_is_found(journal):
    with pytest.raises(UsageError, match="none at all"):
        journal.find("abcd")


def test_many_threads_share_a_journal(journal):
    threads = [threading.Thread(target=journal.add, args=(an_entry(number),)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.created for entry in journal.entries()] == list(range(15, -1, -1))


def test_processes_that_write_at_once_lose_nothing(journal):
    together(ADD, journal.path.parent, range(4))
    assert len(journal.entries()) == 40


def test_processes_that_claim_at_once_share_no_task(journal):
    for number in range(4):
        journal.add(an_entry(number, stage="posting"))
    assert sorted(together(CLAIM_ONE, journal.path.parent, range(4))) == [["False"]] * 3 + [["True"]]
    assert journal.known_tasks("dashscope", API) == {"lost"}


def test_what_was_written_outlives_twenty_kills(journal):
    written = {}
    for number in range(20):
        with start(WRITE, journal.path.parent, number * 1000) as process:
            lines = [process.stdout.readline() for _ in range(number % 7 + 1)]
            process.kill()
            lines += process.stdout.read().splitlines(keepends=True)
        written.update(line.split() for line in lines if line.endswith("\n"))
    found = {str(int(entry.created)): entry for entry in Journal(journal.path.parent).entries()}
    assert len(written) >= 20
    order = ["intended", "posting", "submitted"]
    for number, stage in written.items():
        assert order.index(found[number].stage) - order.index(stage) in {0, 1}
        assert (found[number].task_id is not None) == (found[number].stage == "submitted")


def spoilt(journal, damage):
    for number in range(50):
        journal.add(an_entry(number, message="x" * 500))
    damage(journal.path)
    return Journal(journal.path.parent)


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("hello " * 1000),
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "scribbled": lambda path: path.write_bytes(path.read_bytes()[:4096] + os.urandom(path.stat().st_size - 4096)),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a dead link": lambda path: (path.unlink(), path.symlink_to("nowhere/at/all")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_journal_is_one_sentence_and_stays_as_it_is(journal, damage):
    journal = spoilt(journal, DAMAGES[damage])
    before = journal.path.read_bytes() if journal.path.is_file() else None
    for use in (journal.entries, lambda: journal.add(an_entry(99)), lambda: journal.find("0000"),
                lambda: journal.write(an_entry(1)), lambda: journal.claim(f"{1:012x}", "t"),
                lambda: journal.known_tasks("a", "b")):  # fmt: skip
        with pytest.raises(JournalError, match="journal") as caught:
            use()
        assert "\n" not in str(caught.value)
    assert (journal.path.read_bytes() if journal.path.is_file() else None) == before


def change(path, statement):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_journal_of_a_newer_lipready_is_left_alone(journal):
    journal = spoilt(journal, lambda path: change(path, f"PRAGMA user_version = {VERSION + 1}"))
    with pytest.raises(JournalError, match="newer lipready"):
        journal.add(an_entry(99))


FORMAT_1 = """
CREATE TABLE entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created REAL NOT NULL, service TEXT NOT NULL,
    api TEXT NOT NULL, task_id TEXT, entry TEXT NOT NULL, UNIQUE (service, api, task_id)
);
PRAGMA application_id = 0x6C697072;
PRAGMA user_version = 1;
"""


@pytest.fixture
def of_format_1(journal):
    """Give a journal as lipready wrote it before it knew fingerprints, with one task."""
    journal.path.parent.mkdir()
    old = json.loads(to_text(an_entry(1, stage="submitted", task_id="t-1")))
    del old["fingerprint"]
    row = (old["id"], 1.0, "dashscope", API, "t-1", json.dumps({**old, "body": "{}", "skew": 0.5}))
    with closing(sqlite3.connect(journal.path)) as connection:
        connection.executescript(FORMAT_1)
        connection.execute("INSERT INTO entries (id, created, service, api, task_id, entry) VALUES (?,?,?,?,?,?)", row)
        connection.commit()
    return journal


def format_of(journal):
    with closing(sqlite3.connect(journal.path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def test_a_journal_of_format_1_is_read_and_written_on(of_format_1):
    (entry,) = of_format_1.entries()
    assert (entry, format_of(of_format_1)) == (an_entry(1, stage="submitted", task_id="t-1"), VERSION)
    of_format_1.write(replace(entry, stage="downloaded"))
    new = an_entry(2, fingerprint="f")
    assert of_format_1.add_unless_known(new) == new
    assert of_format_1.add_unless_known(an_entry(3, fingerprint="f")) == new
    assert [each.stage for each in of_format_1.entries()] == ["intended", "downloaded"]


def test_processes_that_meet_a_journal_of_format_1_lose_nothing(of_format_1):
    together(ADD, of_format_1.path.parent, range(1, 5))
    assert (len(of_format_1.entries()), format_of(of_format_1)) == (41, VERSION)


def test_a_journal_of_format_2_is_read_and_an_older_lipready_is_kept_out_of_it(journal):
    journal.add(an_entry(1))
    change(journal.path, "PRAGMA user_version = 2")
    assert (Journal(journal.path.parent).entries(), format_of(journal)) == ((an_entry(1),), VERSION)


def test_the_same_job_is_added_once(journal):
    first = an_entry(1, fingerprint="f", stage="posting")
    assert journal.add_unless_known(first) == first
    again = journal.add_unless_known(an_entry(2, fingerprint="f", output="/b.mp4"))
    assert again == replace(first, output="/b.mp4")
    assert journal.entries() == (again,)
    other = an_entry(3, fingerprint="g")
    assert journal.add_unless_known(other) == other


@pytest.mark.parametrize("stage", ["refused", "failed", "canceled", "forgotten"])
def test_what_came_to_nothing_is_not_the_same_job(journal, stage):
    journal.add(an_entry(1, fingerprint="f", stage=stage))
    new = an_entry(2, fingerprint="f")
    assert journal.add_unless_known(new) == new


def test_what_was_sent_goes_before_what_was_not(journal):
    sent = an_entry(1, fingerprint="f", stage="submitted", task_id="t-1")
    unsent = an_entry(2, fingerprint="f")
    journal.add(sent)
    journal.add(unsent)
    assert journal.add_unless_known(an_entry(3, fingerprint="f")) == sent
    assert journal.paid_before(unsent) == sent
    assert journal.paid_before(sent) is None


def test_processes_that_add_the_same_job_at_once_add_it_once(journal):
    script = "print(journal.add_unless_known(entry(int(sys.argv[2]), fingerprint='f')).id)"
    said = together(script, journal.path.parent, range(4))
    (entry,) = journal.entries()
    assert said == [[entry.id]] * 4


def test_a_row_with_something_odd_in_it_is_one_sentence(journal):
    journal = spoilt(journal, lambda path: change(path, "UPDATE entries SET entry = '{\"a\": 1}' WHERE number = 7"))
    with pytest.raises(JournalError, match="damaged"):
        journal.entries()


def test_a_disk_that_is_full_is_one_sentence_and_loses_nothing(journal):
    journal.add(an_entry(5))
    before = journal.path.read_bytes()
    script = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before)}, {len(before)}))
from lipready.errors import JournalError
try:
    for n in range(1000, 1100):
        journal.add(entry(n, message="x" * 1900))
except JournalError as error:
    print(error)
"""
    ((*words,),) = together(script, journal.path.parent, [0])
    assert "disk" in words
    assert f"{5:012x}" in {entry.id for entry in journal.entries()}
    journal.add(an_entry(6))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_journal_that_may_only_be_read_can_be_read(journal):
    journal.add(an_entry())
    journal.path.chmod(0o400)
    assert len(journal.entries()) == 1
    with pytest.raises(JournalError, match="only be read"):
        journal.add(an_entry(2))
