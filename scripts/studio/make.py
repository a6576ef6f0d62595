"""Make fixtures from their recipes: only what is missing or out of date, and never by two processes at once."""

import fcntl
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from studio import encoder, film, head, panorama, voice
from studio.recipe import MADE, FixtureError, fingerprint, portrait, recipes
from studio.truth import truth

Maker = Callable[[dict[str, Any], Path, Path], None]

# Stored row and column order that each EXIF orientation asks a viewer to undo, as calls of numpy.rot90.
QUARTER_TURNS_TO_STORE = {1: 0, 3: 2, 6: 1, 8: 3}
EXIF_ORIENTATION = 0x0112


def make(names: Sequence[str] = (), folder: Path = MADE) -> dict[str, Path]:
    """Make the named fixtures (all of them without a name) and what they need; return the path of each by name.

    What is there and current is left alone. Raises FixtureError for an unknown name or a failure.
    """
    unknown = [name for name in names if name not in recipes()]
    if unknown:
        raise FixtureError(
            f"There is no recipe for {unknown[0]!r} in fixtures/recipes.toml: it has {', '.join(recipes())}."
        )
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        for name in recipes():
            if not names or name in names:
                _make_one(name, folder)
    return {name: folder / name for name in names or recipes()}


def is_current(name: str, folder: Path = MADE) -> bool:
    """Whether a fixture is there, whole, and made from the recipe as it stands."""
    path, stamp = folder / name, _stamp(name, folder)
    try:
        noted = json.loads(stamp.read_text())
        return bool(noted == {"fingerprint": fingerprint(name), "bytes": path.stat().st_size})
    except (FileNotFoundError, ValueError):
        return False


def _make_one(name: str, folder: Path) -> None:
    recipe = recipes()[name]
    for needed in (recipe.get("source"), recipe.get("speech")):
        if needed in recipes():
            _make_one(needed, folder)
    if is_current(name, folder):
        return
    path = folder / name
    unfinished = path.with_name(f".unfinished-{name}")
    MAKERS[recipe["kind"]](recipe, unfinished, folder)
    unfinished.replace(path)
    stamp = _stamp(name, folder)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(json.dumps({"fingerprint": fingerprint(name), "bytes": path.stat().st_size}))


def _stamp(name: str, folder: Path) -> Path:
    return folder / ".stamps" / f"{name}.json"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process makes fixtures in this folder. The system frees the lock of one that died."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_speech(recipe: dict[str, Any], output: Path, _folder: Path) -> None:
    samples, sample_rate = voice.speak(recipe["text"], recipe["voice"], recipe["words_per_minute"])
    encoder.write_wave(voice.fit(samples, sample_rate, Fraction(recipe["seconds"])), sample_rate, output)


def _make_transcode(recipe: dict[str, Any], output: Path, folder: Path) -> None:
    length = ["-t", recipe["seconds"]]
    encoder.run(["-i", folder / recipe["source"], *length, *recipe["encode"], *encoder.REPEATABLE, output])


def _make_pattern(recipe: dict[str, Any], output: Path, _folder: Path) -> None:
    source = ["-f", "lavfi", "-t", recipe["seconds"], "-i", recipe["source"]]
    encoder.run([*source, *recipe["encode"], *encoder.REPEATABLE, output])


def _make_talking_heads(recipe: dict[str, Any], output: Path, folder: Path) -> None:
    frame_rate, seconds = Fraction(recipe["frame_rate"]), Fraction(recipe["seconds"])
    turned = recipe.get("stored_turned", 0)
    width, height = recipe["size"]
    size = (height, width) if turned in {90, 270} else (width, height)
    sound = folder / recipe["speech"]
    options = {} if "-an" in recipe["encode"] else {"sound": sound, "seconds": seconds}
    # Stored clockwise by as much as the player is to turn it back counter-clockwise.
    frames = (np.rot90(frame, -turned // 90) for frame in _frames(recipe, sound, frame_rate, int(seconds * frame_rate)))
    if not turned:
        encoder.encode_pictures(frames, size, frame_rate, recipe["encode"], output, **options)
        return
    lying = output.with_name(f".lying{output.name}")
    encoder.encode_pictures(frames, size, frame_rate, recipe["encode"], lying, **options)
    encoder.turn_on_screen(lying, turned, output)
    lying.unlink()


def _frames(recipe: dict[str, Any], sound: Path, frame_rate: Fraction, count: int) -> Iterator[head.Picture]:
    width, height = recipe["size"]
    heads = recipe["heads"]
    each = (width // len(heads), height)
    stages = [head.set_stage(portrait(entry["portrait"]), entry["scale"], each) for entry in heads]
    openings = voice.loudness(*encoder.read_wave(sound), frame_rate, count)
    for index in range(count):
        # Every head moves in its own time.
        yield np.hstack(
            [
                head.render(stage, float(index / frame_rate) + 1.1 * place, openings[index] if entry["speaks"] else 0.0)
                for place, (stage, entry) in enumerate(zip(stages, heads, strict=True))
            ]
        )


def _make_portrait(recipe: dict[str, Any], output: Path, _folder: Path) -> None:
    stage = head.set_stage(portrait(recipe["portrait"]), recipe["scale"], tuple(recipe["size"]))
    _save_jpeg(head.still(stage), output, recipe)


def _make_panorama(recipe: dict[str, Any], output: Path, _folder: Path) -> None:
    scene = panorama.landscape(tuple(recipe["size"]))
    _save_jpeg(panorama.place(portrait(recipe["portrait"]), recipe["scale"], recipe["left"], scene), output, recipe)


def _save_jpeg(picture: head.Picture, output: Path, recipe: dict[str, Any]) -> None:
    from PIL import Image

    orientation = recipe.get("orientation", 1)
    exif = Image.Exif()
    if orientation != 1:
        exif[EXIF_ORIENTATION] = orientation
    stored = np.rot90(picture[..., ::-1], QUARTER_TURNS_TO_STORE[orientation])
    image = Image.fromarray(np.ascontiguousarray(stored))
    image.save(output, format="JPEG", quality=recipe["quality"], exif=exif)


def _make_film(recipe: dict[str, Any], output: Path, _folder: Path) -> None:
    width, height = recipe["size"]
    frame_rate = Fraction(recipe["frame_rate"])
    encoder.encode_pictures(film.pictures(recipe), (width, height), frame_rate, recipe["encode"], output)


def _make_truth(recipe: dict[str, Any], output: Path, _folder: Path) -> None:
    output.write_text(json.dumps(truth(recipes()[recipe["source"]]), indent=1) + "\n", encoding="ascii")


MAKERS: dict[str, Maker] = {
    "speech": _make_speech,
    "transcode": _make_transcode,
    "pattern": _make_pattern,
    "talking-heads": _make_talking_heads,
    "portrait": _make_portrait,
    "panorama": _make_panorama,
    "film": _make_film,
    "truth": _make_truth,
}
