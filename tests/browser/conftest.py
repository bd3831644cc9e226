"""A real browser with the real front end of a real server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from host_server import HostServer
from in_browser import Browser, find
from in_front_end import (
    RENDERERS,
    look_at_origin,
    open_workflow,
    our_errors,
    running_front_end,
    use_renderer,
)
from in_painter import Painter, graph
from in_server import REGISTRY_NAME
from missing import missing, optional_path

HERE = Path(__file__).parent
HOSTS_OWN, NEWEST = "the host's front end", "the newest front end"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Main flows run a second time: on the newest front end, with the pack from its package."""
    marked = metafunc.definition.get_closest_marker("main_flow")
    if marked and "server" in metafunc.fixturenames:
        metafunc.parametrize("server", [HOSTS_OWN, NEWEST], indirect=True, scope="module")


class Shared:
    """What the modules of this folder share: each thing is started once, and ends with the rest."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._things: dict[str, Any] = {}

    def get(self, name: str, start: Callable[[], AbstractContextManager[Any]]) -> Any:
        """The thing of this name, started on the first call."""
        if name not in self._things:
            self._things[name] = self._stack.enter_context(start())
        return self._things[name]

    def close(self) -> None:
        """End all; what is asked for later is started anew."""
        self._things.clear()
        self._stack.close()


SHARED = pytest.StashKey[Shared]()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Before other tests, which need the memory that browsers and servers take."""
    if SHARED in item.config.stash and not (nextitem and HERE in nextitem.path.parents):
        item.config.stash[SHARED].close()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Also where a run is broken off."""
    if SHARED in session.config.stash:
        session.config.stash[SHARED].close()


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest) -> Shared:
    return request.config.stash.setdefault(SHARED, Shared())


@pytest.fixture(scope="module")
def browser(shared: Shared) -> Browser:
    program = find()
    if program is None:
        missing(
            "there is no Chromium or Chrome: install one (Debian: apt install chromium), or name "
            "its program in PLACE_CHROMIUM"
        )
    return shared.get("browser", lambda: Browser(program))


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, browser: Browser, shared: Shared) -> HostServer:
    """With the host's own front end; for main flows also with the newest one."""
    front_end = getattr(request, "param", HOSTS_OWN)
    if front_end == HOSTS_OWN:
        return shared.get(front_end, running_front_end)
    folder = optional_path("PLACE_NEWEST_FRONT_END", front_end)
    packs = {REGISTRY_NAME: request.getfixturevalue("archive")}
    arguments = ["--front-end-root", str(folder)]
    return shared.get(front_end, lambda: running_front_end(packs, arguments))


@pytest.fixture(scope="module", params=RENDERERS)
def front_end(request: pytest.FixtureRequest, browser: Browser, server: HostServer) -> str:
    """The name of the renderer that pages opened from now on have."""
    use_renderer(browser, server, request.param)
    return request.param


@pytest.fixture
def show(
    front_end: str, browser: Browser, server: HostServer, tmp_path: Path
) -> Iterator[Callable[..., list[Painter]]]:
    """Shows a workflow with painters of these drawings."""

    def show(*drawings: str) -> list[Painter]:
        open_workflow(browser, server, graph(tmp_path, *drawings))
        look_at_origin(browser)
        painters = [Painter(browser, number) for number in range(1, len(drawings) + 1)]
        for painter in painters:
            painter.wait()
        return painters

    yield show
    assert our_errors(browser) == []


@pytest.fixture
def artifacts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots stay: `PLACE_ARTIFACTS`, or a folder of the cache."""
    if chosen := os.environ.get("PLACE_ARTIFACTS"):
        folder = Path(chosen)
    elif cache_folder := os.environ.get("PLACE_CACHE"):
        folder = Path(cache_folder) / "screenshots"
    else:
        folder = tmp_path_factory.mktemp("screenshots")
    parameters = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    return folder / NEWEST if parameters.get("server") == NEWEST else folder
