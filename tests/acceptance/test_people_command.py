"""`lipready people`, the contact sheet, and the question who speaks."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

COMMAND = [sys.executable, "-m", "lipready"]
CTRL_C = b"\x03"


@pytest.fixture
def at_a_terminal(environment, tmp_path):
    """Run a command at a pseudo-terminal, answering its questions: `at_a_terminal(arguments, answers)`."""

    def run(arguments, answers):
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=slave,
            cwd=tmp_path,
            env=environment | {"TERM": "dumb"},
        )
        os.close(slave)
        asked, waiting = b"", list(answers)
        while chunk := _read(master):
            asked += chunk
            if waiting and asked.endswith(b"): "):
                answer = waiting.pop(0)
                if answer is CTRL_C:
                    time.sleep(0.5)  # What comes before it waits for an answer is seen at the next key only.
                    process.send_signal(signal.SIGINT)
                else:
                    os.write(master, answer)
        os.close(master)
        out, _ = process.communicate(timeout=300)
        return process.returncode, out.decode(), asked.decode()

    return run


@pytest.fixture(scope="module")
def two_people(made, ffmpeg, tmp_path_factory):
    """Give a clip of the same name with the first 2.4 s: as much as a provider takes, and as is asked about."""
    clip = tmp_path_factory.mktemp("short") / "two_people.mp4"
    return ffmpeg(clip, "-t", "2.4", "-i", made(clip.name), "-c", "copy", "-movflags", "+faststart")


def _read(descriptor):
    try:
        return os.read(descriptor, 65536)
    except OSError:  # Linux says EIO when the last writer closes
        return b""


def test_two_people_are_listed_and_drawn(lipready_run, two_people, tmp_path):
    sheet = tmp_path / "people.jpg"

    done = lipready_run("people", two_people, "--sheet", sheet)

    assert done.returncode == 0
    assert "2 people" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines() if "0:00–0:0" in line]
    assert sorted(row[0] for row in rows) == ["1", "2"]
    assert {"left", "right"} <= {word for row in rows for word in row}
    assert sum("*" in row for row in rows) == 1
    assert "The contact sheet is" in done.stderr
    with Image.open(sheet) as picture:
        assert picture.format == "JPEG"
        assert picture.height > 400


def test_json_is_what_a_report_says(lipready_run, two_people):
    listed = json.loads(lipready_run("people", two_people, "--format", "json").stdout)
    report = json.loads(lipready_run("check", two_people, "--format", "json").stdout)
    assert listed["schema"] == "lipready.people/1"
    assert listed["people"]["count"] == report["files"][0]["facts"]["people"]["count"] == 2
    assert {each["id"] for each in listed["people"]["people"]} == {1, 2}


def test_nobody_and_no_video(lipready_run, made, media, tmp_path):
    nobody = lipready_run("people", made("nobody.mp4"), "--sheet", tmp_path / "a.jpg")
    assert (nobody.returncode, nobody.stderr) == (1, "")
    assert "nobody" in nobody.stdout
    assert not (tmp_path / "a.jpg").exists()
    (tmp_path / "broken.mp4").write_bytes(b"no video at all")
    for path in (tmp_path / "broken.mp4", media / "speech.wav"):
        done = lipready_run("people", path)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith(f"Nothing was checked: {path}")
        assert done.stderr.endswith(".\n")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("people",), "Missing argument"),
        (("people", "{media}"), "is a folder"),
        (("people", "{media}/good.mp4", "--sheet", "a.png"), "must end in .jpg or .jpeg"),
        (("people", "{media}/good.mp4", "--sheet", "gone/a.jpg"), "the folder gone does not exist"),
        (("people", "{media}/good.mp4", "--sheet", "{media}/good.mp4"), "must end in .jpg"),
    ],
)
def test_wrong_calls_are_one_sentence_with_status_2(lipready_run, media, arguments, said):
    done = lipready_run(*(argument.format(media=media) for argument in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_prepare_stops_where_nobody_can_be_asked(lipready_run, two_people, tmp_path):
    out = tmp_path / "ready"
    arguments = ("prepare", two_people, "-o", out)

    dry = lipready_run(*arguments, "--dry-run")
    assert dry.returncode == 1
    assert not out.exists()

    done = lipready_run(*arguments)
    assert done.returncode == 1
    assert "--person N" in done.stdout
    assert "person 1: 0:00–0:0" in done.stdout
    assert "Nothing was repaired" in done.stdout
    assert str(out / "people.jpg") in done.stdout.replace("\n", "")
    assert [path.name for path in out.iterdir()] == ["people.jpg"]

    again = json.loads(lipready_run(*arguments, "--format", "json").stdout)
    assert again["ready"] is False
    assert again["sheet"] == str(out / "people.jpg")
    assert [gap["rule"] for gap in again["undecided"]] == ["P302"]


def test_a_sheet_is_not_drawn_over_a_picture_of_the_user_but_over_an_older_sheet(lipready_run, made, tmp_path):
    sheet = tmp_path / "people.jpg"
    Image.new("RGB", (8, 8)).save(sheet)
    before = sheet.read_bytes()
    done = lipready_run("people", made("people_both.mp4"), "--sheet", sheet)
    assert (done.returncode, done.stdout) == (2, "")
    assert "was not written by lipready" in done.stderr
    assert sheet.read_bytes() == before
    sheet.unlink()
    for _ in range(2):
        assert lipready_run("people", made("people_both.mp4"), "--sheet", sheet).returncode == 0


def test_a_file_in_the_place_of_the_output_folder_is_noticed_at_once(lipready_run, media, tmp_path):
    (tmp_path / "ready").write_bytes(b"mine")
    done = lipready_run("prepare", media / "good.mp4", "-o", tmp_path / "ready")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: {tmp_path / 'ready'} is not a folder: choose another output folder.\n"


def test_prepare_does_not_draw_over_a_picture_of_the_user(lipready_run, two_people, tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "people.jpg")
    before = (tmp_path / "people.jpg").read_bytes()
    done = lipready_run("prepare", two_people, "-o", tmp_path)
    assert done.returncode == 2
    assert "was not written by lipready" in done.stderr
    assert (tmp_path / "people.jpg").read_bytes() == before


def test_on_a_terminal_it_asks_until_it_knows(at_a_terminal, two_people, tmp_path):
    out = tmp_path / "ready"

    status, shown, asked = at_a_terminal(("prepare", two_people, "-o", out), (b"\n", b"7\n", b"2\n"))

    assert status == 0
    assert "Several people are seen. Who speaks?" in asked
    assert "person 2: 0:00–0:0" in asked
    assert "people.jpg" in asked
    assert "One of them has to be chosen." in asked
    assert "'7' is none of them." in asked
    assert asked.count("Person (1, 2; q to stop): ") == 3
    assert "Take the best frame of person 2" in shown.replace("\n", " ")
    assert {path.name for path in out.iterdir()} == {"two_people.mp4", "people.jpg", "reference.jpg", "receipt.json"}


def test_the_question_is_the_one_that_the_site_shows(at_a_terminal, made, ffmpeg, tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "several-people.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^(Several people are seen\..*?): 2\n```$", page, re.MULTILINE | re.DOTALL)
    # The page's clip: the last three seconds, smaller.
    small = ("-vf", "scale=-2:640", "-r", "15", "-t", "3", "-an", "-preset", "veryfast")
    panel = ffmpeg(tmp_path / "panel.mp4", "-ss", "1", "-i", made("two_people.mp4"), *small)
    out = tmp_path / "ready"
    _, _, asked = at_a_terminal(("prepare", panel, "-o", out), (b"q\n",))
    asked = asked.replace("\r\n", "\n").replace(str(out), "ready")
    # The rounding of another processor may change a face's height by a pixel.
    heights = re.compile(r"\d+ px \(\d+%\)")
    assert heights.sub("", shown) in heights.sub("", asked)


def test_on_a_terminal_ctrl_c_at_the_question_ends_it(at_a_terminal, two_people, tmp_path):
    status, shown, asked = at_a_terminal(("prepare", two_people, "-o", tmp_path / "ready"), (CTRL_C,))
    assert (status, shown) == (130, "")
    assert asked.endswith("Interrupted.\r\n")
    assert "Traceback" not in asked


def test_on_a_terminal_q_stops(at_a_terminal, two_people, tmp_path):
    status, shown, _ = at_a_terminal(("prepare", two_people, "-o", tmp_path / "ready"), (b"q\n",))
    assert status == 1
    assert "Nothing was repaired" in shown


def test_a_question_is_not_asked_for_json_or_a_dry_run(at_a_terminal, two_people, tmp_path):
    for extra in (("--format", "json"), ("--dry-run",), ("-q",)):
        status, _, asked = at_a_terminal(("prepare", two_people, "-o", tmp_path / "ready", *extra), ())
        assert status == 1
        assert "Who speaks" not in asked


def test_a_click_in_the_browser_says_who_speaks(lipready_run, two_people, environment, monkeypatch, tmp_path):
    clicks = tmp_path / "clicks.py"
    clicks.write_text(
        "import sys, urllib.request\n"
        "url = sys.argv[1]\n"
        "origin = {'Origin': url.rsplit('/', 2)[0]}\n"
        "urllib.request.urlopen(urllib.request.Request(url + '2', b'', origin)).read()\n"
    )
    monkeypatch.setitem(environment, "BROWSER", f"{sys.executable} {clicks} %s")
    done = lipready_run("prepare", "--pick", two_people, "-o", tmp_path / "ready", "--format", "json")
    assert done.returncode == 0
    assert "Choose who speaks in the browser: http://127.0.0.1:" in done.stderr
    steps = [step["name"] for file in json.loads(done.stdout)["plan"] for step in file["steps"]]
    assert steps[-1] == "take-reference"

    done = lipready_run("people", "--pick", two_people)
    assert done.returncode == 0
    assert re.search(r"^  lipready reference \S*two_people.mp4 --person 2 -o person-2.jpg$", done.stderr, re.MULTILINE)


def test_where_there_is_no_browser_the_terminal_asks(at_a_terminal, two_people, monkeypatch, environment, tmp_path):
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delitem(environment, name, raising=False)
    monkeypatch.setitem(environment, "PATH", str(tmp_path))
    arguments = ("prepare", "--pick", two_people, "-o", tmp_path / "ready", "--dry-run")
    status, _, asked = at_a_terminal(arguments, (b"1\n",))
    assert status == 0
    assert "The page cannot be shown: there is no browser here." in asked
    assert asked.count("Person (1, 2; q to stop): ") == 1


def test_crop_leaves_one_person(lipready_run, two_people, tmp_path):
    out = tmp_path / "ready"
    done = lipready_run("prepare", two_people, "-o", out, "--person", "2", "--crop", "--format", "json")
    assert done.returncode == 0, done.stderr
    prepared = json.loads(done.stdout)
    assert "crop" in {step["name"] for file in prepared["plan"] for step in file["steps"]}
    facts = prepared["report"]["files"][0]["facts"]
    assert facts["people"]["count"] == 1
    assert min(facts["width"], facts["height"]) >= 640
    assert prepared["ready"] is True


def test_crop_makes_a_small_face_large_enough_in_the_shape_of_the_picture(lipready_run, two_people, ffmpeg, tmp_path):
    far = ("-vf", "scale=320:-2,pad=1920:1080:780:440:gray", "-pix_fmt", "yuv420p", "-an")
    clip = ffmpeg(tmp_path / "far.mp4", "-i", two_people, *far, "-c:v", "libx264", "-preset", "veryfast")
    arguments = ("prepare", clip, "-o", tmp_path / "ready", "--person", "2", "--crop", "--format", "json")
    prepared = json.loads(lipready_run(*arguments).stdout)
    assert "P303" in {finding["rule"] for finding in prepared["before"]["findings"]}
    assert prepared["report"]["findings"] == []
    facts = prepared["report"]["files"][0]["facts"]
    assert facts["width"] / facts["height"] == pytest.approx(16 / 9, rel=0.02)
    assert min(facts["width"], facts["height"]) >= 640
    assert facts["people"]["count"] == 1


def test_trim_best_leaves_out_a_short_shot_of_somebody_else(lipready_run, made, ffmpeg, tmp_path):
    same = "fps=25,scale=640:640:force_original_aspect_ratio=increase,crop=640:640,setsar=1,settb=1/25"
    shots = f"[0:v]{same},trim=0:3[a];[1:v]{same},trim=0:1[b];[2:v]{same},trim=0:4[c];[a][b][c]concat=n=3:v=1:a=0"
    inputs = [word for name in ("anna.mp4", "grace.mp4", "anna.mp4") for word in ("-i", made(name))]
    x264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")
    clip = ffmpeg(tmp_path / "guest.mp4", *inputs, "-filter_complex", shots, *x264)
    arguments = ("prepare", clip, "-o", tmp_path / "ready", "--person", "1", "--trim", "best", "--format", "json")
    prepared = json.loads(lipready_run(*arguments).stdout)
    before, after = (prepared[key]["files"][0]["facts"] for key in ("before", "report"))
    assert (before["people"]["count"], after["people"]["count"]) == (2, 1)
    assert after["people"]["face_share"] == 1
    assert 3 <= after["duration"] <= 4.1
