"""Eq. 3: exact area fractions."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from place_core.lcm import FULL, Window, layout_fractions


def brute_force(labels, class_ids, grid, window=FULL):
    """Overlap of every pixel with every cell, one by one, in float64."""
    (rows, columns), (h, w) = labels.shape, grid
    top, bottom = (v / window.height * rows for v in (window.top, window.bottom))
    left, right = (v / window.width * columns for v in (window.left, window.right))
    y = torch.linspace(top, bottom, h + 1, dtype=torch.float64)
    x = torch.linspace(left, right, w + 1, dtype=torch.float64)
    result = torch.zeros(len(class_ids), h, w, dtype=torch.float64)
    for i, (y0, y1) in enumerate(pairwise(y.tolist())):
        for j, (x0, x1) in enumerate(pairwise(x.tolist())):
            for p in range(rows):
                for q in range(columns):
                    area = max(0.0, min(y1, p + 1) - max(y0, p)) * max(
                        0.0, min(x1, q + 1) - max(x0, q)
                    )
                    label = int(labels[p, q])
                    if area > 0 and label in class_ids:
                        result[class_ids.index(label), i, j] += area / ((y1 - y0) * (x1 - x0))
    return result


@pytest.mark.parametrize("name", ["halves", "blobs6", "void", "absent"])
def test_fractions_equal_the_authors_numbers(golden, name):
    counts = golden.counts(name)
    class_ids = counts["classes"].tolist()
    for r in (64, 32, 16, 8):
        expected = torch.from_numpy(counts[f"count{r}"].astype("float32")) / (512 // r) ** 2
        assert torch.equal(layout_fractions(golden.label_map(name), class_ids, (r, r)), expected)


@pytest.mark.parametrize(
    ("size", "grid"),
    [((12, 12), (4, 4)), ((13, 9), (4, 5)), ((7, 11), (7, 3)), ((5, 4), (8, 9)), ((1, 1), (2, 3))],
    ids=str,
)
def test_fractions_equal_a_brute_force_count_for_any_map_and_grid(size, grid):
    generator = torch.Generator().manual_seed(sum(size))
    labels = torch.randint(-1, 5, size, generator=generator, dtype=torch.int16)
    found = layout_fractions(labels, [0, 2, 4], grid)
    expected = brute_force(labels, [0, 2, 4], grid)
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-7)


def test_a_window_is_that_part_of_the_picture():
    labels = torch.randint(0, 3, (10, 14), generator=torch.Generator().manual_seed(1))
    window = Window(top=3, bottom=8, height=9, left=1, right=6, width=7)
    found = layout_fractions(labels, [0, 1, 2], (4, 3), window)
    expected = brute_force(labels, [0, 1, 2], (4, 3), window)
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-7)
    torch.testing.assert_close(found.sum(0), torch.ones(4, 3))


def test_a_line_of_one_pixel_survives_at_every_depth():
    labels = torch.zeros(512, 512, dtype=torch.int16)
    labels[200, :] = 1
    for r in (64, 32, 16, 8):
        line = layout_fractions(labels, [1], (r, r))[0]
        assert (line.sum(1) > 0).sum() == 1
        assert line.max() == r / 512


def test_void_counts_in_the_denominator_and_belongs_to_no_class():
    labels = torch.tensor([[0, -1], [1, -1]])
    assert layout_fractions(labels, [0, 1], (1, 1)).flatten().tolist() == [0.25, 0.25]


def test_a_class_that_is_absent_has_no_area_anywhere():
    assert not layout_fractions(torch.zeros(4, 4, dtype=torch.int16), [7], (2, 2)).any()


def test_no_class_at_all_gives_an_empty_result():
    assert layout_fractions(torch.zeros(4, 4, dtype=torch.int16), [], (2, 2)).shape == (0, 2, 2)


def test_fractions_of_all_classes_sum_to_one():
    labels = torch.randint(0, 150, (333, 517), generator=torch.Generator().manual_seed(2))
    total = layout_fractions(labels, list(range(150)), (17, 33)).sum(0)
    torch.testing.assert_close(total, torch.ones(17, 33))


@pytest.mark.parametrize(
    ("labels", "class_ids", "grid", "message"),
    [
        (torch.zeros(4, 4), [0], (2, 2), "integers"),
        (torch.zeros(4, dtype=torch.int16), [0], (2, 2), r"\[H, W\]"),
        (torch.zeros(4, 4, dtype=torch.int16), [0, 0], (2, 2), "differ"),
        (torch.zeros(4, 4, dtype=torch.int16), [-1], (2, 2), "negative"),
        (torch.zeros(4, 4, dtype=torch.int16), [0], (0, 2), "no cells"),
    ],
)
def test_wrong_input_is_named(labels, class_ids, grid, message):
    with pytest.raises(ValueError, match=message):
        layout_fractions(labels, class_ids, grid)


def test_a_window_outside_the_picture_is_refused():
    with pytest.raises(ValueError, match="rows 3..9"):
        Window(3, 9, 8, 0, 1, 1)
