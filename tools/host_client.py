"""Talking to a ComfyUI server over HTTP, the way its own front end does."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

Prompt = dict[str, dict[str, Any]]
"""A workflow in API form: node id -> {"class_type": …, "inputs": …}."""

HistoryEntry = dict[str, Any]
"""What /history says of one prompt: {"status": …, "outputs": {node id: …}, …}."""

POLL_SECONDS = 0.2
REQUEST_SECONDS = 120.0
TRACEBACK_LINES = 6

# Without the empty ProxyHandler a proxy set for the internet would be asked for 127.0.0.1.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class HostError(Exception):
    """The server refused a workflow, failed in running it, or could not be reached."""


class _Refusal(HostError):
    """An answer with an HTTP error code."""

    def __init__(self, url: str, code: int, body: bytes) -> None:
        super().__init__(f"{url} answered with HTTP {code}: {body[:500]!r}")
        self.code = code
        self.body = body


class HostClient:
    """A server at `url`. `diagnose`, if given, adds to the message when it cannot be reached."""

    def __init__(self, url: str, diagnose: Callable[[], str] | None = None) -> None:
        self.url = url.rstrip("/")
        self._diagnose = diagnose

    def object_info(self) -> dict[str, Any]:
        """Every node type that the server knows, with its inputs."""
        return self._get_json("/object_info")

    def run(self, prompt: Prompt, timeout: float = 600.0) -> HistoryEntry:
        """Queue a workflow in API form and wait for its end."""
        return self.wait(self.queue(prompt), timeout)

    def queue(self, prompt: Prompt) -> str:
        """Queue a workflow in API form; returns its id. HostError says which inputs are wrong."""
        body = json.dumps({"prompt": prompt}).encode()
        try:
            answer = json.loads(self._request("/prompt", body, "application/json"))
        except _Refusal as refusal:
            if refusal.code != 400:
                raise
            raise HostError(_describe_refusal(json.loads(refusal.body))) from None
        # The server runs the valid outputs and only mentions the others; half a run is no run.
        if answer.get("node_errors"):
            raise HostError(_describe_refusal(answer))
        return answer["prompt_id"]

    def wait(self, prompt_id: str, timeout: float = 600.0) -> HistoryEntry:
        """Wait for the end of a prompt. HostError names the node that failed and why."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            entry = self._get_json(f"/history/{prompt_id}").get(prompt_id)
            if entry is not None:
                if entry["status"]["status_str"] != "success":
                    raise HostError(_execution_problem(entry))
                return entry
            time.sleep(POLL_SECONDS)
        raise HostError(f"Prompt {prompt_id} was not done after {timeout:.0f} s.")

    def fetch(self, picture: dict[str, str]) -> bytes:
        """The file of one entry of `pictures`."""
        return self._request("/view?" + urllib.parse.urlencode(picture))

    def upload_image(self, file: Path, name: str | None = None) -> str:
        """Put a picture into the server's input folder; returns the name for a LoadImage node."""
        return self.upload_bytes(file.read_bytes(), name or file.name)

    def upload_bytes(self, content: bytes, name: str) -> str:
        """The same for the bytes of a picture file."""
        mark = uuid.uuid4().hex
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="overwrite"\r\n\r\ntrue\r\n'
            f'--{mark}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
        content_type = f"multipart/form-data; boundary={mark}"
        return json.loads(self._request("/upload/image", body, content_type))["name"]

    def get(self, path: str) -> bytes:
        """What the server answers at a path."""
        return self._request(path)

    def _get_json(self, path: str) -> dict[str, Any]:
        return json.loads(self._request(path))

    def _request(
        self, path: str, body: bytes | None = None, content_type: str | None = None
    ) -> bytes:
        headers = {"Content-Type": content_type} if content_type else {}
        request = urllib.request.Request(self.url + path, data=body, headers=headers)
        try:
            with _opener.open(request, timeout=REQUEST_SECONDS) as response:
                return response.read()
        except urllib.error.HTTPError as problem:
            raise _Refusal(self.url + path, problem.code, problem.read()) from problem
        except OSError as problem:
            more = f"\n{self._diagnose()}" if self._diagnose else ""
            raise HostError(f"No answer from {self.url}{path}: {problem}{more}") from problem


def pictures(entry: HistoryEntry, kind: str = "output") -> list[dict[str, str]]:
    """The pictures that a run saved ("output") or only showed ("temp"), in the order of nodes."""
    return [
        {key: image[key] for key in ("filename", "subfolder", "type")}
        for output in entry["outputs"].values()
        for image in output.get("images", [])
        if image["type"] == kind
    ]


def _describe_refusal(answer: dict[str, Any]) -> str:
    """The server's error and node_errors as text, one line for each problem."""
    lines = []
    if error := answer.get("error"):
        what = f"{error['message'].rstrip('.')}. {error['details']}".strip()
        lines.append(f"The server refused the workflow: {what}")
    for node_id, node in answer.get("node_errors", {}).items():
        for error in node["errors"]:
            lines.append(
                f"  node {node_id} ({node['class_type']}): {error['message']}: {error['details']}"
            )
    return "\n".join(lines)


def _execution_problem(entry: HistoryEntry) -> str:
    for kind, data in entry["status"]["messages"]:
        if kind == "execution_error":
            where = f"node {data['node_id']} ({data['node_type']})"
            trace = "".join(data["traceback"][-TRACEBACK_LINES:]).rstrip()
            what = f"{data['exception_type']}: {data['exception_message'].strip()}"
            return f"{where} failed: {what}\n{trace}"
        if kind == "execution_interrupted":
            return f"The run was interrupted at node {data['node_id']} ({data['node_type']})."
    return f"The run failed: {json.dumps(entry['status'])}"
