"""A task of the provider's list, which may be somebody else's: compared before its result is downloaded."""

import pytest

from lipready.errors import OutcomeUnknownError
from lipready.facts.task import TaskState
from lipready.providers.download.collecting import require_expected


@pytest.fixture
def compared(play, account, journal, entry_of):
    """Compare what is said of a candidate: `compared(seconds=…, size=…)` gives the error, and the entry."""

    def run(status="succeeded", **said):
        entry = entry_of(
            account("dashscope"), stage="posting", candidate="t-1", expected_seconds=5.0, expected_size="1280*720"
        )
        state = TaskState(id="t-1", status=status, said=status.upper(), **said)
        played = play(require_expected(journal, entry, state))
        return played.error, journal.find(entry.id)

    return run


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"seconds": 7.2}, "(7.2 s)"),
        ({"seconds": 5.0, "size": "720*1280"}, "(5 s and 720*1280)"),
        ({"size": "1280*722"}, "(1280*722)"),
    ],
)
def test_another_result_is_rejected_before_it_is_downloaded(compared, said, told):
    error, entry = compared(**said)
    assert isinstance(error, OutcomeUnknownError)
    assert told in str(error)
    assert f"`lipready.resume('{entry.id}', task='t-1')`" in str(error)
    assert "`lipready.submit(…, sending=Sending(again=True))`" in str(error)
    assert (entry.stage, entry.candidate, entry.rejected, entry.message) == ("posting", None, ("t-1",), str(error))


@pytest.mark.parametrize(
    "said",
    [{}, {"seconds": 6.0}, {"size": "1279*720"}, {"seconds": 5.1, "size": "1280*720"}, {"status": "failed"}],
)
def test_what_may_be_ours_is_kept(compared, said):
    error, entry = compared(**said)
    assert (error, entry.candidate, entry.rejected) == (None, "t-1", ())
