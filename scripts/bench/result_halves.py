"""Bounds of `verify` set on one half of the source repositories and tried on the other, for `verify_truth.py`."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from operator import ge

CORRELATIONS = tuple(number / 20 for number in range(8, 19))
CLEAR = tuple(number / 20 for number in range(2, 10))
"""Bounds that are tried of the correlation at a lag, and of how far it is above those elsewhere."""

MARGIN = 0.05

FAR, NEAR = 0.5, 0.9
"""Of the least that a mouth that moved did: what counts as still, for a wrong "did not move" is worst, and as moved."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Something that is so, or is not, and the figures that tell."""

    repository: str
    true: bool
    figures: tuple[float, ...]


Bounds = tuple[float, float]
VERDICTS = ("right", "wrong", "cannot tell")


@dataclass(frozen=True, slots=True)
class Question:
    """What is `said` of a sample under some bounds (None: cannot tell), and how they are set on some samples."""

    said: Callable[[Sample, Bounds], bool | None]
    fit: Callable[[Sequence[Sample]], Bounds]


def _moved(sample: Sample, bounds: Bounds) -> bool | None:
    deviation = sample.figures[0]
    return None if bounds[0] < deviation < bounds[1] else deviation >= bounds[1]


def _fit_moved(samples: Sequence[Sample]) -> Bounds:
    """Call still what is far from all that moved, and moved what is near it, or above nearly all that was still."""
    held = sorted(sample.figures[0] for sample in samples if not sample.true)
    least = min(sample.figures[0] for sample in samples if sample.true)
    still = min(held[-1], FAR * least)
    return still, max(still, NEAR * least, held[len(held) * 19 // 20])


def _told(sample: Sample, bounds: Bounds) -> bool | None:
    return True if all(map(ge, sample.figures, bounds)) else None


def _fit_told(samples: Sequence[Sample]) -> Bounds:
    """Take the bounds under which fewest lags are wrong, then most are right; of equals the strictest, and MARGIN."""

    def merit(bounds: Bounds) -> tuple[int, int, float]:
        told = [sample for sample in samples if _told(sample, bounds)]
        right = sum(sample.true for sample in told)
        return right - len(told), right, sum(bounds)

    alike, clear = max(product(CORRELATIONS, CLEAR), key=merit)
    return alike + MARGIN, clear + MARGIN


MOVED, LAG = Question(_moved, _fit_moved), Question(_told, _fit_told)


def crossed(question: Question, samples: Sequence[Sample], shipped: Bounds) -> None:
    """Print how the shipped bounds do, and those that are set on one half of the repositories, on the other half."""
    for true in (True, False):
        some = sorted((sample.figures for sample in samples if sample.true is true), reverse=not true)
        edge = ", ".join(" ".join(f"{figure:.4f}" for figure in figures) for figures in some[:6])
        print(f"  {len(some)} {'so' if true else 'not so'}, {'least' if true else 'most'}: {edge}")
    print(f"  as shipped, {shipped[0]:g} and {shipped[1]:g}: {_sentence(_verdicts(question, samples, shipped))}")
    repositories = sorted({sample.repository for sample in samples})
    tried = []
    for some in combinations(repositories, len(repositories) // 2):
        for inside in (True, False):
            own = [sample for sample in samples if (sample.repository in some) is inside]
            if {sample.true for sample in own} == {True, False}:
                bounds, other = question.fit(own), [sample for sample in samples if sample not in own]
                tried.append((bounds, _verdicts(question, other, bounds)))
    for name, place in (("first", 0), ("second", 1)):
        values = sorted(bounds[place] for bounds, _ in tried)
        print(f"  {name} bound from {len(values)} halves: {values[0]:.4f} to {values[-1]:.4f}")
    print(f"  on the other halves, in all: {_sentence(sum((each for _, each in tried), Counter()))}")
    worst = max((each for _, each in tried), key=lambda each: (each["so", "wrong"], each["not so", "wrong"]))
    print(f"  on the worst of them: {_sentence(worst)}")


def _verdicts(question: Question, samples: Sequence[Sample], bounds: Bounds) -> Counter[tuple[str, str]]:
    said = [(sample.true, question.said(sample, bounds)) for sample in samples]
    return Counter(
        ("so" if true else "not so", "cannot tell" if each is None else "right" if each is true else "wrong")
        for true, each in said
    )


def _sentence(counts: Counter[tuple[str, str]]) -> str:
    parts = [" / ".join(str(counts[what, verdict]) for verdict in VERDICTS) for what in ("so", "not so")]
    return f"so {parts[0]}, not so {parts[1]} ({' / '.join(VERDICTS)})"
