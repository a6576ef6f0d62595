"""Every rule, in the order of the documentation."""

from difflib import get_close_matches

from lipready.errors import UsageError
from lipready.rules import (
    address,
    audio,
    background,
    clarity,
    face,
    file,
    image,
    length,
    level,
    people,
    picture,
    pose,
    request,
    speech,
    speech_timing,
    timing,
    video,
)
from lipready.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    file.UNREADABLE,
    file.LFS_POINTER,
    file.EXTENSION,
    request.UPLOAD,
    video.CONTAINER,
    video.CODEC,
    video.EDGE_LENGTH,
    video.FRAME_RATE,
    video.DURATION,
    video.FILE_SIZE,
    picture.ROTATION,
    timing.VARIABLE_FRAME_RATE,
    picture.PIXEL_ASPECT,
    picture.DYNAMIC_RANGE,
    picture.INTERLACED,
    timing.EDIT_LIST,
    timing.FROZEN_OR_BLACK,
    people.FACE_ABSENT,
    people.SEVERAL_PEOPLE,
    face.TOO_SMALL,
    pose.NOT_FRONTAL,
    face.PARTLY_ABSENT,
    clarity.UNCLEAR,
    people.NOT_IN_VIDEO,
    face.COVERED_MOUTH,
    audio.FORMAT,
    audio.DURATION,
    audio.FILE_SIZE,
    audio.SEVERAL_TRACKS,
    speech.NO_SPEECH,
    level.QUIET,
    level.CLIPPED,
    background.NOISY,
    background.MUSIC,
    speech.MOSTLY_SILENT,
    level.TELEPHONE_BAND,
    level.CHANNEL_FAULT,
    level.DC_OFFSET,
    image.FORMAT,
    image.FILE_SIZE,
    image.ASPECT_RATIO,
    image.EDGE_LENGTH,
    image.FACE_COUNT,
    pose.IMAGE_NOT_FRONTAL,
    clarity.IMAGE_UNCLEAR,
    image.ORIENTATION,
    request.THRESHOLD_RANGE,
    request.THRESHOLD_WITHOUT_REFERENCE,
    request.CALLBACK_URL,
    address.URL_NOT_PUBLIC,
    length.LENGTH_MISMATCH,
    speech_timing.SPEECH_TIMING,
)


def find_rule(id_or_name: str) -> Rule:
    """Return the rule with this id ("V104", in any case) or name ("video-frame-rate").

    Raises UsageError, with what may have been meant.
    """
    wanted = id_or_name.strip()
    for rule in RULES:
        if wanted.upper() == rule.id or wanted.lower() == rule.name:
            return rule
    raise unknown(id_or_name)


def select(selector: str) -> frozenset[str]:
    """Return the ids of the rules that an id, the beginning of ids ("V1") or a name means.

    Raises UsageError where it means none.
    """
    wanted = selector.strip()
    found = frozenset(
        rule.id for rule in RULES if wanted and (rule.id.startswith(wanted.upper()) or rule.name == wanted.lower())
    )
    if not found:
        raise unknown(selector)
    return found


def unknown(selector: str) -> UsageError:
    """Build the error for a rule that is not there."""
    words = [word for rule in RULES for word in (rule.id, rule.name)]
    close = get_close_matches(selector.strip(), words, n=3, cutoff=0.5) or get_close_matches(
        selector.strip().upper(), words, n=3, cutoff=0.5
    )
    hint = f"did you mean {' or '.join(close)}?" if close else "`lipready rules` lists them all."
    return UsageError(f"There is no rule {selector!r}; {hint}")
