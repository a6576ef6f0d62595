"""Make src/lipready/faces/mean_face.json, the face to which heads are fitted to read their pose.

Two public-domain portraits that come with Python packages (the astronaut of scikit-image, Grace Hopper of matplotlib)
are meshed as they are and mirrored. The four meshes are brought to one centre, size and direction, averaged, and made
symmetric, over the points that do not move when a face speaks or smiles. Pitch 0 is the mean of how the two hold their
heads. Run it again only when the landmark network changes.
"""

import json
from pathlib import Path

import matplotlib.cbook
import numpy as np
import skimage.data
from PIL import Image

from lipready.faces.detection.detector import Detector
from lipready.faces.detection.landmarks import Mesher, rotation
from lipready.faces.models.weights import ensure_models

TARGET = Path(__file__).parent.parent / "src/lipready/faces/mean_face.json"
PAIRS = (
    *((33, 263), (133, 362), (159, 386), (145, 374), (160, 387), (158, 385), (144, 373), (153, 380)),  # eyes
    *((122, 351), (193, 417), (196, 419)),  # bridge
    *((98, 327), (48, 278), (64, 294), (220, 440)),  # nose
    *((127, 356), (162, 389), (21, 251), (54, 284)),  # temples
    *((103, 332), (67, 297), (109, 338), (69, 299), (108, 337)),  # forehead
)
MIDDLE = (168, 6, 197, 195, 5, 4, 1, 19, 10, 151, 9, 8)


def main() -> None:
    """Write the file."""
    indices = [*(i for pair in PAIRS for i in pair), *MIDDLE]
    other = {a: b for x, y in PAIRS for a, b in ((x, y), (y, x))}
    swap = [indices.index(other.get(i, i)) for i in indices]
    shapes = [_standard(points[indices]) for points in _meshes()]
    mean = shapes[0]
    for _ in range(10):
        turned = [shape @ rotation(shape, mean).T for shape in shapes]
        mean = np.mean(turned, axis=0)
        mean = (mean + mean[swap] * [-1, 1, 1]) / 2
    residual = max(float(np.abs(t - mean).max()) for t in turned)
    upright = _level(mean, [indices.index(33), indices.index(263)])
    data = {"indices": indices, "points": np.round(upright, 5).tolist()}
    TARGET.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="ascii")
    print(f"{len(indices)} points, largest residual {residual:.3f} of the face's size, {TARGET.stat().st_size} bytes")


def _meshes() -> list[np.ndarray]:
    models = ensure_models()
    detector, mesher = Detector(models), Mesher(models)
    hopper = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    meshes = []
    for portrait in (skimage.data.astronaut(), np.asarray(Image.open(hopper).convert("RGB"))):
        for picture in (portrait, np.ascontiguousarray(portrait[:, ::-1])):
            face = detector.candidates(picture)[0]
            meshes.append(mesher.mesh(picture, face.area, face.eyes).points.astype(float))
    return meshes


def _standard(points: np.ndarray) -> np.ndarray:
    centred = points - points.mean(axis=0)
    return centred / np.sqrt((centred**2).sum(axis=1).mean())


def _level(mean: np.ndarray, eyes: list[int]) -> np.ndarray:
    """Take out what the averaging chose at random: a roll or yaw of the whole (a symmetric shape has none)."""
    across = mean[eyes[1]] - mean[eyes[0]]
    if abs(across[1]) + abs(across[2]) > 1e-9 * abs(across[0]):
        raise SystemExit("The mean face is not symmetric.")
    return mean


if __name__ == "__main__":
    main()
