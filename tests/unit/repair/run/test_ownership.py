import json

import pytest

from lipready.errors import FixError, UsageError
from lipready.facts.plan import FilePlan, Step
from lipready.repair.run.folder import SUFFIX, Partial, make_folder
from lipready.repair.run.outputs import find_earlier, make
from lipready.repair.run.receipt import SCHEMA, claim, entries, forget_claims, read_receipt, require_free, sha256_of

STEP = Step("remux", "lossless", "Move it.", ("V101",))


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "clip.mkv"
    path.write_bytes(b"the input")
    return path


@pytest.fixture
def plan(source):
    return FilePlan("video", str(source), "clip.mp4", (STEP,), (("ffmpeg", "-i", "x"),))


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def writer(data):
    def write(plan, partial):
        partial.path.write_bytes(data)
        return plan

    return write


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def receipt_of(out, *made, tools):
    content = {"schema": SCHEMA, "tools": tools, "files": [each.entry(tools) for each in made]}
    (out / "receipt.json").write_text(json.dumps(content))


def test_an_output_appears_whole_and_with_its_hashes(plan, source, out):
    (made,) = make((plan,), out, writer(b"output"))
    assert (out / "clip.mp4").read_bytes() == b"output"
    assert (made.input_sha256, made.output_sha256) == (sha256_of(source), sha256_of(out / "clip.mp4"))


@pytest.mark.parametrize("error", [FixError("no"), KeyboardInterrupt()])
def test_what_fails_leaves_nothing_behind(plan, out, error):
    def write(_, partial):
        partial.path.write_bytes(b"half")
        partial.path.with_name(f"{partial.path.name}.pass-0.log").write_bytes(b"log")
        raise error

    with pytest.raises(type(error)):
        make((plan,), out, write)
    assert names(out) == []


def test_a_writer_that_writes_nothing_is_an_error(plan, out):
    with pytest.raises(FixError):
        make((plan,), out, lambda plan, _: plan)
    assert names(out) == []


def test_a_later_run_clears_away_only_the_leftovers_of_its_own_outputs(plan, out):
    (out / f"clip.mp4.0badcafe{SUFFIX}").write_bytes(b"killed")
    (out / f"clip.mp4.0badcafe{SUFFIX}.pass-0.log.mbtree").write_bytes(b"killed")
    (out / f"other.mp4.0badcafe{SUFFIX}").write_bytes(b"of another")
    (out / "clip.mp4.backup").write_bytes(b"of the user")
    make((plan,), out, writer(b"output"))
    assert set(names(out)) - {f"outputs{SUFFIX}"} == {
        "clip.mp4", "clip.mp4.backup", f"other.mp4.0badcafe{SUFFIX}",
    }  # fmt: skip


def test_a_file_of_the_user_is_never_overwritten(plan, out, source):
    (out / "clip.mp4").write_bytes(b"precious")
    with pytest.raises(UsageError, match=r"clip\.mp4 was not written by lipready"):
        require_free(out, (plan,), [str(source)])


def test_an_input_is_never_overwritten_whatever_it_is_called(plan, out, source):
    (out / "clip.mp4").hardlink_to(source)
    with pytest.raises(UsageError, match="is an input of this job"):
        require_free(out, (plan,), [str(source)])


def test_a_folder_in_the_place_of_an_output_is_refused(plan, out, source):
    (out / "clip.mp4").mkdir()
    with pytest.raises(UsageError, match="was not written by lipready"):
        require_free(out, (plan,), [str(source)])


def test_an_own_output_may_be_written_again_until_someone_changes_it(plan, out, source):
    (made,) = make((plan,), out, writer(b"output"))
    receipt_of(out, made, tools={})
    forget_claims(out)
    require_free(out, (plan,), [str(source)])
    (out / "clip.mp4").write_bytes(b"edited")
    with pytest.raises(UsageError, match="was changed since"):
        require_free(out, (plan,), [str(source)])


def test_a_run_that_was_killed_before_its_receipt_still_owns_its_outputs(plan, out, source):
    make((plan,), out, writer(b"output"))
    assert not (out / "receipt.json").exists()
    require_free(out, (plan,), [str(source)])
    forget_claims(out)
    with pytest.raises(UsageError):
        require_free(out, (plan,), [str(source)])


def test_notes_that_are_cut_off_claim_nothing(plan, out, source):
    claim(out, "clip.mp4", "0" * 64)
    with (out / f"outputs{SUFFIX}").open("ab") as journal:
        journal.write(b"\xff\xfe garbage")
    (out / "clip.mp4").write_bytes(b"precious")
    with pytest.raises(UsageError):
        require_free(out, (plan,), [str(source)])


def test_the_work_of_an_earlier_run_is_found(plan, out):
    tools = {"ffmpeg": "9"}
    (made,) = make((plan,), out, writer(b"output"))
    receipt_of(out, made, tools=tools)
    assert find_earlier(plan, out, read_receipt(out), tools) == made


@pytest.mark.parametrize("change", ["input", "output", "gone", "tools", "command", "steps"])
def test_and_not_found_when_anything_differs(plan, out, source, change):
    tools = {"ffmpeg": "9"}
    (made,) = make((plan,), out, writer(b"output"))
    receipt_of(out, made, tools=tools)
    if change == "input":
        source.write_bytes(b"another input")
    elif change == "output":
        (out / "clip.mp4").write_bytes(b"edited")
    elif change == "gone":
        (out / "clip.mp4").unlink()
    elif change == "tools":
        tools = {"ffmpeg": "10"}
    else:
        commands = plan.commands if change == "steps" else (("ffmpeg", "-i", "y"),)
        plan = FilePlan("video", str(source), "clip.mp4", (STEP, STEP) if change == "steps" else (STEP,), commands)
    assert find_earlier(plan, out, read_receipt(out), tools) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"not json", b'{"schema": "other/1"}', b"[" * 100_000])
def test_a_receipt_that_is_none_of_ours_is_not_overwritten(out, content):
    (out / "receipt.json").write_bytes(content)
    with pytest.raises(UsageError, match="is not a receipt of lipready"):
        read_receipt(out)


@pytest.mark.parametrize("files", [None, 3, "x", [None, 3, {}], {"a": 1}])
def test_a_damaged_receipt_of_ours_knows_nothing(out, files, plan):
    (out / "receipt.json").write_text(json.dumps({"schema": SCHEMA, "files": files}))
    receipt = read_receipt(out)
    assert all(isinstance(entry, dict) for entry in entries(receipt))
    assert find_earlier(plan, out, receipt, {}) is None


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FixError, match="cannot be created"):
        make_folder(tmp_path / "file" / "out")


def test_two_runs_never_share_a_temporary_name(out):
    assert Partial.beside(out / "a.mp4").path != Partial.beside(out / "a.mp4").path
