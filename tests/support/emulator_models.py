"""Small ONNX models for the emulator's tests, and pipelines that run them."""

import base64
from typing import Any

import httpx
from emulator_client import Instance
from linear_model import linear_model

HOUSE = {"house": [100.0, 4.0]}


def ref(name: str) -> dict[str, str]:
    """A model version as definitions name it."""
    number = sum(name.encode())
    return {"name": name, "version": f"00000000-0000-4000-8000-{number:012d}", "sha": f"sha-of-{name}"}


def inference(*names: str) -> dict[str, Any]:
    return {"ModelInference": {"models": [ref(name) for name in names]}}


class Serving:
    """Pipelines of workspace 1 with the models `champion`, `challenger` (a tenth of it) and `rival` (a hundredth)."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        models = {"champion": (1.0, 2.0), "challenger": (0.1, 0.2), "rival": (0.01, 0.02)}
        instance.control("seed", workspaces=[{"name": "serving"}])
        for name, weights in models.items():
            self.add_model(name, linear_model(weights))

    def add_model(self, name: str, content: bytes, framework: str = "onnx") -> None:
        seed = {**ref(name), "workspace_id": 1, "content": base64.b64encode(content).decode()}
        self.instance.control("seed", model_versions=[{**seed, "conversion": {"framework": framework}}])

    def deploy(self, *steps: dict[str, Any], name: str = "houses") -> str:
        """Deploy a pipeline of these steps and return its inference URL."""
        body = {"pipeline_id": name, "workspace_id": 1, "definition": {"steps": list(steps)}}
        version = self.instance.ok("pipelines/create", **body)["pipeline_variant_pk_id"]
        self.instance.ok("pipelines/deploy", deploy_id=name, pipeline_version_pk_id=version)
        url = self.instance.ok("admin/get_pipeline_external_url", workspace_id=1, pipeline_name=name)["url"]
        path: str = url.removeprefix(self.instance.url)
        return path

    def post(
        self, path: str, content: Any = None, *, user: str = "ops@example.com", **options: Any
    ) -> httpx.Response:
        """Post records, or a body of another kind, and return the HTTP response."""
        token = self.instance.login(user).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        body = {"content": content} if isinstance(content, bytes) else {"json": content}
        return self.instance.http.post(path, headers=headers, **body, **options)

    def infer(self, path: str, records: list[dict[str, Any]], **params: Any) -> list[dict[str, Any]]:
        reply = self.post(path, records, params=params)
        assert reply.status_code == 200, reply.text
        answers: list[dict[str, Any]] = reply.json()
        return answers
