"""A study of a small model, and results that somebody made up."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from place_core.demo.requests import DemoRequest, unseen_scenes
from place_core.evaluation.study.context import Study
from small_study import SCALE, open_study, write_demo


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def work(material: Path, tmp_path: Path) -> Path:
    """A work folder of a test's own."""
    for path in material.iterdir():
        if path.is_file():
            (tmp_path / path.name).symlink_to(path)
    return tmp_path


@pytest.fixture(scope="session")
def shared(material: Path) -> Study:
    """For tests that leave nothing behind but encoded scenes."""
    return open_study(material)


@pytest.fixture
def study(shared: Study, work: Path) -> Study:
    """A study of a test's own; its base is read once for all."""
    return dataclasses.replace(shared, work=work)


@pytest.fixture(scope="session")
def layouts() -> list[DemoRequest]:
    return unseen_scenes(SCALE.count)
