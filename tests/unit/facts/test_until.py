"""Nothing is seen or heard after the end of a file."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from lipready.facts.speech import Clipping, Span
from lipready.rules.examples import look, people, person, speech_facts

TIMES = st.fractions(0, 20, max_denominator=1000)


@given(first=TIMES, length=TIMES, end=TIMES)
def test_people(first: Fraction, length: Fraction, end: Fraction) -> None:
    last = first + length
    looks = (look(first, 10), look(last, 10))
    one = replace(person(1, 10), first=first, last=last, looks=looks, spans=((first, first), (first, last)))
    seen = replace(people(10), people=(one,), samples=tuple(dict.fromkeys((first, last))))

    kept = seen.until(end)

    (who,) = kept.people
    times = [who.first, who.last, *(each.time for each in who.looks), *(time for span in who.spans for time in span)]
    assert all(time <= end for time in (*times, *kept.samples))
    assert len(set(kept.samples)) == len(kept.samples)
    assert {each.time for each in who.looks} <= set(kept.samples)
    if last <= end:
        assert kept == seen


@given(start=TIMES, length=TIMES, end=TIMES)
def test_speech(start: Fraction, length: Fraction, end: Fraction) -> None:
    spans = (Span(start, start + length), Span(start + length + 1, start + length + 2))
    whole = start + length + 3
    heard = speech_facts(whole, speech=spans, silences=spans, clipping=Clipping(1, 200.0, start + length))

    kept = heard.until(end)

    assert kept.length == min(whole, end)
    assert all(span.start < span.end or span in spans for span in kept.speech)
    assert all(span.end <= end for span in (*kept.speech, *kept.silences))
    assert kept.clipping.first is not None
    assert kept.clipping.first <= end
    if whole <= end:
        assert kept == heard
