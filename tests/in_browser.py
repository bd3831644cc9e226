"""A headless Chromium, driven by its own DevTools protocol: no driver, and no library but aiohttp.

ComfyUI itself is an aiohttp server, so the environment of the tests always has it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
START_SECONDS = 60.0
CALL_SECONDS = 60.0

FLAGS = (
    "--headless",
    "--no-sandbox",  # root, as in a container, has no sandbox
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-debugging-port=0",
)

ALT, CONTROL, SHIFT = 1, 2, 8
"""Keys that are held, to be added up."""


class BrowserError(Exception):
    """The browser did not start, or a script in it failed."""


def find() -> Path | None:
    """`PLACE_CHROMIUM`, or the first Chromium or Chrome on the PATH."""
    if chosen := os.environ.get("PLACE_CHROMIUM"):
        return Path(chosen)
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None


class Browser:
    """One page in a browser with a fresh profile, for the length of the `with` block."""

    def __init__(self, program: Path, width: int = 1920, height: int = 1080) -> None:
        self.program = program
        self.size = (width, height)
        self.errors: list[str] = []
        """Errors that scripts of the page threw or wrote to the console, with where they are."""
        self._loop = asyncio.new_event_loop()
        self._last_id = 0

    def __enter__(self) -> Browser:
        self._profile = tempfile.mkdtemp(prefix="place-browser-")
        self._log = Path(self._profile) / "browser.log"
        arguments = [*FLAGS, f"--window-size={self.size[0]},{self.size[1]}"]
        arguments += [f"--user-data-dir={self._profile}", "about:blank"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(self.program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._run(self._connect())
            for domain in ("Page", "Runtime", "Log"):
                self.call(f"{domain}.enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "_session"):
            self._run(self._session.close())
        self._loop.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, url: str, ready: str) -> None:
        """Go to a page and wait until the expression `ready` is true there."""
        self.call("Page.navigate", url=url)
        self.wait(ready)

    def evaluate(self, script: str) -> Any:
        """The value of an expression; that of a promise is awaited. It has to be JSON."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True)
        if problem := answer.get("exceptionDetails"):
            raise BrowserError(f"{_exception(problem)}\nin: {script}")
        result = answer["result"]
        if "objectId" not in result:
            return result.get("value")
        # Made into text by the page: the protocol itself cannot copy what is behind a proxy, as
        # much of the front end's state is.
        text = self.call(
            "Runtime.callFunctionOn",
            functionDeclaration="function () { return JSON.stringify(this); }",
            objectId=result["objectId"],
            returnByValue=True,
        )
        self.call("Runtime.releaseObject", objectId=result["objectId"])
        return json.loads(text["result"].get("value", "null"))

    def function(self, body: str, *arguments: Any) -> Any:
        """Call an async function `(…) => …` given as source, with arguments of plain JSON."""
        return self.evaluate(f"({body})(...{json.dumps(arguments)})")

    def wait(self, condition: str, seconds: float = 60.0) -> None:
        """Wait until an expression is true; one that throws counts as not yet true."""
        deadline = time.monotonic() + seconds
        guarded = f"(() => {{ try {{ return !!({condition}); }} catch {{ return false; }} }})()"
        while not self._holds(guarded):
            if time.monotonic() > deadline:
                raise BrowserError(f"after {seconds:.0f} s this was still false: {condition}")
            time.sleep(0.1)

    def _holds(self, condition: str) -> bool:
        try:
            return bool(self.evaluate(condition))
        except BrowserError:  # the page is being replaced by the next one
            return False

    def drop(self, file: Path, x: float, y: float) -> None:
        """Drop a file from outside on a point of the page, as a user does with the mouse."""
        data = {"items": [], "files": [str(file.absolute())], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)

    def press(self, x: float, y: float, modifiers: int = 0) -> None:
        """Hold the left mouse button down at a point of the page, maybe with keys (`SHIFT`, …)."""
        self._mouse("mouseMoved", x, y, held=False, modifiers=modifiers)
        self._mouse("mousePressed", x, y, held=True, modifiers=modifiers)

    def move(self, x: float, y: float, held: bool = False, modifiers: int = 0) -> None:
        """Move the mouse to a point, with its left button `held` or not."""
        self._mouse("mouseMoved", x, y, held, modifiers)

    def release(self, x: float, y: float, modifiers: int = 0) -> None:
        """Let the left mouse button go."""
        self._mouse("mouseReleased", x, y, held=False, modifiers=modifiers)

    def drag(self, *points: tuple[float, float], modifiers: int = 0) -> None:
        """Press at the first point, move through the others, and release at the last."""
        self.press(*points[0], modifiers)
        for point in points[1:]:
            self.move(*point, held=True, modifiers=modifiers)
        self.release(*points[-1], modifiers)

    def click(self, x: float, y: float) -> None:
        """Press and release the left mouse button."""
        self.drag((x, y))

    def _mouse(self, kind: str, x: float, y: float, held: bool, modifiers: int) -> None:
        button = "none" if kind == "mouseMoved" and not held else "left"
        self.call(
            "Input.dispatchMouseEvent",
            type=kind,
            x=x,
            y=y,
            button=button,
            buttons=int(held),
            clickCount=0 if kind == "mouseMoved" else 1,
            modifiers=modifiers,
        )

    def fingers(self, *steps: list[tuple[float, float]]) -> None:
        """Touch the page with as many fingers as each step has points, and lift them at the end.

        Fingers that come later than others are added at the end of a step's points.
        """
        down = 0
        for points in steps:
            touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
            kind = "touchStart" if len(points) > down else "touchMove"
            down = len(points)
            self.call("Input.dispatchTouchEvent", type=kind, touchPoints=touches)
        self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def type(self, text: str) -> None:
        """Write text where the focus is, all at once."""
        self.call("Input.insertText", text=text)

    def key(self, key: str, code: int, control: bool = False, shift: bool = False) -> None:
        """Press and release a key, by its name and its Windows number; maybe with Ctrl or Shift."""
        modifiers = CONTROL * control + SHIFT * shift
        event = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        if len(key) == 1 and not control:
            event["text"] = key
        self.call("Input.dispatchKeyEvent", type="keyDown", **event)
        self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def reload(self, ready: str) -> None:
        """Load the page anew, as F5 does, and wait until `ready` is true of the new one."""
        self.evaluate("window.beforeReload = true")
        self.call("Page.reload")
        self.wait(f"!window.beforeReload && ({ready})")

    def zoom(self, factor: float) -> None:
        """The browser's zoom: 1.5 makes everything half as large again."""
        width, height = (round(side / factor) for side in self.size)
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=factor,
            mobile=False,
        )

    def screenshot(self, file: Path, **options: Any) -> None:
        """A picture of the page; the options are those of Page.captureScreenshot."""
        file.parent.mkdir(parents=True, exist_ok=True)
        answer = self.call("Page.captureScreenshot", **options)
        file.write_bytes(base64.b64decode(answer["data"]))

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the DevTools protocol and its answer."""
        return self._run(self._call(method, parameters))

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(asyncio.wait_for(coroutine, CALL_SECONDS))

    async def _connect(self) -> None:
        port = await self._port()
        # trust_env stays off: a proxy for the internet is no way to this machine.
        self._session = aiohttp.ClientSession()
        async with self._session.get(f"http://127.0.0.1:{port}/json/list") as answer:
            pages = [target for target in await answer.json() if target["type"] == "page"]
        self._socket = await self._session.ws_connect(
            pages[0]["webSocketDebuggerUrl"], max_msg_size=0
        )

    async def _port(self) -> int:
        file = Path(self._profile) / "DevToolsActivePort"
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if file.is_file() and (lines := file.read_text().split()):
                return int(lines[0])
            await asyncio.sleep(0.1)
        log = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise BrowserError(f"{self.program} did not start:\n{log}")

    async def _call(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        call_id = await self._send(method, parameters)
        while True:
            message = await self._socket.receive_json()
            if message.get("id") == call_id:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error']}")
                return message["result"]
            if message.get("method") == "Page.javascriptDialogOpening":
                # "Leave the page? Changes may not be saved." holds up everything else.
                await self._send("Page.handleJavaScriptDialog", {"accept": True})
            self._note(message.get("method"), message.get("params", {}))

    async def _send(self, method: str, parameters: dict[str, Any]) -> int:
        self._last_id += 1
        command = {"id": self._last_id, "method": method, "params": parameters}
        await self._socket.send_json(command)
        return self._last_id

    def _note(self, event: str | None, details: dict[str, Any]) -> None:
        if event == "Runtime.exceptionThrown":
            self.errors.append(_exception(details["exceptionDetails"]))
        elif event == "Runtime.consoleAPICalled" and details["type"] in ("error", "assert"):
            words = [str(a.get("value", a.get("description", ""))) for a in details["args"]]
            frames = details.get("stackTrace", {}).get("callFrames", [])
            self.errors.append(" ".join(words + [f"\n  at {f['url']}" for f in frames[:8]]))
        elif event == "Log.entryAdded" and details["entry"]["level"] == "error":
            entry = details["entry"]
            self.errors.append(f"{entry['text']}\n  at {entry.get('url', '?')}")


def _exception(details: dict[str, Any]) -> str:
    thrown = details.get("exception", {})
    text = thrown.get("description") or str(thrown.get("value", details["text"]))
    return f"{text}\n  at {details.get('url', '?')}"
