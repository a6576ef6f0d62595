"""`lipready gate` in real git repositories: what it finds, says and writes, and how it ends."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from hashlib import sha256

import psutil
import pytest
from distributed import LocalCluster

QUICK = ("--quick", ".")


@pytest.fixture
def assets(repository, media):
    """Give a repository with one job that is fine, and a video that is too small and too slow."""
    repository.put("jobs/anna.mp4", media / "good.mp4")
    repository.put("jobs/anna.wav", media / "speech.wav")
    repository.put("jobs/anna.ref.png", media / "face.png")
    repository.put("single/small.mp4", media / "small.mp4")
    repository.commit()
    return repository


def reports_of(text):
    return [json.loads(line) for line in text.splitlines()]


def verdicts_of(text):
    return {tuple(file["path"] for file in report["files"]): report["verdict"] for report in reports_of(text)}


ANNA = ("jobs/anna.mp4", "jobs/anna.wav", "jobs/anna.ref.png")
SMALL = ("single/small.mp4",)


def test_each_job_and_each_single_file_has_its_verdict(assets):
    done = assets.gate("--format", "jsonl", *QUICK)

    assert done.returncode == 1, done.stderr
    assert verdicts_of(done.stdout) == {ANNA: "pass", SMALL: "fail"}
    rules = {finding["rule"] for report in reports_of(done.stdout) for finding in report["findings"]}
    assert rules >= {"V103", "V104"}


def test_people_are_shown_what_is_wrong_and_one_line_that_sums_up(assets):
    full, concise = assets.gate(*QUICK), assets.gate("--format", "concise", *QUICK)

    for done in (full, concise):
        assert done.returncode == 1
        assert "small.mp4" in done.stdout
        assert "V104" in done.stdout
        assert "anna" not in done.stdout
        assert done.stdout.splitlines()[-1].startswith("✗ fail")
        assert "4 files in 2 units: 1 fail, 1 pass; 2 errors" in done.stdout
    assert "2 known from earlier runs" not in full.stdout
    assert "2 known from earlier runs" in concise.stdout


def test_a_manifest_says_what_belongs_together(assets, media):
    assets.put("take.wav", media / "speech.wav")
    assets.put(
        "lipready.jobs.toml",
        '[[jobs]]\nname = "one"\nvideo = "jobs/anna.mp4"\naudio = "take.wav"\n',
    )

    done = assets.gate("--format", "jsonl", *QUICK)

    assert done.returncode == 1, done.stderr
    assert set(verdicts_of(done.stdout)) == {
        ("jobs/anna.mp4", "take.wav"),
        ("jobs/anna.ref.png",),
        ("jobs/anna.wav",),
        SMALL,
    }


def test_exit_statuses(assets):
    assert assets.gate("--quick", "jobs").returncode == 0
    assert assets.gate("--quick", "single").returncode == 1
    assert assets.gate("--quick", "--fail-on", "error", "--ignore", "V", "single").returncode == 0
    for wrong in (("absent",), ("--shard", "3/2", "."), ("--executor", "ray", "."), ("--write", "."), ("/etc", "jobs")):
        done = assets.gate("--quick", *wrong)
        assert done.returncode == 2, (wrong, done.stderr)
        assert "Error: " in done.stderr
        assert "Traceback" not in done.stderr


def test_nothing_to_check_is_no_success(repository, media):
    repository.put("README.md", "nothing here")
    assert repository.gate(*QUICK).returncode == 3
    repository.put("ignored.mp4", media / "good.mp4")
    repository.put(".gitignore", "*.mp4\n")
    done = repository.gate(*QUICK)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "no video, audio track or image" in done.stderr
    assert repository.gate("--quick", "ignored.mp4").returncode == 0


def without_times(text):
    return re.sub(r' time="[0-9.]+"', "", text)


def test_several_reports_at_once(assets, tmp_path):
    forms = ("full", "concise", "json", "jsonl", "junit", "sarif", "github", "gitlab", "markdown")
    reports = [f"--report={form}={tmp_path / form}" for form in forms]

    done = assets.gate(*reports, *QUICK)

    assert done.returncode == 1, done.stderr
    for form in forms:
        assert "V104" in (tmp_path / form).read_text(), form
    for form in forms[1:]:
        again = assets.gate("--format", form, *QUICK)
        assert again.returncode == 1
        if form != "concise":
            # The second run remembers what the first has measured; only JUnit tells how long that took.
            assert without_times(again.stdout) == without_times((tmp_path / form).read_text())


def test_a_report_holds_every_fact_also_of_what_is_fine(repository, good_job, tmp_path):
    repository.put("anna.mp4", good_job[0])

    done = repository.gate(
        "--format", "jsonl", f"--report=jsonl={tmp_path / 'json'}", f"--report=full={tmp_path / 'full'}", "."
    )

    assert done.returncode == 0, done.stderr
    (report,) = reports_of(done.stdout)
    assert report["files"][0]["facts"]["people"]["people"][0]["position"] == "centre"
    assert (tmp_path / "json").read_text() == done.stdout
    assert "1 person" in (tmp_path / "full").read_text()


def test_a_report_never_takes_the_place_of_an_input(assets):
    before = (assets.folder / "single/small.mp4").read_bytes()
    for cwd, path in ((None, "single/small.mp4"), ("single", "small.mp4")):
        done = assets.gate("--report", f"json={path}", "--quick", ".", cwd=assets.folder / (cwd or ""))
        assert done.returncode == 2, done.stderr
        assert "would overwrite it" in done.stderr
    assert (assets.folder / "single/small.mp4").read_bytes() == before


def test_github_is_told_in_its_own_way(assets, tmp_path):
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n")
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}

    done = assets.gate(*QUICK, **github)

    assert done.returncode == 1
    assert done.stdout.startswith("::error file=single/small.mp4")
    first, table = summary.read_text().split("\n", 1)
    assert first == "# before"
    assert "V104" in table
    assert not assets.gate("--format", "full", *QUICK, **github).stdout.startswith("::")
    assert summary.read_text() == f"{first}\n{table}{table}"
    assets.put("lipready.toml", 'format = "jsonl"\n')
    assert reports_of(assets.gate(*QUICK, **github).stdout)


def test_a_summary_that_is_asked_for_is_written_once(assets, tmp_path):
    summary = tmp_path / "summary.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    assets.gate(*QUICK, **github)
    once = summary.read_text()
    summary.unlink()
    assets.gate("--report", f"markdown={summary}", *QUICK, **github)
    assert summary.read_text() == once


def ignores(*tables):
    return "\n".join(f'[[ignores]]\nreason = "known"\n{table}\n' for table in tables)


def test_ignores_waive_with_a_reason_until_they_expire(assets):
    small = 'path = "single/small.mp4"'
    both = [f'rule = "{rule}"\n{small}' for rule in ("V103", "V104")]
    assets.put("lipready.toml", ignores(*both))
    waived = assets.gate(*QUICK)
    assert waived.returncode == 0, waived.stdout
    assert "2 waived" in waived.stdout
    assert waived.stderr == ""

    unused = f'rule = "V102"\n{small}'
    assets.put("lipready.toml", ignores(*both, unused))
    done = assets.gate(*QUICK)
    assert done.returncode == 0
    assert "is not used (finds nothing there): remove it." in done.stderr
    assets.put("lipready.toml", "strict-ignores = true\n" + ignores(*both, unused))
    assert assets.gate(*QUICK).returncode == 1

    assets.put("lipready.toml", ignores(both[0], f"{both[1]}\nexpires = 2020-01-01"))
    done = assets.gate(*QUICK)
    assert done.returncode == 1
    assert "expired on 2020-01-01" in done.stderr
    assert "V104" in done.stdout
    assert "V103" not in done.stdout


def test_a_baseline_is_a_ratchet(assets, ffmpeg, media):
    baseline = ("--baseline", "accepted.json")
    missing = assets.gate(*baseline, *QUICK)
    assert missing.returncode == 2

    update = assets.gate(*baseline, "--update-baseline", *QUICK)
    assert update.returncode == 0, update.stderr
    assert "accepted.json accepts 2 findings now." in update.stderr
    assert assets.gate(*baseline, *QUICK).returncode == 0
    written = (assets.folder / "accepted.json").read_bytes()
    assert assets.gate(*baseline, "--update-baseline", *QUICK).returncode == 0
    assert (assets.folder / "accepted.json").read_bytes() == written

    source = ("-f", "lavfi", "-i", "testsrc2=size=480x854:rate={}:duration=3", "-pix_fmt", "yuv420p")
    for rate, status in ((10, 1), (13, 0)):
        ffmpeg(assets.folder / "single/small.mp4", *(part.format(rate) for part in source))
        done = assets.gate(*baseline, *QUICK)
        assert done.returncode == status, done.stdout
        assert ("and it is" in done.stderr) is (status == 1)

    assets.put("single/small.mp4", media / "good.mp4")
    stale = assets.gate(*baseline, *QUICK)
    assert stale.returncode == 0
    assert stale.stderr.count("is stale") == 2
    assert assets.gate(*baseline, "--update-baseline", *QUICK).returncode == 0
    assert assets.gate(*baseline, *QUICK).stderr == ""


def test_the_shards_merged_are_the_whole(assets, media, tmp_path):
    for name in ("a", "b", "c", "d"):
        assets.put(f"more/{name}.mp4", media / "good.mp4")
    whole = assets.gate("--report", f"sarif={tmp_path / 'whole'}", "--format", "jsonl", *QUICK)
    shards = []
    for number in (1, 2):
        done = assets.gate("--shard", f"{number}/2", "--report", f"jsonl={tmp_path / str(number)}", *QUICK)
        shards.append(reports_of((tmp_path / str(number)).read_text()))
        assert done.returncode == (1 if any(report["verdict"] == "fail" for report in shards[-1]) else 0)
    assert all(shards)
    assert sum(map(len, shards)) == len(reports_of(whole.stdout)) == 6

    merged = assets.gate(
        tmp_path / "2", tmp_path / "1", "--format", "jsonl", f"--report=sarif={tmp_path / 'merged'}",
        command=("report", "merge"),
    )  # fmt: skip

    assert (merged.returncode, merged.stdout) == (1, whole.stdout)
    assert (tmp_path / "merged").read_bytes() == (tmp_path / "whole").read_bytes()


def test_a_shard_that_is_not_there_is_no_pass(assets, tmp_path):
    """Of two units some shard of five has none: it says that it was there, in every format."""
    written = [tmp_path / f"{number}.jsonl" for number in range(1, 6)]
    for number, path in enumerate(written, 1):
        asked = ("--shard", f"{number}/5", *QUICK)
        done = assets.gate(*asked, "--format", "jsonl", "--report", f"full={tmp_path / 'full'}")
        path.write_text(done.stdout)
        assert done.stdout
        if reports_of(done.stdout)[0]["schema"] == "lipready.shard/1":
            empty = path
            assert (done.returncode, (tmp_path / "full").read_text()) == (0, "")
            document = json.loads(assets.gate(*asked, "--format", "json").stdout)
            assert (document["shard"], document["shard_size"], document["reports"]) == (f"{number}/5", 0, [])

    def merge(paths):
        return assets.gate(*paths, "--format", "json", command=("report", "merge"))

    assert merge(written).returncode == 1
    assert merge(written).stdout == assets.gate("--format", "json", *QUICK).stdout
    lacking = merge([path for path in written if path != empty])
    assert (lacking.returncode, lacking.stdout) == (3, "")
    assert lacking.stderr == f"Not everything was checked: shard {empty.stem} of 5 is missing.\n"


def test_paths_are_those_of_the_repository_from_any_folder(assets):
    whole = assets.gate("--format", "jsonl", *QUICK).stdout
    inner = assets.folder / "single"

    assert verdicts_of(assets.gate("--format", "jsonl", *QUICK, cwd=inner).stdout) == {SMALL: "fail"}
    assert assets.gate("--format", "jsonl", "--quick", "..", cwd=inner).stdout == whole
    assert verdicts_of(assets.gate("--format", "jsonl", "--quick", "small.mp4", cwd=inner).stdout) == {SMALL: "fail"}
    assert verdicts_of(assets.gate("--format", "jsonl", "--quick", "**/*.wav").stdout) == {ANNA[1:2]: "pass"}
    assert verdicts_of(assets.gate("--format", "jsonl", "--quick", "jobs", "single/*.mp4").stdout) == {
        ANNA: "pass",
        SMALL: "fail",
    }


def test_a_pointer_of_git_lfs_is_judged_as_far_as_it_goes(assets, media):
    content = (media / "small.mp4").read_bytes()
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
    assets.put("here.mp4", pointer.format(sha256(content).hexdigest(), len(content)))
    assets.put("large.mp4", pointer.format("0" * 64, 400 << 20))

    done = assets.gate("--format", "jsonl", *QUICK, "--no-cache")

    found = {r["files"][0]["path"]: {f["rule"] for f in r["findings"]} for r in reports_of(done.stdout)}
    assert found["here.mp4"] == {"F002"}
    assert found["large.mp4"] == {"F002", "F004", "V106"}
    assets.gate(*QUICK)
    known = {r["files"][0]["path"]: r for r in reports_of(assets.gate("--format", "jsonl", *QUICK).stdout)}
    assert {finding["rule"] for finding in known["here.mp4"]["findings"]} >= {"V103", "V104"}


def test_a_broken_file_costs_its_own_verdict(assets, media, tmp_path):
    assets.put("broken/empty.mp4", "")
    assets.put("broken/text.mp4", "no film at all")
    cut = assets.put("broken/cut.mp4", media / "good.mp4")
    cut.write_bytes(cut.read_bytes()[:3000])
    outside = tmp_path / "outside.mp4"
    outside.write_bytes((media / "good.mp4").read_bytes())
    (assets.folder / "broken/link.mp4").symlink_to(outside)

    done = assets.gate("--format", "jsonl", *QUICK)

    assert done.returncode == 1
    found = {r["files"][0]["path"]: {f["rule"] for f in r["findings"]} for r in reports_of(done.stdout)}
    for name in ("empty", "text", "cut"):
        assert "F001" in found[f"broken/{name}.mp4"], name
    assert found[ANNA[0]] == set()
    assert "broken/link.mp4" not in found
    assert "broken/link.mp4" in done.stderr


def test_the_report_is_the_same_however_the_work_is_done(repository, good_job, media, tmp_path):
    for source, name in zip(good_job, ("anna.mp4", "anna.wav", "anna.ref.jpg"), strict=True):
        repository.put(f"jobs/{name}", source)
    repository.put("small.mp4", media / "small.mp4")
    repository.put("speech.wav", media / "speech.wav")
    repository.put("text.mp4", "no film at all")
    repository.commit()
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50)
    with cluster as running:
        ways = (("--workers", "1"), ("--workers", "2"), ("--executor", f"dask={running.scheduler_address}"))
        done = [
            repository.gate(*way, "--no-cache", f"--report=jsonl={tmp_path / str(number)}", ".")
            for number, way in enumerate(ways)
        ]

    assert [each.returncode for each in done] == [1, 1, 1], done[-1].stderr
    assert done[0].stdout == done[1].stdout == done[2].stdout
    written = [(tmp_path / str(number)).read_bytes() for number in range(3)]
    assert written[0] == written[1] == written[2]
    assert verdicts_of(written[0].decode())["jobs/anna.mp4", "jobs/anna.wav", "jobs/anna.ref.jpg"] == "pass"


def start(repository, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "lipready", "gate", *arguments],
        cwd=repository.folder,
        env=repository.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )


def first_children(process):
    """Wait until a process has children that are not git."""
    whole = psutil.Process(process.pid)
    while process.poll() is None:
        with suppress(psutil.Error):
            if found := [each for each in whole.children(recursive=True) if each.name() != "git"]:
                return found
        time.sleep(0.01)
    raise AssertionError(process.communicate()[1])


def test_every_file_has_its_verdict_when_a_worker_is_killed(repository, good_job):
    for number in range(6):
        repository.put(f"{number}.wav", good_job[1])
    with start(repository, "--workers", "2", "--no-cache", "--format", "jsonl", ".") as process:
        os.kill(first_children(process)[0].pid, signal.SIGKILL)
        stdout, stderr = process.communicate(timeout=100)

    assert process.returncode == 0, stderr
    assert verdicts_of(stdout) == {(f"{number}.wav",): "pass" for number in range(6)}


def test_ctrl_c_ends_everything(repository, good_job):
    for number in range(6):
        repository.put(f"{number}.mp4", good_job[0])
    with start(repository, "--workers", "2", ".") as process:
        children = first_children(process)
        os.killpg(process.pid, signal.SIGINT)
        _stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    _gone, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert not [each for each in psutil.process_iter() if _session_of(each) == process.pid]


def _session_of(process):
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return None


WATCHED = """
import sys
def note(event, arguments):
    if event == "subprocess.Popen" and arguments[0] != "git":
        print("WATCHED", event, arguments[0], file=sys.stderr)
    elif event == "import" and arguments[0] in ("av", "numpy", "multiprocessing"):
        print("WATCHED", event, arguments[0], file=sys.stderr)
    elif event in ("os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system"):
        print("WATCHED", event, file=sys.stderr)
sys.addaudithook(note)
from lipready.cli.app import main
main()
"""


def test_a_fresh_clone_with_the_cache_measures_nothing(assets, tmp_path):
    def watched(folder, cache):
        return subprocess.run(
            [sys.executable, "-c", WATCHED, "gate", "--format", "full", *QUICK],
            cwd=folder, env=assets.environment | {"LIPREADY_CACHE_DIR": str(cache)},
            capture_output=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip

    first = watched(assets.folder, tmp_path / "cache")
    assert "WATCHED" in first.stderr  # so that its silence below says something
    shutil.copytree(tmp_path / "cache", tmp_path / "restored")
    assets.git("clone", "--quiet", assets.folder, tmp_path / "clone")
    again = watched(tmp_path / "clone", tmp_path / "restored")

    assert first.returncode == again.returncode == 1
    assert again.stderr == ""
    assert again.stdout.splitlines()[-1] == f"{first.stdout.splitlines()[-1]}; 2 known from earlier runs"
    assert again.stdout.splitlines()[:-1] == first.stdout.splitlines()[:-1]
    assert "WATCHED" in watched(tmp_path / "clone", tmp_path / "empty").stderr


@pytest.fixture
def repairable(repository, media, ffmpeg):
    """Give a repository with a film under a wrong extension, one that can be remuxed, and one that is fine."""
    repository.put("a/fine.mp4", media / "good.mp4")
    repository.put("a/wrong.avi", media / "good.mp4")
    ffmpeg(repository.folder / "a/matroska.mkv", "-i", media / "good.mp4", "-c", "copy")
    repository.commit()
    return repository


def state_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_fix_repairs_beside_the_sources(repairable):
    before = state_of(repairable.folder / "a")
    done = repairable.gate("--fix", *QUICK)

    assert done.returncode == 1, done.stderr
    assert "repaired: a/matroska.mkv → lipready-fixed/a/matroska.mp4" in done.stderr
    assert state_of(repairable.folder / "a") == before
    fixed = sorted(path.name for path in (repairable.folder / "lipready-fixed/a").iterdir())
    assert "matroska.mp4" in fixed
    assert repairable.gate("--quick", "lipready-fixed").returncode == 0


def test_fix_writes_into_the_work_tree_once(repairable):
    done = repairable.gate("--fix", "--write", *QUICK)

    assert done.returncode == 1, done.stderr
    assert set(state_of(repairable.folder / "a")) == {"fine.mp4", "wrong.mp4", "matroska.mp4"}
    assert done.stderr.count("repaired: ") == 2
    assert not (repairable.folder / "lipready-fixed").exists()
    again = repairable.gate("--fix", "--write", *QUICK)
    assert again.returncode == 0, again.stderr
    assert again.stderr == ""


def test_fix_writes_over_nothing_that_git_could_not_bring_back(repairable, media):
    path = repairable.folder / "a/wrong.avi"
    path.write_bytes((media / "small.mp4").read_bytes())
    done = repairable.gate("--fix", "--write", "--quick", "a/wrong.avi")
    assert done.returncode == 2
    assert "git add" in done.stderr
    assert path.read_bytes() == (media / "small.mp4").read_bytes()
    repairable.put("a/new.avi", media / "good.mp4")
    assert repairable.gate("--fix", "--write", "--quick", "a/new.avi").returncode == 2
    assert (repairable.folder / "a/new.avi").exists()


@pytest.fixture
def elsewhere(assets, tmp_path):
    """Give another repository to call the gate from, with settings that are not those of the assets."""
    here = tmp_path / "elsewhere"
    (here / "sub").mkdir(parents=True)
    (here / "lipready.toml").write_text('ignore = ["V103", "V104"]\nformat = "markdown"\n')
    assets.git("init", "--quiet", cwd=here)
    return here / "sub"


def test_any_tree_is_checked_from_any_folder(assets, elsewhere, tmp_path):
    """The root, the configuration, the ignore files and the manifest are those of the tree that is named."""
    assets.put("lipready.toml", 'format = "jsonl"\nquick = true\nignore = ["V103"]\n')
    assets.put(".lipreadyignore", "ignored.mp4\n")
    assets.put("ignored.mp4", "no film at all")
    assets.put("take.wav", assets.folder / "jobs/anna.wav")
    assets.put("lipready.jobs.toml", '[[jobs]]\nvideo = "jobs/anna.mp4"\naudio = "take.wav"\n')
    whole = assets.gate(".", "--no-cache")
    assert whole.returncode == 1
    assert verdicts_of(whole.stdout)[("jobs/anna.mp4", "take.wav")] == "pass"

    for cwd in (elsewhere, tmp_path, "/"):
        for path in (assets.folder, os.path.relpath(assets.folder, cwd)):
            done = assets.gate(path, "--no-cache", cwd=cwd)
            assert (done.returncode, done.stdout, done.stderr) == (1, whole.stdout, whole.stderr), (cwd, path)
    single = assets.gate(assets.folder / "single/small.mp4", cwd=elsewhere)
    assert verdicts_of(single.stdout) == {SMALL: "fail"}
    assert verdicts_of(assets.gate(f"{assets.folder}/**/small.*", cwd=elsewhere).stdout) == {SMALL: "fail"}
    named = assets.gate(assets.folder, "--config", "../lipready.toml", "--format", "jsonl", "--quick", cwd=elsewhere)
    assert named.returncode == 0, named.stdout


def test_without_a_path_the_current_folder_is_checked(assets):
    whole, bare = assets.gate("--quick", ".", "--format", "jsonl"), assets.gate("--quick", "--format", "jsonl")
    assert (bare.returncode, bare.stdout) == (1, whole.stdout)
    inner = assets.gate("--quick", "--format", "jsonl", cwd=assets.folder / "single")
    assert verdicts_of(inner.stdout) == {SMALL: "fail"}


def test_in_another_tree_files_on_the_command_line_are_those_of_the_current_folder(assets, elsewhere):
    asked = ("--quick", "--format", "concise", assets.folder, "--config", assets.put("lipready.toml", ""))
    update = assets.gate(*asked, "--baseline", "b.json", "--update-baseline", "--report=sarif=s.json", cwd=elsewhere)

    assert update.returncode == 0, update.stderr
    entries = json.loads((elsewhere / "b.json").read_text())["entries"]
    assert {entry["file"] for entry in entries} == set(SMALL)
    results = json.loads((elsewhere / "s.json").read_text())["runs"][0]["results"]
    assert {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results} == set(SMALL)
    assert assets.gate(*asked, "--baseline", "b.json", cwd=elsewhere).returncode == 0
    assert assets.gate(*QUICK, "--baseline", elsewhere / "b.json").returncode == 0


def test_another_tree_is_repaired_in_its_place(assets, elsewhere, ffmpeg):
    late = assets.folder / "late.mp4"
    source = ("-f", "lavfi", "-i", "testsrc2=size=720x720:rate=25:duration=3", "-pix_fmt", "yuv420p")
    ffmpeg(late.with_suffix(".mov"), *source, "-f", "mp4")
    late.with_suffix(".mov").rename(assets.folder / "late.bin")

    done = assets.gate("--quick", assets.folder / "late.bin", "--fix", cwd=elsewhere)
    assert "repaired: late.bin → lipready-fixed/late.mp4" in done.stderr
    assert (assets.folder / "lipready-fixed/late.mp4").is_file()

    # The index that a hook names is that of its own repository.
    hook = {"GIT_DIR": str(elsewhere.parent / ".git"), "GIT_INDEX_FILE": str(elsewhere.parent / ".git/index")}
    assets.git("add", "late.bin")
    done = assets.gate("--quick", assets.folder / "late.bin", "--fix", "--write", cwd=elsewhere, **hook)
    assert "repaired: late.bin → late.mp4" in done.stderr, done.stderr
    assert late.is_file()


def test_a_run_is_over_one_tree_and_links_out_of_it_are_refused(assets, elsewhere):
    (elsewhere / "out").symlink_to(assets.folder)
    (elsewhere / "mine.mp4").write_bytes(b"x")

    for paths, said in (
        (("mine.mp4", assets.folder), "lie in two trees"),
        (("out",), "lies outside"),
        (("out/single/small.mp4",), "lies outside"),
    ):
        done = assets.gate("--quick", *paths, cwd=elsewhere)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
