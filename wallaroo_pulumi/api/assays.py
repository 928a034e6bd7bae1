"""Assays, which monitor a pipeline for drift: docs/internals/mlops-api.md#assays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import spelling
from .listing import SharedListing
from .transport import Effect, Transport
from .wire.assays import Assay


class Assays:
    """``/v2/api/assays/*``. The list is shared by all threads and reflects this process's own writes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._listing: SharedListing[Assay] = SharedListing(self._fetch)

    def list(self, *, fresh: bool = False) -> tuple[Assay, ...]:
        """Return the visible assays, including deactivated ones; ``fresh`` forces a request. ``/v2/api/assays/get``."""
        return self._listing.items(fresh=fresh)

    def _fetch(self) -> tuple[Assay, ...]:
        return self._transport.call("/v2/api/assays/get", {"active": "All"}, Effect.READ, tuple[Assay, ...])

    def get(self, id: str) -> Assay:
        """Return one assay as it is now. ``/v2/api/assays/get/:id``.

        The path is literal: the id is in the body. Raises ApiError if the assay is absent or hidden.
        """
        return self._transport.call("/v2/api/assays/get/:id", {"id": id}, Effect.READ, Assay)

    def schedule(self, definition: Mapping[str, Any]) -> str:
        """Create an active assay and return its id. Not idempotent. ``/v2/api/assays/schedule``."""
        body = {
            **definition,
            "baseline": spelling.BASELINE.to_api(definition["baseline"]),
            "summarizer": spelling.SUMMARIZER.to_api(definition["summarizer"]),
        }
        try:
            return self._transport.call("/v2/api/assays/schedule", body, Effect.WRITE, str)
        finally:
            self._listing.forget()

    def set_active(self, assay_id: str, active: bool) -> None:
        """Activate or deactivate an assay. Idempotent. ``/v2/api/assays/set_active``."""
        try:
            body = {"assay_id": assay_id, "active": active}
            self._transport.call("/v2/api/assays/set_active", body, Effect.IDEMPOTENT)
        finally:
            self._listing.forget()
