"""Texts that a tokenizer would break over are named before one sees them."""

from __future__ import annotations

import pytest

from place_core.prompt_text import check_prompt_text

SOUND = [
    "",
    "an old oak",
    "(old:1.2) oak",
    "(((old))) (oak:.5) (leaves:-1)",
    "a clock (at 12:30) :) (see: below) (a: b)",
    r"\(((( \)))) smile" + r" \(" * 100,
    "embedding:EasyNegative, (embedding:style:1.1) an embedding: what is that",
    "(" * 32 + "x" + ")" * 32,
    "🌊 море 海",
    "(weight:100)",
]


@pytest.mark.parametrize("text", SOUND)
def test_what_artists_write_is_let_pass(text: str) -> None:
    check_prompt_text(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stormy \ud800 sky", r"half of a character \(U\+D800\)"),
        ("(" * 1000 + "x" + ")" * 1000, "1,000 parentheses inside one another, at most 32"),
        ("(" * 33 + "x", "33 parentheses inside one another"),
        (")" * 99 + " BREAK " + "(" * 33 + "x", "33 parentheses inside one another"),
        ("(blue:nan)", "the weight 'nan' is no number"),
        ("a (blue: -INF ) sky", "the weight '-INF' is no number"),
        ("((blue:1e400))", "the weight '1e400'"),
        ("(blue:1000)", "from -100 to 100"),
        ("(blue:" + "9" * 5000 + ")", "the weight '9{1,40}[.]{3}9{1,40}' is no number"),
        ("embedding:", "'embedding:' stands without a name"),
        ("a sky embedding: ", "'embedding:' stands without a name"),
        ("(embedding:)", "'embedding:' stands without a name"),
        ("embedding: BREAK sky", "'embedding:' stands without a name"),
        ("embedding: embedding:x", "'embedding:' stands without a name"),
    ],
)
def test_what_would_break_or_blacken_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        check_prompt_text(text)
    assert len(str(error.value)) < 300
