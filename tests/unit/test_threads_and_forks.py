"""Threads that share the models of a process, and processes that are forked from one that has loaded them."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import lipready
from lipready import Settings
from lipready.faces.models.engine import chip_of, engine
from lipready.probe.decoding.processors import processors
from lipready.probe.streams.image import open_picture

FORKS = """
import faulthandler, gc, os, sys, threading
import lipready

job, expected = sys.argv[1:], None


def forked():
    pid = os.fork()
    if pid == 0:
        faulthandler.dump_traceback_later(200, exit=True)
        gc.collect()  # what the parent has left
        report = lipready.check(*job).to_json()
        if expected is None:
            sys.stdout.write(report)
            sys.stdout.flush()
        os._exit(0 if expected in (None, report) else 3)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


assert forked() == 0, "after the import"
gc.disable()
expected = lipready.check(*job).to_json()
sys.stdout.write(expected)
assert forked() == 0, "after a check"

from lipready.faces.models import engine
from lipready.probe.decoding import processors
from lipready.probe.streams import image
from lipready.speech import voice

held, over = threading.Barrier(2 + processors.processors()), threading.Event()


def hold(*locks):
    for lock in locks:
        lock.__enter__()
    held.wait()
    over.wait()


models = engine.engine()
locks = (engine._loading, models.detector.lock, models.mesher.lock, models.describer.lock, voice._loading)
holders = [threading.Thread(target=hold, args=(*locks, image._warnings), daemon=True)]
for _ in range(processors.processors()):
    holders.append(threading.Thread(target=hold, args=(processors.turn(),), daemon=True))
for holder in holders:
    holder.start()
held.wait()
assert forked() == 0, "while threads were at it"
"""


@pytest.fixture(scope="module")
def job(good_job, tmp_path_factory):
    """Give half a second of speech and of a clip, and the picture of the same person."""
    from lipready.repair.run.ffmpeg import find_ffmpeg

    folder = tmp_path_factory.mktemp("short")
    for source, target in zip(good_job[:2], ("clip.mp4", "speech.wav"), strict=True):
        command = [find_ffmpeg().path, "-v", "error", "-i", source, "-t", "0.5", "-c", "copy", folder / target]
        subprocess.run(list(map(str, command)), check=True)
    return folder / "clip.mp4", folder / "speech.wav", good_job[2]


def test_eight_threads_have_the_same_reports_as_one_after_the_other(job, made):
    video, audio, reference = job
    jobs = [(video, audio, reference), (video,), (None, audio, made("panorama.jpg")), (None, None, reference)]
    expected = [lipready.check(*each) for each in jobs]
    begin, at_it, most = threading.Barrier(8), set(), []

    def check(number):
        def progress(_what, share):
            (at_it.add if share < 1 else at_it.discard)(number) if share > 0 else None
            most.append(len(at_it))

        begin.wait()
        return lipready.check(*jobs[number % 4], settings=Settings(progress=progress))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(check, range(8))) == expected * 2
    assert max(most) <= processors()  # however many check, no more decode


def test_eight_threads_share_the_models(good_job):
    models, begin = engine(), threading.Barrier(8)
    with open_picture(str(good_job[2])) as picture:
        import numpy as np

        image = np.asarray(picture.convert("RGB").resize((480, 480)))

    def look():
        (found, *_) = models.detector.candidates(image)
        mesh = models.mesher.mesh(image, found.area, found.eyes)
        chip = chip_of(image, tuple((float(x), float(y)) for x, y in mesh.points[[33, 263, 1, 61, 291], :2]))
        return found, mesh.points.tobytes(), models.describer.describe(chip)

    def together(_):
        begin.wait()
        return [look(), look()]

    expected = look()
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(together, range(8))) == [[expected] * 2] * 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked on this system")
def test_a_forked_process_checks_whatever_its_parent_has_loaded_and_is_at(job):
    command = [sys.executable, "-c", FORKS, *map(str, job)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout[: len(done.stdout) // 2] * 2 == done.stdout  # the first of the child, the second of its parent
