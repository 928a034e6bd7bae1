"""Notes which of the SDK's operations the scripts of this folder call, and what each asks of the instance.

Seen from outside, by the interpreter's profiling hook, so that the list of operations cannot differ from what was
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


class Watch:
    """As a context manager: `asked` has the operations that were called, with their requests."""

    def __init__(self) -> None:
        self.asked: defaultdict[str, set[str]] = defaultdict(set)
        self._operation: FrameType | None = None

    def __enter__(self) -> "Watch":
        sys.setprofile(self._notice)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _notice(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "return":
            if frame is self._operation:
                self._operation = None
        elif event != "call":
            return
        elif self._operation is None:
            if (
                code.co_filename.startswith(SDK)
                and frame.f_back
                and frame.f_back.f_code.co_filename.startswith(SCRIPTS)
            ):
                self._operation = frame
        elif code is httpx.HTTPTransport.handle_request.__code__:
            self._note(frame.f_locals["request"], self._operation)

    def _note(self, request: httpx.Request, operation: FrameType) -> None:
        if told := _told(request):
            self.asked[_name(operation)].add(told)


def _name(frame: FrameType) -> str:
    """`Workspace.add_user`, or for the generated client `api.workspace.workspaces_list`."""
    file = Path(frame.f_code.co_filename).relative_to(SDK)
    if file.parts[:2] == ("wallaroo_ml_ops_api_client", "api"):
        return ".".join(("api", file.parent.name, file.stem))
    # A decorator's wrapper goes by the name of the method that it holds.
    held = (frame.f_locals[name] for name in frame.f_code.co_freevars)
    return next((f.__qualname__ for f in held if isinstance(f, FunctionType)), frame.f_code.co_qualname)


def _told(request: httpx.Request) -> str | None:
    """Method, path and the keys of the body; for GraphQL the document's name."""
    path = UUID.sub("{id}", request.url.path)
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
    told = f"{request.method} {path}" + (f"?{query}" if query else "")
    return told + (f" {_keys(content)}" if content else "")


def _keys(content: bytes) -> str:
    body = json.loads(content)
    return "{" + ", ".join(sorted(body)) + "}" if isinstance(body, dict) else "[…]"
