"""What a user gave, in a message."""

from __future__ import annotations

import time

from place_core.quoting import cut, listed, quoted


def test_short_values_are_shown_as_they_are():
    assert quoted("an old oak") == "'an old oak'"
    assert quoted(12) == "12"


def test_long_ones_are_cut_whatever_they_are():
    for value in [
        "x" * 100_000,
        "\ud800" * 100_000,
        list(range(100_000)),
        10**1000,
        10**5000,
        {"a": "b" * 999},
    ]:
        assert len(quoted(value)) <= 130


def test_the_cost_does_not_grow_with_the_value():
    text = "x" * 100_000_000
    start = time.perf_counter()
    quoted(text)
    assert time.perf_counter() - start < 0.1


def test_a_list_ends_with_an_ellipsis_where_more_would_follow():
    assert listed(["a", "b"]) == "'a', 'b'"
    assert listed(map(str, range(99)), most=3) == "'0', '1', '2', …"


def test_names_are_cut_without_quotation_marks_and_stay_on_one_line():
    assert cut("an old\noak") == "an old oak"
    assert cut("x" * 100_000, 10) == "x" * 9 + "…"
    assert cut("x" * 80) == "x" * 80


def test_values_in_values_are_cut_too():
    nested: object = "z" * 1000
    for _ in range(6):
        nested = {key: [nested] * 9 for key in "abcdef"}
    assert len(quoted(nested)) <= 80
