"""SDR in a wide gamut becomes BT.709: patches of known colours look the same before and after.

The samples of each clip are calculated here from the colours of the patches, and read again here from the output, so
that neither ffmpeg's idea of a matrix nor its defaults can hide a fault on both sides.
"""

import subprocess

import av
import imageio_ffmpeg
import numpy as np
import pytest

from lipready.probe.decoding.upright import Upright
from lipready.repair.choices import Choices
from lipready.repair.plan import plan_job

PATCHES = np.array(
    [
        # Teal, white, black and three greys.
        (61, 151, 174), (255, 255, 255), (0, 0, 0), (200, 200, 200), (122, 122, 121), (52, 52, 52),
        # Skins, light and dark, and lips.
        (194, 150, 130), (115, 82, 68), (241, 206, 184), (62, 40, 32), (176, 84, 88), (98, 122, 157),
        # The saturated ones of a colour chart.
        (87, 108, 67), (133, 128, 177), (103, 189, 170), (214, 126, 44), (80, 91, 166), (193, 90, 99),
        (94, 60, 108), (157, 188, 64), (224, 163, 46), (56, 61, 150), (70, 148, 73), (175, 54, 60),
        (231, 199, 31),
    ]
)  # fmt: skip
"""Red, green and blue of plain video, 0 to 255."""

GRID, SIDE = 5, 128
MOST = 3.0
WHITE = (0.3127, 0.3290)
CHROMATICITIES = {
    "bt709": ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    "bt2020": ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    "smpte432": ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
"""ITU-R BT.709, ITU-R BT.2020, SMPTE EG 432-1; all have D65 as their white."""
LUMA = {"bt709": (0.2126, 0.0722), "bt2020nc": (0.2627, 0.0593), "smpte170m": (0.299, 0.114)}
"""The shares of red and blue."""

HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:crf=8")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "8")


def to_xyz(primaries):
    """Return the matrix from linear red, green and blue to CIE XYZ (SMPTE RP 177)."""
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in CHROMATICITIES[primaries]]).T
    x, y = WHITE
    return columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y])


def linear(codes, curve):
    """Turn codes (0 to 1) into light: BT.1886 for video, IEC 61966-2-1 for what computers draw."""
    if curve != "iec61966-2-1":
        return np.maximum(codes, 0) ** 2.4
    return np.where(codes <= 0.04045, codes / 12.92, ((np.maximum(codes, 0) + 0.055) / 1.055) ** 2.4)


def coded(light, curve):
    light = np.clip(light, 0, 1)
    if curve != "iec61966-2-1":
        return light ** (1 / 2.4)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def wide_codes(primaries, curve):
    """Return the patches in other primaries, 0 to 1."""
    change = np.linalg.solve(to_xyz(primaries), to_xyz("bt709"))
    return coded(linear(PATCHES / 255, curve) @ change.T, curve)


def samples(codes, matrix, depth, *, full):
    """Return brightness and colour difference (Y, Cb, Cr) as numbers of `depth` bits."""
    red, blue = LUMA[matrix]
    luma = codes @ np.array([red, 1 - red - blue, blue])
    chroma = [(codes[:, 2] - luma) / (2 - 2 * blue), (codes[:, 0] - luma) / (2 - 2 * red)]
    unit, top = 2 ** (depth - 8), 2**depth - 1
    if full:
        planes = [luma * top, *(part * top + 128 * unit for part in chroma)]
    else:
        planes = [(16 + 219 * luma) * unit, *((128 + 224 * part) * unit for part in chroma)]
    return np.clip(np.rint(planes), 0, top)


def grid(plane):
    return np.kron(plane.reshape(GRID, GRID), np.ones((SIDE, SIDE)))


@pytest.fixture
def chart(tmp_path):
    """Make a clip of the patches from their samples: `chart(planes, pixels, tags, codec)`."""

    def build(planes, pixels, tags, codec, name="chart.mp4"):
        raw, path = tmp_path / "chart.raw", tmp_path / name
        raw.write_bytes(b"".join(grid(plane).astype("<u2" if "10le" in pixels else "u1").tobytes() for plane in planes))
        source = ("-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{GRID * SIDE}x{GRID * SIDE}", "-r", "25", "-i", raw)
        chain = ("-vf", f"loop=59:1,setparams={tags}")
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", *source, *chain, *codec, path]
        subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=60)
        return path

    return build


def patches_of(path):
    """Read the patches of a BT.709 video as a reader does that knows nothing else: red, green and blue, 0 to 255."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert (int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace)) == (1, 1, 1)
        assert int(frame.color_range) == 1
        planes = [
            _middles(np.frombuffer(p, np.uint8).reshape(p.height, p.line_size)[:, : p.width]) for p in frame.planes
        ]
    luma, blue_part, red_part = (planes[0] - 16) / 219, (planes[1] - 128) / 224, (planes[2] - 128) / 224
    red, blue = LUMA["bt709"]
    r, b = luma + (2 - 2 * red) * red_part, luma + (2 - 2 * blue) * blue_part
    g = (luma - red * r - blue * b) / (1 - red - blue)
    return np.clip(np.stack([r, g, b], axis=1), 0, 1) * 255


def _middles(plane):
    side = plane.shape[0] // GRID
    blocks = plane.reshape(GRID, side, GRID, side)[:, side // 4 : -side // 4, :, side // 4 : -side // 4]
    return blocks.mean(axis=(1, 3)).ravel()


def lab(codes):
    """Return CIELAB of red, green and blue as a computer's screen shows them."""
    relative = linear(codes / 255, "iec61966-2-1") @ to_xyz("bt709").T / to_xyz("bt709").sum(axis=1)
    root = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def ciede2000(one, other):
    """Return the colour differences of two lists of CIELAB colours.

    G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-difference formula", Color Research & Application 30 (2005).
    """
    (l1, a1, b1), (l2, a2, b2) = np.asarray(one, float).T, np.asarray(other, float).T
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - np.sqrt(mean**7 / (mean**7 + 25.0**7)) / 2
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    grey = c1 * c2 == 0
    turn = np.where(grey, 0, (h2 - h1 + 180) % 360 - 180)
    hue = np.where(grey, h1 + h2, (h1 + h2) / 2 + np.where(abs(h1 - h2) > 180, np.where(h1 + h2 < 360, 180, -180), 0))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    cosine = [np.cos(np.radians(angle)) for angle in (hue - 30, 2 * hue, 3 * hue + 6, 4 * hue - 63)]
    weight = 1 - 0.17 * cosine[0] + 0.24 * cosine[1] + 0.32 * cosine[2] - 0.20 * cosine[3]
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / np.sqrt(20 + (light - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * chroma * weight)
    bend = 2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    return np.sqrt(dl**2 + dc**2 + dh**2 - bend * dc * dh)


def test_the_formula_gives_the_published_differences():
    pairs = [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1, 2), (50, 0, 0), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ]
    one, other, published = zip(*pairs, strict=True)
    assert ciede2000(one, other) == pytest.approx(published, abs=1e-4)


@pytest.fixture
def assert_converted(profile, tmp_path):
    """Assert that the colours stay, that the finding is gone, and that a second run has nothing to do."""

    def judge(done):
        assert "V204" in {f.rule for f in done.before.findings}
        assert done.rules() == set()
        assert (done.media.primaries, done.media.transfer, done.media.matrix) == ("bt709", "bt709", "bt709")
        assert (done.media.pixel_format, done.media.wide_gamut) == ("yuv420p", False)
        (again,) = plan_job(done.after, profile, Choices(), str(tmp_path / "again")).files
        assert again.already_fine
        difference = ciede2000(lab(PATCHES), lab(patches_of(done.path)))
        assert difference.max() <= MOST, dict(zip(map(tuple, PATCHES.tolist()), difference.round(2), strict=True))

    return judge


@pytest.mark.parametrize(
    ("primaries", "curve", "matrix", "depth"),
    [
        ("bt2020", "bt2020-10", "bt2020nc", 10),
        ("bt2020", "bt2020-10", "bt2020nc", 8),
        ("bt2020", "bt709", "bt709", 8),
        ("smpte432", "bt709", "bt709", 8),
        ("smpte432", "bt709", "smpte170m", 10),
        ("smpte432", "iec61966-2-1", "bt709", 8),
        ("bt709", "bt709", "bt2020nc", 8),
    ],
)
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
def test_colours_stay(chart, repaired, assert_converted, *, primaries, curve, matrix, depth, full):
    planes = samples(wide_codes(primaries, curve), matrix, depth, full=full)
    tags = f"color_primaries={primaries}:color_trc={curve}:colorspace={matrix}:range={'pc' if full else 'tv'}"
    deep = "10le" if depth > 8 else ""
    codec = (*(HEVC if deep else H264), "-pix_fmt", f"yuv420p{deep}")
    done = repaired("video", chart(planes, f"yuv444p{deep}", tags, codec))
    assert "convert-colours" in done.steps()
    assert_converted(done)


@pytest.mark.parametrize(
    ("said", "matrix"),
    [
        ("color_primaries=bt2020", "bt2020nc"),
        ("colorspace=bt2020nc", "bt2020nc"),
        ("color_trc=bt2020-10", "bt2020nc"),
        ("color_primaries=smpte432", "bt709"),
    ],
)
def test_what_is_tagged_in_part_is_taken_for_the_usual(chart, repaired, assert_converted, said, matrix):
    primaries = "bt2020" if matrix == "bt2020nc" else "smpte432"
    planes = samples(wide_codes(primaries, "bt709"), matrix, 8, full=False)
    done = repaired("video", chart(planes, "yuv444p", said, (*H264, "-pix_fmt", "yuv420p")))
    assert_converted(done)


def test_colours_that_are_stored_as_red_green_and_blue(chart, repaired, assert_converted):
    codes = np.rint(wide_codes("smpte432", "iec61966-2-1") * 255)
    planes = codes.T[[1, 2, 0]]
    tags = "color_primaries=smpte432:color_trc=iec61966-2-1:colorspace=gbr:range=pc"
    codec = ("-c:v", "libx264rgb", "-preset", "ultrafast", "-crf", "4")
    done = repaired("video", chart(planes, "gbrp", tags, codec, name="chart.mkv"))
    assert_converted(done)


def test_a_size_that_is_scaled_and_odd(chart, repaired, assert_converted):
    planes = samples(wide_codes("bt2020", "bt2020-10"), "bt2020nc", 10, full=False)
    tags = "color_primaries=bt2020:color_trc=bt2020-10:colorspace=bt2020nc:range=tv,scale=405:405"
    done = repaired("video", chart(planes, "yuv444p10le", tags, (*HEVC, "-pix_fmt", "yuv444p10le"), name="chart.mkv"))
    assert (done.media.width, done.media.height) == (640, 640)
    assert_converted(done)


@pytest.mark.parametrize("matrix", ["bt2020c", "ycgco", "chroma-derived-nc", "ictcp"])
def test_a_matrix_that_scaling_does_not_know_is_looked_at_and_repaired(clip, repaired, matrix):
    tags = ("-vf", f"setparams=color_primaries=bt2020:color_trc=bt2020-10:colorspace={matrix}")
    path = clip("odd.mkv", size="500x400", options=tags)
    done = repaired("video", path)
    assert done.rules() == set()
    assert (done.media.width, done.media.primaries, done.media.matrix) == (800, "bt709", "bt709")
    with av.open(str(path)) as container:
        shown = Upright.of(done.before.facts.video.media).image(next(container.decode(video=0)))
    assert shown.shape == (400, 500, 3)


def test_the_plan_names_the_gamut(chart, repaired):
    tags = "color_primaries=smpte432:color_trc=bt709:colorspace=bt709"
    planes = samples(wide_codes("smpte432", "bt709"), "bt709", 8, full=False)
    done = repaired("video", chart(planes, "yuv444p", tags, (*H264, "-pix_fmt", "yuv420p")))
    (finding,) = (f for f in done.before.findings if f.rule == "V204")
    assert finding.measured == "SDR in wide gamut (Display P3)"
    assert "Convert the colours (Display P3) to BT.709." in {step.text for step in done.plan.steps}
