"""Binding with the real CLIP tokenizer: read back, no token has the wrong class."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file

pytestmark = pytest.mark.host

FREE = -1


@pytest.fixture(scope="module")
def tokenize(loaded):
    return lambda text: loaded.clip.tokenize(text, return_word_ids=True)["l"]


@pytest.fixture(scope="module")
def decode(loaded):
    """The text of each class, from the tokens that are bound to it."""

    def read(prompt):
        tokens = [token for chunk in prompt.chunks for token, _ in chunk]
        bound = {}
        for token, class_id in zip(tokens, prompt.class_ids.tolist(), strict=True):
            bound.setdefault(class_id, []).append(token)
        return {
            class_id: loaded.clip.tokenizer.clip_l.tokenizer.decode(ids).strip()
            for class_id, ids in bound.items()
            if class_id != FREE
        }

    return read


def squeeze(text):
    """Without case and spaces, which a tokenizer does not keep around digits and commas."""
    return "".join(text.lower().split())


def bind(tokenize, *segments):
    from place_pack.place_core.tokens import Segment, bind_tokens

    return bind_tokens([Segment(text, class_id) for text, class_id in segments], tokenize)


@pytest.mark.parametrize("table", ["ADE20K", "COCO_STUFF"])
def test_every_token_of_every_class_of_a_table_reads_back_as_its_words(
    host, tokenize, decode, table
):
    from place_pack.place_core import palettes

    classes = palettes.load_classes(getattr(palettes, table))
    prompt = bind(tokenize, *[(c.words, c.id) for c in classes])
    assert len(prompt.chunks) > 2
    read = decode(prompt)
    for c in classes:
        assert squeeze(read[c.id]) == squeeze(c.words)


def test_a_plain_text_is_cut_into_chunks_as_the_host_cuts_it(loaded, tokenize):
    text = "an enormous antediluvian lighthouse, " * 30
    prompt = bind(tokenize, (text, FREE))
    assert prompt.chunks == loaded.clip.tokenize(text)["l"]
    assert len(prompt.chunks) > 2


def test_emphasis_gives_weights_and_no_tokens(tokenize, decode):
    prompt = bind(tokenize, ("a (very old:1.3) oak", 4), ("((sky))", 2))
    assert decode(prompt) == {4: "a very old oak", 2: "sky"}
    weights = {round(weight, 2) for _, weight in prompt.chunks[0]}
    assert weights == {1.0, 1.3, 1.21}


def test_an_open_parenthesis_does_not_reach_the_next_class(tokenize, decode):
    prompt = bind(tokenize, ("tree (old", 4), ("sky) blue", 2))
    assert decode(prompt)[4].startswith("tree")
    assert decode(prompt)[2].endswith("blue")


def test_an_embedding_of_several_vectors_belongs_to_its_class_whole(host, tokenize):
    save_file(
        {"emb_params": torch.ones(3, 768)},
        host.base / "models" / "embeddings" / "fur.safetensors",
    )
    prompt = bind(tokenize, ("a embedding:fur cat", 7), ("sofa", 1))
    kinds = [torch.is_tensor(token) for token, _ in prompt.chunks[0]]
    assert kinds.index(True) == 2 and sum(kinds) == 3
    assert prompt.class_ids[:8].tolist() == [FREE, 7, 7, 7, 7, 7, 1, FREE]


def test_an_unknown_embedding_is_left_out_as_the_host_does(tokenize, decode):
    assert decode(bind(tokenize, ("a embedding:gone cat", 7))) == {7: "a cat"}


def test_over_77_tokens_there_are_chunks_with_their_own_special_tokens(tokenize, decode):
    segments = [(f"an extraordinarily long description number {i}", i) for i in range(20)]
    prompt = bind(tokenize, *segments)
    assert len(prompt.chunks) > 1
    for chunk, ids in zip(prompt.chunks, prompt.class_ids.split(77), strict=True):
        assert [token for token, _ in chunk][0] == 49406 and len(chunk) == 77
        assert ids[0] == FREE and ids[-1] == FREE
    read = {class_id: squeeze(text) for class_id, text in decode(prompt).items()}
    assert read == {class_id: squeeze(text) for text, class_id in segments}


def test_break_starts_a_chunk(tokenize, decode):
    prompt = bind(tokenize, ("sea", 1), ("sky BREAK clouds", 2))
    assert len(prompt.chunks) == 2
    assert decode(prompt) == {1: "sea", 2: "sky clouds"}


def test_the_encoded_conditioning_carries_the_layout_of_its_tokens(host, loaded):
    from place_pack.nodes.host.conditioning import bound_layouts, encode_prompt
    from place_pack.place_core.tokens import Segment

    labels = torch.zeros(2, 4, 4, dtype=torch.int16)
    cond, _ = encode_prompt(loaded.clip, [Segment("sea", 0), Segment("calm")], labels)
    assert cond[0][0].shape == (1, 77, 768)
    (layout,) = bound_layouts(cond)
    assert layout.maps == 2
    assert layout.token_class_ids[:4].tolist() == [FREE, 0, FREE, FREE]


def test_the_encoding_equals_the_hosts_for_the_same_words(host, loaded):
    """The words are joined without separators; CLIP sees what it would see of plain text."""
    from place_pack.nodes.host.conditioning import encode_prompt
    from place_pack.place_core.tokens import Segment

    labels = torch.zeros(1, 4, 4, dtype=torch.int16)
    ours, _ = encode_prompt(loaded.clip, [Segment("sea", 0), Segment("sky", 1)], labels)
    theirs = loaded.clip.encode_from_tokens_scheduled(loaded.clip.tokenize("sea sky"))
    assert torch.equal(ours[0][0], theirs[0][0])
