"""Which token belongs to which class. (The real CLIP tokenizer: tests/host/test_prompt.py.)"""

from __future__ import annotations

import re

import pytest

from place_core.tokens import FREE, Segment, bind_tokens, find_phrase

BOS, EOS, PAD = 1000, 1001, 1002


def tokenize(text, length=12):
    """Like the host's: one token a letter; words are runs of letters; 'w2' weighs a word 2."""
    words = [(w.rstrip("2"), 2.0 if w.endswith("2") else 1.0) for w in re.findall(r"\w+", text)]
    tokens = [
        (ord(letter), weight, number + 1)
        for number, (word, weight) in enumerate(words)
        for letter in word
    ]
    room = length - 2
    pieces = [tokens[i : i + room] for i in range(0, len(tokens), room)] or [[]]
    return [
        [(BOS, 1.0, 0), *piece, (EOS, 1.0, 0), *[(PAD, 1.0, 0)] * (room - len(piece))]
        for piece in pieces
    ]


def decode(prompt):
    """The text of each class, read back from the bound tokens."""
    tokens = [token for chunk in prompt.chunks for token, _ in chunk]
    texts = {}
    for token, class_id in zip(tokens, prompt.class_ids.tolist(), strict=True):
        if token < BOS:
            texts[class_id] = texts.get(class_id, "") + chr(token)
    return texts


def test_each_token_is_bound_to_the_class_of_its_segment():
    prompt = bind_tokens([Segment("sea", 3), Segment("sky", 7), Segment("in", FREE)], tokenize)
    assert decode(prompt) == {3: "sea", 7: "sky", FREE: "in"}
    assert prompt.class_ids.tolist() == [FREE, 3, 3, 3, 7, 7, 7, *[FREE] * 5]


def test_special_tokens_and_padding_are_free():
    prompt = bind_tokens([Segment("ab", 5)], tokenize)
    assert [token for token, _ in prompt.chunks[0]] == [BOS, ord("a"), ord("b"), EOS, *[PAD] * 8]
    assert prompt.class_ids.tolist() == [FREE, 5, 5, *[FREE] * 9]


def test_an_empty_prompt_is_one_chunk_of_free_tokens():
    prompt = bind_tokens([Segment("  ", 1)], tokenize)
    assert prompt.chunks == [[(token, weight) for token, weight, _ in tokenize("")[0]]]
    assert set(prompt.class_ids.tolist()) == {FREE}


def test_weights_stay_with_their_tokens():
    prompt = bind_tokens([Segment("a b2", 0)], tokenize)
    assert prompt.chunks[0][1:3] == [(ord("a"), 1.0), (ord("b"), 2.0)]


def test_a_short_word_that_does_not_fit_moves_to_the_next_chunk_whole():
    prompt = bind_tokens([Segment("abcdef", 1), Segment("ghijkl", 2)], tokenize)
    assert len(prompt.chunks) == 2
    assert prompt.chunks[0][7][0] == EOS
    assert decode(prompt) == {1: "abcdef", 2: "ghijkl"}


def test_a_long_word_is_cut_and_keeps_its_class_in_both_chunks():
    prompt = bind_tokens([Segment("abcd", 1), Segment("efghijklmno", 2)], tokenize)
    assert len(prompt.chunks) == 2
    assert decode(prompt) == {1: "abcd", 2: "efghijklmno"}
    assert all(len(chunk) == 12 and chunk[0][0] == BOS for chunk in prompt.chunks)
    assert len(prompt.class_ids) == 24


def test_break_starts_a_new_chunk_inside_a_class():
    prompt = bind_tokens([Segment("ab BREAK cd", 4)], tokenize)
    assert [[t for t, _ in chunk][:4] for chunk in prompt.chunks] == [
        [BOS, ord("a"), ord("b"), EOS],
        [BOS, ord("c"), ord("d"), EOS],
    ]
    assert decode(prompt) == {4: "abcd"}


def test_break_does_not_make_empty_chunks():
    assert len(bind_tokens([Segment("BREAK BREAK a BREAK", 4)], tokenize).chunks) == 1


def test_a_word_that_contains_break_is_a_word():
    assert decode(bind_tokens([Segment("BREAKER", 4)], tokenize)) == {4: "BREAKER"}


def test_a_tokenizer_without_padded_chunks_is_refused():
    with pytest.raises(ValueError, match="need a CLIP text encoder"):
        bind_tokens([Segment("a")], lambda text: [[(EOS, 1.0, 0)]])


@pytest.mark.parametrize(
    ("text", "usage"),
    [
        ("", (2, 12, 1)),
        ("ab cd", (2 + 4, 12, 1)),
        ("abcde fghij klm", (4 + 13, 12, 2)),
        ("a BREAK b", (4 + 2, 12, 2)),
    ],
)
def test_usage_counts_all_tokens_but_padding(text, usage):
    assert bind_tokens([Segment(text, 3)], tokenize).usage() == usage


# --- Finding words --------------------------------------------------------------------------------

TEXTS = ["", "an</w>", "old</w>", "oak</w>", "um", "brella</w>", "oak</w>", "oa", "k</w>", "", ""]


@pytest.mark.parametrize(
    ("phrase", "found"),
    [
        ("oak", [3, 6, 7, 8]),
        ("Old  Oak", [2, 3]),
        ("umbrella", [4, 5]),
        ("brella", []),
        ("um", []),
        ("anold", [1, 2]),
        ("sea", []),
        ("", []),
    ],
)
def test_whole_words_are_found_with_all_their_tokens(phrase, found):
    assert find_phrase(TEXTS, phrase) == found


def test_words_that_a_tokenizer_breaks_over_are_named():
    def damaged(text):
        if text:
            raise KeyError("clip_l")
        return tokenize(text)

    with pytest.raises(ValueError, match="the words 'embedding:x' cannot be cut into tokens"):
        bind_tokens([Segment("embedding:x")], damaged)
