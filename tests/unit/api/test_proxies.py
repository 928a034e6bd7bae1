"""Requests through a forward proxy: which ones, and what its refusals are reported as."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from emulated import Emulated
from forward_proxy import ForwardProxy
from private_tls import TlsInstance, make_certificate

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.errors import ApiError, AuthError, ConfigError, ConnectionFailed, WallarooError
from wallaroo_pulumi.proxies import proxy_for

HOST = "wallaroo.test"
"""No name server knows it: only the proxy finds it."""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, which take no time."""
    waited: list[float] = []
    monkeypatch.setattr("httpx_retries.retry.time", SimpleNamespace(sleep=waited.append))
    return waited


@pytest.fixture
def proxy(emulator: Emulated) -> Iterator[ForwardProxy]:
    with ForwardProxy({HOST: urlsplit(emulator.url).port or 0}) as running:
        yield running


def plain(emulator: Emulated, **more: str) -> Client:
    """A client of the emulator by a name that only the proxy resolves."""
    port = urlsplit(emulator.url).port
    given = emulator.settings | {
        "apiUrl": f"http://{HOST}:{port}",
        "allowInsecure": "true",
        "maxRetries": "2",
    }
    return Client(load((given | more).get, {}))


def one_line(error: pytest.ExceptionInfo[WallarooError]) -> str:
    text = str(error.value)
    assert text.isprintable()
    assert "hidden" not in text
    return text


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_api_and_keycloak_are_asked_through_the_proxy(
    variable: str, proxy: ForwardProxy, emulator: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, proxy.url.removeprefix("http://"))  # a scheme is not needed
    assert plain(emulator).workspaces.list() == ()
    assert [(seen.method, urlsplit(seen.target).hostname) for seen in proxy.requests] == [("POST", HOST)] * 2
    assert [urlsplit(seen.target).path.rpartition("/")[2] for seen in proxy.requests] == ["token", "list"]


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_goes_through_a_tunnel_and_is_verified_to_its_end(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path, HOST)
    given = {"domain": HOST, "token": "the-token", "maxRetries": "0"}
    with (
        TlsInstance(certificate) as instance,
        ForwardProxy({HOST: urlsplit(instance.url).port or 0}) as proxy,
    ):
        monkeypatch.setenv(variable, proxy.url)
        trusting = Client(load((given | {"caBundle": str(certificate)}).get, {}))
        assert [workspace.name for workspace in trusting.workspaces.list()] == ["only"]
        with pytest.raises(ConnectionFailed, match="certificate that is not trusted"):
            Client(load(given.get, {})).workspaces.list()
    assert [(seen.method, seen.target) for seen in proxy.requests] == [("CONNECT", f"{HOST}:443")] * 2
    assert instance.authorizations == ["Bearer the-token"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_never_proxied(
    host: str, proxy: ForwardProxy, emulator: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, proxy.url)
    url = emulator.url.replace("127.0.0.1", host)
    assert plain(emulator, apiUrl=url).workspaces.list() == ()
    assert proxy.requests == []


def test_no_proxy_exempts_a_host(
    proxy: ForwardProxy, emulator: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", f"other.test,{HOST}")
    with pytest.raises(AuthError, match="cannot be reached"):
        plain(emulator, maxRetries="0").workspaces.list()
    assert proxy.requests == []


def test_api_and_keycloak_may_differ(
    proxy: ForwardProxy, emulator: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    keycloak = f"http://{HOST}:{urlsplit(emulator.url).port}"
    assert plain(emulator, apiUrl=emulator.url, keycloakUrl=keycloak).workspaces.list() == ()
    assert [seen.target.rpartition("/")[2] for seen in proxy.requests] == ["token"]


def test_user_and_password_of_the_proxy(
    proxy: ForwardProxy, emulator: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//me%40corp:hidden%2Fü@"))
    assert plain(emulator).workspaces.list() == ()
    assert {seen.credentials for seen in proxy.requests} == {"me@corp:hidden/ü"}
    found = proxy_for(f"http://{HOST}")
    assert "hidden" not in f"{found!r} {found}"


REFUSED = ("407 Proxy Authentication Required", "<html><title>Access denied</title>hidden</html>")


def test_a_proxy_that_wants_credentials_for_http(
    proxy: ForwardProxy, emulator: Emulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//me:hidden@"))
    client = plain(emulator)
    client.workspaces.list()
    proxy.refusals.append(REFUSED)
    with pytest.raises(ApiError) as caught:
        client.workspaces.create("fraud")
    assert (
        "answered 407: a web page (Access denied), not an answer of the API; "
        f"the proxy {proxy.url} from environment HTTP_PROXY requires user and password" in (one_line(caught))
    )
    proxy.refusals.append(REFUSED)
    with pytest.raises(AuthError) as refused:
        plain(emulator).workspaces.list()
    assert f"the proxy {proxy.url} from environment HTTP_PROXY requires user and password" in one_line(
        refused
    )
    assert proxy.refusals == []
    assert len(proxy.requests) == 4  # nothing was sent twice


def through_tunnel(proxy: ForwardProxy, monkeypatch: pytest.MonkeyPatch, **more: str) -> Client:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//me:hidden@"))
    return Client(load(({"domain": HOST, "token": "the-token", "maxRetries": "2"} | more).get, {}))


@pytest.mark.parametrize(
    ("refusal", "remedy", "times"),
    [
        (REFUSED, "put user and password into that URL", 1),
        (("403 Forbidden", ""), "check its rules, or set NO_PROXY", 1),
        (
            ("502 Bad Gateway", "<html>hidden"),
            "check the address (from config wallaroo:domain) and that the instance is up",
            3,
        ),
        (
            ("503 Service Unavailable", ""),
            "check the address (from config wallaroo:domain) and that the instance is up",
            3,
        ),
    ],
)
def test_a_proxy_that_refuses_a_tunnel(
    refusal: tuple[str, str], remedy: str, times: int, proxy: ForwardProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.refusals += [refusal] * 10
    with pytest.raises(ConnectionFailed) as caught:  # even a write was certainly not applied
        through_tunnel(proxy, monkeypatch).workspaces.create("fraud")
    text = one_line(caught)
    assert f"the API at https://{HOST}" in text
    assert f"the proxy {proxy.url} from environment HTTPS_PROXY" in text
    assert f"answered {refusal[0]}" in text
    assert remedy in text
    assert len(proxy.requests) == times


def test_a_tunnel_that_fails_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path, HOST)
    with (
        TlsInstance(certificate) as instance,
        ForwardProxy({HOST: urlsplit(instance.url).port or 0}) as proxy,
    ):
        proxy.refusals.append(("502 Bad Gateway", ""))
        client = through_tunnel(proxy, monkeypatch, caBundle=str(certificate))
        assert [workspace.name for workspace in client.workspaces.list()] == ["only"]


def test_a_proxy_that_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    with ForwardProxy({}) as gone:
        pass
    with pytest.raises(ConnectionFailed) as caught:
        through_tunnel(gone, monkeypatch).workspaces.list()
    assert (
        f"the API at https://{HOST}, through the proxy {gone.url} from environment HTTPS_PROXY, cannot be reached"
        in one_line(caught)
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("socks5://me:hidden@127.0.0.1:1080", "HTTPS_PROXY names a socks5 proxy, which is not supported"),
        ("http://me:hidden@[::1", "HTTPS_PROXY is not the URL of a proxy: 'http://***@[::1'"),
        ("http://:3128", "HTTPS_PROXY is not the URL of a proxy"),
        ("http://proxy:port", "HTTPS_PROXY is not the URL of a proxy"),
        ("http://proxy:0", "HTTPS_PROXY is not the URL of a proxy"),
        ("proxy..corp.example:3128", "HTTPS_PROXY is not the URL of a proxy"),
        (
            "http://me:hidden@proxy..corp.example:3128",
            "HTTPS_PROXY is not the URL of a proxy: 'http://***@proxy..corp",
        ),
        (f"http://{'a' * 64}.example:3128", "HTTPS_PROXY is not the URL of a proxy"),
        ("http://prøxy.corp:3128", "HTTPS_PROXY is not the URL of a proxy: 'http://prøxy.corp:3128'"),
    ],
)
def test_a_variable_that_names_no_proxy(value: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(ConfigError) as caught:
        Client(load({"domain": HOST, "token": "t"}.get, {}))
    assert reason in one_line(caught)
    Client(load({"apiUrl": "http://127.0.0.1", "token": "t"}.get, {}))  # not used, not looked at


P = "http://proxy:3128"


@pytest.mark.parametrize(
    ("url", "environ", "found"),
    [
        ("https://w.example.com", {"HTTPS_PROXY": P}, (P, "HTTPS_PROXY")),
        ("https://w.example.com", {"HTTPS_PROXY": "https://proxy"}, ("https://proxy", "HTTPS_PROXY")),
        (
            "https://w.example.com",
            {"HTTPS_PROXY": "http://[2001:db8::1]:3128"},
            ("http://[2001:db8::1]:3128", "HTTPS_PROXY"),
        ),
        ("https://w.example.com", {"HTTP_PROXY": P}, None),
        ("http://w.example.com", {"HTTPS_PROXY": P}, None),
        ("https://w.example.com", {"ALL_PROXY": P}, (P, "ALL_PROXY")),
        ("https://w.example.com", {"HTTPS_PROXY": P, "ALL_PROXY": "http://other"}, (P, "HTTPS_PROXY")),
        ("https://w.example.com", {"HTTPS_PROXY": "", "ALL_PROXY": P}, (P, "ALL_PROXY")),
        ("https://w.example.com", {"HTTPS_PROXY": "http://other", "https_proxy": P}, (P, "https_proxy")),
        ("https://w.example.com", {"HTTPS_PROXY": P, "https_proxy": ""}, None),
        ("http://w.example.com", {"HTTP_PROXY": P, "REQUEST_METHOD": "GET"}, None),
        ("http://w.example.com", {"http_proxy": P, "REQUEST_METHOD": "GET"}, (P, "http_proxy")),
        ("http://[::1]:8080", {"ALL_PROXY": P}, None),
        ("http://127.8.9.10", {"ALL_PROXY": P}, None),
        ("http://LOCALHOST:1", {"ALL_PROXY": P}, None),
        ("https://w.example.com", {}, None),
    ],
)
def test_which_proxy(url: str, environ: dict[str, str], found: tuple[str, str] | None) -> None:
    proxy = proxy_for(url, environ)
    assert (proxy and (proxy.url, proxy.variable)) == found


@pytest.mark.parametrize(
    ("entry", "url", "exempt"),
    [
        ("*", "https://w.example.com", True),
        ("example.com", "https://w.example.com", True),
        (".example.com", "https://w.example.com", True),
        ("*.example.com", "https://w.example.com", True),
        ("EXAMPLE.com", "https://W.Example.COM", True),
        ("ample.com", "https://w.example.com", False),
        ("w.example.com", "https://x.w.example.com", True),
        ("x.w.example.com", "https://w.example.com", False),
        ("a.test, example.com ,b.test", "https://w.example.com", True),
        ("a.test example.com", "https://w.example.com", True),
        ("example.com:443", "https://w.example.com", True),
        ("example.com:8443", "https://w.example.com", False),
        ("example.com:8443", "https://w.example.com:8443", True),
        ("10.1.2.3", "https://10.1.2.3", True),
        ("10.1.2.3:8443", "https://10.1.2.3", False),
        ("10.0.0.0/8", "https://10.1.2.3:8443", True),
        ("10.0.0.0/8", "https://11.1.2.3", False),
        ("10.0.0.0/8", "https://w.example.com", False),
        ("2001:db8::/32", "https://[2001:db8::1]:8443", True),
        ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443", True),
        ("[2001:db8::1]:8443", "https://[2001:db8::1]", False),
        ("https://w.example.com", "https://w.example.com", True),
        ("w.example.com:²", "https://w.example.com", False),
        ("w.example.com:٤٤٣", "https://w.example.com", False),
        (f"w.example.com:{'9' * 5000}", "https://w.example.com", False),
        ("w.example.com:0443", "https://w.example.com", True),
        ("", "https://w.example.com", False),
        (",", "https://w.example.com", False),
        (".", "https://w.example.com", False),
    ],
)
def test_what_no_proxy_exempts(entry: str, url: str, exempt: bool) -> None:
    assert (proxy_for(url, {"HTTPS_PROXY": P, "NO_PROXY": entry}) is None) is exempt
    assert (proxy_for(url, {"HTTPS_PROXY": P, "no_proxy": entry, "NO_PROXY": "*"}) is None) is exempt
