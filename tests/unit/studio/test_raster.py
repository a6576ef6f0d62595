"""Triangles are drawn where they are, the nearest in front."""

import numpy as np

from studio.raster import OUTSIDE, inverse_map

SQUARE = np.array([[0.0, 0.0], [7.0, 0.0], [0.0, 5.0], [7.0, 5.0]])
HALVES = np.array([[0, 1, 2], [1, 3, 2]])


def at_depth(points: np.ndarray, depth: float) -> np.ndarray:
    return np.column_stack([points, np.full(len(points), depth)])


def test_each_pixel_knows_its_place_in_the_texture() -> None:
    drawn = inverse_map(at_depth(SQUARE, 1), SQUARE * 10 + 3, HALVES, (8, 6))
    y, x = np.mgrid[0:6, 0:8]
    assert np.allclose(drawn[..., 0], 10 * x + 3, atol=1e-5)
    assert np.allclose(drawn[..., 1], 10 * y + 3, atol=1e-5)


def test_what_no_triangle_covers_is_outside() -> None:
    drawn = inverse_map(at_depth(np.add(SQUARE, (2, 1)), 1), SQUARE, HALVES, (20, 12))
    covered = drawn[..., 0] != OUTSIDE
    assert covered[1:7, 2:10].all()
    assert covered.sum() == 6 * 8
    assert (inverse_map(at_depth(SQUARE + 100, 1), SQUARE, HALVES, (20, 12)) == OUTSIDE).all()


def test_the_nearest_triangle_wins_whatever_the_order() -> None:
    far, near = at_depth(SQUARE, 9), at_depth(SQUARE[:, ::1] * 0.5, 2)
    seen = np.concatenate([far, near])
    texture = np.concatenate([np.zeros((4, 2)), np.full((4, 2), 50.0)])
    for triangles in (np.concatenate([HALVES, HALVES + 4]), np.concatenate([HALVES + 4, HALVES])):
        drawn = inverse_map(seen, texture, triangles, (8, 6))
        assert drawn[1, 1, 0] == 50
        assert drawn[5, 6, 0] == 0


def test_two_leaning_triangles_cut_through_each_other() -> None:
    points = np.concatenate([SQUARE, SQUARE])
    depth = np.array([0.0, 10.0, 0.0, 10.0, 10.0, 0.0, 10.0, 0.0])
    texture = np.concatenate([np.zeros((4, 2)), np.full((4, 2), 50.0)])
    drawn = inverse_map(np.column_stack([points, depth]), texture, np.concatenate([HALVES, HALVES + 4]), (8, 6))
    assert (drawn[:, :3, 0] == 0).all()
    assert (drawn[:, 5:, 0] == 50).all()


def test_a_triangle_without_area_draws_nothing() -> None:
    line = np.array([[0.0, 0.0, 1.0], [3.0, 3.0, 1.0], [6.0, 6.0, 1.0]])
    assert (inverse_map(line, line[:, :2], np.array([[0, 1, 2]]), (8, 8)) == OUTSIDE).all()
