import re

from lipready.cli.run import explain_crash

HOOK = "https://example.com/hook?token=hunter2"


def fail(message):
    raise ZeroDivisionError(message)


def crash(arguments=(), *, verbose=False, message="boom\nand more"):
    try:
        fail(message)
    except ZeroDivisionError as error:
        return explain_crash(error, arguments, verbose=verbose)


def test_one_sentence_names_the_log_with_the_traceback(tmp_path, monkeypatch):
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(tmp_path))

    sentence = crash(["check", "clip.mp4", "--callback-url", HOOK], message=f"boom at {HOOK}\nmore")

    assert "\n" not in sentence
    (log,) = (tmp_path / "log").iterdir()
    assert str(log) in sentence
    text = log.read_text()
    assert "Traceback (most recent call last)" in text
    assert "lipready check clip.mp4 --callback-url https://example.com/hook?…" in text
    assert "hunter2" not in text


def test_verbose_shows_the_traceback_too(tmp_path, monkeypatch):
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(tmp_path))

    assert "Traceback (most recent call last)" in crash(verbose=True)


def test_a_log_that_cannot_be_kept_in_the_state_folder_goes_to_the_temporary_one(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("LIPREADY_STATE_DIR", str(blocked))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    sentence = crash()

    assert re.search(re.escape(str(tmp_path)) + r"/crash-\d{8}-\d{6}-\d+\.log", sentence)
    assert len(list(tmp_path.glob("crash-*.log"))) == 1
