"""Recording fusion maps in a real ComfyUI: those of the paper's Eq. 4, and nothing else changes."""

from __future__ import annotations

import pytest
import torch

from in_host import sample

pytestmark = pytest.mark.host


@pytest.fixture(scope="module")
def layout(host):
    """Sky over sea, and two maps: the second has its horizon lower."""
    from place_pack.place_core.layout import Layout
    from place_pack.place_core.palettes import ADE20K, load_classes

    labels = torch.full((2, 64, 64), 2, dtype=torch.int16)
    labels[0, 32:], labels[1, 48:] = 26, 26
    return Layout(labels, load_classes(ADE20K))


def encode(loaded, layout, text="sky = a stormy sky"):
    from place_pack.nodes.prompt import PLACEPromptEncoder

    return PLACEPromptEncoder.execute(loaded.clip, layout, text, "at dusk").args[0]


@pytest.fixture(scope="module")
def positive(loaded, layout):
    return encode(loaded, layout.index(0))


@pytest.fixture(scope="module")
def negative(loaded):
    return loaded.clip.encode_from_tokens_scheduled(loaded.clip.tokenize(""))


def apply(loaded, **changes):
    from place_pack.nodes.host.patching import apply_place
    from place_pack.place_core.alpha import FusionSettings

    return apply_place(loaded.model, FusionSettings(**{"heads": loaded.heads, **changes}))


def record(model, words="sky", steps="every 1", layers="all"):
    from place_pack.nodes.recording import PLACERecordFusion

    return PLACERecordFusion.execute(model, words, steps, layers).args


def noise(batch=1):
    return torch.randn(batch, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def watch(model):
    """A clone that writes down what each layer fuses: queries, keys, fractions, α of all rows."""
    from place_pack.nodes.host.attention import FusedCrossAttention

    seen = []

    class Watching(FusedCrossAttention):
        def copy(self):
            return Watching(self.layer, self.previous)

        def _fused(self, q, k, v, extra_options, fusion):
            grid = tuple(extra_options["activations_shape"][-2:])
            scale = fusion.layout(grid, k.shape[1]).scale
            parts = (q[fusion.fused], k[fusion.fused], scale, fusion.alpha(self.layer))
            seen.append((self.layer, grid, extra_options["n_heads"], parts))
            return super()._fused(q, k, v, extra_options, fusion)

    model = model.clone()
    patches = model.model_options["transformer_options"]["patches_replace"]["attn2"]
    for key, patch in patches.items():
        patches[key] = Watching(patch.layer, patch.previous)
    return model, seen


def test_the_maps_are_those_of_the_equation(loaded, positive, negative):
    """Means over heads and the layers of a grid, sums over the tokens of a word."""
    from place_pack.place_core.fusion import fusion_map
    from place_pack.place_core.recording import MapKey

    model, recording = record(apply(loaded), "sky, at dusk")
    model, seen = watch(model)
    latent = sample(model, positive, negative, noise(), sampler="euler", steps=2)
    run = recording.run_of(latent)
    assert {k.step for k in run.maps} == {1, 2} and {k.picture for k in run.maps} == {0}
    # Prompt: BOS a stormy sky sea at dusk EOS.
    positions = {"sky": [1, 2, 3], "at dusk": [5, 6]}
    for word, tokens in positions.items():
        for grid in ((8, 8), (4, 4)):
            layers = [parts for parts in seen[: len(seen) // 2] if parts[1] == grid]
            maps = []
            for _, _, heads, (q, k, scale, alpha) in layers:
                q, k = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k))
                maps.append(fusion_map(q, k, scale, alpha)[0].mean(0)[:, tokens].sum(1))
            expected = torch.stack(maps).mean(0).view(grid)
            found = run.maps[MapKey(0, word, "all", grid, 1)].float()
            torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)


def test_recording_leaves_the_picture_bit_for_bit_as_it_was(loaded, positive, negative):
    plain = apply(loaded)
    expected = sample(plain, positive, negative, noise())
    model, _ = record(plain)
    assert torch.equal(sample(model, positive, negative, noise()), expected)


def test_a_model_that_is_not_recorded_has_no_wrapper_and_no_option(loaded):
    plain = apply(loaded)
    record(plain)
    assert not any("place_recording" in by_key for by_key in plain.wrappers.values())
    assert "place_evaluations" not in plain.model_options["transformer_options"]


def test_only_the_chosen_steps_and_layers_cost_something(loaded, positive, negative, monkeypatch):
    from place_pack.nodes.host import recording as host_recording

    calls = []

    def count(*args):
        calls.append(args)
        return original(*args)

    original = host_recording.attention_to_words
    monkeypatch.setattr(host_recording, "attention_to_words", count)
    model, recording = record(apply(loaded), "sky", "2", "middle_block")
    latent = sample(model, positive, negative, noise(), sampler="euler", steps=3)
    assert len(calls) == 1
    assert [(k.step, k.group) for k in recording.run_of(latent).maps] == [(2, "middle_block")]


@pytest.mark.parametrize("alpha", ["learned", "cosine"])
@pytest.mark.parametrize("before", [True, False])
def test_apply_place_and_a_sampler_record_in_either_order(
    loaded, positive, negative, alpha, before
):
    from place_pack.nodes.apply import PLACEApply

    from nodes import common_ksampler

    model = loaded.model
    if before:
        model, recording = record(model)
    (model,) = PLACEApply.execute(model, alpha).args
    if not before:
        model, recording = record(model)
    latent = {"samples": torch.zeros(1, 4, 8, 8)}
    (out,) = common_ksampler(model, 1, 2, 2.0, "dpm_2", "karras", positive, negative, latent)
    assert {k.step for k in recording.run_of(out["samples"]).maps} == {1, 2}


def test_place_ksampler_records_and_the_sheet_is_shown(loaded, layout, negative):
    """A batch of two maps: each picture has its own horizon in its maps."""
    from place_pack.nodes.recording import PLACEFusionMaps
    from place_pack.nodes.sampling import PLACEKSampler

    model, recording = record(loaded.model, "sky", "1", "8")
    latent = {"samples": torch.zeros(2, 4, 8, 8)}
    (out,) = PLACEKSampler.execute(model, encode(loaded, layout), negative, latent, 1, 2).args
    maps = recording.run_of(out["samples"]).maps
    first, second = (m.float() for _, m in sorted(maps.items()))
    assert first.shape == (8, 8)
    assert second[4:6].mean() > first[4:6].mean()
    (sheets,) = PLACEFusionMaps.execute(recording, out, torch.rand(2, 64, 64, 3)).args
    assert len(sheets) == 2


def test_a_sampler_that_did_not_run_leaves_nothing_to_show(loaded, positive, negative):
    model, recording = record(apply(loaded))
    with pytest.raises(ValueError, match="nothing was recorded.*change its seed"):
        recording.run_of(torch.zeros(1, 4, 8, 8))
    latent = sample(model, positive, negative, noise(), sampler="euler", steps=1)
    _, other = record(apply(loaded))
    with pytest.raises(ValueError, match="nothing was recorded"):
        other.run_of(latent)


def test_two_runs_of_one_model_are_told_apart_by_their_latents(loaded, positive, negative):
    model, recording = record(apply(loaded))
    latents = [
        sample(model, positive, negative, noise() * scale, sampler="euler", steps=1)
        for scale in (1, -1)
    ]
    first, second = map(recording.run_of, latents)
    assert first is not second and first.latent.sub(latents[0]).abs().max() == 0
    with pytest.raises(ValueError, match="latent: it is none of the last 2 results"):
        recording.run_of(latents[0] + 1)


def test_a_run_without_layout_says_what_may_be_missing(loaded, negative):
    model, recording = record(apply(loaded))
    latent = sample(model, negative, negative, noise(), sampler="euler", steps=1)
    with pytest.raises(ValueError, match="fused no layout with the words sky.*Per-Class Prompt"):
        recording.run_of(latent)


def test_two_recorders_of_one_model_both_record(loaded, positive, negative):
    model, one = record(apply(loaded), "sky")
    model, other = record(model, "sea", "1")
    latent = sample(model, positive, negative, noise(), sampler="euler", steps=2)
    assert {(k.word, k.step) for k in one.run_of(latent).maps} == {("sky", 1), ("sky", 2)}
    assert {(k.word, k.step) for k in other.run_of(latent).maps} == {("sea", 1)}


def test_words_of_a_longer_prompt_are_found_in_their_chunk(loaded, layout, negative):
    """A prompt of two chunks beside a negative of one: the host repeats the shorter."""
    filling = " ".join(["wave"] * 80)
    positive = encode(loaded, layout.index(0), f"sea = {filling} lighthouse")
    model, recording = record(apply(loaded), "lighthouse, 26", "1")
    latent = sample(model, positive, negative, noise(), sampler="euler", steps=1)
    maps = recording.run_of(latent).maps
    assert {k.word for k in maps} == {"lighthouse", "26"}


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"words": " ,"}, "words: empty"),
        ({"steps": "first"}, "steps: 'first'"),
        ({"layers": "up_blocks"}, "layers: 'up_blocks' .*input_blocks.1.1"),
    ],
)
def test_bad_choices_are_named_before_sampling(loaded, inputs, message):
    with pytest.raises(ValueError, match=message):
        record(loaded.model, **inputs)
