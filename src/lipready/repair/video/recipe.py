"""What is done to a video: its recipe, from its facts and the repairs that are wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from statistics import median_low

from lipready.errors import FixError
from lipready.facts.people import Box, Look, PeopleFacts
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import VideoFacts
from lipready.probe.streams.choice import COUNTED_FRAMES
from lipready.profiles.limit import Range
from lipready.repair.recipe import (
    Canvas,
    Cutout,
    Encode,
    InputStream,
    Part,
    Playback,
    Remux,
    RepairCase,
    Reshape,
    SizeBudget,
    Sound,
    WideGamut,
    accepted,
    aim,
    band,
    chosen_part,
    most_bytes,
)
from lipready.repair.video.crop import crop_to_person, looks_in, others_seen, target_person
from lipready.repair.video.shape import FALLBACK, fit, new_rate, tidy

PROFILE = 30.0
"""Degrees of yaw: beyond them a face is seen from the side (section 6 of the design: Pose)."""

BLURRED = 30.0
"""Variance of the Laplacian at 128 × 128 pixels: below it a face counts as blurred, as in P306."""

LESS = Fraction(1, 2)
"""What a second is worth in which the face is seen, but not well."""


def best_part(people: PeopleFacts, person: int | None, length: Fraction, lengths: Range, path: str) -> Part:
    """Find the part, within the permitted lengths in seconds, in which the target's face is best seen.

    The target is the person of that number, else the one whom the provider would take. The part lies in one span of
    that person, so that it holds no shot of somebody else; it begins and ends on a look, or where the clip does. Of
    all such parts the one that is worth most is taken, of equals the earliest: a look is worth the seconds that it
    stands for, and half of them where the face is in profile, blurred, cut by the edge, or its mouth covered. Where no
    span is as long as a clip has to be, it is the shortest permitted part that is worth most, and may show other things
    as well.

    Raises FixError where nobody is seen, UsageError where there is no such person.
    """
    target, stands = target_person(people, person, path), people.stands
    longest = length if lengths.maximum is None else min(length, lengths.maximum)
    shortest = min(length, lengths.minimum or Fraction(0))
    worth = sorted((look.time, stands[look.time] * (LESS if _poor(look) else 1)) for look in target.looks)
    best: tuple[Fraction, Part] | None = None
    for first, last in sorted(target.spans) or [(target.first, target.last)]:
        # A span reaches to the beginning and the end of the clip where no sample lies between.
        begin = Fraction(0) if all(first <= time for time in people.samples) else first
        end = length if all(time <= last for time in people.samples) else min(last, length)
        inside = [(time, value) for time, value in worth if begin <= time <= end]
        if inside and end - begin >= shortest:
            total, look = _richest(inside, longest)
            if best is None or total > best[0]:
                # The part holds as much of the span as it can.
                until = min(end, look + longest)
                start = max(begin, until - longest)
                best = total, Part(start, until - start)
    if best is not None:
        return best[1]
    # What a look is worth counts up to the next sample, and not half the way to both neighbours: samples are taken
    # right after a cut, so that what is before may be another shot.
    next_sample = dict(pairwise([*sorted(stands), length]))
    cells = [(time, max(time, next_sample[time]), value / stands[time]) for time, value in worth]
    return Part(_fullest(cells, shortest, length), shortest)


def _poor(look: Look) -> bool:
    """Return whether the face is not seen well; what was not measured is taken to be fine."""
    turned = look.yaw is not None and abs(look.yaw) > PROFILE
    blurred = look.sharpness is not None and look.sharpness < BLURRED
    return turned or blurred or look.cut is True or look.covered is True


def _richest(worth: Sequence[tuple[Fraction, Fraction]], longest: Fraction) -> tuple[Fraction, Fraction]:
    """Find the looks within `longest` seconds that are worth most: their worth, and the time of the first."""
    best, begin, total = (Fraction(0), worth[0][0]), 0, Fraction(0)
    for time, value in worth:
        total += value
        while time - worth[begin][0] > longest:
            total -= worth[begin][1]
            begin += 1
        if total > best[0]:
            best = total, worth[begin][0]
    return best


def _fullest(cells: Sequence[tuple[Fraction, Fraction, Fraction]], wanted: Fraction, length: Fraction) -> Fraction:
    """Find the beginning of the part of the wanted length that is worth most; of equals the first ones' middle.

    `cells` are stretches of time, and what each second of them is worth.
    """

    def covered(start: Fraction) -> Fraction:
        overlaps = ((min(end, start + wanted) - max(begin, start), value) for begin, end, value in cells)
        return sum((overlap * value for overlap, value in overlaps if overlap > 0), Fraction(0))

    edges = {edge for begin, end, _ in cells for edge in (begin, end - wanted)}
    worth = {begin: covered(begin) for begin in (max(Fraction(0), min(edge, length - wanted)) for edge in edges)}
    most = max(worth.values())
    first, *more = sorted(begin for begin, value in worth.items() if value == most)
    middle = (first + min(more, default=first)) / 2
    return middle if covered(middle) == most else first


_RGB = ("rgb", "bgr", "gbr", "argb", "abgr", "pal8", "0rgb", "0bgr")
_MILLISECOND_CLOCKS = frozenset({"mkv", "webm", "flv", "asf"})
_SEEKABLE = frozenset({"mp4", "mov", "3gp", "mkv", "webm"})
"""Elsewhere ffmpeg lands somewhere near: three frames late in a transport stream, two early in an AVI with B-frames."""


@dataclass(frozen=True, slots=True)
class VideoCase(RepairCase):
    """One video that may have to be repaired.

    `audio_length` is that of the prepared audio track, in seconds. `person` is the number of the person that the user
    has chosen, or that the reference image shows; None leaves it to the provider's pick. Without `copying` the packets
    have been copied in vain, and the picture is encoded again.
    """

    video: VideoFacts
    audio_length: Fraction | None
    person: int | None
    copying: bool

    @property
    def length(self) -> Fraction | None:
        """Its length in seconds, as far as it decodes where it is salvaged; None where the file does not tell."""
        if isinstance(self.video.duration, Unmeasured):
            return None
        believed, found = self.video.duration.believed, self.file.salvage
        return min(believed, found.kept) if self.choices.salvage and found is not None else believed


def video_recipe(case: VideoCase) -> Encode | Remux | None:
    """Decide what is done: encode again where a repair needs it, else copy the packets, else nothing (None).

    Raises FixError or UsageError where what the user chose cannot be done.
    """
    part = _part(case)
    playback, window = _playback(case, part), _window(case, part)
    changed = any(each is not None for each in (case.salvaged, part, playback, window))
    if not changed and not case.wanted.level("reencode"):
        if not case.wanted.has("remux", "zero-start"):
            return None
        if case.copying and _starts_whole(case):
            return _remux(case)
    source, shape = _source(case), _reshape(case, window)
    whole = part is None and case.salvaged is None and (source.seekable or source.start == 0)
    recipe = Encode(
        source=source,
        reshape=shape,
        part=part,
        playback=playback,
        sound="none" if playback else _sound(case, whole=whole),
        budget=None,
    )
    return replace(recipe, budget=_budget(case, shape.canvas, output_length(case, recipe)))


def output_length(case: VideoCase, recipe: Encode | Remux) -> Fraction | None:
    """Return how long the output will be, in seconds; None where that is not known."""
    if isinstance(recipe, Encode) and recipe.playback is not None:
        return recipe.playback.wanted / recipe.reshape.rate
    return recipe.part.length if isinstance(recipe, Encode) and recipe.part is not None else case.length


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
    rate = case.video.frame_rate
    constant = None if isinstance(rate, Unmeasured) or rate.variable else rate.nominal
    return Remux(
        source=_source(case),
        # Containers that count milliseconds round every timestamp; an MP4 would keep the rounding as jitter.
        grid=constant if case.file.format in _MILLISECOND_CLOCKS else None,
        tag="hvc1" if case.video.codec == "hevc" else None,
        sound=_sound(case, whole=True),
    )


def _source(case: VideoCase) -> InputStream:
    start = Fraction(0) if isinstance(case.video.start, Unmeasured) else case.video.start
    return case.input(case.video.stream_index, start, seekable=_SEEKABLE)


def _sound(case: VideoCase, *, whole: bool) -> Sound:
    """Keep the first sound track, as AAC; the provider replaces it anyway.

    FFmpeg reads what an edit list leaves out as packets too, and would copy them.
    """
    tracks = case.video.sound_tracks
    if not tracks or tracks[0].sample_rate <= 0:
        return "none"
    return "copy" if whole and tracks[0].codec == "aac" and not tracks[0].pieced else "encode"


def _known_length(case: VideoCase) -> Fraction:
    if case.length is None:
        raise FixError(f"{case.file.path} does not tell how long it is, so that it cannot be trimmed or lengthened.")
    return case.length


def _part(case: VideoCase) -> Part | None:
    trim = case.choices.trim
    if trim is None:
        return None
    length = _known_length(case)
    if trim != "best":
        return chosen_part(trim, length, case.file.path, "`Choices.trim`")
    if isinstance(case.file.people, Unmeasured):
        raise FixError(f"`Choices(trim='best')` needs to see the faces in {case.file.path}: {case.file.people.reason}.")
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
        raise FixError(f"`Choices.crop` needs to see the faces in {case.file.path}: {people.reason}.")
    target = target_person(people, case.person, case.file.path)
    # The finding that a face is too small (P303) may be about somebody else's.
    heights = [look.box.height for look in looks_in(target, part)]
    least = band(case.profile, "P303", "least_share", Fraction(0)) * case.video.height
    small = bool(heights) and median_low(heights) < least
    if not (small or case.wanted.has("crop") or others_seen(people, target, part)):
        return None
    size, edges = (case.video.width, case.video.height), aim(case.profile, "V103")
    return crop_to_person(people, target, size, part, edges=edges, path=case.file.path)


def _reshape(case: VideoCase, window: Box | None) -> Reshape:
    video = case.video
    width, height = (video.width, video.height) if window is None else (window.width, window.height)
    edges = aim(case.profile, "V103") if case.wanted.has("scale", "pad") else accepted(case.profile, "V103")
    cut = (width // 2 * 2, height // 2 * 2)
    square = video.sample_aspect_ratio == 1
    kept = square and all(edge in edges for edge in (*cut, width, height))
    return Reshape(
        canvas=Canvas(*cut, *cut) if kept else fit(width, height, edges),
        resize=("no" if cut == (width, height) else "cut") if kept else "scale",
        rate=_rate(case),
        deinterlace=video.interlaced is True,
        tone_map=video.transfer if video.hdr else None,
        wide_gamut=WideGamut(video.gamut, video.transfer, video.matrix) if video.wide_gamut else None,
        rgb=isinstance(video.pixel_format, str) and video.pixel_format.startswith(_RGB),
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
    whole = case.length or length
    pixels = min(Fraction(1), Fraction(canvas.width * canvas.height, case.video.width * case.video.height))
    expected = case.file.bytes * pixels * min(Fraction(1), length / whole)
    return SizeBudget(int(most), length, two_pass=expected > most)
