"""The registry's package in a ComfyUI that has nothing else, as a new user has it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from host_server import HostServer
from in_server import REGISTRY_NAME, ROOT, WORKFLOWS, warnings_in
from report import tail

pytestmark = pytest.mark.host


@pytest.fixture
def log(package_server: HostServer) -> str:
    """Without its colors."""
    return tail(package_server.log, lines=10_000)


def test_the_server_starts_without_a_warning(log: str) -> None:
    start = log[: log.index("To see the GUI go to")]

    assert REGISTRY_NAME in start
    assert warnings_in(start) == []


def test_all_nodes_are_there(package_server: HostServer) -> None:
    known = package_server.client.object_info()
    translated = (ROOT / "locales" / "en" / "nodeDefs.json").read_text(encoding="utf-8")

    assert {name for name in known if name.startswith("PLACE")} == set(json.loads(translated))
    assert known["PLACEApply"]["python_module"] == f"custom_nodes.{REGISTRY_NAME}"


def test_the_template_browser_gets_each_workflow_and_its_preview(
    package_server: HostServer,
) -> None:
    listed = json.loads(package_server.client.get("/workflow_templates"))

    assert sorted(listed[REGISTRY_NAME]) == sorted(file.stem for file in WORKFLOWS)
    for file in WORKFLOWS:
        for given in (file, file.with_suffix(".jpg")):
            path = f"/api/workflow_templates/{REGISTRY_NAME}/{quote(given.name)}"
            assert package_server.client.get(path) == given.read_bytes(), given.name


def test_the_node_library_gets_each_blueprint(package_server: HostServer) -> None:
    listed = json.loads(package_server.client.get("/global_subgraphs"))
    ours = [
        entry for entry in listed.values() if entry["info"]["node_pack"].endswith(REGISTRY_NAME)
    ]

    assert sorted(entry["name"] for entry in ours) == sorted(
        file.stem for file in (ROOT / "subgraphs").glob("*.json")
    )


def test_every_file_of_the_front_end_is_served(package_server: HostServer) -> None:
    for file in sorted((ROOT / "js").rglob("*")):
        if file.is_file():
            path = quote(file.relative_to(ROOT / "js").as_posix())
            answer = package_server.client.get(f"/extensions/{REGISTRY_NAME}/{path}")
            assert answer == file.read_bytes(), file


def test_the_translations_are_served(package_server: HostServer) -> None:
    served = json.loads(package_server.client.get("/i18n"))

    for folder in sorted((ROOT / "locales").iterdir()):
        given = json.loads((folder / "nodeDefs.json").read_text(encoding="utf-8"))
        assert {name: served[folder.name]["nodeDefs"][name] for name in given} == given


def test_a_map_that_comes_with_the_pack_can_be_loaded_and_read(
    package_server: HostServer, tmp_path: Path
) -> None:
    """README sends users to this folder for maps to try."""
    folder = package_server.base / "custom_nodes" / REGISTRY_NAME / "workflows" / "inputs"

    assert [file.name for file in sorted(folder.iterdir())] == [
        file.name for file in sorted((ROOT / "workflows" / "inputs").glob("*.png"))
    ]
