"""The pages of reports in a real browser: a job, a repair, a run of a thousand, and names that try to be more."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import lipready
from lipready.cli.output.html_page import JobPage
from lipready.facts.pictures import FilePictures, Waveform
from lipready.facts.result import MouthMovement, MouthSeries
from lipready.profiles.loader import load_profile
from lipready.reports.html.content import PageEntry
from lipready.reports.html.document import page_of
from lipready.reports.html.figures import figures_of_unit
from lipready.rules.examples import MOUTH, came, spans
from lipready.rules.judge import judge

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
HOSTILE = (
    '<img src=x onerror="window.owned=1">',
    "</script><script>window.owned=1</script>",
    '"><svg onload=window.owned=1>',
    "' onmouseover='window.owned=1",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:window.owned=1//",
    "\u202egpj.exe \u2066\u200b",
    "\udcff\ud800 stray",
    "x" * 5000,
)
LARGEST_JOB, LARGEST_RUN = 1_500_000, 10_000_000


def faults_of(page: Any) -> list[str]:
    """Return what axe-core finds."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")
    assert found["passes"], "axe has not looked at anything"
    return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]


@pytest.fixture(scope="module")
def pages(
    made: Callable[[str], Path], bad_job: tuple[Path, Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Write a real job with findings, its repair, and a run of a thousand jobs."""
    folder = tmp_path_factory.mktemp("pages")
    job = JobPage()
    settings = lipready.Settings(pictures=job.inputs)
    _, audio, reference = bad_job
    video = made("two_people.mp4")
    job.report = lipready.check(video, audio, settings=settings)
    prepared = lipready.prepare(None, audio, reference, out=folder / "ready", settings=lipready.Settings(quick=True))
    repair = JobPage(inputs=job.inputs, outputs=job.inputs)
    repair.repaired(prepared, folder / "ready")
    figures = figures_of_unit(job.report, job.inputs, 1000)
    whole = job.report.to_dict()
    fine: dict[str, Any] = {**whole, "verdict": "pass", "findings": [], "unchecked": []}
    run = [_named(whole if number % 4 == 0 else fine, number) for number in range(1000)]
    entries = [PageEntry(report=each, figures=figures) if each["findings"] else PageEntry(report=each) for each in run]
    texts = {
        "job": job.html(),
        "result": _result(job.inputs),
        "repair": repair.html(),
        "run": page_of(entries[:12]),
        "sent": page_of([_sent(each, number) for number, each in enumerate(entries[:4])], run=True),
        "thousand": page_of(entries),
    }
    written = {}
    for name, text in texts.items():
        written[name] = folder / f"{name}.html"
        written[name].write_text(text, encoding="utf-8")
    return written


def _came() -> lipready.Report:
    """Judge a result whose mouth does not move."""
    times = [Fraction(number, 15) for number in range(15, 90)]
    now, before = (
        tuple((t, low + (t.numerator % 5) * step) for t in times) for low, step in ((0.02, 0.001), (0.1, 0.05))
    )
    series = MouthSeries(now, before, spans((0, 2), (3, 5)), ())
    still = replace(MOUTH, speaker=MouthMovement(0.001, 0.001, 0.05, 0.004), series=series)
    facts = came(part={"mouth": still})
    findings, unchecked = judge(facts, load_profile("dashscope"))
    return lipready.Report(provider="dashscope", facts=facts, findings=findings, unchecked=unchecked)


def _result(pictures: lipready.Pictures) -> str:
    """Write the page of a result whose mouth does not move, with faces of the job."""
    faces = pictures.files["video"].faces
    cuts = [
        tuple(replace(each, time=Fraction(n)) for n, each in enumerate(part, 1)) for part in (faces[:5], faces[5:10])
    ]
    wave = Waveform(tuple(range(0, 250, 2)))
    kept = {"result": FilePictures(faces=cuts[0], stretches=(wave,)), "video": FilePictures(faces=cuts[1])}
    return _came().to_html(lipready.Pictures(files=kept))  # type: ignore[arg-type]


def _sent(entry: PageEntry, number: int) -> PageEntry:
    """Say what came of a job: a result with findings, one without, a failure, one that nobody waited for."""
    task = {"result": f"results/{number:04}.mp4", "error": None}
    failed = {"result": None, "error": {"code": "InternalError", "meaning": "Try again.", "message": "It failed."}}
    return (
        replace(entry, state="downloaded", task=task, came=PageEntry(report=_came().to_dict())),
        replace(entry, state="downloaded", task=task, came=PageEntry(report=entry.report)),
        replace(entry, state="failed", task=failed),
        replace(entry, state="sent"),
    )[number]


def _named(report: dict[str, Any], number: int) -> dict[str, Any]:
    names = {file["role"]: f"assets/{number:04}/{file['role']}" for file in report["files"]}
    return {
        **report,
        "files": [{**file, "path": names[file["role"]]} for file in report["files"]],
        "findings": [{**finding, "path": names.get(finding["role"])} for finding in report["findings"]],
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["job", "repair", "run", "result", "sent"])
def test_nothing_keeps_people_from_reading_a_page(look_at: Any, pages: dict[str, Path], name: str, scheme: str) -> None:
    seen = look_at(pages[name], scheme=scheme)
    if name in {"run", "sent"}:
        seen.page.locator(".open").first.click()
    assert faults_of(seen.page) == []
    assert seen.clean()


@pytest.mark.parametrize("name", ["job", "repair", "run", "result", "sent"])
def test_a_page_fits_a_telephone_and_its_size(look_at: Any, pages: dict[str, Path], name: str) -> None:
    seen = look_at(pages[name], width=390)
    assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
    assert pages[name].stat().st_size <= LARGEST_JOB
    assert seen.clean()


def test_the_address_of_a_finding_leads_to_it(look_at: Any, pages: dict[str, Path]) -> None:
    page = look_at(pages["job"], "#P302-video").page
    assert page.evaluate("document.activeElement.id") == "P302-video"
    assert page.locator("#P302-video").is_visible()
    assert page.locator("#P302-video a", has_text="About P302").get_attribute("href").endswith("/rules/P302/")


def test_a_picture_shows_the_moment_and_the_faces_of_a_finding(look_at: Any, pages: dict[str, Path]) -> None:
    page = look_at(pages["job"]).page
    picture = page.locator("#P302-video .picture")
    assert picture.locator(".box").count() == 2
    box = picture.locator("use").evaluate("each => each.getBBox().width")
    assert box == 1280  # in displayed pixels, as the boxes are
    assert page.locator("#video .film .cell").count() > 3
    assert page.locator("#video .label img").count() == 2
    assert page.locator("#audio .wave path.speech").get_attribute("d").startswith("M")


def test_the_mouth_of_a_result_is_drawn_beside_that_of_the_video(look_at: Any, pages: dict[str, Path]) -> None:
    page = look_at(pages["result"]).page
    page.locator("#O808-result a", has_text="The mouth over time").click()
    assert page.evaluate("location.hash") == "#mouth"
    # At once, since the page may still scroll.
    rectangles = page.locator("#mouth").evaluate(
        "e => ['.opening', '.opening .then', '.opening .now', '.moments li:first-child .picture']"
        ".map(each => [...e.querySelectorAll(each)].map(e => e.getBoundingClientRect().toJSON()))"
    )
    (drawing,), *lines, pair = rectangles
    for (line,) in lines:
        assert drawing["top"] <= line["top"] <= line["bottom"] <= drawing["bottom"]
        assert line["width"] > 0.9 * drawing["width"]
    assert pair[0]["top"] == pair[1]["top"]
    assert pair[0]["right"] < pair[1]["left"]
    assert page.locator("#mouth .moments li").count() == 5
    page.locator("#mouth .opening").hover()
    assert page.locator("#mouth .playhead span").text_content().startswith("0:03.5")


def test_in_a_run_the_address_of_a_finding_opens_its_row(look_at: Any, pages: dict[str, Path]) -> None:
    page = look_at(pages["run"], "#j5-P302-video").page
    assert page.locator("#j5-P302-video").is_visible()
    assert page.locator("#j5 .open").get_attribute("aria-expanded") == "true"
    assert page.locator("#j1 .detail").is_hidden()


def test_a_thousand_rows_are_filtered_and_sorted_by_keys_alone(look_at: Any, pages: dict[str, Path]) -> None:
    assert pages["thousand"].stat().st_size <= LARGEST_RUN
    seen = look_at(pages["thousand"])
    page, shown = seen.page, seen.page.locator("#jobs tbody:visible")
    assert shown.count() == 1000
    page.locator("#filter").focus()
    page.keyboard.type("assets/0040")
    assert page.locator("#shown").text_content() == "1 job of 1000"
    assert shown.locator("th").text_content().startswith("assets/0040/video")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.locator(".verdicts [data-verdict=fail]").press("Enter")
    assert page.locator("#shown").text_content() == "750 jobs of 1000"
    page.locator(".verdicts [data-verdict=fail]").press("Space")
    page.locator("[data-rule=P302]").press("Enter")
    assert shown.count() == 250
    page.locator("[data-rule=P302]").press("Enter")
    page.locator("[data-sort=errors]").press("Enter")
    assert page.locator("#jobs th[aria-sort=ascending] button").text_content() == "Errors"
    assert [each.get_attribute("id") for each in page.locator("#jobs tbody").all()[:2]] == ["j1", "j5"]
    page.locator("[data-sort=errors]").press("Enter")
    assert page.locator("#jobs tbody").first.get_attribute("data-errors") == "0"
    page.locator("#j5 .open").press("Enter")
    assert page.locator("#j5 .finding").first.is_visible()
    assert seen.clean()


def test_before_and_after_lie_under_a_slider(look_at: Any, pages: dict[str, Path]) -> None:
    page = look_at(pages["repair"]).page
    assert page.locator("#prepared pre").first.text_content().startswith("ffmpeg ")
    assert page.locator(".hashes tbody tr").count() == 2
    for slider in page.locator(".compare input").all():
        slider.focus()
        page.keyboard.press("Home")
    clips = page.locator(".compare figure:last-of-type .picture").evaluate_all("all => all.map(e => e.style.clipPath)")
    assert all(clip == "inset(0px 0px 0px 0%)" for clip in clips)


def test_the_policy_of_a_page_lets_no_other_script_run(look_at: Any, pages: dict[str, Path]) -> None:
    seen = look_at(pages["job"])
    seen.page.evaluate(
        "() => { const script = document.createElement('script'); script.textContent = 'window.owned = 1';"
        " document.body.append(script);"
        " document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.owned=1\">');"
        " const frame = new Image(); frame.src = 'http://127.0.0.1:9/'; document.body.append(frame); }"
    )
    for _ in range(600):
        if sum("Content Security Policy" in each for each in seen.complaints) >= 3:
            break
        seen.page.wait_for_timeout(100)
    assert sum("Content Security Policy" in each for each in seen.complaints) >= 3
    assert seen.page.evaluate("window.owned") is None


def test_what_comes_from_files_is_text_and_no_more(look_at: Any, tmp_path: Path) -> None:
    good = lipready.check(video=b"no video at all")
    finding = good.findings[0]
    names = ("path", "message", "measured", "limit", "name", "remote", "rule")
    hostile = replace(
        good,
        provider=HOSTILE[0],
        findings=tuple(replace(finding, **dict.fromkeys(names, text)) for text in HOSTILE),
    )
    report = hostile.to_dict()
    report["files"][0]["path"] = "".join(HOSTILE)
    task = {
        "status": HOSTILE[1], "provider": HOSTILE[0], "task": HOSTILE[2], "job": HOSTILE[3], "result": HOSTILE[5],
        "seconds": None, "cost": {"amount": HOSTILE[0], "currency": HOSTILE[1]}, "attached": False,
        "error": {"code": HOSTILE[1], "message": HOSTILE[0], "meaning": HOSTILE[2]},
    }  # fmt: skip
    for name, text in (
        ("job", page_of([PageEntry(report=report, task=task)])),
        ("run", page_of([PageEntry(report=report, name=HOSTILE[1])] * 2)),
    ):
        path = tmp_path / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        seen = look_at(path, width=390)
        page = seen.page
        assert page.evaluate("window.owned") is None
        assert page.locator("img, script:not([type])").count() == 1  # ours
        assert not set(page.locator("body").inner_text()) & set("\u202e\u2066\u200b")
        assert "{{ 7 * 7 }}" in page.locator("body").text_content()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert not [a for a in page.locator("a").evaluate_all("all => all.map(a => a.href)") if "javascript:" in a]
        assert seen.clean()
    assert page.locator("#jobs tbody").count() == 2
