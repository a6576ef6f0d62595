"""Inputs that are addresses, from the command line and from Python, with a server of our own."""

import json
import signal
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

import lipready
from lipready import Settings, UsageError

SIGNED = "?Expires=1&Signature=s3cret#s3cret"


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; `/stuck.mp4` is a file that stops in its middle."""

    def do_GET(self):
        if not self.path.startswith("/stuck.mp4"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(bytes(1000))
        self.wfile.flush()
        self.server.begun.set()
        self.server.released.wait(60)

    def log_message(self, *_):
        pass


@pytest.fixture
def site(media):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(media)))
    server.begun, server.released = threading.Event(), threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_address_is_checked_like_a_file(lipready_run, site, media, tmp_path):
    arguments = ["--only", "V,R704", "--format", "json", "--report", f"full={tmp_path / 'report.txt'}", "-v"]
    done = lipready_run("check", f"{site.url}/small.mp4{SIGNED}", media / "speech.wav", "--allow-private", *arguments)
    local = lipready_run("check", media / "small.mp4", "--only", "V", "--format", "json")

    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    (video, audio), (file,) = report["files"], json.loads(local.stdout)["files"]
    assert video["path"] == f"{site.url}/small.mp4?…"
    assert {**video["facts"], "people": None} == {**file["facts"], "people": None}
    assert (video["address"]["status"], video["address"]["fetched"]["whole"]) == (200, True)
    assert audio["address"] is None
    assert {finding["rule"] for finding in report["findings"]} == {"V103", "V104"}
    for text in (done.stdout, (tmp_path / "report.txt").read_text(encoding="utf-8")):
        assert "s3cret" not in text
        assert "lipready-" not in text  # the name of the temporary folder


def test_an_address_of_this_machine_is_refused_and_not_asked(lipready_run, site):
    done = lipready_run("check", f"{site.url}/good.mp4{SIGNED}", "--quick")

    assert done.returncode == 1
    assert "R704 url-not-public" in done.stdout
    assert "not a public address" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr


def test_quick_decodes_nothing(lipready_run, site):
    done = lipready_run("check", f"{site.url}/good.mp4", "--quick", "--allow-private", "--only", "R704,V")

    assert done.returncode == 0
    assert "V102" in done.stdout.partition("not checked")[2]
    assert lipready_run("check", f"{site.url}/good.mp4", "--quick", "--allow-private", "--only", "R704").returncode == 0
    gone = lipready_run("check", f"{site.url}/gone.mp4", "--quick", "--allow-private", "--format", "concise")
    assert gone.returncode == 1
    assert "there is no such file" in gone.stdout


def test_only_r704_has_nothing_to_say_of_files(lipready_run, media):
    assert lipready_run("check", media / "good.mp4", "--only", "R704", "--quick").returncode == 3


@pytest.mark.parametrize("command", [["prepare", "-o", "out"], ["people"], ["reference", "-o", "out.jpg"]])
def test_other_commands_ask_for_a_file(lipready_run, site, command):
    done = lipready_run(*command, f"{site.url}/good.mp4{SIGNED}")

    assert done.returncode == 2
    assert "download it first" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_prepare_repairs_only_files(site, tmp_path):
    with pytest.raises(UsageError, match="only files are repaired") as caught:
        lipready.prepare(audio=f"{site.url}/speech.wav{SIGNED}", out=tmp_path / "out")
    assert "s3cret" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_the_library_takes_addresses(site):
    said = []
    settings = Settings(quick=True, allow_private=True, progress=lambda *what: said.append(what))
    report = lipready.check(audio=f"{site.url}/speech.wav", settings=settings)
    assert report.verdict == "pass"
    report = lipready.check(
        audio=f"{site.url}/speech.wav{SIGNED}",
        settings=Settings(allow_private=True, progress=lambda *what: said.append(what)),
    )
    assert report.facts.audio is not None
    assert report.facts.audio.extension == "wav"
    assert {what for what, _ in said} == {f"checking {site.url}/speech.wav?…", f"fetching {site.url}/speech.wav?…"}


def test_ctrl_c_amid_a_fetch_leaves_nothing(site, environment, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "lipready", "check", f"{site.url}/stuck.mp4{SIGNED}", "--allow-private"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment | {"TMPDIR": str(temporary)},
        text=True,
    )
    assert site.begun.wait(60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out, err) == (130, "", "Interrupted.\n")
    assert list(temporary.iterdir()) == []
