"""Which rules a profile may speak of, and which keys each of them takes."""

from dataclasses import dataclass

COMMON_KEYS = ("strength", "source", "unit", "remote", "note", "read")
RANGE_KEYS = ("accept", "safe", "aim")
CHOICE_KEYS = ("choices", "safe_choices", "aim_choice")

UPLOAD_RULE = "F004"
"""The rule whose limit says what the provider's own upload takes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a limit of one rule may hold: a range, choices, and bands by name; with `billed` it knows the price."""

    name: str
    has_range: bool = False
    has_choices: bool = False
    bands: tuple[str, ...] = ()
    billed: bool = False

    def keys(self) -> tuple[str, ...]:
        """Every key that the table of this rule may hold."""
        return (
            *COMMON_KEYS,
            *(RANGE_KEYS if self.has_range else ()),
            *(CHOICE_KEYS if self.has_choices else ()),
            *(("bands",) if self.bands else ()),
        )


CATALOGUE: dict[str, Entry] = {
    "F001": Entry("file-unreadable"),
    "F002": Entry("file-is-lfs-pointer"),
    "F003": Entry("extension-does-not-match-content", has_choices=True),
    UPLOAD_RULE: Entry("file-not-uploadable", has_range=True, has_choices=True),
    "V101": Entry("video-container", has_choices=True),
    "V102": Entry("video-codec", has_choices=True),
    "V103": Entry("video-edge-length", has_range=True),
    "V104": Entry("video-frame-rate", has_range=True),
    "V105": Entry("video-duration", has_range=True),
    "V106": Entry("video-file-size", has_range=True),
    "V201": Entry("video-rotation"),
    "V202": Entry("video-variable-frame-rate", has_range=True, bands=("jitter",)),
    "V203": Entry("video-pixel-aspect"),
    "V204": Entry("video-dynamic-range", has_choices=True, bands=("bit_depth",)),
    "V205": Entry("video-interlaced"),
    "V206": Entry("video-edit-list"),
    "V207": Entry("video-frozen-or-black", bands=("black", "frozen")),
    "P301": Entry("face-absent"),
    "P302": Entry("several-people"),
    "P303": Entry("face-too-small", bands=("least_pixels", "least_share", "tolerance")),
    "P304": Entry("face-not-frontal", bands=("yaw", "frontal", "hardly", "down", "up", "sideways")),
    "P305": Entry("face-partly-absent", bands=("gap",)),
    "P306": Entry("face-unclear", bands=("sharpness", "darkest", "brightest", "share")),
    "P307": Entry("reference-not-in-video"),
    "P308": Entry("mouth-covered", bands=("seconds", "share")),
    "A401": Entry("audio-format", has_choices=True),
    "A402": Entry("audio-duration", has_range=True),
    "A403": Entry("audio-file-size", has_range=True),
    "A404": Entry("audio-several-tracks"),
    "A501": Entry("audio-no-speech"),
    "A502": Entry("audio-quiet", bands=("quiet", "target", "ceiling")),
    "A503": Entry("audio-clipped", bands=("per_million",)),
    "A504": Entry("audio-noisy", bands=("mean", "median")),
    "A505": Entry("audio-music", bands=("faint",)),
    "A506": Entry("audio-mostly-silent", bands=("share",)),
    "A507": Entry("audio-telephone-band", bands=("hertz",)),
    "A508": Entry("audio-channel-fault"),
    "A509": Entry("audio-dc-offset", bands=("offset",)),
    "I601": Entry("image-format", has_choices=True),
    "I602": Entry("image-file-size", has_range=True),
    "I603": Entry("image-aspect-ratio", has_range=True),
    "I604": Entry("image-edge-length", has_range=True),
    "I605": Entry("image-face-count", has_range=True),
    "I606": Entry("image-face-not-frontal", bands=("yaw", "pitch", "roll", "rejected")),
    "I607": Entry("image-face-unclear", bands=("sharpness", "darkest", "brightest", "eye_distance")),
    "I608": Entry("image-orientation"),
    "R701": Entry("face-threshold-range", has_range=True),
    "R702": Entry("face-threshold-without-reference"),
    "R703": Entry("callback-url", has_range=True, has_choices=True),
    "R704": Entry("url-not-public", has_choices=True, bands=("seconds",)),
    "R705": Entry("length-mismatch", bands=("tolerance", "lost_share", "lost_seconds"), billed=True),
    "R706": Entry("speech-timing", bands=("lost", "silence"), billed=True),
}
