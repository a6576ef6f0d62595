"""A profile of the user's own: what was checked by it is submitted by it, and taken up by it later."""

from pathlib import Path

import pytest

import lipready
from lipready import Job, PreflightError, Settings
from lipready.errors import UsageError
from lipready.providers.account import account_at
from lipready.providers.submission.known_job import account_of

QUICK = Settings(quick=True, only=("V",))


@pytest.fixture
def job(good_job):
    video, audio, _ = good_job
    return Job.of(video, audio)


@pytest.fixture
def own(surroundings, shared_sandbox, at_sandbox, monkeypatch):
    """Write a profile into the folder we are in: `own(text, name=…)` gives the path as a user names it."""
    at_sandbox(shared_sandbox)
    folder = surroundings / "profiles"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def write(text, name="mine.toml"):
        Path(name).write_text(text)
        return name

    return write


@pytest.mark.parametrize("base", ["dashscope", "evolink"])
def test_a_job_is_sent_where_the_profile_at_the_bottom_of_the_chain_is_sent(own, job, journal, shared_sandbox, base):
    own(f'extends = "{base}"', "house.toml")
    task = lipready.submit(job, provider=own('extends = "house.toml"'), settings=QUICK)
    assert task.id in {each.id for each in shared_sandbox.ledger().tasks}
    (entry,) = journal.entries()
    assert (entry.service, entry.provider) == (base, str(Path("mine.toml").absolute()))


def test_the_job_is_checked_by_that_profile(own, job, journal):
    strict = 'extends = "dashscope"\n[limits.V104]\naccept = { minimum = 119, maximum = 120 }'
    with pytest.raises(PreflightError, match="V104"):
        lipready.submit(job, provider=own(strict), settings=QUICK)
    assert journal.entries() == ()


def test_the_profile_is_found_from_another_folder_and_done_without_where_it_has_moved(
    own, job, journal, surroundings, monkeypatch
):
    lipready.submit(job, provider=own('extends = "evolink"\ntitle = "Mine"'), settings=QUICK)
    (entry,) = journal.entries()
    monkeypatch.chdir(surroundings)
    assert account_of(entry).profile.title == "Mine"
    place = Path(entry.provider)
    place.write_text('extends = "dashscope"')
    assert account_of(entry).profile.name == "evolink"
    place.write_text("[")
    assert account_of(entry).profile.name == "evolink"
    place.unlink()
    assert lipready.resume(entry.id).wait(deadline=20, poll_interval=0.1).status == "succeeded"


def test_a_profile_that_is_called_like_the_sandbox_is_none(own, job, journal):
    lipready.submit(job, provider=own('extends = "dashscope"', "sandbox.toml"), settings=QUICK)
    (entry,) = journal.entries()
    assert account_of(entry).profile.name == "sandbox"


def test_a_profile_that_extends_none_is_sent_nowhere(own):
    with pytest.raises(UsageError, match=r"a profile that extends one"):
        account_at(own('name = "mine"\ntitle = "Mine"\nmodel = "x"'))
