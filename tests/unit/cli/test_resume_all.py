"""In which order a bare `lipready tasks resume` goes on with what is open."""

import pytest

from lipready.cli.commands import tasks
from lipready.cli.input.options import Patience
from lipready.cli.output.session import Session
from lipready.facts.task import TaskState


@pytest.fixture
def resumed(monkeypatch):
    """Note which jobs are gone on with, and what is known of their tasks."""
    noted = []

    def resume(entry, _out, _patience, _show, state, *, submit):
        noted.append((entry.task_id, state and state.status, submit))
        return 0

    monkeypatch.setattr(tasks, "_resume", resume)
    return noted


def test_what_has_ended_is_downloaded_before_another_is_waited_for(journal, entry_of, account, resumed, monkeypatch):
    names = ("running", "silent", "done", "failed")
    entries = {name: entry_of(account("evolink"), stage="submitted", task_id=name) for name in names}
    said = {"running": "running", "done": "succeeded", "failed": "failed"}
    states = {entries[name].id: TaskState(id=name, status=status, said=status) for name, status in said.items()}
    monkeypatch.setattr("lipready.cli.commands.tasks._looked_at_together", lambda _entries: states)
    assert tasks._resume_all(journal, Patience(), "full", Session(), verify=False) == 0
    assert resumed == [
        ("done", "succeeded", False),
        ("failed", "failed", False),
        ("running", "running", False),
        ("silent", None, False),
    ]
