"""Which rules a profile may speak of, and which keys each of them takes."""

from dataclasses import dataclass

COMMON_KEYS = ("strength", "source", "unit", "remote", "note", "read")
RANGE_KEYS = ("accept", "safe", "aim")
CHOICE_KEYS = ("choices", "safe_choices", "aim_choice")

UPLOAD_RULE, SEVERAL_PEOPLE = "F004", "P302"
"""The rules whose limits say what the provider's own upload takes, and whose faces are in front."""
LENGTH_RULES = ("V105", "A402")
"""The rules whose limits say how long a video and an audio track may be."""


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """What a limit of one rule may hold: a range, choices, and bands by name; with `billed` it knows the price."""

    name: str
    has_range: bool = False
    has_choices: bool = False
    bands: tuple[str, ...] = ()
    billed: bool = False

    def keys(self) -> tuple[str, ...]:
        """Every key that the table of this rule may hold."""
        of_kind = RANGE_KEYS * self.has_range + CHOICE_KEYS * self.has_choices
        return COMMON_KEYS + of_kind + ("bands",) * bool(self.bands)


CATALOGUE: dict[str, CatalogueEntry] = {
    "F001": CatalogueEntry("file-unreadable"),
    "F002": CatalogueEntry("file-is-lfs-pointer"),
    "F003": CatalogueEntry("extension-does-not-match-content", has_choices=True),
    UPLOAD_RULE: CatalogueEntry("file-not-uploadable", has_range=True, has_choices=True),
    "V101": CatalogueEntry("video-container", has_choices=True),
    "V102": CatalogueEntry("video-codec", has_choices=True),
    "V103": CatalogueEntry("video-edge-length", has_range=True),
    "V104": CatalogueEntry("video-frame-rate", has_range=True),
    "V105": CatalogueEntry("video-duration", has_range=True),
    "V106": CatalogueEntry("video-file-size", has_range=True),
    "V201": CatalogueEntry("video-rotation"),
    "V202": CatalogueEntry("video-variable-frame-rate", has_range=True, bands=("jitter",)),
    "V203": CatalogueEntry("video-pixel-aspect"),
    "V204": CatalogueEntry("video-dynamic-range", has_choices=True, bands=("bit_depth",)),
    "V205": CatalogueEntry("video-interlaced"),
    "V206": CatalogueEntry("video-edit-list"),
    "V207": CatalogueEntry("video-frozen-or-black", bands=("black", "frozen")),
    "P301": CatalogueEntry("face-absent"),
    SEVERAL_PEOPLE: CatalogueEntry("several-people", bands=("least_share", "yaw")),
    "P303": CatalogueEntry("face-too-small", bands=("least_pixels", "least_share", "tolerance")),
    "P304": CatalogueEntry("face-not-frontal", bands=("yaw", "frontal", "hardly", "down", "up", "sideways")),
    "P305": CatalogueEntry("face-partly-absent", bands=("gap",)),
    "P306": CatalogueEntry("face-unclear", bands=("sharpness", "darkest", "brightest", "share")),
    "P307": CatalogueEntry("reference-not-in-video"),
    "P308": CatalogueEntry("mouth-covered", bands=("seconds", "share")),
    "A401": CatalogueEntry("audio-format", has_choices=True),
    "A402": CatalogueEntry("audio-duration", has_range=True),
    "A403": CatalogueEntry("audio-file-size", has_range=True),
    "A404": CatalogueEntry("audio-several-tracks"),
    "A501": CatalogueEntry("audio-no-speech"),
    "A502": CatalogueEntry("audio-quiet", bands=("quiet", "target", "ceiling")),
    "A503": CatalogueEntry("audio-clipped", bands=("per_million",)),
    "A504": CatalogueEntry("audio-noisy", bands=("mean", "median")),
    "A505": CatalogueEntry("audio-music", bands=("faint",)),
    "A506": CatalogueEntry("audio-mostly-silent", bands=("share",)),
    "A507": CatalogueEntry("audio-telephone-band", bands=("hertz",)),
    "A508": CatalogueEntry("audio-channel-fault"),
    "A509": CatalogueEntry("audio-dc-offset", bands=("offset",)),
    "I601": CatalogueEntry("image-format", has_choices=True),
    "I602": CatalogueEntry("image-file-size", has_range=True),
    "I603": CatalogueEntry("image-aspect-ratio", has_range=True),
    "I604": CatalogueEntry("image-edge-length", has_range=True),
    "I605": CatalogueEntry("image-face-count", has_range=True),
    "I606": CatalogueEntry("image-face-not-frontal", bands=("yaw", "pitch", "roll", "rejected")),
    "I607": CatalogueEntry("image-face-unclear", bands=("sharpness", "darkest", "brightest", "eye_distance")),
    "I608": CatalogueEntry("image-orientation"),
    "R701": CatalogueEntry("face-threshold-range", has_range=True),
    "R702": CatalogueEntry("face-threshold-without-reference"),
    "R703": CatalogueEntry("callback-url", has_range=True, has_choices=True),
    "R704": CatalogueEntry("url-not-public", has_choices=True, bands=("seconds",)),
    "R705": CatalogueEntry("length-mismatch", bands=("tolerance", "lost_share", "lost_seconds"), billed=True),
    "R706": CatalogueEntry("speech-timing", bands=("lost", "silence"), billed=True),
    "O801": CatalogueEntry("result-incomplete"),
    "O802": CatalogueEntry("result-length", bands=("tolerance",)),
    "O803": CatalogueEntry("result-size", bands=("tolerance",)),
    "O804": CatalogueEntry("result-frame-rate", bands=("tolerance",)),
    "O805": CatalogueEntry("result-sound-differs", bands=("alike", "level", "seconds")),
    "O806": CatalogueEntry("result-sound-shifted", bands=("early", "late", "alike", "level")),
    "O807": CatalogueEntry("result-frozen-or-black", bands=("black", "frozen")),
    "O808": CatalogueEntry("result-mouth-still", bands=("still", "moves", "eyes", "seconds", "own")),
    "O809": CatalogueEntry("result-mouth-out-of-sync", bands=("lag", "eyes", "seconds")),
    "O810": CatalogueEntry("result-other-mouth", bands=("still", "moves", "eyes", "seconds")),
    "O811": CatalogueEntry("result-mouth-moves-in-silence", bands=("moves", "before", "eyes", "seconds")),
    "O812": CatalogueEntry("result-other-person", bands=("same", "apart")),
    "O813": CatalogueEntry("result-more-people"),
    "O814": CatalogueEntry("result-picture-changed", bands=("alike", "colour")),
}
