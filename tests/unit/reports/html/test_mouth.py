import re
from dataclasses import replace
from fractions import Fraction

import pytest

from lipready.facts.people import Box
from lipready.facts.pictures import FaceCut, FilePictures, Pictures, Waveform
from lipready.facts.result import MouthSeries
from lipready.profiles.loader import load_profile
from lipready.reports.html.drawing import draw_line
from lipready.reports.html.mouth import draw_stretches, mouth_figure, moved_in_words, range_of
from lipready.reports.report import Report
from lipready.rules.examples import MOUTH, came, spans
from lipready.rules.judge import judge

TIMES = [Fraction(number, 5) for number in range(5, 30)]
SERIES = MouthSeries(
    now=tuple((time, 0.1 if number % 2 else 0.3) for number, time in enumerate(TIMES)),
    before=tuple((time, 0.05) for time in TIMES if not 2 < time < 4),
    speech=spans((0, 2), (3, 5), (7, 8)),
    looks=(),
)


def report_of(**changes):
    profile = load_profile("dashscope")
    facts = came(part={"mouth": replace(MOUTH, series=SERIES, **changes)})
    findings, unchecked = judge(facts, profile)
    return Report(provider="dashscope", facts=facts, findings=findings, unchecked=unchecked)


@pytest.fixture
def kept(jpegs):
    cuts = [
        tuple(FaceCut(Fraction(time), Box(0, 0, 9, 9), jpegs[number + n]) for n, time in enumerate((2, 3)))
        for number in (0, 2)
    ]
    return Pictures(
        files={
            "result": FilePictures(faces=cuts[0], stretches=(Waveform((1, 200, 3, 9, 9)),)),
            "video": FilePictures(faces=cuts[1]),
        }
    )


def test_a_line_is_broken_where_nothing_is_known():
    assert draw_line([(0, 0.0), (0.05, 1.0), (0.5, 0.5)], 0.0, 1.0) == "M0 97L32 3M320 50"
    assert draw_line([], 0.0, 1.0) == ""


def test_a_stretch_is_drawn_with_its_sound_and_the_moments_of_the_stills(kept):
    figure = mouth_figure(report_of(), kept)
    assert figure is not None
    (drawn,) = draw_stretches(figure)
    assert (drawn.begin, drawn.length) == (1.0, 5.0)
    assert [(bar.left, bar.width) for bar in drawn.spoken] == [("0%", "20%"), ("40%", "40%")]
    assert drawn.ticks == ("20%", "40%")
    assert [text for _, text in drawn.ruler][:2] == ["0:01", "0:02"]
    assert drawn.wave is not None
    assert drawn.before.count("M") == 2
    assert drawn.now.count("M") == 1
    assert "in the result between 0.10 and 0.30" in drawn.text
    assert "in the video between 0.05 and 0.05" in drawn.text


def test_a_mouth_that_hardly_moves_looks_so():
    still = replace(SERIES, now=tuple((time, 0.05) for time in TIMES))
    figure = mouth_figure(replace(report_of(), facts=came(part={"mouth": replace(MOUTH, series=still)})), None)
    assert figure is not None
    assert range_of(figure) == (0.05, pytest.approx(0.15))


def test_how_much_it_moves_is_said_as_far_as_it_is_known():
    figure = mouth_figure(report_of(), None)
    assert figure is not None
    assert "by 0.050 in the result and by 0.004 in the video" in moved_in_words(figure)
    unknown = replace(MOUTH.speaker, spoken=None, before=None)
    assert moved_in_words(replace(figure, match=replace(MOUTH, speaker=unknown))) == ""


def test_where_no_mouth_was_followed_nothing_is_drawn(make_report, kept):
    assert mouth_figure(make_report(), kept) is None
    assert mouth_figure(replace(report_of(), facts=came(part={"mouth": MOUTH})), kept) is None


def test_a_finding_about_the_mouth_leads_to_the_drawing(kept):
    page = report_of(speaker=replace(MOUTH.speaker, spoken=0.001)).to_html(kept)
    article = re.search(r'<article[^>]*id="O808-result".*?</article>', page, re.DOTALL)
    assert article is not None
    assert 'href="#mouth"' in article[0]
    assert 'id="mouth"' in page
    assert page.index('id="result"') < page.index('id="video"')


def test_what_went_in_was_not_judged_and_is_not_called_fine(kept):
    assert report_of().to_html(kept).count("Nothing found.") == 1
