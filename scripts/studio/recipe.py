"""Recipes: what fixtures/recipes.toml says, and what a fixture is made from."""

import hashlib
import importlib.util
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
RECIPES = REPOSITORY / "fixtures" / "recipes.toml"
MADE = REPOSITORY / "fixtures" / "made"


class FixtureError(Exception):
    """A fixture cannot be made; one sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture that comes inside a package. Places are in pixels of that picture, x before y."""

    path: Path
    face: tuple[int, int]
    mouth: tuple[int, int]
    mouth_width: int
    chin: int
    outline: tuple[tuple[int, int], ...]


@cache
def recipes() -> dict[str, dict[str, Any]]:
    """Every recipe by the name of its file, in the order of recipes.toml (a source stands before what uses it).

    Behind every film stands its ground truth: of turns.mp4, turns.json.
    """
    every: dict[str, dict[str, Any]] = {}
    for name, entry in _document().items():
        if name == "portraits":
            continue
        every[name] = entry
        if entry["kind"] == "film":
            every[str(Path(name).with_suffix(".json"))] = {"kind": "truth", "source": name}
    return every


@cache
def portrait(name: str) -> Portrait:
    """Find a portrait inside the package that carries it, and check that it is the picture which was measured.

    Raises FixtureError where the package is missing or carries another picture.
    """
    entry = _document()["portraits"][name]
    spec = importlib.util.find_spec(entry["package"])
    if spec is None or not spec.submodule_search_locations:
        raise FixtureError(
            f"The portrait {name!r} comes inside the package {entry['package']!r}, which is not installed: "
            "install the development dependencies (`pip install -e . --group dev`)."
        )
    path = Path(spec.submodule_search_locations[0]) / entry["path"]
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
        raise FixtureError(
            f"{path} is not the picture that fixtures/recipes.toml was written for: measure the new one and put its "
            "sha256 and its places there."
        )
    mouth = entry["mouth"]
    outline = tuple((x, y) for x, y in entry["outline"])
    return Portrait(path, tuple(entry["face"]), tuple(mouth["centre"]), mouth["width"], mouth["chin"], outline)


@cache
def fingerprint(name: str) -> str:
    """Give a sha256 over all that decides what a fixture looks like: recipe, sources, the studio's code and ffmpeg."""
    entry = recipes()[name]
    ingredients = {
        "recipe": entry,
        "portraits": _document()["portraits"],
        "studio": _studio_code(),
        "ffmpeg": _ffmpeg_version(),
        "sources": [fingerprint(entry[key]) for key in ("source", "speech") if entry.get(key) in recipes()],
    }
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()


@cache
def _document() -> dict[str, Any]:
    with RECIPES.open("rb") as file:
        return tomllib.load(file)


@cache
def _studio_code() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@cache
def _ffmpeg_version() -> str:
    from imageio_ffmpeg import get_ffmpeg_version

    return str(get_ffmpeg_version())
