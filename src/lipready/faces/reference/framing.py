"""Where to cut head and shoulders out of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from lipready.facts.people import Box

ABOVE, BELOW, BESIDE = 0.8, 1.4, 0.9
"""How far the crop reaches beyond the face's box, in heights and widths of the box."""

LEAST_BESIDE = 0.1
"""A crop that another face pushes closer than this to the face is none."""

ROOM = 2.0
"""Widths of the face's box: a crop that is wider than high, since the frame cuts hair or shoulders, is narrowed to a
square, but not below this. What lies farther to the sides shows nothing of the person."""

LONGEST_RATIO = 1.9
"""Long edge to short edge; the providers accept 2 (DashScope's VideoRetalk page, reference image)."""

LONGEST_EDGE = 2048
"""Pixels; the providers accept 4096, and a face needs far less."""


@dataclass(frozen=True, slots=True)
class Framing:
    """The part of the picture that is cut out, in its pixels, and the (width, height) to which it is shrunk."""

    box: Box
    size: tuple[int, int]


@dataclass(slots=True)
class _Edges:
    left: int
    top: int
    right: int
    bottom: int


def head_and_shoulders(face: Box, others: Sequence[Box], width: int, height: int) -> Framing | None:
    """Frame one face in a picture of `width` × `height` pixels so that no other face is seen.

    The result's aspect ratio and edges are accepted as a reference image. None where another face is too close.
    """
    edges = _Edges(
        left=max(0, round(face.left - BESIDE * face.width)),
        top=max(0, round(face.top - ABOVE * face.height)),
        right=min(width, round(face.left + (1 + BESIDE) * face.width)),
        bottom=min(height, round(face.top + (1 + BELOW) * face.height)),
    )
    for other in others:
        if not _keep_out(edges, face, other):
            return None
    _keep_ratio(edges, face)
    box = Box(edges.left, edges.top, edges.right - edges.left, edges.bottom - edges.top)
    shrink = min(1.0, LONGEST_EDGE / max(box.width, box.height))
    return Framing(box, (max(1, round(box.width * shrink)), max(1, round(box.height * shrink))))


def _keep_out(edges: _Edges, face: Box, other: Box) -> bool:
    """Move the edge at which somebody else reaches in; False where that would come too close to the face itself."""
    right, bottom = other.left + other.width, other.top + other.height
    margin = round(LEAST_BESIDE * face.width)
    # The hair of the other one is beyond its box, and the shoulders are as far as half way.
    reach = round(0.15 * other.width)
    if right + reach <= face.left - margin:
        if _beside(edges, other):
            edges.left = max(edges.left, right + reach, min((right + face.left) // 2, face.left - margin))
    elif other.left - reach >= face.left + face.width + margin:
        if _beside(edges, other):
            half = (face.left + face.width + other.left) // 2
            edges.right = min(edges.right, other.left - reach, max(half, face.left + face.width + margin))
    elif right <= edges.left or other.left >= edges.right or bottom <= edges.top or other.top >= edges.bottom:
        return True
    elif bottom + reach <= face.top - margin:
        edges.top = max(edges.top, bottom + reach)
    elif other.top - reach >= face.top + face.height + margin:
        edges.bottom = min(edges.bottom, other.top - reach)
    else:
        return False
    return True


def _beside(edges: _Edges, other: Box) -> bool:
    """Whether somebody's head and shoulders stand at the height of the crop."""
    top, bottom = other.top - ABOVE * other.height, other.top + (1 + BELOW) * other.height
    return top < edges.bottom and bottom > edges.top


def _keep_ratio(edges: _Edges, face: Box) -> None:
    """Shorten the long edge, around the face: the width to a square, the height to a ratio that is accepted."""
    wide, high = edges.right - edges.left, edges.bottom - edges.top
    widest = min(max(float(high), ROOM * face.width), LONGEST_RATIO * high)
    if wide > widest:
        edges.left, edges.right = _shortened(edges.left, edges.right, face.left + face.width // 2, widest)
    elif high > LONGEST_RATIO * wide:
        edges.top, edges.bottom = _shortened(edges.top, edges.bottom, face.top + face.height // 2, LONGEST_RATIO * wide)


def _shortened(low: int, high: int, middle: int, length: float) -> tuple[int, int]:
    start = min(max(round(middle - length / 2), low), high - int(length))
    return start, start + int(length)
