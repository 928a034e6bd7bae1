"""No secret in any error, nor in those it came from, whatever goes wrong with a call or the login before it."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pydantic import ValidationError

from wallaroo_pulumi.api.transport import Effect, Transport
from wallaroo_pulumi.auth import token_source
from wallaroo_pulumi.config import Settings, load
from wallaroo_pulumi.core.fields import SECRET, fields_with
from wallaroo_pulumi.errors import ApiError, WallarooError
from wallaroo_pulumi.http import open_client
from wallaroo_pulumi.redaction import redact
from wallaroo_pulumi.resources import RESOURCES

SECRETS = {"clientSecret": "hidden-client-secret", "password": "hidden-password", "token": "hidden-token"}
LOGIN = SECRETS | {"username": "ops@example.com", "auth": "password", "maxRetries": "0"}


def whole_story(error: BaseException | None) -> str:
    """Every error of the chain, also those that a traceback does not show, with all that hangs on them."""
    story = ""
    while error is not None:
        story += f"{error} {error!r} {error.args} {vars(error)}\n"
        error = error.__cause__ or error.__context__
    return story


def grant(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"access_token": "hidden-access", "refresh_token": "hidden-refresh"})


def echo(request: httpx.Request) -> httpx.Response:
    """A server that sends back all it was sent."""
    everything = (
        f"{request.headers['authorization']} {request.read().decode()} hidden-client-secret hidden-password"
    )
    return httpx.Response(500, json={"msg": everything, "error": everything})


def garbage(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b'{"access_token": "hidden-access"')


def raising(error: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("it broke", request=request)

    return fail


FAULTS = [
    echo,
    garbage,
    raising(httpx.ConnectError),
    raising(httpx.ReadTimeout),
    raising(httpx.RemoteProtocolError),
    lambda request: httpx.Response(401, json={"msg": "bad token"}),
    lambda request: httpx.Response(302, headers={"location": "https://e.example/?code=hidden-code"}),
    lambda request: httpx.Response(200, json=["hidden-access"]),
]


def settings(**more: str) -> Settings:
    return load(({"domain": "w.example.com"} | LOGIN | more).get, {})


def failing(fault: Callable[[httpx.Request], httpx.Response], *, keycloak: bool) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        asks_for_token = request.url.path.startswith("/auth/")
        return fault(request) if asks_for_token is keycloak else grant(request)

    return httpx.MockTransport(handle)


@pytest.mark.parametrize("keycloak", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("effect", Effect)
def test_no_error_tells_a_secret(
    fault: Callable[[httpx.Request], httpx.Response], keycloak: bool, effect: Effect
) -> None:
    resolved = settings()
    http = open_client(resolved, transport=failing(fault, keycloak=keycloak))
    transport = Transport(resolved, token_source(resolved, http), http)
    with pytest.raises(WallarooError) as caught:
        transport.call("users/invite", {"email": "a@example.com"}, effect, dict[str, int])
    story = whole_story(caught.value)
    assert "hidden" not in story
    assert str(caught.value).isprintable()


def test_the_servers_words_are_told_without_the_token() -> None:
    resolved = settings(auth="token")
    http = open_client(resolved, transport=httpx.MockTransport(echo))
    with pytest.raises(WallarooError) as caught:
        Transport(resolved, token_source(resolved, http), http).call("some/call", {}, Effect.WRITE)
    assert "***" in str(caught.value)
    assert "hidden" not in whole_story(caught.value)


SENT = {
    "name": "sales",
    "details": {"host": "db.example.com", "keys": ['hid"den & söcret']},
    "password": "hidden-first",
}


@pytest.mark.parametrize(
    "answer",
    [
        lambda sent: {
            "json": {"detail": [{"loc": ["body", "details"], "msg": "no good", "input": json.loads(sent)}]}
        },
        lambda sent: {"json": {"msg": sent.decode()}},
        lambda sent: {"json": {"error": str(json.loads(sent))}},
        lambda sent: {"text": f"<html>{html.escape(sent.decode())}</html>"},
        lambda sent: {"text": quote(sent)},
    ],
)
def test_an_answer_that_quotes_the_request_shows_no_secret_of_an_object(
    answer: Callable[[bytes], dict[str, Any]],
) -> None:
    network = httpx.MockTransport(lambda request: httpx.Response(422, **answer(request.read())))
    settings = load({"domain": "w.example.com", "token": "hidden-token"}.get, {})
    transport = Transport(settings, token_source(settings), open_client(settings, transport=network))
    with pytest.raises(ApiError) as caught:
        transport.call("connections/create", SENT, Effect.WRITE)
    story = whole_story(caught.value)
    assert not [part for part in ("hidden", "den &", "den%20", "den &amp;", "cret") if part in story]


@pytest.mark.parametrize(
    "answer",
    [
        lambda sent: {"json": {"msg": f"cannot parse {json.loads(sent)['conversion']['requirements']}"}},
        lambda sent: {"json": {"msg": sent}},
        lambda sent: {"text": f"<html>{html.escape(sent)}</html>"},
        lambda sent: {"text": quote(sent)},
        lambda sent: {"text": quote(sent, safe="")},
        lambda sent: {"text": "refused: " + sent.replace("/", chr(92) + "/")},
    ],
)
@pytest.mark.parametrize("with_file", [True, False])
def test_a_refused_upload_is_told_without_the_password_of_a_package_index(
    answer: Callable[[str], dict[str, Any]], with_file: bool, tmp_path: Path
) -> None:
    requirements = ["--extra-index-url https://ada:hidden%40@pypi.example.com/simple", "numpy==1.26"]
    metadata = {
        "conversion": {"requirements": [*requirements, "--index-url https://hidden-token@a.example"]},
        "engine_config": {"env": [{"name": "NAME", "value": "hidden-value"}]},
    }
    sent = json.dumps(metadata)
    network = httpx.MockTransport(lambda request: httpx.Response(400, **answer(sent)))
    settings = load({"domain": "w.example.com", "token": "the-token"}.get, {})
    transport = Transport(settings, token_source(settings), open_client(settings, transport=network))
    (file := tmp_path / "model.zip").write_bytes(b"zip")
    upload = partial(transport.upload, file=file, timeout=5) if with_file else transport.upload_without_file
    with pytest.raises(ApiError) as caught:
        upload("models/upload", metadata, reply=dict)
    assert "hidden" not in whole_story(caught.value)
    assert "numpy" in str(caught.value)
    assert "pypi.example.com" in str(caught.value)


def test_a_variable_of_a_container_is_told_by_its_name_only() -> None:
    network = httpx.MockTransport(lambda request: httpx.Response(422, json={"msg": request.read().decode()}))
    settings = load({"domain": "w.example.com", "token": "the-token"}.get, {})
    transport = Transport(settings, token_source(settings), open_client(settings, transport=network))
    images = {"llm-1": {"env": [{"name": "HF_HOME", "value": "hidden-value"}]}}
    with pytest.raises(ApiError) as caught:
        transport.call("pipelines/deploy", {"engine_config": {"engineAux": {"images": images}}}, Effect.WRITE)
    assert "HF_HOME" in str(caught.value)
    assert "hidden" not in whole_story(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://ada:pass@pypi.example.com/x", "https://***@pypi.example.com/x"),
        ("https://p@ss:w@rd@pypi.example.com", "https://***@pypi.example.com"),
        ("git+https://to-ken@github.com/a/b.git@main", "git+https://***@github.com/a/b.git@main"),
        ("https%3A%2F%2Fada%3Apass%40a.example%2Fb%40c", "https%3A%2F%2F***%40a.example%2Fb%40c"),
        ("git+ssh://git@github.com/a/b.git@main", None),
        ("git+https://github.com/a/b.git@main, ada@example.com", None),
        ('{"url":"https://a.example","mail":"ada@example.com"}', None),
        ("https://***@a.example", None),
    ],
)
def test_the_user_of_an_address_is_always_redacted(text: str, told: str | None) -> None:
    assert redact(text) == (told or text)


@pytest.mark.parametrize("kind", RESOURCES)
def test_no_model_of_a_resource_shows_its_secrets(kind: str) -> None:
    for model in (RESOURCES[kind].inputs, RESOURCES[kind].outputs):
        secrets = {name: "hidden" for name, _ in fields_with(model, SECRET)}
        others = {name: "shown" for name in model.model_fields if name not in secrets}
        made = model.model_construct(**secrets, **others)
        assert "hidden" not in f"{made!r} {made}"
        assert ("***" in repr(made)) == bool(secrets)


@pytest.mark.parametrize("kind", RESOURCES)
def test_the_text_of_an_error_about_a_resource_shows_no_value(kind: str) -> None:
    for model in (RESOURCES[kind].inputs, RESOURCES[kind].outputs):
        given: dict[str, Any] = {name: {"x": ["hidden"]} for name in model.model_fields}
        with pytest.raises(ValidationError) as caught:
            model.model_validate({**given, "other": "hidden"})
        assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, "answered 302"),
        ({"location": "https://u:hidden@e.example/x?a=hidden#access_token=hidden"}, "'https://e.example/x'"),
        ({"location": "/login#hidden"}, "'/login'"),
    ],
)
def test_a_redirect_is_told_without_what_it_carries(headers: dict[str, str], told: str) -> None:
    network = httpx.MockTransport(lambda request: httpx.Response(302, headers=headers))
    settings = load({"domain": "w.example.com", "token": "hidden-token"}.get, {})
    transport = Transport(settings, token_source(settings), open_client(settings, transport=network))
    with pytest.raises(ApiError) as caught:
        transport.call("workspaces/list", {}, Effect.READ)
    assert told in str(caught.value)
    assert "hidden" not in whole_story(caught.value)
