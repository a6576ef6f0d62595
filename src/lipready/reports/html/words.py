"""Facts of `lipready.report/1` in words, for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from lipready.facts.quantity import counted, seconds
from lipready.reports.summary import size

Plain = Mapping[str, Any]


def facts_in_words(role: str, facts: Plain) -> Iterator[tuple[str, str]]:
    """Yield label and value of what is known of a file; what was not measured is left out."""
    known = {"video": _video, "audio": _audio, "reference": _image, "result": _video}[role]
    yield from ((label, value) for label, value in known(facts) if value)
    if facts["bytes"] is not None:
        yield "File size", size(facts["bytes"])


def person_in_words(person: Plain, people: Plain) -> Iterator[str]:
    """Yield what is notable about one person of a video."""
    if people["speaks"] == person["id"]:
        yield "speaks"
    if people["default_person"] == person["id"]:
        yield "picked without a reference"
    if person["id"] in people["background"]:
        yield "in the background"
    height = person.get("face_height")
    if height:
        yield f"face {height:.0f} px"
    covered = person["mouth_covered"]["share"]
    if covered:
        yield f"mouth covered {covered:.0%}".replace("%", " %")


def _video(facts: Plain) -> Iterator[tuple[str, str]]:
    yield "Container", facts.get("container") or ""
    yield "Codec", _joined(facts.get("codec"), facts.get("profile"), _deep(facts))
    if facts.get("width"):
        turned = f"rotated {facts['rotation']}°" if facts.get("rotation") else None
        yield (
            "Picture",
            _joined(f"{facts['width']}×{facts['height']}", turned, "mirrored" if facts["mirrored"] else None),
        )
    rate = facts.get("frame_rate")
    if rate is not None:
        varies = facts.get("variable_frame_rate")
        yield (
            "Frame rate",
            (
                f"{facts['lowest_frame_rate']:.4g}–{facts['highest_frame_rate']:.4g} fps, variable"
                if varies
                else f"{rate:.5g} fps"
            ),
        )
    yield "Length", _length(facts)
    keys = facts.get("key_frames")
    yield "Key frames", str(len(keys)) if keys else ""
    yield "Colour", _joined("HDR" if facts.get("hdr") else None, "wide gamut" if facts.get("wide_gamut") else None)
    tracks = facts.get("sound_tracks")
    yield "Sound", ", ".join(track["codec"] for track in tracks) if tracks else ""
    still = facts.get("stillness") or {}
    yield "Frozen", _share(still.get("frozen"))
    yield "Black", _share(still.get("black"))
    people = facts.get("people")
    if people:
        low, high, least = people["count_low"], people["count_high"], people["at_least"]
        yield "People", f"at least {low}" if least else str(low) if low == high else f"{low} to {high}"


def _audio(facts: Plain) -> Iterator[tuple[str, str]]:
    yield "Format", _joined(facts.get("format"), facts.get("codec"))
    if facts.get("sample_rate"):
        channels = facts["channels"]
        yield (
            "Sampling",
            _joined(f"{facts['sample_rate']} Hz", {1: "mono", 2: "stereo"}.get(channels, counted(channels, "channel"))),
        )
    yield "Length", _length(facts)
    heard = facts.get("speech")
    if not heard:
        return
    yield "Speech", f"{heard['share']:.0%}".replace("%", " %") if heard["has_speech"] else "none"
    yield "Loudness", _with_unit(heard["loudness"], "LUFS")
    yield "True peak", _with_unit(heard["true_peak"], "dBTP")
    noise = heard["snr"]
    yield "Speech to noise", "" if not noise or noise["gated"] else _with_unit(noise["mean"], "dB")
    yield "Background", heard["background"] or ""
    bandwidth = heard["bandwidth"]
    yield "Bandwidth", "" if bandwidth is None else f"{bandwidth / 1000:.1f} kHz"
    yield "Channels", (heard["channel_fault"] or "").replace("-", " ")


def _image(facts: Plain) -> Iterator[tuple[str, str]]:
    yield "Format", facts.get("format") or ""
    if facts.get("width"):
        turned = f"EXIF orientation {facts['orientation']}" if facts.get("orientation", 1) != 1 else None
        yield "Picture", _joined(f"{facts['width']}×{facts['height']}", facts.get("mode"), turned)
    people = facts.get("people")
    yield "Faces", str(people["count"]) if people else ""
    match = facts.get("match")
    if match:
        alike = {"same": "is", "different": "is not", "uncertain": "may be"}[match["alike"]]
        yield "Match", f"{alike} person {match['person']} of the video"


def _joined(*parts: str | None) -> str:
    return " · ".join(dict.fromkeys(filter(None, parts)))


def _deep(facts: Plain) -> str | None:
    depth = facts.get("bit_depth")
    return f"{depth}-bit" if depth and depth > 8 else None  # noqa: PLR2004


def _length(facts: Plain) -> str:
    length = facts.get("duration")
    return "" if length is None else seconds(round(length, 6))


def _share(share: float | None) -> str:
    return f"{share:.0%}".replace("%", " %") if share and share >= 0.005 else ""  # noqa: PLR2004


def _with_unit(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.1f} {unit}"
