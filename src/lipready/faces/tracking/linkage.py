"""Average linkage of descriptors, with pairs that must stay apart."""

from collections.abc import Sequence

from lipready.faces.tracking.identity import distance

Group = tuple[int, ...]


def link(
    descriptors: Sequence[tuple[float, ...]], apart: "Sequence[Sequence[bool]]", most: float, weights: Sequence[int]
) -> list[Group]:
    """Join descriptors into groups as long as the mean distance of two groups is at most `most`.

    `apart[i][j]` forbids i and j in one group. The nearest groups are joined first, ties in the order given. `weights`
    say how many tracks each descriptor stands for. Returns the groups, each in ascending order.
    """
    import numpy as np

    count = len(descriptors)
    groups: list[Group] = [(i,) for i in range(count)]
    if count < 2:  # noqa: PLR2004
        return groups
    far = np.array([[distance(a, b) for b in descriptors] for a in descriptors])
    far[np.array(apart, bool)] = np.inf
    np.fill_diagonal(far, np.inf)
    weight = np.array(weights, float)
    alive = list(range(count))
    while len(alive) > 1:
        i, j = divmod(int(far.argmin()), count)
        if not far[i, j] <= most:
            break
        i, j = min(i, j), max(i, j)
        # Forbidden pairs are infinitely far, and stay so in every mean.
        merged = (weight[i] * far[i] + weight[j] * far[j]) / (weight[i] + weight[j])
        far[i], far[:, i] = merged, merged
        far[i, i] = np.inf
        far[j], far[:, j] = np.inf, np.inf
        weight[i] += weight[j]
        groups[i] = tuple(sorted((*groups[i], *groups[j])))
        alive.remove(j)
    return [groups[i] for i in alive]
