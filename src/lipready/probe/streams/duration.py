"""Three readings of a length, and which of them is believed."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from lipready.facts.unmeasured import Unmeasured
from lipready.facts.video import Duration, FrameRate
from lipready.probe.streams.packets import PacketTimes

if TYPE_CHECKING:
    from av.container import InputContainer

_MICROSECOND = Fraction(1, 1_000_000)


def container_duration(container: "InputContainer") -> Fraction | None:
    """Read the length off the container's header, in seconds."""
    return container.duration * _MICROSECOND if container.duration and container.duration > 0 else None


def stream_duration(stream: Any) -> Fraction | None:
    """Read the length off the stream's header, in seconds."""
    if not stream.duration or stream.duration < 0 or not stream.time_base:
        return None
    return Fraction(stream.duration * stream.time_base)


def packet_duration(times: PacketTimes, rate: FrameRate | Unmeasured) -> Fraction | None:
    """From the first shown frame to the end of the last one, in seconds.

    At a constant rate in ticks that are too coarse for it (milliseconds in WebM), frames / rate is the same length
    without the rounding, and is taken where the two lie within two ticks.
    """
    if not times.pts:
        return None
    frame = None if isinstance(rate, Unmeasured) else 1 / rate.nominal
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
