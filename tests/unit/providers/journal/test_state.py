import stat

import pytest

from lipready.errors import JournalError
from lipready.providers.journal.state import make_private, state_folder


def test_the_folder_is_the_chosen_one(monkeypatch, tmp_path):
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(tmp_path / "mine"))
    assert state_folder() == tmp_path / "mine"


def test_without_a_choice_it_is_the_user_s(monkeypatch):
    monkeypatch.delenv("LIPREADY_STATE_DIR", raising=False)
    assert "lipready" in str(state_folder())


def test_a_new_folder_is_for_the_user_alone(tmp_path):
    folder = make_private(tmp_path / "deep" / "state")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_is_there_keeps_its_mode(tmp_path):
    tmp_path.chmod(0o755)
    assert stat.S_IMODE(make_private(tmp_path).stat().st_mode) == 0o755


def test_a_file_in_its_place_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="LIPREADY_STATE_DIR"):
        make_private(tmp_path / "file")
