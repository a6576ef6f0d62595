import os
import socket
from pathlib import Path

import pytest

from lipready.errors import ProbeError
from lipready.probe.local_file import open_local


def problem_of(path: Path | str) -> str:
    with pytest.raises(ProbeError) as caught, open_local(str(path)):
        pass
    return str(caught.value)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "link.mp4").symlink_to(tmp_path / "pipe.mp4")
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere")
    assert problem_of(tmp_path) == "is a folder, not a file"
    assert problem_of(tmp_path / "pipe.mp4") == "is a named pipe, not a file"
    assert problem_of(tmp_path / "link.mp4") == "is a named pipe, not a file"
    assert problem_of(tmp_path / "loop.mp4") == "cannot be read: its symbolic links lead in a circle"
    assert problem_of(tmp_path / "gone.mp4") == f"is a link to {tmp_path / 'nowhere'}, which does not exist"
    assert problem_of(tmp_path / "none.mp4") == "does not exist"
    assert problem_of(tmp_path / "empty.mp4") == "is empty"
    assert problem_of(tmp_path / "empty.mp4" / "x") == "does not exist: a part of its path is not a folder"
    assert problem_of("/dev/zero") == "is a device, not a file"
    assert problem_of("a\0b") == "does not exist: its name holds a null character"
    assert problem_of("x" * 5000) == "does not exist: its name is too long"


def test_a_socket_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("clip.mp4")
        assert problem_of("clip.mp4") == "is a socket, not a file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_read_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.mp4"
    path.write_bytes(b"x")
    path.chmod(0)
    assert problem_of(path) == "cannot be read: permission denied"


def test_a_file_that_grows_ends_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(b"0123456789")
    with open_local(str(path)) as file:
        with path.open("ab") as writer:
            writer.write(b"more")
        assert file.read() == b"0123456789"
        assert file.seek(0, os.SEEK_END) == 10
        assert file.read_at(8, 100) == b"89"
        assert file.readinto(bytearray(5)) == 0
        with pytest.raises(ProbeError, match="grew while it was read"):
            file.assert_unchanged()


def test_a_file_that_shrinks_or_is_rewritten_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "changing"
    path.write_bytes(b"0123456789")
    with open_local(str(path)) as file:
        os.truncate(path, 3)
        assert file.read_at(0, 10) == b"012"
        with pytest.raises(ProbeError, match="changed while it was read"):
            file.assert_unchanged()


def test_a_file_that_is_removed_stays_readable(tmp_path: Path) -> None:
    path = tmp_path / "going"
    path.write_bytes(b"0123456789")
    with open_local(str(path)) as file:
        path.unlink()
        assert file.read() == b"0123456789"
        file.assert_unchanged()
