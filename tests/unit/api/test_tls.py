"""Only a certificate that is trusted, and of this host, is spoken to."""

from __future__ import annotations

from pathlib import Path

import pytest
from private_tls import TlsInstance, make_certificate

from wallaroo_pulumi.api import Client
from wallaroo_pulumi.config import load
from wallaroo_pulumi.errors import ConfigError, ConnectionFailed


def workspaces(url: str, **more: str) -> list[str]:
    """The names of the visible workspaces."""
    given = {"apiUrl": url, "token": "the-token", "maxRetries": "0", "allowInsecure": "true"}
    client = Client(load((given | more).get, {}))
    try:
        return [workspace.name for workspace in client.workspaces.list()]
    finally:
        client.close()


def test_an_unknown_authority_is_refused_before_the_token_is_shown(tmp_path: Path) -> None:
    with (
        TlsInstance(make_certificate(tmp_path)) as instance,
        pytest.raises(ConnectionFailed, match=r"certificate that is not trusted.*WALLAROO_CA_BUNDLE"),
    ):
        workspaces(instance.url)
    assert instance.authorizations == []


def test_a_private_authority_is_trusted_when_it_is_configured(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with TlsInstance(certificate) as instance:
        assert workspaces(instance.url, caBundle=str(certificate)) == ["only"]
    assert instance.authorizations == ["Bearer the-token"]


def test_the_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "127.0.0.2")
    with (
        TlsInstance(certificate) as instance,
        pytest.raises(ConnectionFailed, match=r"not valid for '127\.0\.0\.1'"),
    ):
        workspaces(instance.url, caBundle=str(certificate))
    assert instance.authorizations == []


@pytest.mark.parametrize("content", [None, "", "no PEM"])
def test_a_bundle_that_is_none(content: str | None, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(ConfigError, match=r"WALLAROO_CA_BUNDLE.*bundle\.pem"):
        workspaces("https://127.0.0.1", caBundle=str(bundle))


def test_the_resolved_path_of_a_bundle_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Pulumi.yaml").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        workspaces("https://127.0.0.1", caBundle="certs/ca.pem")
    assert (
        f"'certs/ca.pem' from config wallaroo:caBundle is not a readable PEM file: '{tmp_path}/certs/ca.pem'"
        in (str(caught.value))
    )
