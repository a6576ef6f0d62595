"""The filters that every frame of a video goes through, as an ffmpeg-python graph."""

from fractions import Fraction
from typing import Any

from lipready.repair.recipe import Cutout, Reshape, WideGamut

# Bit-exact scaling gives the same bytes on every processor.
_SCALER = "lanczos+accurate_rnd+full_chroma_int+bitexact"
_HDR_PEAK_NITS = 203
"""Reference white of HDR video, ITU-R BT.2408: what becomes white on an SDR screen."""

_PLANAR = "|".join(f"yuv{chroma}p{depth}" for depth in ("", "10le", "12le") for chroma in ("420", "422", "444"))
"""What zscale reads, and where red, green and blue, or grey alone, are already brightness and colour."""

_CURVES = frozenset({"bt470m", "bt470bg", "smpte240m", "linear", "log100", "log316", "iec61966-2-1"})
"""Transfer functions other than BT.709's (whose are many, by other names) that zscale knows."""

_MATRICES = frozenset({"bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "ycgco", "bt2020nc", "bt2020c"})


def reshape(stream: Any, how: Reshape) -> Any:
    """Add the filters to a video stream; the result has a constant rate, square pixels and 8-bit 4:2:0."""
    if how.wide_gamut is not None and not how.rgb:
        # Scaling leaves the matrix alone, but refuses frames whose matrix it does not know; `_narrow` names it again.
        stream = stream.filter("setparams", colorspace="bt709")
    if how.deinterlace:
        # One frame from each frame: the rate stays as it is.
        stream = stream.filter("bwdif", mode="send_frame", parity="auto", deint="all")
    if how.cutout is not None:
        stream = _cut_out(stream, how.cutout)
    stream = _resize(stream, how)
    if how.tone_map is not None:
        stream = _tone_map(stream, how.tone_map)
    if how.wide_gamut is not None:
        stream = _narrow(stream, _coded(how.wide_gamut, how))
    stream = stream.filter("format", "yuv420p")
    if how.canvas.padded:
        stream = stream.filter("pad", how.canvas.width, how.canvas.height, "(ow-iw)/2", "(oh-ih)/2", "black")
    return stream.filter("setsar", 1)


def retime(stream: Any, rate: Fraction) -> Any:
    """Put a stream on a constant frame rate that begins at zero."""
    return stream.filter("setpts", "PTS-STARTPTS").filter("fps", fps=ratio(rate))


def ratio(value: Fraction) -> str:
    """Write an exact number as ffmpeg reads it."""
    return f"{value.numerator}/{value.denominator}"


def _cut_out(stream: Any, cutout: Cutout) -> Any:
    """Crop in the pixels that the frames have here: turned upright by ffmpeg, but not made square yet."""
    box = cutout.box
    if cutout.square_pixels:
        return stream.filter("crop", box.width, box.height, box.left, box.top)
    wide = [f"iw*{value}/{cutout.width}" for value in (box.width, box.left)]
    high = [f"ih*{value}/{cutout.height}" for value in (box.height, box.top)]
    return stream.filter("crop", wide[0], high[0], wide[1], high[1])


def _resize(stream: Any, how: Reshape) -> Any:
    inner = (how.canvas.inner_width, how.canvas.inner_height)
    colours = {"out_color_matrix": "bt709", "out_range": "tv"} if how.rgb else {}
    if how.resize == "scale":
        return stream.filter("scale", *inner, flags=_SCALER, **colours)
    if colours:
        stream = stream.filter("scale", flags=_SCALER, **colours)
    return stream.filter("crop", *inner, 0, 0) if how.resize == "cut" else stream


def _tone_map(stream: Any, transfer: str) -> Any:
    """Map PQ or HLG to BT.709, in linear light.

    The input is declared as what HDR video is, since half of it is tagged in part only and zscale then refuses it.
    """
    stream = stream.filter("setparams", color_primaries="bt2020", color_trc=transfer, colorspace="bt2020nc")
    stream = stream.filter("zscale", transfer="linear", npl=_HDR_PEAK_NITS).filter("format", "gbrpf32le")
    stream = stream.filter("zscale", primaries="bt709").filter("tonemap", tonemap="mobius", desat=0)
    return stream.filter("zscale", transfer="bt709", matrix="bt709", range="tv")


def _coded(gamut: WideGamut, how: Reshape) -> WideGamut:
    """Say how the samples are coded once they are resized, with the usual where the file does not say it.

    The matrix that comes out of RGB is BT.709's. Primaries of plain video under BT.2020's matrix stay what they are.
    """
    primaries = "bt709" if gamut.primaries == "unknown" else gamut.primaries
    usual = "bt2020nc" if primaries == "bt2020" else "bt709"
    matrix = gamut.matrix if gamut.matrix in _MATRICES and not how.rgb else "bt709" if how.rgb else usual
    return WideGamut(primaries, gamut.transfer if gamut.transfer in _CURVES else "bt709", matrix)


def _narrow(stream: Any, gamut: WideGamut) -> Any:
    """Convert SDR in other primaries or another matrix to BT.709, in linear light; what BT.709 lacks is clipped.

    The curve of sRGB is kept, as everywhere in SDR: readers take it for BT.709's, and its greys would become paler.
    """
    declared = {"color_primaries": gamut.primaries, "color_trc": gamut.transfer, "colorspace": gamut.matrix}
    curve = gamut.transfer if gamut.transfer == "iec61966-2-1" else "bt709"
    stream = stream.filter("format", _PLANAR).filter("setparams", **declared)
    stream = stream.filter("zscale", primaries="bt709", transfer=curve, matrix="bt709", range="tv")
    return stream.filter("setparams", color_trc="bt709")
