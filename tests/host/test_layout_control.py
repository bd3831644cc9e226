"""A layout does what it says in every way that ComfyUI batches, crops and schedules."""

from __future__ import annotations

import pytest
import torch

from in_host import conditioning, record, sample

pytestmark = pytest.mark.host

FREE = -1


@pytest.fixture(scope="module")
def words():
    """A context and the classes of its tokens: class 0, 1 and 2 have two tokens each."""
    tokens = torch.full((77,), FREE)
    tokens[1:7] = torch.tensor([0, 0, 1, 1, 2, 2])
    context = torch.randn(2, 77, 768, generator=torch.Generator().manual_seed(5))
    return context[:1], tokens, context[1:]


@pytest.fixture(scope="module")
def place(host, loaded):
    """The seeded model with PLACE and its learned heads."""
    return apply(loaded)


def apply(loaded, **changes):
    from place_pack.nodes.host.patching import apply_place
    from place_pack.place_core.alpha import FusionSettings

    return apply_place(loaded.model, FusionSettings(**{"heads": loaded.heads, **changes}))


def noise(batch=1, height=8, width=8, seed=0):
    return torch.randn(batch, 4, height, width, generator=torch.Generator().manual_seed(seed))


def labels(maps=1, height=64, width=64, seed=0):
    """Random rectangles of three classes and some void."""
    generator = torch.Generator().manual_seed(seed)
    found = torch.full((maps, height, width), -1, dtype=torch.int16)
    for map_ in found:
        for class_id in (0, 1, 2, 0, 1, 2):
            top, left = (
                int(torch.randint(0, n // 2, (), generator=generator)) for n in (height, width)
            )
            map_[top : top + height // 2, left : left + width // 2] = class_id
    return found


def close(one, other, limit=1e-4):
    return ((one - other).norm() / other.norm()).item() < limit


# --- When nothing is to be fused ------------------------------------------------------------------


def test_strength_zero_is_bit_for_bit_the_unpatched_model(loaded, words):
    context, tokens, negative = words
    plain = sample(loaded.model, conditioning(context), conditioning(negative), noise())
    positive = conditioning(context, labels(), tokens)
    off = sample(apply(loaded, strength=0.0), positive, conditioning(negative), noise())
    assert torch.equal(off, plain)


def test_a_conditioning_without_layout_is_bit_for_bit_the_unpatched_model(loaded, place, words):
    context, _, negative = words
    plain = sample(loaded.model, conditioning(context), conditioning(negative), noise())
    assert torch.equal(sample(place, conditioning(context), conditioning(negative), noise()), plain)


def test_a_layout_on_an_unpatched_model_changes_nothing(loaded, words):
    context, tokens, negative = words
    plain = sample(loaded.model, conditioning(context), conditioning(negative), noise())
    positive = conditioning(context, labels(), tokens)
    assert close(sample(loaded.model, positive, conditioning(negative), noise()), plain, 1e-5)


def test_a_prompt_that_binds_no_class_of_the_map_changes_nothing(loaded, place, words):
    context, tokens, negative = words
    plain = sample(loaded.model, conditioning(context), conditioning(negative), noise())
    positive = conditioning(context, torch.full((1, 8, 8), 9, dtype=torch.int16), tokens)
    assert torch.equal(sample(place, positive, conditioning(negative), noise()), plain)


def test_the_layout_changes_the_picture(loaded, place, words):
    context, tokens, negative = words
    plain = sample(loaded.model, conditioning(context), conditioning(negative), noise())
    positive = conditioning(context, labels(), tokens)
    assert not close(sample(place, positive, conditioning(negative), noise()), plain, 1e-3)


# --- Classifier-free guidance ---------------------------------------------------------------------


def test_cfg_with_a_layout_is_one_unet_call_and_fuses_the_positive_half_only(place, words):
    context, tokens, negative = words
    model, recorded = record(place)
    positive = conditioning(context, labels(), tokens)
    sample(model, positive, conditioning(negative), noise(), sampler="euler")
    assert recorded.batches == [2, 2]
    for options, fusion in zip(recorded.options, recorded.fusions, strict=True):
        fused = [i for i, half in enumerate(options["cond_or_uncond"]) if half == 0]
        assert list(range(2))[fusion.fused] == fused


def test_split_halves_give_what_one_batch_gives(place, words, monkeypatch):
    import comfy.model_base

    context, tokens, negative = words
    positive = conditioning(context, labels(), tokens)
    together = sample(place, positive, conditioning(negative), noise())
    monkeypatch.setattr(
        comfy.model_base.BaseModel,
        "memory_required",
        lambda self, shape, **kwargs: 0 if shape[0] == 1 else 1e18,
    )
    model, recorded = record(place)
    split = sample(model, positive, conditioning(negative), noise())
    assert set(recorded.batches) == {1}
    assert close(split, together, 1e-5)


def test_cfg_one_runs_the_positive_alone(place, words):
    context, tokens, negative = words
    model, recorded = record(place)
    positive = conditioning(context, labels(), tokens)
    sample(model, positive, conditioning(negative), noise(), cfg=1.0, sampler="euler")
    assert recorded.batches == [1, 1]
    assert all(fusion is not None for fusion in recorded.fusions)


def test_a_negative_may_carry_a_layout_of_its_own(place, words):
    context, tokens, negative = words
    model, recorded = record(place)
    one, other = conditioning(context, labels(), tokens), conditioning(negative, labels(), tokens)
    sample(model, one, other, noise(), sampler="euler", steps=1)
    assert recorded.batches == [2]
    assert list(range(2))[recorded.fusions[0].fused] == [0, 1]


# --- Several conditionings ------------------------------------------------------------------------


def test_two_positives_with_different_layouts_each_keep_their_own(place, words):
    context, tokens, negative = words
    maps = labels(2)
    both = conditioning(context, maps[:1], tokens) + conditioning(context * 0.5, maps[1:], tokens)
    model, recorded = record(place)
    sample(model, both, conditioning(negative), noise(), sampler="euler", steps=1)
    assert recorded.batches == [3]
    fusion = recorded.fusions[0]
    order = [i for i, row in enumerate(recorded.options[0]["cond_or_uncond"]) if row == 0]
    assert list(range(3))[fusion.fused] == order
    found = fusion.layout((8, 8), 77).scale
    expected = [expected_scale(m, tokens, (8, 8)) for m in maps]
    # The host batches conditionings from last to first.
    torch.testing.assert_close(found, torch.stack(expected[::-1]))


def expected_scale(map_, tokens, grid, window=None):
    from place_pack.place_core.lcm import FULL, layout_fractions

    present = sorted(set(map_.unique().tolist()) & {0, 1, 2})
    fractions = layout_fractions(map_, present, grid, window or FULL).flatten(1).T
    scale = torch.ones(fractions.shape[0], len(tokens))
    for column, class_id in enumerate(tokens.tolist()):
        if class_id in present:
            scale[:, column] = fractions[:, present.index(class_id)]
    return scale


def test_a_longer_text_beside_a_shorter_one_repeats_the_binding(place, words):
    context, tokens, negative = words
    model, recorded = record(place)
    long_negative = conditioning(torch.cat([negative, negative], 1))
    sample(
        model,
        conditioning(context, labels(), tokens),
        long_negative,
        noise(),
        sampler="euler",
        steps=1,
    )
    assert recorded.batches == [2]
    found = recorded.fusions[0].layout((8, 8), 154).scale[0]
    assert torch.equal(found, expected_scale(labels()[0], torch.cat([tokens, tokens]), (8, 8)))


def test_text_appended_by_conditioning_concat_is_free(host, place, words):
    from nodes import ConditioningConcat

    context, tokens, negative = words
    positive = conditioning(context, labels(), tokens)
    (longer,) = ConditioningConcat().concat(positive, conditioning(negative))
    model, recorded = record(place)
    sample(model, longer, conditioning(negative), noise(), sampler="euler", steps=1)
    found = recorded.fusions[0].layout((8, 8), 154).scale[0]
    free = torch.full((77,), FREE)
    assert torch.equal(found, expected_scale(labels()[0], torch.cat([tokens, free]), (8, 8)))


def test_an_area_gets_its_part_of_the_layout(host, place, words):
    from place_pack.place_core.lcm import Window

    from nodes import ConditioningSetArea

    context, tokens, negative = words
    positive = conditioning(context, labels(), tokens)
    (positive,) = ConditioningSetArea().append(
        positive, width=40, height=32, x=8, y=16, strength=1.0
    )
    model, recorded = record(place)
    sample(model, positive, conditioning(negative), noise(), sampler="euler", steps=1)
    fused = [f for f in recorded.fusions if f is not None]
    assert len(fused) == 1
    found = fused[0].layout((4, 5), 77).scale[0]
    window = Window(top=2, bottom=6, height=8, left=1, right=6, width=8)
    assert torch.equal(found, expected_scale(labels()[0], tokens, (4, 5), window))


def test_the_negative_copy_that_the_host_makes_for_an_area_has_no_layout(host, place, words):
    from nodes import ConditioningSetArea

    context, tokens, negative = words
    positive = conditioning(context, labels(), tokens)
    (positive,) = ConditioningSetArea().append(
        positive, width=32, height=32, x=0, y=0, strength=1.0
    )
    model, recorded = record(place)
    sample(model, positive, conditioning(negative), noise(), sampler="euler", steps=1)
    rows = sum(len(range(8)[f.fused]) for f in recorded.fusions if f is not None)
    assert rows == 1


def test_a_masked_conditioning_keeps_its_layout(host, place, words):
    from nodes import ConditioningSetMask

    context, tokens, negative = words
    mask = torch.zeros(1, 64, 64)
    mask[:, :, :32] = 1
    positive = conditioning(context, labels(), tokens)
    (positive,) = ConditioningSetMask().append(positive, mask, "default", 1.0)
    positive += conditioning(negative)
    model, recorded = record(place)
    sample(model, positive, conditioning(negative), noise(), sampler="euler", steps=1)
    assert recorded.batches == [3]
    found = recorded.fusions[0].layout((8, 8), 77).scale
    assert torch.equal(found, expected_scale(labels()[0], tokens, (8, 8))[None])


def test_a_conditioning_acts_in_its_timestep_range_only(host, place, words):
    from nodes import ConditioningSetTimestepRange

    context, tokens, negative = words
    early = conditioning(context, labels(), tokens)
    (early,) = ConditioningSetTimestepRange().set_range(early, 0.0, 0.5)
    (late,) = ConditioningSetTimestepRange().set_range(conditioning(context), 0.5, 1.0)
    model, recorded = record(place)
    sample(model, early + late, conditioning(negative), noise(), sampler="euler", steps=4)
    assert [f is not None for f in recorded.fusions] == [True, True, False, False]


# --- Batches and sizes ----------------------------------------------------------------------------


def test_a_batch_with_one_map_equals_its_pictures_one_by_one(place, words):
    context, tokens, negative = words
    positive = conditioning(context, labels(), tokens)
    batch = sample(place, positive, conditioning(negative), noise(3))
    for i in range(3):
        alone = sample(place, positive, conditioning(negative), noise(3)[i : i + 1])
        assert close(batch[i : i + 1], alone)


def test_a_batch_with_a_map_each_equals_its_pictures_one_by_one(place, words):
    context, tokens, negative = words
    maps = labels(3)
    positive = conditioning(context, maps, tokens)
    batch = sample(place, positive, conditioning(negative), noise(3))
    for i in range(3):
        positive = conditioning(context, maps[i : i + 1], tokens)
        alone = sample(place, positive, conditioning(negative), noise(3)[i : i + 1])
        assert close(batch[i : i + 1], alone)


def test_maps_that_do_not_fit_the_batch_are_named(place, words):
    context, tokens, negative = words
    positive = conditioning(context, labels(2), tokens)
    with pytest.raises(ValueError, match="2 maps do not fit a batch of 3 latents.*batch_size"):
        sample(place, positive, conditioning(negative), noise(3))


@pytest.mark.parametrize("size", [(12, 8), (9, 13), (5, 3), (2, 2), (1, 1)], ids=str)
def test_any_latent_size_gets_the_layout_at_each_of_its_grids(place, words, size):
    context, tokens, negative = words
    positive = conditioning(context, labels(height=50, width=70), tokens)
    model, recorded = record(place)
    out = sample(model, positive, conditioning(negative), noise(1, *size), steps=1, sampler="euler")
    assert out.isfinite().all() and out.shape[-2:] == size
    halved = tuple(-(-n // 2) for n in size)
    grids = {grid for grid, _ in recorded.fusions[0]._layouts}
    assert grids == {size, halved}


def test_an_upscaled_second_pass_gets_the_same_layout_on_its_own_grid(place, words):
    context, tokens, negative = words
    positive = conditioning(context, labels(), tokens)
    first = sample(place, positive, conditioning(negative), noise())
    larger = torch.nn.functional.interpolate(first, (12, 12), mode="bicubic")
    model, recorded = record(place)
    second = sample(
        model,
        positive,
        conditioning(negative),
        noise(1, 12, 12),
        latent=larger,
        sampler="euler",
        sigmas=torch.tensor([1.5, 0.7, 0.0]),
    )
    assert second.shape[-2:] == (12, 12)
    found = recorded.fusions[0].layout((12, 12), 77).scale[0]
    assert torch.equal(found, expected_scale(labels()[0], tokens, (12, 12)))


# --- img2img, inpainting, precision ---------------------------------------------------------------


def test_inpainting_keeps_the_rest_of_the_picture(place, words):
    context, tokens, negative = words
    positive = conditioning(context, labels(), tokens)
    latent = noise(seed=9)
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 4:] = 1
    out = sample(
        place, positive, conditioning(negative), noise(), latent=latent, mask=mask, steps=5
    )
    torch.testing.assert_close(out[..., :4], latent[..., :4], rtol=1e-4, atol=1e-4)
    assert not close(out[..., 4:], latent[..., 4:], 1e-2)


def test_less_noise_stays_nearer_to_the_picture(place, words):
    context, tokens, negative = words
    positive = conditioning(context, labels(), tokens)
    latent = noise(seed=9)
    distance = []
    for sigmas in (torch.tensor([0.3, 0.1, 0.0]), torch.tensor([6.0, 2.0, 0.0])):
        out = sample(place, positive, conditioning(negative), noise(), latent=latent, sigmas=sigmas)
        distance.append((out - latent).norm().item())
    assert distance[0] < 0.5 * distance[1]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_weights_give_nearly_the_same_picture(host, loaded, place, words, dtype):
    import comfy.sd

    context, tokens, negative = words
    positive = conditioning(context, labels(), tokens)
    expected = sample(place, positive, conditioning(negative), noise())
    plain = sample(place, conditioning(context), conditioning(negative), noise())
    model, *_ = comfy.sd.load_checkpoint_guess_config(
        str(host.checkpoint), output_vae=False, output_clip=False, model_options={"dtype": dtype}
    )
    assert model.model_dtype() == dtype
    loaded = type(loaded)(model, None, None, loaded.heads)
    found = sample(apply(loaded), positive, conditioning(negative), noise())
    effect_of_layout = (plain - expected).norm()
    assert (found - expected).norm() < 0.5 * effect_of_layout


# --- α over the steps -----------------------------------------------------------------------------


def test_fusion_acts_between_start_and_end_percent_only(loaded, words):
    context, tokens, negative = words
    positive = conditioning(context, labels(), tokens)
    model, recorded = record(apply(loaded, start=0.25, end=0.7))
    sample(model, positive, conditioning(negative), noise(), sampler="euler", steps=8)
    # Progress of the eight steps: 0.12, 0.25, 0.37, … 1.0 (timesteps 876, 751, … 1).
    active = [f is not None for f in recorded.fusions]
    assert active == [False, False, True, True, True, False, False, False] or active == [
        False,
        True,
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    assert recorded.batches == [2] * 8


def test_schedules_fall_with_the_progress_of_sampling(loaded, words):
    from place_pack.place_core.alpha import linear

    context, tokens, negative = words
    positive = conditioning(context, labels(), tokens)
    model, recorded = record(apply(loaded, heads=None, schedule=linear, strength=0.5))
    sample(model, positive, conditioning(negative), noise(), sampler="euler", steps=4)
    found = [fusion.alpha("any layer").item() for fusion in recorded.fusions]
    timesteps = [751, 501, 251, 1]
    assert found == pytest.approx([0.5 * t / 999 for t in timesteps], abs=1e-3)


def test_learned_alpha_differs_by_layer_and_not_by_prompt_or_map(place, words):
    context, tokens, negative = words
    seen = []
    for map_seed in (0, 1):
        model, recorded = record(place)
        positive = conditioning(context * (1 + map_seed), labels(seed=map_seed), tokens)
        sample(model, positive, conditioning(negative), noise(), sampler="euler", steps=1)
        fusion = recorded.fusions[0]
        seen.append(torch.stack([fusion.alpha(name)[0] for name in fusion._names]))
    assert torch.equal(*seen)
    assert len(seen[0].unique()) == len(seen[0]) == 7
