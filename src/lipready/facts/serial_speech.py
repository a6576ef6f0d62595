"""What is heard in an audio track, as `lipready.report/1` has it."""

from lipready.facts.plain import Plain, PlainFacts, plain_number
from lipready.facts.speech import SignalToNoise, Span, SpeechFacts
from lipready.facts.unmeasured import Unmeasured


def speech_to_dict(heard: SpeechFacts | Unmeasured) -> Plain | Unmeasured:
    """Write times in seconds, levels in LUFS, dBTP, dBFS and dB; what was not measured is null, with its reason."""
    if isinstance(heard, Unmeasured):
        return heard
    facts = PlainFacts()
    facts.add("has_speech", heard.has_speech)
    facts.add("share", plain_number(heard.share))
    facts.add("spoken", plain_number(heard.spoken))
    facts.add("length", plain_number(heard.length))
    facts.add("spans", _spans(heard.speech))
    facts.add("silences", _spans(heard.silences))
    for key in ("loudness", "true_peak", "peak", "bandwidth"):
        value: float | Unmeasured = getattr(heard, key)
        facts.add(key, value if isinstance(value, Unmeasured) else plain_number(value))
    clipping = heard.clipping
    facts.add(
        "clipping",
        {
            "runs": clipping.runs,
            "per_million": plain_number(clipping.per_million),
            "first": plain_number(clipping.first),
        },
    )
    facts.add("snr", _noise(heard.noise))
    facts.add("background", heard.background)
    facts.add("channel_fault", heard.channel_fault)
    facts.add("dc_offset", plain_number(heard.dc_offset))
    return facts.plain()


def _spans(spans: tuple[Span, ...]) -> list[list[float | None]]:
    return [[plain_number(span.start), plain_number(span.end)] for span in spans]


def _noise(noise: SignalToNoise | Unmeasured) -> Plain | Unmeasured:
    if isinstance(noise, Unmeasured):
        return noise
    return {"mean": plain_number(noise.mean), "median": plain_number(noise.median), "gated": noise.gated}
