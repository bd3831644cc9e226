"""The pack as users have it: from the registry, beside a clone of it, under any name, read-only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from host_client import HostError
from host_server import PACK_NAME, HostServer, install_pack
from in_browser import Browser
from in_front_end import READY, RENDERERS, look_at_origin, our_errors, quiet_front_end, use_renderer
from in_installation import (
    ADDRESS,
    NEIGHBOR,
    ODD_NAME,
    files_below,
    from_manager_beside_a_clone,
    read_only_beside_a_neighbor,
)
from in_painter import Painter
from in_server import REGISTRY_NAME, ROOT, WORKFLOWS, chain, run_pictures, warnings_in
from missing import optional_path
from report import tail

HELP = ROOT / "js" / "docs"

pytestmark = [pytest.mark.host, pytest.mark.slow]


@pytest.fixture(scope="module")
def package(package_server: HostServer) -> HostServer:
    quiet_front_end(package_server)
    return package_server


@pytest.fixture(scope="module")
def odd(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostServer]:
    with read_only_beside_a_neighbor(archive, tmp_path_factory.mktemp("odd")) as server:
        quiet_front_end(server)
        yield server


@pytest.fixture(scope="module")
def twice(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostServer]:
    with from_manager_beside_a_clone(archive, tmp_path_factory.mktemp("twice")) as server:
        quiet_front_end(server)
        yield server


# --- On the page ----------------------------------------------------------------------------------

ADD_NODES = """
    async () => {
        app.rootGraph.clear();
        const [painter, encoder] = ['PLACELayoutPainter', 'PLACEPromptEncoder'].map((type, i) => {
            const node = LiteGraph.createNode(type);
            node.pos = [i * 760, 0];
            app.rootGraph.add(node);
            return node;
        });
        painter.connect(0, encoder, encoder.findInputSlot('layout'));
        return [painter.id, encoder.id];
    }
"""

TIMES_LOADED = "app.extensions.filter(extension => extension.name === 'place.layout').length"


@pytest.mark.parametrize(
    ("installation", "renderer"),
    [
        *(("package", renderer) for renderer in RENDERERS),
        ("odd", "nodes 2.0"),
        ("twice", "classic"),
    ],
)
def test_one_paints_and_writes_words(
    installation: str,
    renderer: str,
    browser: Browser,
    request: pytest.FixtureRequest,
    artifacts: Path,
) -> None:
    server: HostServer = request.getfixturevalue(installation)
    use_renderer(browser, server, renderer)
    browser.errors.clear()
    browser.open(server.url, READY)
    painter_id, encoder_id = browser.function(ADD_NODES)
    look_at_origin(browser)
    painter = Painter(browser, painter_id)
    painter.wait()
    painter.add_class("sky")
    painter.stroke((0.1, 0.2), (0.5, 0.2), (0.9, 0.2))
    rows = f"document.querySelector('.place-rows[data-rows-node=\"{encoder_id}\"]')"
    browser.wait(f"{rows}.querySelectorAll('li').length === 1")
    box = f"{rows}.querySelector('li input').getBoundingClientRect()"
    browser.click(*browser.evaluate(f"(b => [b.left + b.width / 2, b.top + b.height / 2])({box})"))
    browser.type("stormy")
    # What the server counted, with what was typed.
    browser.wait(f"/^[1-9]\\d* of 77/.test({rows}.querySelector('.place-rows-count').textContent)")
    browser.screenshot(artifacts / f"{installation} {renderer}.png")
    widget = (
        f"app.rootGraph.getNodeById({encoder_id}).widgets.find(w => w.name === 'class_prompts')"
    )

    assert (painter.indices == 1).any()
    assert painter.names == ["sky"]
    assert browser.evaluate(f"{widget}.value").strip() == "sky = stormy"
    assert browser.evaluate(TIMES_LOADED) == 1
    assert our_errors(browser) == []


OPEN_TEMPLATE = """
    async (address, name) => {
        const graph = await (await fetch(address)).json();
        await app.loadGraphData(graph, true, true, name);
        return graph.nodes.length;
    }
"""

MISSING_NODES = """
    [app.rootGraph, ...app.rootGraph.subgraphs.values()].flatMap(graph => graph.nodes)
        .filter(node => node.has_errors || !LiteGraph.registered_node_types[node.type])
        .map(node => node.type)
"""
WAITS_FOR_WEIGHTS = {"With SAM 3": ["CheckpointLoaderSimple"]}
"""The front end marks the loader of a file that is not there yet."""


@pytest.mark.parametrize("renderer", RENDERERS)
def test_every_template_opens_without_a_missing_node(
    renderer: str, browser: Browser, package: HostServer, artifacts: Path
) -> None:
    use_renderer(browser, package, renderer)
    browser.errors.clear()
    browser.open(package.url, READY)
    missing = {}
    for file in WORKFLOWS:
        address = f"/api/workflow_templates/{REGISTRY_NAME}/{quote(file.name)}"
        count = browser.function(OPEN_TEMPLATE, address, file.stem)
        browser.wait(f"app.rootGraph.nodes.length === {count}")
        if found := browser.evaluate(MISSING_NODES):
            missing[file.stem] = found
        browser.screenshot(artifacts / f"package {file.stem} {renderer}.png")

    assert missing == WAITS_FOR_WEIGHTS
    assert our_errors(browser) == []


# --- In the server --------------------------------------------------------------------------------


def log_of(server: HostServer) -> str:
    return tail(server.log, lines=10_000)


def assert_runs(server: HostServer) -> None:
    """A workflow that needs nothing but the pack gives its picture."""
    side = {"width": 64, "height": 64}
    inputs = {"model": "model.0", "positive": "words.0", "negative": "empty.0"}
    prompt = chain(
        model=("PLACEModelLoader", {"ckpt_name": "bundled: place_demo.safetensors"}),
        mask=("SolidMask", {"value": 1.0, **side}),
        layout=("PLACEMasksToLCM", {"masks.mask0": "mask.0", "names": "sky"}),
        words=("PLACEPromptEncoder", {"clip": "model.1", "layout": "layout.0"}),
        empty=("CLIPTextEncode", {"clip": "model.1", "text": ""}),
        latent=("EmptyLatentImage", {"batch_size": 1, **side}),
        sampler=("PLACEKSampler", {**inputs, "latent_image": "latent.0", "seed": 1, "steps": 2}),
        decode=("VAEDecode", {"samples": "sampler.0", "vae": "model.2"}),
        save=("SaveImage", {"images": "decode.0", "filename_prefix": "test"}),
    )
    (picture,) = run_pictures(server.client, prompt)
    assert picture.std() > 1


def test_an_odd_name_is_no_problem(odd: HostServer) -> None:
    info = odd.client.object_info()["PLACEApply"]

    assert info["python_module"] == f"custom_nodes.{ODD_NAME}"
    assert warnings_in(log_of(odd)) == []
    for path, file in {
        f"/api/workflow_templates/{quote(ODD_NAME)}/{quote(WORKFLOWS[0].name)}": WORKFLOWS[0],
        f"/extensions/{quote(ODD_NAME)}/docs/PLACEApply/en.md": HELP / "PLACEApply" / "en.md",
    }.items():
        assert odd.client.get(path) == file.read_bytes()
    with pytest.raises(HostError, match="404"):
        odd.client.get(f"/extensions/{quote(ODD_NAME)}/..%2Fpyproject.toml")
    with pytest.raises(HostError, match="404"):
        odd.client.get(f"/extensions/{quote(ODD_NAME)}/place.js%00")


def test_a_pack_with_modules_of_the_same_names_keeps_its_own_and_we_ours(odd: HostServer) -> None:
    assert_runs(odd)
    entry = odd.client.run(chain(owner=(NEIGHBOR, {})))

    assert entry["outputs"]["owner"]["text"] == ["neighbor", "neighbor"]


def test_nothing_is_written_into_the_packs_folder(
    odd: HostServer, archive: Path, tmp_path: Path
) -> None:
    assert_runs(odd)
    folder = odd.base / "custom_nodes" / ODD_NAME
    install_pack(archive, tmp_path / "fresh")

    assert files_below(folder) == files_below(tmp_path / "fresh")


def test_a_second_copy_says_one_line_and_the_first_one_works(twice: HostServer) -> None:
    log = log_of(twice)
    said = [line for line in warnings_in(log) if "place" in line.lower()]
    failed = [line for line in log.splitlines() if "IMPORT FAILED" in line]

    assert len(said) == len(failed) == 1
    (used,) = {REGISTRY_NAME, PACK_NAME} - {Path(failed[0].partition(": ")[2]).name}
    nodes = twice.base / "custom_nodes"
    assert f"PLACE is there twice. {nodes / used} is used and this copy is not; remove" in said[0]
    assert twice.client.object_info()["PLACEApply"]["python_module"] == f"custom_nodes.{used}"
    assert_runs(twice)


def test_comfyui_manager_shows_it_as_installed(twice: HostServer) -> None:
    optional_path("PLACE_MANAGER", "ComfyUI-Manager")
    if "--enable-manager" not in twice.arguments:
        pytest.skip("this ComfyUI has no --enable-manager")
    installed = json.loads(twice.client.get("/v2/customnode/installed"))

    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    assert version is not None
    registry, clone = installed[REGISTRY_NAME], installed[PACK_NAME]
    assert (registry["cnr_id"], registry["ver"]) == (REGISTRY_NAME, version[1])
    assert clone["aux_id"] == ADDRESS.removeprefix("https://github.com/")
    assert registry["enabled"] and clone["enabled"]
