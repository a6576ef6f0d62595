"""The loaded models: once per process, at first use, shared by all threads."""

from dataclasses import dataclass
from threading import Lock

from lipready.faces.detection.detector import Detector
from lipready.faces.detection.landmarks import Mesher
from lipready.faces.detection.second_opinion import SecondOpinion
from lipready.faces.models.descriptor import Describer
from lipready.faces.models.weights import ensure_models


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that looks at pixels."""

    detector: Detector
    mesher: Mesher
    second_opinion: SecondOpinion
    describer: Describer


_loading = Lock()
_loaded: list[Engine] = []


def engine() -> Engine:
    """Load the process's models, or hand out the loaded ones.

    Raises ComponentError where the weights can neither be found nor fetched.
    """
    with _loading:
        if not _loaded:
            models = ensure_models()
            _loaded.append(Engine(Detector(models), Mesher(models), SecondOpinion(models), Describer(models)))
        return _loaded[0]
