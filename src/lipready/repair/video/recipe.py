"""What is done to a video: its recipe, from its facts and the repairs that are wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from statistics import median_low

from lipready.errors import FixError
from lipready.facts.file import FileFacts, Salvage
from lipready.facts.people import Box, Look, PeopleFacts, Person
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.streams.choice import COUNTED_FRAMES
from lipready.profiles.limit import Profile, Range
from lipready.repair.choices import Choices, Wanted
from lipready.repair.recipe import (
    Cutout,
    Encode,
    Input,
    Playback,
    Remux,
    Reshape,
    SizeBudget,
    Sound,
    WideGamut,
    accepted,
    aim,
    band,
    most_bytes,
)
from lipready.repair.video.crop import crop_to_person, looks_in, others_seen
from lipready.repair.video.rate import FALLBACK, new_rate, tidy
from lipready.repair.video.size import Canvas, fit
from lipready.repair.video.span import Part, chosen_part, target_person

PROFILE = 30.0
"""Degrees of yaw: beyond them a face is seen from the side (section 6 of the design: Pose)."""

BLURRED = 30.0
"""Variance of the Laplacian at 128 × 128 pixels: below it a face counts as blurred, as in P306."""

LESS = Fraction(1, 2)
"""What a second is worth in which the face is seen, but not well."""

Span = tuple[Fraction, Fraction]
Worth = Sequence[tuple[Fraction, Fraction]]


def best_part(people: PeopleFacts, person: int | None, length: Fraction, lengths: Range, path: str) -> Part:
    """Find the part, within the permitted lengths in seconds, in which the target's face is best seen.

    The target is the person of that number, else the one whom the provider would take. The part lies in one span of
    that person, so that it holds no shot of somebody else; it begins and ends on a look, or where the clip does. Of
    all such parts the one that is worth most is taken, of equals the earliest: a look is worth the seconds that it
    stands for, and half of them where the face is in profile, blurred, cut by the edge, or its mouth
    covered. Where no span is as long as
    a clip has to be, it is the shortest permitted part that is worth most, and may show other things as well.

    Raises FixError where nobody is seen, UsageError where there is no such person.
    """
    target = target_person(people, person, path)
    longest = length if lengths.maximum is None else min(length, lengths.maximum)
    shortest = min(length, lengths.minimum or Fraction(0))
    worth = _worth(target, people.stands)
    best: tuple[Fraction, Part] | None = None
    for span in sorted(target.spans) or [(target.first, target.last)]:
        begin, end = _to_the_ends(span, people.samples, length)
        inside = [(time, value) for time, value in worth if begin <= time <= end]
        if inside and end - begin >= shortest:
            total, looks = _richest(inside, longest)
            if best is None or total > best[0]:
                best = total, _filled(looks, (begin, end), longest)
    if best is not None:
        return best[1]
    return Part(_fullest(_cells(worth, people.stands, length), shortest, length), shortest)


def _worth(target: Person, stands: Mapping[Fraction, Fraction]) -> Worth:
    """List, for each look in order, its time and what it is worth, in seconds."""
    return sorted((look.time, stands[look.time] * (LESS if _poor(look) else 1)) for look in target.looks)


def _poor(look: Look) -> bool:
    """Return whether the face is not seen well; what was not measured is taken to be fine."""
    turned = look.yaw is not None and abs(look.yaw) > PROFILE
    blurred = look.sharpness is not None and look.sharpness < BLURRED
    return turned or blurred or look.cut is True or look.covered is True


def _to_the_ends(span: Span, samples: Sequence[Fraction], length: Fraction) -> Span:
    """Stretch a span to the beginning and the end of the clip where no sample lies between."""
    begin = Fraction(0) if all(span[0] <= time for time in samples) else span[0]
    end = length if all(time <= span[1] for time in samples) else min(span[1], length)
    return begin, end


def _richest(worth: Worth, longest: Fraction) -> tuple[Fraction, Span]:
    """Find the looks within `longest` seconds that are worth most: their worth, and the times of the first and last."""
    best, begin, total = (Fraction(0), (worth[0][0], worth[0][0])), 0, Fraction(0)
    for time, value in worth:
        total += value
        while time - worth[begin][0] > longest:
            total -= worth[begin][1]
            begin += 1
        if total > best[0]:
            best = total, (worth[begin][0], time)
    return best


def _cells(worth: Worth, stands: Mapping[Fraction, Fraction], length: Fraction) -> list[tuple[Span, Fraction]]:
    """List, for each look, the time up to the next sample, and what each second of that is worth.

    Not half the way to both neighbours: samples are taken right after a cut, so that what is before may be
    another shot.
    """
    until = dict(pairwise([*sorted(stands), length]))
    return [((time, max(time, until[time])), value / stands[time]) for time, value in worth]


def _fullest(cells: Sequence[tuple[Span, Fraction]], wanted: Fraction, length: Fraction) -> Fraction:
    """Find the beginning of the part of the wanted length that is worth most; of equals the first ones' middle."""
    edges = [edge for (begin, end), _ in cells for edge in (begin, end - wanted)]
    worth = {
        begin: _covered(cells, begin, wanted)
        for begin in (max(Fraction(0), min(edge, length - wanted)) for edge in edges)
    }
    most = max(worth.values())
    first, *more = sorted(begin for begin, value in worth.items() if value == most)
    middle = (first + min(more, default=first)) / 2
    return middle if _covered(cells, middle, wanted) == most else first


def _covered(cells: Sequence[tuple[Span, Fraction]], begin: Fraction, wanted: Fraction) -> Fraction:
    overlaps = ((min(cell[1], begin + wanted) - max(cell[0], begin), value) for cell, value in cells)
    return sum((overlap * value for overlap, value in overlaps if overlap > 0), Fraction(0))


def _filled(looks: Span, room: Span, longest: Fraction) -> Part:
    """Make a part of at most `longest` seconds that holds the looks, and as much of the room as it can."""
    end = min(room[1], looks[0] + longest)
    begin = max(room[0], end - longest)
    return Part(begin, end - begin)


_RGB = ("rgb", "bgr", "gbr", "argb", "abgr", "pal8", "0rgb", "0bgr")
_MILLISECOND_CLOCKS = frozenset({"mkv", "webm", "flv", "asf"})
_SEEKABLE = frozenset({"mp4", "mov", "3gp", "mkv", "webm"})
"""Elsewhere ffmpeg lands somewhere near: three frames late in a transport stream, two early in an AVI with B-frames."""


@dataclass(frozen=True, slots=True)
class VideoCase:
    """All that the recipe of a video depends on.

    `audio_length` is that of the prepared audio track, in seconds. `person` is the number of the person that the user
    has chosen, or that the reference image shows; None leaves it to the provider's pick. Without `copying` the packets
    have been copied in vain, and the picture is encoded again.
    """

    file: FileFacts
    video: VideoFacts
    wanted: Wanted
    profile: Profile
    choices: Choices
    audio_length: Fraction | None
    person: int | None = None
    copying: bool = True

    @property
    def salvaged(self) -> Salvage | None:
        """What decodes of it, where that is wanted and anything is lost."""
        found = self.file.salvage
        if not self.choices.salvage or found is None:
            return None
        return found if found.lost or self.wanted.has("salvage") else None


def video_recipe(case: VideoCase) -> Encode | Remux | None:
    """Decide what is done: encode again where a repair needs it, else copy the packets, else nothing (None).

    Raises FixError or UsageError where what the user chose cannot be done.
    """
    part = _part(case)
    playback, window = _playback(case, part), _window(case, part)
    if case.salvaged or part is not None or playback is not None or window is not None or case.wanted.level("reencode"):
        return _encode(case, part, playback, window)
    if not case.wanted.has("remux", "zero-start"):
        return None
    return _remux(case) if case.copying and _starts_whole(case) else _encode(case, part, playback, window)


def output_length(case: VideoCase, recipe: Encode | Remux) -> Fraction | None:
    """Return how long the output will be, in seconds; None where that is not known."""
    if isinstance(recipe, Encode) and recipe.playback is not None:
        return recipe.playback.wanted / recipe.reshape.rate
    if isinstance(recipe, Encode) and recipe.part is not None:
        return recipe.part.length
    return _length(case.video)


def _encode(case: VideoCase, part: Part | None, playback: Playback | None, window: Box | None) -> Encode:
    source = _source(case)
    whole = part is None and case.salvaged is None and (source.seekable or source.start == 0)
    sound: Sound = "none" if playback else _sound(case, whole=whole)
    shape = _reshape(case, window)
    length = playback.wanted / shape.rate if playback else part.length if part else _length(case.video)
    return Encode(
        source=source,
        reshape=shape,
        part=part,
        playback=playback,
        sound=sound,
        budget=_budget(case, shape.canvas, length),
    )


def _starts_whole(case: VideoCase) -> bool:
    """Return whether the first packet is the first frame: else copied packets would leave an edit list before it.

    Frames that are shown before the first key frame stand after it in the file, or are lost. An AVI does not tell when
    frames are shown, which is certain only where each is a key frame: none is then stored out of order.
    """
    video = case.video
    keys = () if isinstance(video.key_frames, Unmeasured) else video.key_frames
    ordered = case.file.format not in COUNTED_FRAMES or len(keys) == video.frames
    return ordered and (not keys or keys[0] == 0)


def _remux(case: VideoCase) -> Remux:
    rate, grid = case.video.frame_rate, None
    if case.file.format in _MILLISECOND_CLOCKS and not isinstance(rate, Unmeasured) and not rate.variable:
        # Containers that count milliseconds round every timestamp; an MP4 would keep the rounding as jitter.
        grid = rate.nominal
    source = _source(case)
    return Remux(
        source=source,
        grid=grid,
        tag="hvc1" if case.video.codec == "hevc" else None,
        sound=_sound(case, whole=True),
    )


def _source(case: VideoCase) -> Input:
    start = Fraction(0) if isinstance(case.video.start, Unmeasured) else case.video.start
    name = "" if isinstance(case.file.format, Unmeasured) else case.file.format
    return Input(
        path=case.file.path,
        format=name,
        stream=case.video.stream_index,
        start=start,
        seekable=name in _SEEKABLE,
        broken=case.salvaged is not None,
    )


def _sound(case: VideoCase, *, whole: bool) -> Sound:
    """Keep the first sound track, as AAC; the provider replaces it anyway.

    FFmpeg reads what an edit list leaves out as packets too, and would copy them.
    """
    tracks = case.video.sound_tracks
    if not tracks or tracks[0].sample_rate <= 0:
        return "none"
    return "copy" if whole and tracks[0].codec == "aac" and not tracks[0].pieced else "encode"


def _length(video: VideoFacts) -> Fraction | None:
    return None if isinstance(video.duration, Unmeasured) else video.duration.believed


def _known_length(case: VideoCase) -> Fraction:
    length = _length(case.video)
    if length is None:
        raise FixError(f"{case.file.path} does not tell how long it is, so that it cannot be trimmed or lengthened.")
    return length


def _part(case: VideoCase) -> Part | None:
    trim = case.choices.trim
    if trim is None:
        return None
    length = _known_length(case)
    if trim != "best":
        return chosen_part(trim, length, case.file.path, "--trim")
    if isinstance(case.file.people, Unmeasured):
        raise FixError(f"--trim best needs to see the faces in {case.file.path}: {case.file.people.reason}.")
    part = best_part(case.file.people, case.person, length, aim(case.profile, "V105"), case.file.path)
    return None if part == Part(Fraction(0), length) else part


def _playback(case: VideoCase, part: Part | None) -> Playback | None:
    """Decide how far to lengthen the video: to the audio's length and the minimum, never past the maximum."""
    if not case.choices.extend:
        return None
    length = part.length if part else _known_length(case)
    lengths, rate = aim(case.profile, "V105"), _rate(case)
    minimum = lengths.minimum or Fraction(0)
    wanted = ceil(max(case.audio_length or Fraction(0), minimum if length < minimum else Fraction(0)) * rate)
    if lengths.maximum is not None:
        wanted = min(wanted, floor(lengths.maximum * rate))
    frames = max(1, round(length * rate))
    return Playback(frames, wanted) if wanted > frames else None


def _window(case: VideoCase, part: Part | None) -> Box | None:
    """Decide what of the picture is kept: all of it, unless it is to be cut to one person who needs that."""
    if not case.choices.crop:
        return None
    people = case.file.people
    if isinstance(people, Unmeasured):
        raise FixError(f"--crop needs to see the faces in {case.file.path}: {people.reason}.")
    target: Person = target_person(people, case.person, case.file.path)
    needed = case.wanted.has("crop") or others_seen(people, target, part) or _is_small(case, target, part)
    if not needed:
        return None
    size = (case.video.width, case.video.height)
    edges = aim(case.profile, "V103")
    return crop_to_person(people, target, size, part, edges=edges, path=case.file.path)


def _is_small(case: VideoCase, target: Person, part: Part | None) -> bool:
    """Whether the face is usually too small in what is kept: the finding (P303) may be about somebody else's face."""
    least = band(case.profile, "P303", "least_share", Fraction(0)) * case.video.height
    heights = [look.box.height for look in looks_in(target, part)]
    return bool(heights) and median_low(heights) < least


def _reshape(case: VideoCase, window: Box | None) -> Reshape:
    video = case.video
    width, height = (video.width, video.height) if window is None else (window.width, window.height)
    edges = aim(case.profile, "V103") if case.wanted.has("scale", "pad") else accepted(case.profile, "V103")
    canvas = fit(width, height, edges)
    cut = (width // 2 * 2, height // 2 * 2)
    square = video.sample_aspect_ratio == 1
    trimmed = Canvas(*cut, *cut)
    kept = square and all(edge in edges for edge in (*cut, width, height))
    name = video.pixel_format if isinstance(video.pixel_format, str) else ""
    return Reshape(
        canvas=trimmed if kept else canvas,
        resize=("no" if cut == (width, height) else "cut") if kept else "scale",
        rate=_rate(case),
        deinterlace=video.interlaced is True,
        tone_map=video.transfer if video.hdr else None,
        wide_gamut=WideGamut(video.gamut, video.transfer, video.matrix) if video.wide_gamut else None,
        rgb=name.startswith(_RGB),
        cutout=None if window is None else Cutout(window, video.width, video.height, square),
    )


def _rate(case: VideoCase) -> Fraction:
    rate = case.video.frame_rate
    if isinstance(rate, Unmeasured):
        return FALLBACK
    if rate.variable or case.wanted.has("retime"):
        return new_rate(rate, aim(case.profile, "V104"))
    return tidy(rate.nominal)


def _budget(case: VideoCase, canvas: Canvas, length: Fraction | None) -> SizeBudget | None:
    """Return how many bytes the output may have; two passes are needed where the source's own rate would not fit."""
    most = most_bytes(case.profile, "V106")
    if most is None or not length or isinstance(case.file.bytes, Unmeasured):
        return None
    whole = _length(case.video) or length
    pixels = min(Fraction(1), Fraction(canvas.width * canvas.height, case.video.width * case.video.height))
    expected = case.file.bytes * pixels * min(Fraction(1), length / whole)
    return SizeBudget(int(most), length, two_pass=expected > most)
