"""What is in the package of the node registry, and what is left out of it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pytest

from in_archive import tracked_files

LEFT_OUT = {
    ".ci/": "how this project is tested",
    ".comfyignore": "this list, in the words of the registry's tool",
    ".gitattributes": "for git",
    ".gitignore": "for git",
    "benchmarks/": "for developers",
    "docs/pictures/*.py": "make the pictures of docs and help pages",
    "place_core/demo/": "how the demo model was made, with 17 MB of weights for making it",
    "place_core/evaluation/study/": "measures the demo model's base",
    "tests/": "for developers",
    "tools/": "for developers",
    "workflows/inputs/make.py": "makes the example maps",
}
"""File, files of a folder, or folder (with a slash at its end) → why users do without it."""

KEPT = {
    "place_core/demo/__init__.py": "says what the folder is",
    "place_core/demo/weights/": "the demo model",
}
"""What is in the package although its folder is left out."""


def is_of(name: str, names: dict[str, str]) -> bool:
    return any(
        name.startswith(n)
        if n.endswith("/")
        else name.count("/") == n.count("/") and fnmatchcase(name, n)
        for n in names
    )


@pytest.fixture(scope="module")
def packed(archive: Path) -> set[str]:
    """The paths in the archive."""
    with zipfile.ZipFile(archive) as file:
        return set(file.namelist())


def test_every_file_is_in_the_archive_or_on_the_list(packed: set[str]) -> None:
    tracked = tracked_files()
    left_out = {name for name in tracked if is_of(name, LEFT_OUT) and not is_of(name, KEPT)}

    assert packed == tracked - left_out
    for name in LEFT_OUT | KEPT:
        assert any(is_of(file, {name: ""}) for file in tracked), f"{name} is on a list and not here"


def test_every_pattern_of_what_is_left_out_is_anchored() -> None:
    """Else it takes the files and folders of this name wherever they are."""
    lines = (Path(__file__).parents[1] / ".comfyignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]

    assert patterns
    assert [pattern for pattern in patterns if not re.match("!?/", pattern)] == []


def test_what_a_python_file_imports_of_the_pack_is_there(archive: Path, packed: set[str]) -> None:
    missing = []
    with zipfile.ZipFile(archive) as file:
        for name in sorted(n for n in packed if n.endswith(".py")):
            for module in _imported(PurePosixPath(name), file.read(name)):
                if not {f"{module}.py", f"{module}/__init__.py"} & packed:
                    missing.append(f"{name}: {module}")

    assert missing == []


def _imported(file: PurePosixPath, source: bytes) -> list[PurePosixPath]:
    """The modules that a file names with dots before them."""
    modules = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            package = file.parents[node.level - 1]
            if node.module:
                modules.append(package / node.module.replace(".", "/"))
            else:
                modules += [package / alias.name for alias in node.names]
    return modules


def test_what_a_javascript_file_imports_of_the_pack_is_there(
    archive: Path, packed: set[str]
) -> None:
    missing = []
    with zipfile.ZipFile(archive) as file:
        for name in sorted(n for n in packed if n.endswith(".js")):
            source = file.read(name).decode()
            for path in re.findall(r"""(?:from|import)\s*\(?\s*["'](\.[^"']*)["']""", source):
                found = _resolved(PurePosixPath(name).parent, path)
                # Above js/ is what ComfyUI itself serves.
                if found.startswith("js/") and found not in packed:
                    missing.append(f"{name}: {path}")

    assert missing == []


def _resolved(folder: PurePosixPath, path: str) -> str:
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(path).parts:
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def test_what_is_installed_with_pip_has_all_files_of_the_core(
    archive: Path, tmp_path: Path
) -> None:
    """Training and evaluation are installed from a clone: data files need to be named for that."""
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    command += ["--disable-pip-version-check", "--wheel-dir", str(tmp_path), str(archive.parent)]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        installed = {name for name in file.namelist() if ".dist-info/" not in name}

    assert installed == {name for name in tracked_files() if name.startswith("place_core/")}
