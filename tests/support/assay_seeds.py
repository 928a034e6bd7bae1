"""What an instance holds when a recorded exchange about assays takes place: taken from the other recordings."""

from typing import Any


def assay_seed(exchange: dict[str, Any], recordings: list[dict[str, Any]]) -> dict[str, Any]:
    """Assays, results and the number of the workspace (`workspace_id`) that they belong to."""
    if exchange["endpoint"].startswith("/v2"):
        return _new_kind(recordings)
    return _old_kind(exchange, recordings)


def _new_kind(recordings: list[dict[str, Any]]) -> dict[str, Any]:
    """The one assay that all recordings of the second kind are about, and its results."""
    assays = _response(recordings, "/v2/api/assays/get")
    return {
        "workspace_id": assays[0]["targeting"]["data_origin"]["workspace_id"],
        "assays": assays,
        "assay_results": _response(recordings, "/v2/api/assays/get_results"),
    }


def _old_kind(exchange: dict[str, Any], recordings: list[dict[str, Any]]) -> dict[str, Any]:
    if exchange["endpoint"].endswith("/create"):
        return {"workspace_id": exchange["request"]["workspace_id"]}
    if exchange["endpoint"].endswith("/list"):
        listed = exchange["response"]
    else:
        listings = [r["response"] for r in recordings if r["endpoint"] == "/v1/api/assays/list"]
        wanted = exchange["request"].get("assay_id", exchange["request"].get("id"))
        listed = [assay for listing in listings for assay in listing if assay["id"] == wanted]
    results = exchange["response"] if exchange["endpoint"].endswith("/get_assay_results") else []
    return {
        "workspace_id": 10,
        "old_assays": [{"workspace_id": 10, "assay": assay} for assay in listed],
        "old_assay_results": results,
    }


def _response(recordings: list[dict[str, Any]], endpoint: str) -> Any:
    return next(recording["response"] for recording in recordings if recording["endpoint"] == endpoint)
