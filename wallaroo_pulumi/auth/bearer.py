"""The token on every request, and once more with a new one when the API answers 401."""

from __future__ import annotations

from collections.abc import Generator

import httpx

from .source import HeaderSource


class BearerAuth(httpx.Auth):
    """httpx authentication from a header source. The body must be one that can be sent twice."""

    def __init__(self, source: HeaderSource) -> None:
        self._source = source

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        sent = self._source.header()
        request.headers["authorization"] = sent
        response = yield request
        # 401 says that nothing was carried out, so sending again is safe for writes too.
        if response.status_code == 401 and (renewed := self._source.renew(sent)) is not None:
            request.headers["authorization"] = renewed
            yield request
