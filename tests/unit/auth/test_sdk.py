"""The header from the vendor's SDK, here a double of the part that is used."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from keycloak_double import settings

from wallaroo_pulumi.auth import SdkHeaders
from wallaroo_pulumi.errors import AuthError, LoginRejected


class Sdk:
    """Stands for the module ``wallaroo``, whose clients share a token in a cache file, until one is told to reload."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clients: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self.token = "sdk-1"
        self.reloads = 0
        monkeypatch.setitem(sys.modules, "wallaroo", SimpleNamespace(Client=self._client))

    def _client(self, **arguments: Any) -> Any:
        if self.error:
            raise self.error
        self.clients.append(arguments)
        return SimpleNamespace(
            auth=SimpleNamespace(
                auth_header=lambda: {"Authorization": f"Bearer {self.token}"}, _force_reload=self._reload
            )
        )

    def _reload(self) -> None:
        self.reloads += 1
        if self.error:
            raise self.error
        self.token = f"sdk-{self.reloads + 1}"


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> Sdk:
    return Sdk(monkeypatch)


def test_one_client_gives_the_header(sdk: Sdk) -> None:
    source = SdkHeaders(settings(auth="sdk", timeout="12"))
    assert [source.header(), source.header()] == ["Bearer sdk-1"] * 2
    assert sdk.clients == [{"api_endpoint": "https://w.example.com", "request_timeout": 12.0}]


def test_a_refused_header_is_followed_by_one_reload(sdk: Sdk) -> None:
    source = SdkHeaders(settings(auth="sdk"))
    old = source.header()
    assert [source.renew(old), source.renew(old)] == ["Bearer sdk-2"] * 2
    assert (len(sdk.clients), sdk.reloads) == (1, 1)


def test_a_reload_that_fails_is_told(sdk: Sdk) -> None:
    source = SdkHeaders(settings(auth="sdk"))
    old = source.header()
    sdk.error = Exception("Keycloak is down")
    with pytest.raises(AuthError, match="gave no token: Exception: Keycloak is down"):
        source.renew(old)


def test_a_rejected_login_is_not_sent_again(sdk: Sdk) -> None:
    source = SdkHeaders(settings(auth="sdk"))
    sdk.error = Exception(
        '[HTTP 401] {"error":"invalid_grant","error_description":"Invalid user credentials"}'
    )
    with pytest.raises(LoginRejected, match="invalid_grant"):
        source.header()
    sdk.error = None
    with pytest.raises(LoginRejected, match="invalid_grant"):
        source.header()
    assert sdk.clients == []


def test_a_login_that_failed_otherwise_is_sent_again(sdk: Sdk) -> None:
    source = SdkHeaders(settings(auth="sdk"))
    sdk.error = Exception("[HTTP 503] no backend")
    with pytest.raises(AuthError):
        source.header()
    sdk.error = None
    assert source.header() == "Bearer sdk-1"


def test_a_missing_sdk_is_told_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wallaroo", None)
    with pytest.raises(AuthError, match=r"pip install 'wallaroo_pulumi\[sdk\]'"):
        SdkHeaders(settings(auth="sdk")).header()


def test_what_the_sdk_says_is_one_line_without_secrets(sdk: Sdk) -> None:
    sdk.error = Exception("cannot log in\nwith its-password")
    with pytest.raises(AuthError) as caught:
        SdkHeaders(settings(auth="sdk")).header()
    assert str(caught.value) == "the vendor's SDK gave no token: Exception: cannot log in with ***"
    assert caught.value.__suppress_context__


def test_a_token_that_cannot_stand_in_a_header_is_not_shown(sdk: Sdk) -> None:
    sdk.token = "hidden\ntoken"
    with pytest.raises(
        AuthError, match=r"^the vendor's SDK gave no bearer token that can stand in a header$"
    ):
        SdkHeaders(settings(auth="sdk")).header()
