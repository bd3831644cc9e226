"""The nodes, called as ComfyUI calls them."""

from __future__ import annotations

import ast
import logging
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from in_host import record, record_fusions, sample

pytestmark = pytest.mark.host

ROOT = Path(__file__).parents[2]
IDS = {
    "PLACEModelLoader",
    "PLACEFusionLoader",
    "PLACESegmentationToLCM",
    "PLACEMasksToLCM",
    "PLACELayoutPainter",
    "PLACEPromptEncoder",
    "PLACEApply",
    "PLACEKSampler",
    "PLACEPLMS",
    "PLACELayoutPreview",
    "PLACEAlphaPlot",
    "PLACEOutlines",
    "PLACERecordFusion",
    "PLACEFusionMaps",
    "PLACEBoxesToLCM",
    "PLACELayoutToMasks",
    "PLACELayoutToImage",
    "PLACELayoutToBoxes",
}


@pytest.fixture(scope="module")
def nodes(host):
    """Node classes by id."""
    import asyncio

    extension = asyncio.run(host.comfy_entrypoint())
    found = asyncio.run(extension.get_node_list())
    return {node.GET_SCHEMA().node_id: node for node in found}


def run(nodes, node_id, **inputs):
    return nodes[node_id].execute(**inputs).args


def color_map(size=64):
    """Sky over sea with a tree, in ADE20K colors, as IMAGE."""
    picture = np.zeros((size, size, 3), np.float32)
    picture[: size // 2], picture[size // 2 :] = (6, 230, 230), (9, 7, 230)
    picture[size // 4 : size // 2, size // 4 : size // 2] = (4, 200, 3)
    return torch.from_numpy(picture / 255)[None]


@pytest.fixture(scope="module")
def layout(nodes):
    return run(nodes, "PLACESegmentationToLCM", image=color_map(), palette="ADE20K")[0]


@pytest.fixture(scope="module")
def negative(loaded):
    return loaded.clip.encode_from_tokens_scheduled(loaded.clip.tokenize(""))


# --- What the Manager, the registry and the front end see -----------------------------------------


def test_all_nodes_are_there_and_have_a_complete_schema(nodes):
    assert nodes.keys() == IDS
    for node in nodes.values():
        schema = node.GET_SCHEMA()
        schema.validate()
        assert schema.display_name and schema.description and schema.search_aliases
        assert schema.category == "PLACE"
        for socket in (*schema.inputs, *schema.outputs):
            assert socket.tooltip, f"{schema.node_id}.{socket.id}"


def test_a_static_scan_finds_every_node():
    """The Manager reads the source: classes directly on io.ComfyNode, with a literal node_id."""
    found = set()
    for path in (ROOT / "nodes").rglob("*.py"):
        for item in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(item, ast.ClassDef) and [ast.unparse(b) for b in item.bases] == [
                "io.ComfyNode"
            ]:
                found |= {
                    keyword.value.value
                    for call in ast.walk(item)
                    if isinstance(call, ast.Call)
                    for keyword in call.keywords
                    if keyword.arg == "node_id" and isinstance(keyword.value, ast.Constant)
                }
    assert found == IDS


def test_optional_inputs_come_last(nodes):
    for node in nodes.values():
        flags = [bool(getattr(i, "optional", False)) for i in node.define_schema().inputs]
        assert flags == sorted(flags), node


# --- Loading --------------------------------------------------------------------------------------


def test_the_heads_travel_inside_the_model_and_beside_it(host, loaded):
    from place_pack.nodes.host.patching import attached_heads

    assert len(loaded.heads.layers) == 7
    assert attached_heads(loaded.model.clone()) is loaded.heads


def test_heads_load_from_a_file_of_their_own_and_from_a_whole_checkpoint(host, nodes, loaded):
    from place_pack.place_core.checkpoint import save_heads

    path = host.base / "models" / "place" / "heads.safetensors"
    save_heads(loaded.heads, path)
    assert "heads.safetensors" in host.nodes.loaders.loading.fusion_names()
    (heads,) = run(nodes, "PLACEFusionLoader", fusion_name="heads.safetensors")
    assert torch.equal(heads.weight, loaded.heads.weight)
    (heads,) = run(nodes, "PLACEFusionLoader", fusion_name=host.checkpoint.name)
    assert torch.equal(heads.bias, loaded.heads.bias)


def test_the_host_does_not_see_the_heads_and_can_load_parts_anew(host, nodes, caplog):
    """On other devices, and where models may not move in memory, it reloads what it was given."""
    with caplog.at_level(logging.INFO):
        model, clip, vae, _ = run(nodes, "PLACEModelLoader", ckpt_name=host.checkpoint.name)
        for patcher in (model, clip.patcher, vae.patcher):
            reload, arguments = patcher.cached_patcher_init
            again = reload(*arguments, disable_dynamic=True)
            assert again is not patcher
            assert type(again.model) is type(patcher.model)
            assert again.model.state_dict().keys() == patcher.model.state_dict().keys()
    assert "cascale" not in caplog.text and "unexpected" not in caplog.text


def test_a_checkpoint_without_heads_loads_and_says_so(host, nodes, caplog):
    from safetensors import safe_open

    path = host.base / "models" / "place" / "plain.safetensors"
    with safe_open(host.checkpoint, framework="pt") as file:
        # Without the text encoder and the VAE too, which take time and are not asked about.
        save_file(
            {n: file.get_tensor(n) for n in file.keys() if "diffusion_" in n and "casc" not in n},  # noqa: SIM118
            path,
        )
    with caplog.at_level(logging.INFO):
        model, *_, heads = run(nodes, "PLACEModelLoader", ckpt_name="plain.safetensors")
    assert heads is None and "alpha follows the constant schedule" in caplog.text
    (patched,) = run(nodes, "PLACEApply", model=model)
    sampling = host_sampling()
    sigmas = sampling.schedule_sigmas(patched, "ddim_uniform", 4)[:-1]
    alpha, *_ = sampling.alpha_over_steps(patched, sigmas)
    assert (alpha == 1).all()
    path.unlink()


@pytest.mark.parametrize("node_id", ["PLACEModelLoader", "PLACEFusionLoader"])
def test_a_pickle_with_code_is_rejected_by_the_node_and_not_run(host, nodes, node_id):
    flag = host.base / "code was run"

    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(flag),))

    path = host.base / "models" / "place" / "evil.ckpt"
    torch.save({"state_dict": {"a": torch.ones(1)}, "evil": Evil()}, path, pickle_module=pickle)
    name = "ckpt_name" if node_id == "PLACEModelLoader" else "fusion_name"
    with pytest.raises(ValueError, match="evil.ckpt asks to run Python code.*rejected"):
        run(nodes, node_id, **{name: "evil.ckpt"})
    assert not flag.exists()
    path.unlink()


def test_a_truncated_checkpoint_is_named(host, nodes):
    path = host.base / "models" / "place" / "half.safetensors"
    with host.checkpoint.open("rb") as file:
        path.write_bytes(file.read(1 << 20))
    with pytest.raises(ValueError, match="half.safetensors .*damaged, incomplete"):
        run(nodes, "PLACEModelLoader", ckpt_name="half.safetensors")
    path.unlink()


def test_a_file_that_is_gone_is_named(nodes):
    with pytest.raises(FileNotFoundError, match="'gone.ckpt' is neither in models/checkpoints"):
        run(nodes, "PLACEModelLoader", ckpt_name="gone.ckpt")


# --- Layouts and prompts --------------------------------------------------------------------------


def test_a_segmentation_becomes_a_layout_a_picture_and_a_list(nodes):
    layout, picture, text = run(
        nodes, "PLACESegmentationToLCM", image=color_map(), palette="ADE20K"
    )
    assert [c.name for c in layout.present()] == ["sky", "tree", "sea"]
    assert picture.ndim == 4 and text.splitlines()[0] == "2  sky  43.8 %"


def test_every_palette_of_the_node_reads(nodes):
    gray = torch.full((1, 8, 8, 3), 3 / 255)
    for palette, image, extra in [
        ("COCO-Stuff", torch.tensor([[[[128.0, 0, 0]]]]) / 255, {}),
        ("index (ADE20K)", gray, {}),
        ("index (COCO-Stuff)", gray, {}),
        ("color list", gray, {"color_list": "#030303 = coal"}),
        ("distinct colors", gray, {}),
    ]:
        image = image.expand(1, 8, 8, 3)
        layout, *_ = run(nodes, "PLACESegmentationToLCM", image=image, palette=palette, **extra)
        assert len(layout.present()) == 1


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_an_index_file_keeps_every_class_through_the_hosts_load_image(host, nodes, mode):
    from nodes import LoadImage

    folder = host.base / "input"
    folder.mkdir(exist_ok=True)
    values = np.arange(182, dtype=np.uint8)[None].repeat(64, 0)
    Image.fromarray(values).convert(mode).save(folder / "index.png")
    image, _ = LoadImage().load_image("index.png")
    layout, *_ = run(nodes, "PLACESegmentationToLCM", image=image, palette="index (COCO-Stuff)")
    assert layout.labels[0, 3].tolist() == list(range(182))


def test_masks_with_names_become_a_layout(nodes):
    one, other = torch.zeros(1, 8, 8), torch.zeros(1, 8, 8)
    one[:, :4], other[:, 3:] = 1, 1
    layout, *_ = run(
        nodes, "PLACEMasksToLCM", masks={"mask0": one, "mask1": other}, names="sky\nsea"
    )
    assert layout.labels[0, :, 0].tolist() == [0, 0, 0, 1, 1, 1, 1, 1]


def test_masks_and_names_must_be_as_many(nodes):
    with pytest.raises(ValueError, match="names: 1 masks are connected, but names has 2 lines"):
        run(nodes, "PLACEMasksToLCM", masks={"mask0": torch.ones(1, 4, 4)}, names="a\nb")


def test_the_encoder_returns_the_prompt_as_encoded(nodes, loaded, layout):
    conditioning, prompt = run(
        nodes,
        "PLACEPromptEncoder",
        clip=loaded.clip,
        layout=layout,
        class_prompts="tree = an old oak",
        global_prompt="at dusk",
    )
    assert prompt == "sky an old oak sea at dusk"
    assert conditioning[0][0].shape == (1, 77, 768)


def test_an_unknown_class_is_named_with_line_and_remedy(nodes, loaded, layout):
    with pytest.raises(ValueError, match="class_prompts, line 1: 'moon' .*The map shows"):
        run(
            nodes,
            "PLACEPromptEncoder",
            clip=loaded.clip,
            layout=layout,
            class_prompts="moon = a full moon",
        )


def test_a_checkpoint_without_text_encoder_is_named(nodes, layout):
    with pytest.raises(ValueError, match="clip: nothing came in"):
        run(nodes, "PLACEPromptEncoder", clip=None, layout=layout)


# --- Sampling -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def positive(nodes, loaded, layout):
    return run(nodes, "PLACEPromptEncoder", clip=loaded.clip, layout=layout)[0]


def latent(size=8):
    return {"samples": torch.zeros(1, 4, size, size)}


@pytest.fixture
def place_sample(nodes, loaded, positive, negative):
    """PLACE KSampler with what a graph must give it, and changes."""

    def sample(model=loaded.model, **changes):
        inputs = {"latent_image": latent(), "seed": 1, "steps": 2, **changes}
        (out,) = run(
            nodes, "PLACEKSampler", model=model, positive=positive, negative=negative, **inputs
        )
        return out["samples"]

    return sample


def test_the_shortest_graph_samples_with_the_learned_heads(loaded, place_sample):
    model, fusions = record_fusions(loaded.model)
    picture = place_sample(model)
    assert picture.shape == (1, 4, 8, 8) and picture.isfinite().all()
    assert set(fusions[0]._names) == set(loaded.heads.layers)


def test_a_seed_gives_the_same_picture_every_time(place_sample):
    assert torch.equal(place_sample(seed=3), place_sample(seed=3))
    assert not torch.equal(place_sample(seed=3), place_sample(seed=4))


def test_the_sampler_keeps_the_settings_of_apply_place(nodes, loaded, place_sample):
    (model,) = run(nodes, "PLACEApply", model=loaded.model, alpha="constant", strength=0.5)
    model, fusions = record_fusions(model)
    place_sample(model, steps=1, strength=0.5)
    assert fusions[0].alpha("any").item() == 0.25


def test_a_positive_without_layout_is_sampled_and_said(nodes, loaded, negative, caplog):
    with caplog.at_level(logging.WARNING):
        run(
            nodes,
            "PLACEKSampler",
            model=loaded.model,
            positive=negative,
            negative=negative,
            latent_image=latent(),
            seed=1,
            steps=1,
        )
    assert "positive carries no layout" in caplog.text


def test_fusion_given_to_the_sampler_overrides_what_the_model_has(loaded, place_sample):
    heads = loaded.heads
    other = type(heads)(heads.layers, heads.weight * 0, heads.bias * 0)
    model, fusions = record_fusions(loaded.model)
    place_sample(model, steps=1, fusion=other)
    assert fusions[0].alpha(heads.layers[0]).item() == 0.5


@pytest.mark.parametrize("sampler", ["euler", "dpmpp_2m", "dpm_2", "uni_pc", "ddim"])
def test_other_samplers_give_what_the_hosts_ksampler_gives(
    nodes, loaded, positive, negative, place_sample, sampler
):
    from nodes import common_ksampler

    (model,) = run(nodes, "PLACEApply", model=loaded.model)
    arguments = (1, 3, 2.0, sampler, "karras")
    (expected,) = common_ksampler(model, *arguments, positive, negative, latent(), denoise=0.8)
    found = place_sample(steps=3, sampler_name=sampler, scheduler="karras", denoise=0.8)
    assert torch.equal(found, expected["samples"])


def test_denoise_zero_returns_the_latent(place_sample):
    given = {"samples": torch.randn(1, 4, 8, 8)}
    found = place_sample(latent_image=given, denoise=0.0)
    torch.testing.assert_close(found, given["samples"])


def test_a_curve_gives_alpha(nodes, loaded, positive, negative):
    points = [(0.0, 0.8), (1.0, 0.0)]
    for curve in (points, {"points": points}):
        (model,) = run(nodes, "PLACEApply", model=loaded.model, alpha="curve", curve=curve)
        model, recorded = record(model)
        noise = torch.zeros(1, 4, 8, 8)
        sample(model, positive, negative, noise, sampler="euler", steps=4)
        found = [f.alpha("any").item() for f in recorded.fusions]
        assert found == pytest.approx([0.8 * t / 999 for t in (751, 501, 251, 1)], abs=1e-3)


@pytest.mark.parametrize("interpolation", ["monotone_cubic", "linear"])
def test_a_curve_of_the_hosts_curve_editor_gives_alpha(nodes, loaded, interpolation):
    editor = pytest.importorskip("comfy_extras.nodes_curve", reason="this host has no such node")
    drawn = {"points": [[0, 1], [0.3, 0.2], [1, 0]], "interpolation": interpolation}
    (curve,) = editor.CurveEditor.execute(drawn).args
    (model,) = run(nodes, "PLACEApply", model=loaded.model, alpha="curve", curve=curve)
    sampling = host_sampling()
    sigmas = sampling.schedule_sigmas(model, "ddim_uniform", 10)[:-1]
    alpha, timesteps, _ = sampling.alpha_over_steps(model, sigmas)
    expected = [curve.interp(1 - t / 999) for t in timesteps.tolist()]
    assert alpha[:, 0].tolist() == pytest.approx(expected, abs=2e-3)


def host_sampling():
    from place_pack.nodes.host import sampling

    return sampling


@pytest.mark.parametrize(
    ("curve", "message"),
    [(None, "no curve is connected"), ("x", "curve: expected a CURVE"), ([], "curve: expected")],
)
def test_a_missing_or_impossible_curve_is_named(nodes, loaded, curve, message):
    with pytest.raises(ValueError, match=message):
        run(nodes, "PLACEApply", model=loaded.model, alpha="curve", curve=curve)


# --- Previews -------------------------------------------------------------------------------------


def test_the_preview_shows_one_class_or_each_of_them(nodes, layout):
    (one,) = run(nodes, "PLACELayoutPreview", layout=layout, grid=16, class_name="tree")
    (all_,) = run(nodes, "PLACELayoutPreview", layout=layout, grid=16)
    assert len(one) == 1 and len(all_) == 3
    assert any(torch.equal(one[0], each) for each in all_)


def test_alpha_is_plotted_for_heads_and_for_schedules(nodes, loaded):
    (learned,) = run(nodes, "PLACEAlphaPlot", model=loaded.model, steps=10)
    (model,) = run(nodes, "PLACEApply", model=loaded.model, alpha="linear", end_percent=0.5)
    (schedule,) = run(nodes, "PLACEAlphaPlot", model=model, steps=10, scheduler="karras")
    assert learned.shape[-1] == schedule.shape[-1] == 3
    assert not torch.equal(learned[:, :300, :500], schedule[:, :300, :500])


def test_outlines_are_drawn_over_a_picture_of_another_size(nodes, layout):
    image = torch.rand(2, 96, 128, 3)
    outlined, comparison = run(nodes, "PLACEOutlines", image=image, layout=layout)
    assert outlined.shape == image.shape and comparison.shape == (2, 96, 3 * 128, 3)
    changed = (outlined != image).any(-1)
    # Two pixels on either side of the horizon, which lies in the middle.
    assert changed[:, 46:50, 100:].all() and not changed[:, :46, 100:].any()
