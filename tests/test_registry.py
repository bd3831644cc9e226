"""What the node registry asks of the pack."""

from __future__ import annotations

from PIL import Image

from in_archive import ROOT, registry_tool


def test_comfy_node_validate_is_clean():
    output = registry_tool("validate", ROOT)
    # It exits with 0 for warnings too.
    assert "All validation checks passed" in output, output
    assert "warning" not in output.lower(), output


def test_the_icon_is_a_square_picture():
    icon = Image.open(ROOT / "js" / "icon.png")
    assert icon.size == (400, 400)


def test_the_core_imports_nothing_of_the_host():
    for path in (ROOT / "place_core").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        for name in ("comfy", "folder_paths", "nodes", "server"):
            assert f"import {name}" not in source and f"from {name}" not in source, path


def test_only_the_host_folder_touches_the_hosts_internals():
    for path in (ROOT / "nodes").glob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "import comfy\n" not in source and "import comfy." not in source, path
        assert "from comfy." not in source and "folder_paths" not in source, path
