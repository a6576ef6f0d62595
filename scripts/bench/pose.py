"""Yaw, pitch and roll on rendered films, against the angles at which they were rendered.

    python scripts/bench/pose.py [--films NAME ...]

Every frame of the films is decoded, its faces are found and meshed by the product, and each is compared with the truth
of the same place. Prints the mean errors in degrees beside solvePnP, the usual way: the same landmarks and the same
mean face, seen in the flat picture through a guessed focal length (the picture's width). Targets, for heads turned up
to 30° on every axis: yaw ≤ 5°, pitch ≤ 7°, roll ≤ 3°. Exit status 1 when one is missed, when beyond 30° what is read
does not grow with the true angle, or when a face of the turning films that is turned up to 30° is not found.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lipready.faces.detection.landmarks import Mesh, Pose, angles_of, mean_face, pose_of
from lipready.faces.models.engine import engine
from studio.make import make

AXES = ("yaw", "pitch", "roll")
TARGETS = {"yaw": 5.0, "pitch": 7.0, "roll": 3.0}
SWEEPS = {f"turns_{axis}.mp4": axis for axis in AXES}
FILMS = (*SWEEPS, "turns_mixed.mp4", "sizes.mp4", "blur.mp4", "dark.mp4")
NEAR = 30.0
SAME_PLACE = 0.3
BINS = ((0, 15), (15, 30), (30, 45), (45, 60))


@dataclass(frozen=True, slots=True)
class Reading:
    """One true face: the film, the truth (yaw, pitch, roll), and what was read, None where no face was found."""

    film: str
    person: str
    true: tuple[float, float, float]
    ours: tuple[float, float, float] | None
    guessed: tuple[float, float, float] | None

    @property
    def near(self) -> bool:
        """Whether the head is turned up to 30° on every axis."""
        return max(map(abs, self.true)) <= NEAR


def main() -> int:
    """Print the tables; see the module for the exit status."""
    parser = argparse.ArgumentParser(description="Measure yaw, pitch and roll on rendered films.")
    parser.add_argument("--films", nargs="+", default=FILMS, metavar="NAME", help="films of fixtures/recipes.toml")
    readings = [reading for film in parser.parse_args().films for reading in readings_of(film)]
    _by_film(readings)
    _by_angle(readings)
    misses = [*_missed_targets(readings), *_not_growing(readings), *_not_found(readings)]
    for miss in misses:
        print(f"MISS: {miss}")
    if not misses:
        print("PASS: every target is met.")
    return 1 if misses else 0


def readings_of(film: str) -> Iterator[Reading]:
    """Look at every frame of a film of fixtures/recipes.toml and pair what is found with the truth."""
    sidecar = str(Path(film).with_suffix(".json"))
    paths = make([film, sidecar])
    frames = json.loads(paths[sidecar].read_text(encoding="ascii"))["frames"]
    for image, frame in zip(_pictures(paths[film]), frames, strict=True):
        meshes = _meshes(image)
        for face in frame["faces"]:
            true = (face["yaw"], face["pitch"], face["roll"])
            mesh = next((m for m in meshes if _overlap(m, face["box"]) > SAME_PLACE), None)
            ours = None if mesh is None else _angles(pose_of(mesh))
            guessed = None if mesh is None else _angles(_solve_pnp(mesh, image.shape[1], image.shape[0]))
            yield Reading(film, face["person"], true, ours, guessed)


def _pictures(path: Path) -> Iterator[NDArray[np.uint8]]:
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0]):
            yield frame.to_ndarray(format="rgb24")


def _meshes(image: NDArray[np.uint8]) -> list[Mesh]:
    models = engine()
    found = models.detector.candidates(image)
    return [models.mesher.mesh(image, candidate.area, candidate.eyes) for candidate in found]


def _overlap(mesh: Mesh, box: list[float]) -> float:
    area = mesh.area
    return area.overlap(type(area)(*box))


def _angles(pose: Pose) -> tuple[float, float, float]:
    return pose.yaw, pose.pitch, pose.roll


def _solve_pnp(mesh: Mesh, width: int, height: int) -> Pose:
    indices, mean = mean_face()
    camera = np.array([[width, 0, width / 2], [0, width, height / 2], [0, 0, 1]], np.float64)
    flat = mesh.points[indices, :2].astype(np.float64)
    _, turn, _ = cv2.solvePnP(mean, flat, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    return angles_of(cv2.Rodrigues(turn)[0])


def _errors(readings: Iterable[Reading], axis: int, what: str = "ours") -> list[float]:
    pairs = [(getattr(reading, what), reading.true) for reading in readings]
    return [abs(read[axis] - true[axis]) for read, true in pairs if read is not None]


def _mean(values: list[float]) -> str:
    return f"{np.mean(values):.1f}" if values else "–"


def _row(name: str, chosen: list[Reading]) -> str:
    cells = [_mean(_errors(chosen, axis, what)) for what in ("ours", "guessed") for axis in range(3)]
    found = sum(reading.ours is not None for reading in chosen)
    return f"{name:<26}{found:>4}/{len(chosen):<4}" + "".join(f"{cell:>8}" for cell in cells)


def _by_film(readings: list[Reading]) -> None:
    heading = "".join(f"{axis:>8}" for axis in AXES)
    print(f"{'mean error, degrees':<35}{'the fit':>16}{'solvePnP':>26}")
    print(f"{'heads up to 30°':<26}{'found':>9}{heading}{heading}")
    near = [reading for reading in readings if reading.near]
    for film in dict.fromkeys(reading.film for reading in near):
        print(_row(film, [reading for reading in near if reading.film == film]))
    for person in dict.fromkeys(reading.person for reading in near):
        print(_row(f"all films, {person}", [reading for reading in near if reading.person == person]))
    print(_row("all films", near))


def _by_angle(readings: list[Reading]) -> None:
    print("\nby true angle: mean error (mean of what was read, signed towards the turn)")
    for film, axis in SWEEPS.items():
        number = AXES.index(axis)
        cells = []
        for low, high in BINS:
            chosen = [
                r for r in readings if r.film == film and r.ours and low <= abs(r.true[number]) < high + (high == 60)
            ]
            if chosen:
                read = np.mean([r.ours[number] * np.sign(r.true[number] or 1) for r in chosen if r.ours])
                cells.append(f"{low}–{high}°: {_mean(_errors(chosen, number))} ({read:.0f})")
        print(f"{axis:<8}" + "   ".join(cells))


def _missed_targets(readings: list[Reading]) -> Iterator[str]:
    """Hold the mean of all films to the targets, and each sweep on its own."""
    near = [reading for reading in readings if reading.near]
    groups = {"all films": near} | {film: [r for r in near if r.film == film] for film in (*SWEEPS, "turns_mixed.mp4")}
    for name, group in groups.items():
        for number, axis in enumerate(AXES):
            errors = _errors(group, number)
            if errors and np.mean(errors) > TARGETS[axis]:
                yield f"{name}: {axis} {np.mean(errors):.1f}° (target ≤ {TARGETS[axis]:.0f}°)"


def _not_growing(readings: list[Reading]) -> Iterator[str]:
    """Beyond 30° a larger angle must never be read as a clearly smaller one: the means of steps of 15° must grow."""
    for film, axis in SWEEPS.items():
        for person in ("astronaut", "hopper"):
            for sign in (-1, 1):
                for read, before in _steps(readings, film, person, AXES.index(axis), sign):
                    if read <= before:
                        yield f"{film}: {person}, {axis} reads {read:.0f}° where a smaller angle read {before:.0f}°"


def _steps(readings: list[Reading], film: str, person: str, axis: int, sign: int) -> Iterator[tuple[float, float]]:
    means = []
    for low, high in BINS:
        reads = [
            sign * r.ours[axis]
            for r in readings
            if r.film == film and r.person == person and r.ours and low < sign * r.true[axis] <= high
        ]
        if reads:
            means.append(float(np.mean(reads)))
    yield from zip(means[1:], means, strict=False)


def _not_found(readings: list[Reading]) -> Iterator[str]:
    missing: dict[str, int] = {}
    for reading in readings:
        if reading.film.startswith("turns") and reading.near and reading.ours is None:
            missing[reading.film] = missing.get(reading.film, 0) + 1
    for film, count in missing.items():
        yield f"{film}: no face in {count} frames that show one turned up to 30°"


if __name__ == "__main__":
    sys.exit(main())
