"""Patching a MODEL: on a clone, beside other packs, and for the models that it fits."""

from __future__ import annotations

import pytest
import torch

from in_host import conditioning, record, sample

pytestmark = pytest.mark.host


@pytest.fixture(scope="module")
def positive(host):
    tokens = torch.full((77,), -1)
    tokens[1:5] = torch.tensor([0, 0, 1, 1])
    labels = torch.zeros(1, 16, 16, dtype=torch.int16)
    labels[:, :, 5:] = 1
    return conditioning(context(1), labels, tokens)


@pytest.fixture(scope="module")
def negative(host):
    return conditioning(context(2))


def context(seed):
    return torch.randn(1, 77, 768, generator=torch.Generator().manual_seed(seed))


def noise():
    return torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def apply(model, **changes):
    from place_pack.nodes.host.patching import apply_place
    from place_pack.place_core.alpha import FusionSettings

    return apply_place(model, FusionSettings(**changes))


class ImagePromptPatch:
    """An attention patch in the manner of IPAdapter: sums callbacks on top of plain attention."""

    def __init__(self, callback):
        self.callbacks = [callback]

    def add(self, callback, **kwargs):
        self.callbacks.append(callback)

    def __call__(self, q, k, v, extra_options):
        from comfy.ldm.modules.attention import optimized_attention

        out = optimized_attention(q, k, v, extra_options["n_heads"])
        for callback in self.callbacks:
            out = out + callback(out, q, k, v, extra_options)
        return out


def image_prompt(out, q, k, v, extra_options, **kwargs):
    """What such a patch adds: here a fixed share of the queries."""
    return 0.05 * q


def add_image_prompt(model, key):
    """What such a pack does with a MODEL, by the protocol that IPAdapter uses."""
    model = model.clone()
    present = model.model_options["transformer_options"].get("patches_replace", {}).get("attn2", {})
    if key in present:
        present[key].add(image_prompt, sigma_start=1e9, sigma_end=0.0)
    else:
        model.set_model_attn2_replace(ImagePromptPatch(image_prompt), *key)
    return model


KEYS = (("input", 1), ("middle", 0), ("output", 2))


def with_image_prompt(model):
    for key in KEYS:
        model = add_image_prompt(model, key)
    return model


def snapshot(model):
    options = model.model_options["transformer_options"]
    patches = options.get("patches_replace", {}).get("attn2", {})
    added = {key: len(getattr(patch, "added", ())) for key, patch in patches.items()}
    return (
        dict(patches),
        added,
        {
            kind: {key: list(w) for key, w in by_key.items()}
            for kind, by_key in model.wrappers.items()
        },
        {
            kind: {key: list(c) for key, c in by_key.items()}
            for kind, by_key in model.callbacks.items()
        },
        sorted(options),
    )


def test_the_input_model_is_left_as_it_was(loaded, positive, negative):
    before = snapshot(loaded.model)
    patched = apply(loaded.model)
    sample(patched, positive, negative, noise())
    assert snapshot(loaded.model) == before
    assert snapshot(patched) != before


def test_a_clone_and_a_clone_of_it_fuse_like_the_original(loaded, positive, negative):
    patched = apply(loaded.model, heads=loaded.heads)
    expected = sample(patched, positive, negative, noise())
    assert torch.equal(sample(patched.clone(), positive, negative, noise()), expected)
    assert torch.equal(sample(patched.clone().clone(), positive, negative, noise()), expected)


def test_a_deep_clone_with_weights_of_its_own_fuses_like_the_original(loaded, positive, negative):
    patched = apply(loaded.model, heads=loaded.heads)
    expected = sample(patched, positive, negative, noise())
    deep = patched.deepclone_multigpu(torch.device("cpu"))
    assert deep.model is not patched.model
    assert torch.equal(sample(deep, positive, negative, noise()), expected)


def test_applied_twice_the_new_settings_hold_and_nothing_is_fused_twice(loaded, positive, negative):
    once = apply(loaded.model, heads=loaded.heads, strength=0.4)
    twice = apply(apply(loaded.model, strength=1.0), heads=loaded.heads, strength=0.4)
    expected = sample(once, positive, negative, noise())
    assert torch.equal(sample(twice, positive, negative, noise()), expected)


def test_a_patch_that_was_there_before_keeps_running(loaded, positive, negative):
    before = with_image_prompt(loaded.model)
    patched = apply(before)
    plain = sample(before, conditioning(context(1)), negative, noise())
    assert torch.equal(sample(patched, conditioning(context(1)), negative, noise()), plain)
    with_layout = sample(patched, positive, negative, noise())
    assert not torch.allclose(with_layout, plain)
    assert not torch.allclose(with_layout, sample(apply(loaded.model), positive, negative, noise()))


def test_a_patch_that_comes_later_is_added_and_hides_nothing(loaded, positive, negative):
    """Both orders give the same picture."""
    first = apply(with_image_prompt(loaded.model))
    later = with_image_prompt(apply(loaded.model))
    one = sample(first, positive, negative, noise())
    other = sample(later, positive, negative, noise())
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_what_is_added_to_a_clone_stays_with_the_clone(loaded):
    patched = apply(loaded.model)
    before = snapshot(patched)
    with_image_prompt(patched)
    assert snapshot(patched) == before


def test_a_patch_under_the_long_key_is_not_hidden(loaded, positive, negative):
    key = ("middle", 0, 0)
    before = add_image_prompt(loaded.model, key)
    expected = sample(before, conditioning(context(1)), negative, noise())
    found = sample(apply(before), conditioning(context(1)), negative, noise())
    assert torch.equal(found, expected)
    assert not torch.allclose(sample(apply(before), positive, negative, noise()), expected)


def test_a_lora_acts_through_the_patch(loaded, positive, negative):
    name = "diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight"
    plain = sample(apply(loaded.model), positive, negative, noise())
    change = {name: (torch.full((640, 768), 0.05),)}
    before, after = loaded.model.clone(), apply(loaded.model)
    for model in (before, after):
        assert model.add_patches(change, 1.0)
    one = sample(apply(before), positive, negative, noise())
    other = sample(after, positive, negative, noise())
    assert torch.equal(one, other)
    assert not torch.allclose(one, plain, atol=1e-3)


def test_an_attention_override_still_gets_the_rows_without_layout(loaded, positive, negative):
    seen = []

    def override(func, q, k, v, heads, **kwargs):
        if k.shape[1] == 77:
            seen.append(len(q))
        return func(q, k, v, heads, **kwargs)

    model = apply(loaded.model)
    model.model_options["transformer_options"]["optimized_attention_override"] = override
    sample(model, positive, negative, noise(), sampler="euler", steps=1)
    assert seen == [1] * 7


def test_context_windows_give_each_frame_its_own_map(host, loaded, negative):
    """Windows of frames (AnimateDiff's way) cut a batch of maps as they cut the latents."""
    import comfy.context_windows as windows

    labels = torch.zeros(4, 8, 8, dtype=torch.int16)
    for i, map_ in enumerate(labels):
        map_[:, : 1 + i] = 1
    tokens = torch.full((77,), -1)
    tokens[1:3] = torch.tensor([0, 1])
    model, recorded = record(apply(loaded.model))
    model.model_options["context_handler"] = windows.IndexListContextHandler(
        context_schedule=windows.get_matching_context_schedule(windows.ContextSchedules.BATCHED),
        fuse_method=windows.get_matching_fuse_method(windows.ContextFuseMethods.PYRAMID),
        context_length=2,
        context_overlap=0,
        dim=0,
    )
    batch = torch.randn(4, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    sample(
        model, conditioning(context(1), labels, tokens), negative, batch, sampler="euler", steps=1
    )
    # The host puts the frame before a window in front of it: frames 0, 1 and then 1, 2, 3.
    assert recorded.batches == [4, 6]
    shares = torch.cat([f.layout((8, 8), 77).scale[:, :, 2].mean(1) for f in recorded.fusions])
    torch.testing.assert_close(shares, torch.tensor([1, 2, 2, 3, 4]) / 8)


# --- Models that it does not fit ------------------------------------------------------------------


def test_a_model_without_such_cross_attention_is_refused():
    class Model:
        def get_model_object(self, name):
            return torch.nn.Linear(1, 1)

    with pytest.raises(ValueError, match=r"model: Linear has no cross-attention.*SDXL"):
        apply(Model())


def test_heads_for_other_layers_are_refused_with_the_remedy(loaded):
    heads = loaded.heads
    fewer = type(heads)(heads.layers[:-1], heads.weight[:-1], heads.bias[:-1])
    with pytest.raises(
        ValueError, match=r"fusion: .* 6 .*, the model has 7 .*no head for output.*constant"
    ):
        apply(loaded.model, heads=fewer)


def test_heads_for_another_time_embedding_are_refused(loaded):
    heads = loaded.heads
    narrow = type(heads)(heads.layers, heads.weight[:, :64], heads.bias)
    with pytest.raises(ValueError, match="time embedding of 1280, heads read 64"):
        apply(loaded.model, heads=narrow)


def test_sdxl_gets_a_patch_for_each_of_its_transformer_blocks(host):
    """Several transformer blocks in one place: each is patched, under the key with its index."""
    import comfy.model_base
    import comfy.model_patcher
    import comfy.supported_models

    config = comfy.supported_models.SDXL(
        {
            "image_size": 32,
            "in_channels": 4,
            "out_channels": 4,
            "model_channels": 32,
            "num_res_blocks": [1, 1],
            "channel_mult": [1, 2],
            "transformer_depth": [0, 3],
            "transformer_depth_output": [0, 0, 3, 3],
            "transformer_depth_middle": 3,
            "num_heads": -1,
            "num_head_channels": 32,
            "context_dim": 64,
            "use_spatial_transformer": True,
            "use_linear_in_transformer": True,
            "num_classes": "sequential",
            "adm_in_channels": 2816,
            "dtype": torch.float32,
        }
    )
    config.manual_cast_dtype = None
    cpu = torch.device("cpu")
    base = comfy.model_base.SDXL(config)
    for parameter in base.diffusion_model.parameters():
        torch.nn.init.normal_(parameter, std=0.05, generator=torch.Generator().manual_seed(0))
    patched = apply(comfy.model_patcher.ModelPatcher(base, cpu, cpu))
    keys = set(patched.model_options["transformer_options"]["patches_replace"]["attn2"])
    places = [("input", 3), ("middle", 0), ("output", 0), ("output", 1)]
    assert keys == {(*place, i) for place in places for i in range(3)}

    tokens = torch.full((77,), -1)
    tokens[1:3] = torch.tensor([0, 1])
    labels = torch.zeros(1, 16, 16, dtype=torch.int16)
    labels[:, :8] = 1
    text = torch.randn(1, 77, 64, generator=torch.Generator().manual_seed(1))
    pooled = {"pooled_output": torch.zeros(1, 1280)}
    positive = conditioning(text, labels, tokens)
    positive[0][1].update(pooled)
    negative = conditioning(text * 0)
    negative[0][1].update(pooled)
    model, recorded = record(patched)
    with_layout = sample(model, positive, negative, noise(), sampler="euler", steps=2)
    assert recorded.batches == [2, 2]
    plain = [[text, dict(pooled)]]
    without = sample(patched, plain, negative, noise(), sampler="euler", steps=2)
    assert with_layout.isfinite().all() and not torch.equal(with_layout, without)


# --- With a ControlNet ----------------------------------------------------------------------------


def test_a_controlnet_and_a_layout_act_together_in_one_call(host, loaded, positive, negative):
    import comfy.cldm.cldm
    import comfy.controlnet
    import comfy.ops

    from nodes import ControlNetApplyAdvanced

    network = comfy.cldm.cldm.ControlNet(
        image_size=32,
        in_channels=4,
        hint_channels=3,
        model_channels=320,
        num_res_blocks=[1, 1],
        channel_mult=[1, 2],
        transformer_depth=[1, 1],
        transformer_depth_middle=1,
        num_heads=8,
        context_dim=768,
        use_spatial_transformer=True,
        dtype=torch.float32,
        operations=comfy.ops.disable_weight_init,
    )
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.02, generator=generator)
    cpu = torch.device("cpu")
    controlnet = comfy.controlnet.ControlNet(network, load_device=cpu, manual_cast_dtype=None)
    hint = torch.rand(1, 64, 64, 3, generator=generator)

    def picture(positive):
        apply_control = ControlNetApplyAdvanced().apply_controlnet
        both = apply_control(positive, negative, controlnet, hint, 1.0, 0.0, 1.0)
        model, recorded = record(apply(loaded.model))
        out = sample(model, *both, noise(), sampler="euler", steps=1)
        assert recorded.batches == [2]
        return out

    plain = conditioning(context(1))
    assert not torch.allclose(picture(positive), picture(plain))
    without_control = sample(
        apply(loaded.model), positive, negative, noise(), sampler="euler", steps=1
    )
    assert not torch.allclose(picture(positive), without_control)
