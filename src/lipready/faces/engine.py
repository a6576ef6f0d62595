"""The loaded models: once per process, at first use, shared by all threads."""

from dataclasses import dataclass
from threading import Lock

from lipready.faces.describe import Describer
from lipready.faces.detect import Detector
from lipready.faces.landmarks import Mesher
from lipready.faces.models import ensure_models
from lipready.faces.second_opinion import SecondOpinion


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
