"""Which flag decides on which repair, and what the user has decided."""

from lipready.errors import UsageError
from lipready.facts.job import JobFacts
from lipready.repair.choices import Choices

FLAGS: dict[str, dict[str, str]] = {
    "video": {
        "trim": "--trim START:END",
        "extend": "--extend",
        "choose-person": "--person N",
        "crop": "--crop",
        "salvage": "--salvage",
    },
    "audio": {
        "trim": "--trim-audio START:END or --trim-audio best",
        "pad": "--extend",
        "trim-silence": "--trim-silence",
        "denoise": "--denoise",
        "salvage": "--salvage",
    },
    "reference": {"choose-person": "--person N", "crop-image": ""},
    "job": {
        "extend": "--extend",
        "trim": "--trim START:END",
        "choose-person": "--person N",
        "trim-silence": "--trim-silence",
    },
}
"""For each role, the flag that asks for an editorial repair."""


def decided(role: str, choices: Choices) -> frozenset[str]:
    """Name the editorial repairs that the user has decided on."""
    trim = choices.trim_audio if role == "audio" else choices.trim
    given = {"trim": trim is not None, "extend": choices.extend, "pad": choices.extend, "crop": choices.crop}
    given |= {"trim-silence": choices.trim_silence, "denoise": choices.denoise, "salvage": choices.salvage}
    given["choose-person"] = choices.person is not None
    return frozenset(name for name, asked in given.items() if asked)


def check_choices(facts: JobFacts, choices: Choices) -> None:
    """Raise UsageError where a decision is about a file that the job does not have."""
    if choices.trim is not None and facts.video is None:
        raise UsageError("--trim is about the video, and the job has none.")
    if choices.crop and facts.video is None:
        raise UsageError("--crop is about the picture of the video, and the job has none.")
    if choices.trim_audio is not None and facts.audio is None:
        raise UsageError("--trim-audio is about the audio track, and the job has none.")
    if choices.trim_silence and facts.audio is None:
        raise UsageError("--trim-silence is about the audio track, and the job has none.")
    if choices.denoise and facts.audio is None:
        raise UsageError("--denoise is about the audio track, and the job has none.")
    if choices.person is not None and facts.video is None:
        raise UsageError("A person is chosen, and the job has no video to find anybody in.")
