"""The times of a stream's packets, read without decoding anything, and the length that they tell."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lipready.facts.quantity import counted
from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate
from lipready.probe.containers.container import demux

if TYPE_CHECKING:
    from av.container import InputContainer

MAX_PACKETS = 2_000_000
"""Nine hours at 60 frames a second."""
MAX_SECONDS = 300.0
_CLOCK_EVERY = 1024


@dataclass(slots=True)
class PacketTimes:
    """The shown frames of a stream.

    `pts` are presentation timestamps in ticks of `base` seconds, ascending; `keys` those of the key frames.
    `last_duration` is the duration of the frame with the highest timestamp, in ticks, None where it is not stored.
    `hidden` counts what an edit list hides. `damaged` says that packets were corrupt or reading broke off. `cut` is the
    reason why not all were read, or None. `first_place` is the lowest decoding timestamp, in ticks.
    """

    base: Fraction
    pts: list[int]
    keys: list[int]
    last_duration: int | None
    hidden: int = 0
    damaged: bool = False
    cut: Unmeasured | None = None
    first_place: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be read: packets, bytes of payload, seconds."""

    packets: int = MAX_PACKETS
    bytes: int | None = None
    seconds: float = MAX_SECONDS


def read_packet_times(
    container: "InputContainer", stream: Any, budget: Budget, see: Callable[[Any], None] | None = None
) -> PacketTimes:
    """Read the times of all packets of `stream` that are shown: those that an edit list hides do not count.

    `see` is called with every packet, hidden ones included, before the next one is read.
    """
    times = PacketTimes(Fraction(stream.time_base or 1), [], [], None)
    last = -1 << 62
    hidden_bit = 0x10 if stream.codec_context is not None and stream.codec_context.name.startswith("vp8") else 0
    for packet in _packets(container, stream, budget, times):
        if see is not None:
            see(packet)
        times.damaged = times.damaged or packet.is_corrupt
        times.hidden += packet.is_discard
        stamp = packet.dts if packet.pts is None else packet.pts
        if stamp is None or packet.is_discard or not packet.size:
            continue
        # A VP8 packet whose frame tag lacks the show bit (RFC 6386, 9.1) is a reference that nobody sees.
        if hidden_bit and not memoryview(packet)[0] & hidden_bit:
            continue
        times.pts.append(stamp)
        if packet.dts is not None and (times.first_place is None or packet.dts < times.first_place):
            times.first_place = packet.dts
        if packet.is_keyframe:
            times.keys.append(stamp)
        if stamp >= last:
            last, times.last_duration = stamp, packet.duration or None
    times.pts.sort()
    times.keys.sort()
    return times


def _packets(container: "InputContainer", stream: Any, budget: Budget, times: PacketTimes) -> Iterator[Any]:
    """Yield the packets of one stream, and of no other, as far as the budget goes."""
    from av.stream import Discard

    def break_off(_: str) -> None:
        times.damaged = True

    for other in container.streams:
        other.discard = Discard.default if other.index == stream.index else Discard.all
    deadline, size = time.monotonic() + budget.seconds, 0
    for count, packet in enumerate(demux(container, stream, break_off), start=1):
        size += packet.size
        if count > budget.packets or (budget.bytes is not None and size > budget.bytes):
            times.cut = Unmeasured("its index does not say, and reading the whole file is more than was allowed")
            return
        if count % _CLOCK_EVERY == 0 and time.monotonic() > deadline:
            reason = f"reading its packets took longer than {counted(round(budget.seconds), 'second')}"
            times.cut = Unmeasured(reason, transient=True)
            return
        yield packet


def container_duration(container: "InputContainer") -> Fraction | None:
    """Read the length off the container's header, in seconds."""
    return Fraction(container.duration, 1_000_000) if container.duration and container.duration > 0 else None


def stream_duration(stream: Any) -> Fraction | None:
    """Read the length off the stream's header, in seconds."""
    if not stream.duration or stream.duration < 0 or not stream.time_base:
        return None
    return Fraction(stream.duration * stream.time_base)


def packet_duration(times: PacketTimes, rate: FrameRate | Unmeasured | None) -> Fraction | None:
    """Return the length from the first shown frame to the end of the last one, in seconds.

    At a constant rate in ticks that are too coarse for it (milliseconds in WebM), frames / rate is the same length
    without the rounding, and is taken where the two lie within two ticks.
    """
    if not times.pts:
        return None
    frame = 1 / rate.nominal if isinstance(rate, FrameRate) else None
    last = times.last_duration * times.base if times.last_duration else frame
    if last is None:
        return None
    length = (times.pts[-1] - times.pts[0]) * times.base + last
    if frame is not None and isinstance(rate, FrameRate) and not rate.variable:
        even = len(times.pts) * frame
        if abs(even - length) <= 2 * times.base:
            return even
    return length


def believe(
    *,
    container: Fraction | None,
    stream: Fraction | None,
    packets: Fraction | None,
    samples: Fraction | None = None,
    padding: Fraction = Fraction(0),
) -> Duration | Unmeasured:
    """Believe what was counted before what was declared: samples, packets, the stream's header, the container's.

    Packets of sound carry `padding` at most that a player cuts off again; where the stream's header is shorter by no
    more than that, it knows better.
    """
    readings = [("samples", samples), ("packets", packets), ("stream", stream), ("container", container)]
    if packets is not None and stream is not None and 0 < packets - stream <= padding:
        readings[1], readings[2] = readings[2], readings[1]
    for source, reading in readings:
        if reading is not None:
            return Duration(container=container, stream=stream, packets=packets, believed=reading, source=source)
    return Unmeasured("neither the header nor the packets say how long it is")
