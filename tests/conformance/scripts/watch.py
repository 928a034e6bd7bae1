"""Notes which of the SDK's operations the scripts of this folder call, and what each asks of the instance.

Every request is traced back to the operation that sent it, so the list of operations cannot differ from what was
called. Requests for tokens and for GraphQL's schema belong to no operation and are left out.
"""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from types import FrameType, FunctionType

import httpx
import wallaroo

SCRIPTS = str(Path(__file__).parent)
SDK = str(Path(wallaroo.__file__).parent)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAMES = re.compile(r"(?<=/pipelines/infer/)[^/]+/[^/]+|(?<=/logs/topic/)[^/]+")
"""Of deployments, pipelines and topics, in paths."""


class Watch:
    """As a context manager: `asked` has the operations that were called, with their requests."""

    def __init__(self) -> None:
        self.asked: defaultdict[str, set[str]] = defaultdict(set)

    def __enter__(self) -> "Watch":
        self._send = send = httpx.HTTPTransport.handle_request

        def handle_request(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
            if (operation := _operation(sys._getframe(1))) and (observed := _observed(request)):
                self.asked[_name(operation)].add(observed)
            return send(transport, request)

        httpx.HTTPTransport.handle_request = handle_request
        return self

    def __exit__(self, *_: object) -> None:
        httpx.HTTPTransport.handle_request = self._send


def _operation(frame: FrameType | None) -> FrameType | None:
    """The function of the SDK, among the callers of a request, that a script has called."""
    while frame and (caller := frame.f_back):
        if caller.f_code.co_filename.startswith(SCRIPTS) and frame.f_code.co_filename.startswith(SDK):
            return frame
        frame = caller
    return None


def _name(frame: FrameType) -> str:
    """`Workspace.add_user`, or for the generated client `api.workspace.workspaces_list`."""
    file = Path(frame.f_code.co_filename).relative_to(SDK)
    if file.parts[:2] == ("wallaroo_ml_ops_api_client", "api"):
        return ".".join(("api", file.parent.name, file.stem))
    # A decorator's wrapper goes by the name of the method that it holds.
    held = (frame.f_locals[name] for name in frame.f_code.co_freevars)
    return next((f.__qualname__ for f in held if isinstance(f, FunctionType)), frame.f_code.co_qualname)


def _observed(request: httpx.Request) -> str | None:
    """Method, path and the keys of the body; for GraphQL the document's name."""
    path = NAMES.sub("{name}", UUID.sub("{id}", request.url.path))
    if path.endswith("/token"):
        return None
    content = request.read()
    if path == "/v1/graphql":
        kind, name = re.search(r"(query|mutation)\s+(\w+)", json.loads(content)["query"]).groups()
        return None if name == "IntrospectionQuery" else f"GraphQL {kind} {name}"
    if part := re.search(rb'name="metadata".*?\r\n\r\n(.*?)\r\n--', content, re.DOTALL):
        return f"POST {path}, parts file, metadata {_keys(part[1])}"
    if not request.headers.get("content-type", "").startswith("application/json"):
        content = b""
    query = "&".join(f"{name}=" for name in request.url.params)
    observed = f"{request.method} {path}" + (f"?{query}" if query else "")
    return observed + (f" {_keys(content)}" if content else "")


def _keys(content: bytes) -> str:
    body = json.loads(content)
    return "{" + ", ".join(sorted(body)) + "}" if isinstance(body, dict) else "[…]"
