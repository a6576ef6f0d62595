"""What counts where, and until when."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from lipready.config.policy import Policy, apply_policy, fail_on_for, fails, rules_for
from lipready.config.settings import read_configuration
from lipready.config.unit import Unit, UnitVerdict
from lipready.job import Job
from lipready.profiles.loader import load_profile
from lipready.reports.report import Report
from lipready.rules.examples import file, job, lasting, rate, video_facts, with_file, with_video
from lipready.rules.judge import judge

DASHSCOPE = load_profile("dashscope")
TODAY = date(2026, 11, 21)
ROTATED = {"rotation": 90, "coded_width": 1280, "coded_height": 720, "width": 720, "height": 1280}


@pytest.fixture
def policy_of(tmp_path):
    def make(text, root=tmp_path, **options) -> Policy:
        (tmp_path / "lipready.toml").write_text(text)
        return read_configuration(tmp_path / "lipready.toml").policy(root, **options)

    return make


def verdict_of(facts, *, video=None, audio=None, reference=None, policy=None, quick=False):
    """Judge facts as those of a unit, with the rules that the policy leaves."""
    unit = Unit(name=video or audio or reference, job=Job(video, audio, reference))
    only, ignore = ((), ()) if policy is None else rules_for(unit, policy)
    findings, unchecked = judge(facts, DASHSCOPE, only=only, ignore=ignore, quick=quick)
    report = Report(provider=DASHSCOPE.name, facts=facts, findings=findings, unchecked=unchecked)
    return UnitVerdict(unit=unit, report=report)


def video_of(**changes):
    return job(video=file("video", media=video_facts(**changes)), audio=None, reference=None)


def rotated(video="assets/old/a.mp4", **options):
    return verdict_of(video_of(**ROTATED), video=video, **options)


def ignore(rule="V201", path="assets/old/*.mp4", reason="filmed so", expires=None):
    line = "" if expires is None else f"expires = {expires}\n"
    return f'[[ignores]]\nrule = "{rule}"\npath = "{path}"\nreason = "{reason}"\n{line}'


def ids(verdict):
    return [finding.rule for finding in verdict.report.findings]


def test_a_finding_that_is_ignored_is_waived_with_its_reason(policy_of):
    (after, other), notices = apply_policy([rotated(), rotated("assets/new/a.mp4")], policy_of(ignore()), TODAY)

    assert (ids(after), ids(other)) == ([], ["V201"])
    assert [(w.finding.rule, w.by, w.reason) for w in after.waived] == [("V201", "ignore", "filmed so")]
    assert (after.report.verdict, other.report.verdict) == ("pass", "warn")
    assert notices == ()


def test_an_error_that_is_ignored_is_still_shown_as_waived(policy_of):
    broken = verdict_of(video_of(frame_rate=rate(12)), video="a.mp4")

    (after,), _ = apply_policy([broken], policy_of(ignore("V104", "a.mp4")), TODAY)

    assert (broken.report.verdict, after.report.verdict) == ("fail", "pass")
    assert [waived.finding.severity for waived in after.waived] == ["error"]


@pytest.mark.parametrize("rule", ["V201", "v2", "V", "video-rotation"])
def test_an_ignore_takes_an_id_its_beginning_or_a_name(policy_of, rule):
    (after,), _ = apply_policy([rotated()], policy_of(ignore(rule)), TODAY)

    assert ids(after) == []


def test_an_ignore_applies_through_the_day_that_it_names(policy_of):
    policy = policy_of(ignore(expires=TODAY))

    (kept,), quiet = apply_policy([rotated()], policy, TODAY)
    (counts,), (notice,) = apply_policy([rotated()], policy, TODAY + timedelta(days=1))

    assert (ids(kept), ids(counts)) == ([], ["V201"])
    assert quiet == ()
    assert notice.text == (
        "lipready.toml, [[ignores]] 1: the ignore of V201 in assets/old/*.mp4 expired on 2026-11-21: repair the file, "
        "or decide anew."
    )
    assert not notice.failing


def test_an_expired_ignore_that_nothing_needs_is_to_be_removed(policy_of):
    _, (notice,) = apply_policy([rotated()], policy_of(ignore("V202", expires="2020-01-01")), TODAY)

    assert notice.text.endswith("expired on 2020-01-01: remove it.")


def test_another_ignore_counts_where_one_has_expired(policy_of):
    policy = policy_of(ignore(expires="2020-01-01") + ignore(reason="for ever"))

    (after,), notices = apply_policy([rotated()], policy, TODAY)

    assert [waived.reason for waived in after.waived] == ["for ever"]
    assert len(notices) == 1


@pytest.mark.parametrize(("strict", "failing"), [("", False), ("strict-ignores = true\n", True)])
def test_unused_ignores_are_reported_and_fail_only_where_that_is_asked_for(policy_of, strict, failing):
    policy = policy_of(strict + ignore("V202") + ignore("V201", "assets/gone/*.mp4") + ignore())

    _, notices = apply_policy([rotated()], policy, TODAY)

    assert [notice.text.split(": ", 1)[1] for notice in notices] == [
        "the ignore of V202 in assets/old/*.mp4 is not used (finds nothing there): remove it.",
        "the ignore of V201 in assets/gone/*.mp4 is not used (matches no file): remove it.",
    ]
    assert {notice.failing for notice in notices} == {failing}


def test_a_rule_that_did_not_run_says_nothing_about_its_ignore(policy_of):
    _, notices = apply_policy([rotated(quick=True)], policy_of(ignore("P303") + ignore("V201")), TODAY)

    assert notices == ()


def test_of_a_part_of_the_repository_only_what_was_looked_at_is_told_to_be_unused(policy_of):
    text = ignore("V202") + ignore("V202", "assets/old/a.mp4") + ignore("V202", "assets/old/b.mp4")

    _, notices = apply_policy([rotated()], policy_of(text, whole=False), TODAY)

    assert [notice.text.split(": ")[0] for notice in notices] == ["lipready.toml, [[ignores]] 2"]


def test_what_is_found_about_a_job_is_ignored_by_any_of_its_files(policy_of):
    facts = lasting("5", "8.2")
    verdict = verdict_of(facts, video="a.mp4", audio="a.wav", reference="a.ref.jpg")
    assert "R705" in ids(verdict)

    (after,), _ = apply_policy([verdict], policy_of(ignore("R7", "*.wav")), TODAY)

    assert "R705" not in ids(after)


def test_paths_are_relative_to_the_configuration_wherever_the_root_is(policy_of, tmp_path):
    (tmp_path / "assets").mkdir()

    (inside,), _ = apply_policy([rotated("old/a.mp4")], policy_of(ignore(), root=tmp_path / "assets"), TODAY)
    (around,), _ = apply_policy(
        [rotated(f"{tmp_path.name}/assets/old/a.mp4")], policy_of(ignore(), root=tmp_path.parent), TODAY
    )

    assert (ids(inside), ids(around)) == ([], [])


def test_without_tables_by_path_the_rules_stay_as_they_are(policy_of):
    unit = Unit(name="a", job=Job("a.mp4"))

    assert rules_for(unit, policy_of("", only=("V1",), ignore=("V104",))) == (("V1",), ("V104",))
    assert rules_for(unit, policy_of('[[paths]]\nmatch = "b"\nonly = "A"', only=("V1",))) == (("V1",), ())


def test_tables_by_path_leave_rules_out_for_the_kind_of_file_that_they_match(policy_of):
    policy = policy_of('[[paths]]\nmatch = "**/*.jpg"\nonly = ["I601"]\n[[paths]]\nmatch = "a.mp4"\nignore = ["V2"]')
    facts = job(
        video=file("video", media=video_facts(**ROTATED)), reference=file("reference", path="a.jpg", format="gif")
    )

    verdict = verdict_of(facts, video="a.mp4", audio="a.wav", reference="a.jpg", policy=policy)

    assert ids(verdict) == ["I601"] or set(ids(verdict)) == {"F003", "I601"}
    silent = {entry.rule for entry in verdict.report.unchecked}
    assert {"V201", "V202", "I602", "I608"} <= silent
    assert not {"V101", "A401", "R705", "P303"} & silent


def test_a_rule_about_any_file_is_taken_out_where_one_file_leaves_it_out(policy_of):
    policy = policy_of('[[paths]]\nmatch = "*.mp4"\nignore = ["F003"]')
    facts = job(video=file("video", extension="bin"), audio=file("audio", extension="bin"), reference=None)
    verdict = verdict_of(facts, video="a.mp4", audio="a.wav", policy=policy)
    assert ids(verdict) == ["F003", "F003"]

    (after,), notices = apply_policy([verdict], policy, TODAY)

    assert [finding.role for finding in after.report.findings] == ["audio"]
    assert [waived.reason for waived in after.waived] == ["left out by lipready.toml, [[paths]] 1"]
    assert notices == ()
    alone = verdict_of(with_file("video", extension="bin"), video="a.mp4", policy=policy)
    assert "F003" not in ids(alone)


def test_a_rule_about_the_job_is_left_out_by_one_file_that_names_it(policy_of):
    facts = lasting("5", "8.2")
    by_name = policy_of('[[paths]]\nmatch = "*.mp4"\nignore = ["R"]')

    assert "R705" not in ids(verdict_of(facts, video="a.mp4", audio="a.wav", policy=by_name))

    by_rest = policy_of('[[paths]]\nmatch = "*.mp4"\nonly = ["V"]')
    assert "R705" in ids(verdict_of(facts, video="a.mp4", audio="a.wav", policy=by_rest))


def test_tables_that_overlap_narrow_further(policy_of):
    policy = policy_of('[[paths]]\nmatch = "**"\nonly = ["V1"]\n[[paths]]\nmatch = "*.mp4"\nonly = ["V104", "A"]')

    _, left_out = rules_for(Unit(name="a", job=Job("a.mp4")), policy)

    assert "V104" not in left_out
    assert {"V101", "V201", "F001"} <= set(left_out)


def test_the_last_table_decides_what_fails_and_the_strictest_file(policy_of):
    policy = policy_of(
        '[[paths]]\nmatch = "**"\nfail-on = "warning"\n[[paths]]\nmatch = "drafts/"\nfail-on = "error"', fail_on="error"
    )

    assert fail_on_for(Unit(name="a", job=Job("a.mp4")), policy) == "warning"
    assert fail_on_for(Unit(name="b", job=Job("drafts/b.mp4")), policy) == "error"
    assert fail_on_for(Unit(name="c", job=Job("drafts/c.mp4", "c.wav")), policy) == "warning"
    assert fails(rotated("a.mp4"), policy)
    assert not fails(rotated("drafts/b.mp4"), policy)
    assert not fails(rotated("a.mp4"), policy_of(""))
    assert fails(rotated("a.mp4"), policy_of("", fail_on="warning"))
    assert fails(verdict_of(video_of(frame_rate=rate(12)), video="drafts/b.mp4"), policy)


def test_verdicts_that_nothing_is_ignored_in_stay_as_they_are(policy_of):
    clean = verdict_of(with_video(start=Fraction(0)), video="a.mp4")

    (after,), _ = apply_policy([clean], policy_of(ignore()), TODAY)

    assert after is clean
