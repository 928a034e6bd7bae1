"""Failures that carry more than a line to the engine."""

from __future__ import annotations

from typing import Final

import grpc
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto import status_pb2

CODE: Final = grpc.StatusCode.FAILED_PRECONDITION
"""With it the engine prints the line alone."""


class InitFailed(Exception):
    """An object was created whose initialisation is not done: the engine keeps it and updates it in the next run."""

    def __init__(self, details: proto.ErrorResourceInitFailed) -> None:
        super().__init__("; ".join(details.reasons))
        self._details = details

    @property
    def metadata(self) -> tuple[tuple[str, bytes], ...]:
        """The details as gRPC sends them beside the code and the line."""
        status = status_pb2.Status(code=CODE.value[0], message=str(self))
        status.details.add().Pack(self._details)
        return (("grpc-status-details-bin", status.SerializeToString()),)
