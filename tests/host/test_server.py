"""The pack as a ComfyUI server shows it: its nodes, its defaults, and what it says to bad input."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from host_client import HostError, Prompt
from host_server import HostServer
from in_server import ROOT, SIZE, chain, picture, png, required_path, run_pictures

pytestmark = pytest.mark.host


class Contract(NamedTuple):
    """What saved workflows and API clients depend on; it does not change once released."""

    shown_as: str
    required: str
    optional: str
    outputs: str


LAYOUT_OUTPUTS = "PLACE_LAYOUT IMAGE STRING"
CONTRACT = {
    "PLACEModelLoader": Contract(
        "Load PLACE Model", "ckpt_name", "", "MODEL CLIP VAE PLACE_FUSION"
    ),
    "PLACEFusionLoader": Contract("Load PLACE Fusion", "fusion_name", "", "PLACE_FUSION"),
    "PLACESegmentationToLCM": Contract(
        "Segmentation to LCM", "image palette", "color_list tolerance", LAYOUT_OUTPUTS
    ),
    "PLACEMasksToLCM": Contract("Masks to LCM", "masks names", "overlap", LAYOUT_OUTPUTS),
    "PLACELayoutPainter": Contract("Layout Painter", "drawing", "reference", "PLACE_LAYOUT IMAGE"),
    "PLACEPromptEncoder": Contract(
        "Per-Class Prompt Encoder",
        "clip layout",
        "class_prompts global_prompt",
        "CONDITIONING STRING",
    ),
    "PLACEApply": Contract(
        "Apply PLACE",
        "model",
        "alpha strength start_percent end_percent fusion curve",
        "MODEL",
    ),
    "PLACEKSampler": Contract(
        "PLACE KSampler",
        "model positive negative latent_image seed",
        "steps cfg sampler_name scheduler denoise strength fusion",
        "LATENT",
    ),
    "PLACEPLMS": Contract("PLMS Sampler", "", "", "SAMPLER"),
    "PLACELayoutPreview": Contract("Preview LCM", "layout", "grid class_name", "IMAGE"),
    "PLACEAlphaPlot": Contract("Plot Alpha", "model", "steps scheduler", "IMAGE"),
    "PLACEOutlines": Contract("Layout Outlines", "image layout", "width", "IMAGE IMAGE"),
    "PLACERecordFusion": Contract(
        "Record Fusion Maps", "model words", "steps layers", "MODEL PLACE_RECORDING"
    ),
    "PLACEFusionMaps": Contract("Show Fusion Maps", "recording latent image", "", "IMAGE"),
    "PLACEBoxesToLCM": Contract(
        "Boxes to LCM", "boxes width height", "names background overlap", LAYOUT_OUTPUTS
    ),
    "PLACELayoutToMasks": Contract(
        "Layout to Masks", "layout classes", "grow feather invert combine", "MASK STRING"
    ),
    "PLACELayoutToImage": Contract(
        "Layout to Image", "layout colors", "width height", "IMAGE STRING"
    ),
    "PLACELayoutToBoxes": Contract(
        "Layout to Boxes", "layout", "regions smallest", "BOUNDING_BOX ARRAY STRING"
    ),
}

every_node = pytest.mark.parametrize("node_id", CONTRACT)


@pytest.fixture(scope="module")
def object_info(server: HostServer) -> dict[str, Any]:
    return server.client.object_info()


def test_there_are_these_nodes_and_no_others(object_info: dict) -> None:
    assert {name for name in object_info if name.startswith("PLACE")} == set(CONTRACT)


@every_node
def test_names_and_sockets_are_those_of_the_contract(node_id: str, object_info: dict) -> None:
    info, contract = object_info[node_id], CONTRACT[node_id]
    order = info["input_order"]

    assert info["display_name"] == contract.shown_as
    assert order.get("required", []) == contract.required.split()
    assert order.get("optional", []) == contract.optional.split()
    assert info["output"] == contract.outputs.split()


@every_node
def test_everything_is_explained(node_id: str, object_info: dict) -> None:
    info = object_info[node_id]
    inputs = {
        name: definition[1] if len(definition) > 1 else {}
        for section in ("required", "optional")
        for name, definition in info["input"].get(section, {}).items()
    }

    assert [name for name, options in inputs.items() if not options.get("tooltip")] == []
    assert all(info["output_tooltips"])
    assert info["description"]
    assert info["search_aliases"]


def test_any_number_of_masks_can_be_connected(object_info: dict) -> None:
    kind, options = object_info["PLACEMasksToLCM"]["input"]["required"]["masks"]

    assert kind == "COMFY_AUTOGROW_V3"
    assert options["template"]["prefix"] == "mask"
    assert options["template"]["min"] == 1
    assert list(options["template"]["input"]["required"]) == ["mask"]


# The shortest forms that run: whatever is left out has the value that the paper used.

SIDE = 64


@pytest.fixture(scope="module")
def files(server: HostServer) -> dict[str, str]:
    """Pictures in the server's input folder, by what they show."""
    colors = {
        entry["prompt"]: tuple(bytes.fromhex(entry["color"].lstrip("#")))
        for entry in json.loads(
            (ROOT / "place_core" / "palettes" / "ade20k.json").read_text(encoding="utf-8")
        )["classes"]
    }
    two_classes = np.full((SIDE, SIDE, 3), colors["sky"])
    two_classes[SIDE // 2 :] = colors["sea"]
    pictures = {"map": two_classes, "no known colors": np.full((SIDE, SIDE, 3), (1, 2, 3))}
    return {
        what: server.client.upload_bytes(png(pixels), f"{what.replace(' ', '_')}.png")
        for what, pixels in pictures.items()
    }


@pytest.fixture
def sampled(files: dict[str, str]) -> Prompt:
    """From a map to a picture, with nothing but required inputs."""
    checkpoint = required_path("PLACE_SEEDED_CHECKPOINT").name
    latent = {"width": SIZE, "height": SIZE, "batch_size": 1}
    inputs = ("positive", "words.0"), ("negative", "empty.0"), ("latent_image", "latent.0")
    return chain(
        model=("PLACEModelLoader", {"ckpt_name": checkpoint}),
        image=("LoadImage", {"image": files["map"]}),
        layout=("PLACESegmentationToLCM", {"image": "image.0", "palette": "ADE20K"}),
        words=("PLACEPromptEncoder", {"clip": "model.1", "layout": "layout.0"}),
        empty=("CLIPTextEncode", {"clip": "model.1", "text": ""}),
        latent=("EmptyLatentImage", latent),
        sampler=("PLACEKSampler", {"model": "model.0", "seed": 1, **dict(inputs)}),
        decode=("VAEDecode", {"samples": "sampler.0", "vae": "model.2"}),
        save=("SaveImage", {"images": "decode.0", "filename_prefix": "test"}),
    )


def test_required_inputs_are_enough(sampled: Prompt, server: HostServer) -> None:
    # All but the steps, of which the default, 50, would only take longer.
    sampled["sampler"]["inputs"]["steps"] = 2
    (picture,) = run_pictures(server.client, sampled)

    assert picture.shape == (SIZE, SIZE, 3)
    assert picture.std() > 1


def test_what_is_left_out_has_the_value_that_the_node_shows(host: ModuleType) -> None:
    for node_id in CONTRACT:
        node = getattr(host.nodes, node_id)
        parameters = inspect.signature(node.execute).parameters
        for shown in node.define_schema().inputs:
            if shown.optional:
                default = parameters[shown.id].default
                assert default == getattr(shown, "default", None), f"{node_id}.{shown.id}"


def test_the_defaults_of_the_sampler_are_the_papers(object_info: dict) -> None:
    optional = object_info["PLACEKSampler"]["input"]["optional"]

    assert {name: options.get("default") for name, (_, options) in optional.items()} == {
        "steps": 50,
        "cfg": 2.0,
        "sampler_name": "plms",
        "scheduler": "ddim_uniform",
        "denoise": 1.0,
        "strength": 1.0,
        "fusion": None,
    }


def test_apply_needs_a_model_only_and_serves_any_sampler(
    sampled: Prompt, server: HostServer
) -> None:
    common = sampled["sampler"]["inputs"]
    sampled |= {
        "apply": {"class_type": "PLACEApply", "inputs": {"model": ["model", 0]}},
        "sampler": {
            "class_type": "KSampler",
            "inputs": {
                **common,
                "model": ["apply", 0],
                "steps": 2,
                "cfg": 2.0,
                "sampler_name": "euler",
                "scheduler": "normal",
                "denoise": 1.0,
            },
        },
    }
    (picture,) = run_pictures(server.client, sampled)
    sampled["sampler"]["inputs"]["model"] = ["model", 0]
    (without,) = run_pictures(server.client, sampled)

    assert picture.std() > 1
    assert (picture != without).any()


def test_plms_is_a_sampler_for_the_custom_sampling_nodes(
    sampled: Prompt, server: HostServer
) -> None:
    common = sampled["sampler"]["inputs"]
    scheduler = {"model": ["model", 0], "scheduler": "ddim_uniform", "steps": 2, "denoise": 1.0}
    sampled |= {
        "plms": {"class_type": "PLACEPLMS", "inputs": {}},
        "sigmas": {"class_type": "BasicScheduler", "inputs": scheduler},
        "sampler": {
            "class_type": "SamplerCustom",
            "inputs": {
                "model": ["model", 0],
                "add_noise": True,
                "noise_seed": 1,
                "cfg": 2.0,
                "positive": common["positive"],
                "negative": common["negative"],
                "sampler": ["plms", 0],
                "sigmas": ["sigmas", 0],
                "latent_image": common["latent_image"],
            },
        },
    }

    assert run_pictures(server.client, sampled)[0].std() > 1


def test_heads_alone_can_be_loaded_and_plotted(server: HostServer) -> None:
    checkpoint = required_path("PLACE_SEEDED_CHECKPOINT")
    fusion = checkpoint.with_name(f"{checkpoint.stem}_fusion.safetensors")
    if not fusion.is_file():
        pytest.skip(f"there is no {fusion.name} beside the seeded checkpoint")
    name = server.add_model("place", fusion)
    prompt = chain(
        model=("CheckpointLoaderSimple", {"ckpt_name": checkpoint.name}),
        heads=("PLACEFusionLoader", {"fusion_name": name}),
        apply=("PLACEApply", {"model": "model.0", "fusion": "heads.0"}),
        plot=("PLACEAlphaPlot", {"model": "apply.0"}),
    )

    assert run_pictures(server.client, prompt, "temp")[0].std() > 1


def test_previews_show_themselves_without_more_nodes(
    files: dict[str, str], server: HostServer
) -> None:
    prompt = chain(
        image=("LoadImage", {"image": files["map"]}),
        layout=("PLACESegmentationToLCM", {"image": "image.0", "palette": "ADE20K"}),
        preview=("PLACELayoutPreview", {"layout": "layout.0"}),
    )
    outputs = server.client.run(prompt)["outputs"]

    assert len(outputs["layout"]["images"]) == 1
    assert len(outputs["preview"]["images"]) == 2  # a picture for each class
    for image in outputs["preview"]["images"]:
        assert picture(server.client.fetch(image)).std() > 1


def test_fusion_maps_are_those_of_the_shown_run_also_where_the_host_kept_its_result(
    sampled: Prompt, server: HostServer
) -> None:
    shown = {"recording": ["record", 1], "latent": ["sampler", 0], "image": ["decode", 0]}
    sampled |= chain(
        record=("PLACERecordFusion", {"words": "sky", "steps": "every 1", "layers": "8"}),
        show=("PLACEFusionMaps", shown),
        inverted=("ImageInvert", {"image": ["decode", 0]}),
    )
    sampled["record"]["inputs"]["model"] = ["model", 0]
    sampled["sampler"]["inputs"] |= {"model": ["record", 0], "steps": 2}

    def sheet(seed: int) -> np.ndarray:
        sampled["sampler"]["inputs"]["seed"] = seed
        (image,) = server.client.run(sampled)["outputs"]["show"]["images"]
        return picture(server.client.fetch(image))

    one, other = sheet(1), sheet(2)
    sampled["show"]["inputs"]["image"] = ["inverted", 0]
    again = sheet(1)
    sampled["show"]["inputs"]["image"] = ["decode", 0]

    assert one.std() > 1 and (one != other).any()
    assert again.shape == one.shape and (again != one).any()
    assert (sheet(1) == one).all()


# Bad input: the node that failed, the input, the value, and what to do; and the server goes on.


@pytest.fixture
def goes_on(files: dict[str, str], server: HostServer) -> Iterator[None]:
    yield
    prompt = chain(
        image=("LoadImage", {"image": files["map"]}),
        layout=("PLACESegmentationToLCM", {"image": "image.0", "palette": "ADE20K"}),
        show=("PreviewImage", {"images": "layout.1"}),
    )
    assert server.client.run(prompt)["status"]["status_str"] == "success"


def refusal(server: HostServer, prompt: Prompt) -> str:
    """What the server says of a workflow that cannot be run."""
    with pytest.raises(HostError) as caught:
        server.client.run(prompt)
    return str(caught.value)


@pytest.mark.usefixtures("goes_on")
def test_a_class_that_does_not_exist(sampled: Prompt, server: HostServer) -> None:
    sampled["words"]["inputs"]["class_prompts"] = "sky = clouds\ndragonfly = a big one"
    message = refusal(server, sampled)

    assert "node words (PLACEPromptEncoder)" in message
    assert "class_prompts, line 2" in message
    assert "'dragonfly'" in message
    assert "sea" in message  # a class that the map does have


@pytest.mark.usefixtures("goes_on")
def test_a_picture_that_is_no_map(
    files: dict[str, str], sampled: Prompt, server: HostServer
) -> None:
    sampled["image"]["inputs"]["image"] = files["no known colors"]
    message = refusal(server, sampled)

    assert "node layout (PLACESegmentationToLCM)" in message
    assert "image" in message and "ADE20K" in message
    assert "#010203" in message
    assert "palette" in message  # what to change


@pytest.mark.usefixtures("goes_on")
def test_masks_without_names(server: HostServer) -> None:
    prompt = chain(
        mask=("SolidMask", {"value": 1.0, "width": SIDE, "height": SIDE}),
        layout=("PLACEMasksToLCM", {"masks.mask0": "mask.0", "names": "sky\nsea"}),
        show=("PreviewImage", {"images": "layout.1"}),
    )
    message = refusal(server, prompt)

    assert "node layout (PLACEMasksToLCM)" in message
    assert "names: 1 masks are connected, but names has 2 lines ('sky', 'sea')" in message


@pytest.mark.usefixtures("goes_on")
def test_maps_that_do_not_fit_the_batch(
    files: dict[str, str], sampled: Prompt, server: HostServer
) -> None:
    two = {"image": ["image", 0], "amount": 2}
    sampled["maps"] = {"class_type": "RepeatImageBatch", "inputs": two}
    sampled["layout"]["inputs"]["image"] = ["maps", 0]
    sampled["latent"]["inputs"]["batch_size"] = 3
    sampled["sampler"]["inputs"]["steps"] = 2
    message = refusal(server, sampled)

    assert "node sampler (PLACEKSampler)" in message
    assert "layout: 2 maps do not fit a batch of 3 latents" in message
    assert "batch_size" in message


@pytest.mark.usefixtures("goes_on")
def test_a_checkpoint_that_would_run_code(
    sampled: Prompt, server: HostServer, tmp_path: Path
) -> None:
    trace = tmp_path / "it ran"
    name = "wants_to_run_code.ckpt"
    torch.save({"state_dict": _Touch(trace)}, server.base / "models" / "checkpoints" / name)
    sampled["model"]["inputs"]["ckpt_name"] = name
    message = refusal(server, sampled)

    assert "node model (PLACEModelLoader)" in message
    assert name in message and "rejected" in message
    assert not trace.exists()


class _Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self.file), "w"))


@pytest.mark.usefixtures("goes_on")
def test_a_checkpoint_that_was_cut_off(sampled: Prompt, server: HostServer) -> None:
    name = "cut_off.safetensors"
    with required_path("PLACE_SEEDED_CHECKPOINT").open("rb") as whole:
        (server.base / "models" / "checkpoints" / name).write_bytes(whole.read(10**6))
    sampled["model"]["inputs"]["ckpt_name"] = name
    message = refusal(server, sampled)

    assert "node model (PLACEModelLoader)" in message
    assert name in message and "again" in message


def test_a_value_out_of_range(sampled: Prompt, server: HostServer) -> None:
    sampled["sampler"]["inputs"]["strength"] = 2.0
    message = refusal(server, sampled)

    assert "node sampler (PLACEKSampler)" in message
    assert "strength" in message
