"""The token on a request, and what follows a 401."""

from __future__ import annotations

import httpx
import pytest

from wallaroo_pulumi.auth import BearerAuth, StaticToken
from wallaroo_pulumi.errors import AuthError


class Source:
    """Tokens `t1`, `t2` and so on; a new one for each refusal of the current one."""

    def __init__(self) -> None:
        self.number = 1
        self.refused: list[str] = []

    def header(self) -> str:
        return f"Bearer t{self.number}"

    def renew(self, refused: str) -> str:
        self.refused.append(refused)
        self.number += 1
        return self.header()


class Api(httpx.MockTransport):
    """Takes the tokens of ``good`` and notes header and body of each request."""

    def __init__(self, *good: str, refusal: int = 401) -> None:
        super().__init__(self._answer)
        self.good = good
        self.refusal = refusal
        self.seen: list[tuple[str, bytes]] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        header = request.headers["authorization"]
        self.seen.append((header, request.read()))
        return httpx.Response(200 if header in self.good else self.refusal)


def test_a_401_renews_once_and_sends_the_same_request_again() -> None:
    source, api = Source(), Api("Bearer t2")
    with httpx.Client(transport=api, auth=BearerAuth(source)) as http:
        assert http.post("https://w.example.com/", json={"name": "fraud"}).status_code == 200
    body = b'{"name":"fraud"}'
    assert api.seen == [("Bearer t1", body), ("Bearer t2", body)]
    assert source.refused == ["Bearer t1"]


def test_a_second_401_is_the_answer() -> None:
    source, api = Source(), Api()
    with httpx.Client(transport=api, auth=BearerAuth(source)) as http:
        assert http.post("https://w.example.com/").status_code == 401
    assert len(api.seen) == 2


@pytest.mark.parametrize("status", [400, 403, 500])
def test_other_refusals_are_none_of_its_business(status: int) -> None:
    source, api = Source(), Api(refusal=status)
    with httpx.Client(transport=api, auth=BearerAuth(source)) as http:
        assert http.post("https://w.example.com/").status_code == status
    assert len(api.seen) == 1


def test_a_given_token_that_is_refused_stays_refused() -> None:
    api = Api()
    with httpx.Client(transport=api, auth=BearerAuth(StaticToken("given"))) as http:
        assert http.post("https://w.example.com/").status_code == 401
    assert [header for header, _ in api.seen] == ["Bearer given"]


def test_without_a_token_nothing_is_sent() -> None:
    class Broken(Source):
        def header(self) -> str:
            raise AuthError("no token")

    api = Api()
    with (
        httpx.Client(transport=api, auth=BearerAuth(Broken())) as http,
        pytest.raises(AuthError, match="no token"),
    ):
        http.post("https://w.example.com/")
    assert api.seen == []
