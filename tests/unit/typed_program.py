"""What a user writes, with the types that mypy and pyright are to read from the package: see test_typing.py."""

import asyncio
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Literal, assert_type

import lipready
from lipready import Finding, JobFacts, Limit, Unmeasured

SIGNS: dict[lipready.Severity, str] = {"error": "✗", "warning": "▲", "info": "·"}


@lipready.rule("X901", name="with-audio")
def with_audio(facts: JobFacts, limit: Limit) -> Iterator[Finding | Unmeasured]:
    """Ask for an audio track."""
    if facts.audio is None:
        yield lipready.finding(limit, facts.video, "There is no audio track.", measured="none", allowed="one")
    elif isinstance(facts.audio.speech, Unmeasured):
        yield facts.audio.speech


def checked(upload: lipready.Source) -> lipready.Verdict:
    report = lipready.check(upload, lipready.Input(BytesIO(b""), "speech.wav"), rules=[with_audio])
    assert_type(report.verdict, Literal["pass", "warn", "fail"])
    assert_type(report.by_rule, Mapping[str, tuple[Finding, ...]])
    for finding in report.findings:
        assert_type(finding.severity, Literal["error", "warning", "info"])
        assert_type(finding.role, Literal["video", "audio", "reference", "result", "job"])
        assert_type(finding.path, str | None)
        assert_type([reading.number for reading in finding.readings], list[Fraction])
        if finding.fix is not None:
            assert_type(finding.fix.level, Literal["lossless", "reencode", "editorial"])
        if finding.where is not None:
            assert_type(finding.where.start, Fraction | None)
        assert_type(SIGNS[finding.severity], str)
    return report.verdict


def repaired(video: Path, audio: Path) -> lipready.Job:
    choices = lipready.Choices(trim=lipready.TrimSpan(Fraction(0), Fraction(5)), person=1)
    prepared = lipready.prepare(video, audio, out="ready", choices=choices)
    assert_type(prepared, lipready.Prepared)
    assert_type(prepared.reference, str | None)
    assert_type(prepared.ready, bool)
    assert_type(prepared.steps[0].level, lipready.FixLevel)
    return prepared.job


def sent(job: lipready.Job) -> Path:
    sending = lipready.Sending(max_cost=Decimal("1.50"))
    try:
        task = lipready.submit(job, provider="sandbox", sending=sending)
    except lipready.RefusedError as error:
        assert_type(error.status, int | None)
        assert_type(error.retry, Literal["again", "once", "ask", "account", "no"])
        raise
    except lipready.PreflightError as error:
        assert_type(error.report, lipready.Report)
        raise
    assert_type(task.status, lipready.TaskStatus)
    return assert_type(task.wait(deadline=600.0).download("result.mp4"), Path)


def seen(video: str) -> None:
    people = lipready.people(video)
    assert_type(people, lipready.People)
    assert_type([person.id for person in people.people], list[int])
    assert_type(lipready.reference(video, "face.jpg", person=1).report, lipready.Report)
    assert_type(lipready.check(video).facts.files()[0].role, lipready.Role)


def limited() -> lipready.Profile:
    profile = lipready.Profile.load("dashscope")
    assert_type(profile.limits["V104"].accept, lipready.Range | None)
    return profile.replace(limits={"V104": None})


async def at_once(jobs: list[lipready.Job]) -> None:
    assert_type(await lipready.check_async("clip.mp4", cancel=lipready.Cancel()), lipready.Report)
    assert_type(await lipready.prepare_async("clip.mp4", out=Path("ready")), lipready.Prepared)
    assert_type(await lipready.people_async("clip.mp4"), lipready.People)
    assert_type(await lipready.reference_async("clip.mp4", "face.jpg"), lipready.Reference)
    assert_type(await lipready.gate_async(["assets"]), lipready.GateResult)
    async for report in lipready.check_many_async(jobs):
        assert_type(report, lipready.Report)
    task = await lipready.submit_async(jobs[0])
    assert_type(await (await task.wait_async()).download_async("result.mp4"), Path)
    assert_type(await lipready.get_task_async(task.id), lipready.Task)


if __name__ == "__main__":
    assert_type(list(lipready.check_many([lipready.Job("clip.mp4")])), list[lipready.Report])
    checked(b"")
    sent(repaired(Path("clip.mp4"), Path("speech.wav")))
    seen("clip.mp4")
    asyncio.run(at_once([lipready.Job("clip.mp4")]))
