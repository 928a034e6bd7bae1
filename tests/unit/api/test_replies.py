"""What a reply is taken for: a value, the server's refusal, or no knowledge of what happened."""

from __future__ import annotations

import httpx
import pytest
from instance_double import Answer, InstanceDouble

from wallaroo_pulumi.api.transport import Effect
from wallaroo_pulumi.api.wire.workspaces import Invited, Member, User, Workspace, WorkspaceList
from wallaroo_pulumi.errors import ApiError, BadReply, ConnectionFailed, OutcomeUnknown


def call(answer: object, effect: Effect = Effect.READ, /, *reply: type, **settings: str) -> object:
    instance = InstanceDouble(some__call=[answer])
    return instance.transport(**settings).call("some/call", {}, effect, *reply)


def test_a_call_is_a_post_of_json_below_the_api_base() -> None:
    seen: list[httpx.Request] = []

    def note(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"ok": True})

    instance = InstanceDouble()
    instance.handler = note
    transport = instance.transport(apiUrl="https://a.example.com/base/")
    transport.call("workspaces/list", {"user_id": "ü"}, Effect.READ)
    transport.call("/v2/api/assays/get", {}, Effect.READ)
    assert [str(request.url) for request in seen] == [
        "https://a.example.com/base/v1/api/workspaces/list",
        "https://a.example.com/base/v2/api/assays/get",
    ]
    assert {request.method for request in seen} == {"POST"}
    assert {request.headers["authorization"] for request in seen} == {"Bearer the-token"}
    assert seen[0].headers["content-type"] == "application/json"
    assert seen[0].read().decode() == '{"user_id":"ü"}'


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ({"a": 1}, {"a": 1}),
        ([1], [1]),
        (httpx.Response(200), {}),
        (httpx.Response(202, json={"b": 2}), {"b": 2}),
    ],
)
def test_any_json_is_a_reply(answer: object, value: object) -> None:
    assert call(answer) == value


def test_a_null_reply_is_as_good_as_an_empty_one() -> None:
    assert call(httpx.Response(200, content=b"null")) == {}


def test_a_read_of_an_unknown_shape_says_where_and_shows_no_value() -> None:
    with pytest.raises(BadReply) as caught:
        call(
            {"workspaces": [{"id": 1, "name": "a"}, {"id": "hidden", "name": "b"}]},
            Effect.READ,
            WorkspaceList,
        )
    text = str(caught.value)
    assert "some/call answered 200: a reply of an unknown shape (workspaces.1.id: " in text
    assert "hidden" not in text
    assert text.isprintable()


def test_a_write_whose_reply_has_an_unknown_shape_may_have_been_carried_out() -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        call({"password": "hidden"}, Effect.WRITE, Invited)
    assert "(id: Field required)" in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert caught.value.may_still_run is False


@pytest.mark.parametrize("key", ["msg", "error", "message", "detail"])
def test_the_servers_words_are_found_in_any_body(key: str) -> None:
    with pytest.raises(ApiError) as caught:
        call(httpx.Response(400, json={"code": 400, key: "no such\nworkspace"}))
    error = caught.value
    assert (error.status, error.endpoint, error.message) == (400, "some/call", "no such workspace")
    assert str(error) == "some/call answered 400: no such workspace"


@pytest.mark.parametrize(
    ("status", "settings", "hint"),
    [
        (401, {}, "the token in wallaroo:token (WALLAROO_TOKEN) was rejected or has expired"),
        (403, {}, "is not allowed to do this; ask an owner of the workspace or an administrator"),
        (429, {}, "limits its request rate"),
        (302, {}, "set wallaroo:apiUrl (WALLAROO_API_URL)"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, settings: dict[str, str], hint: str) -> None:
    with pytest.raises(ApiError) as caught:
        call(httpx.Response(status, headers={"location": "https://elsewhere.example/"}), **settings)
    assert caught.value.hint is not None
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "from_api"),
    [
        (httpx.Response(404, json={"msg": "no such task", "code": 404}), True),
        (httpx.Response(404, json={"msg": "no such task"}), True),
        (httpx.Response(404, json={"code": 404, "status": "Error", "error": "not found"}), True),
        (httpx.Response(404, html="<html><title>404 Not Found</title>"), False),
        (httpx.Response(404, text="default backend - 404"), False),
        (httpx.Response(404, json={"message": "no Route matched with those values"}), False),
        (
            httpx.Response(404, json={"status": 404, "error": "Not Found", "path": "/v1/api/tasks/list"}),
            False,
        ),
        (httpx.Response(404, json={"error": {"code": 404, "message": "Not Found"}}), False),
        (httpx.Response(404, json="not found"), False),
        (httpx.Response(404), False),
    ],
)
def test_only_the_apis_own_answer_says_something_of_objects(answer: httpx.Response, from_api: bool) -> None:
    with pytest.raises(ApiError) as caught:
        call(answer)
    error = caught.value
    assert (error.answered(404), error.answered(400, 404), error.answered(400)) == (from_api, from_api, False)
    assert error.with_hint("another").answered(404) is from_api
    assert ("check wallaroo:apiUrl" in str(error)) is not from_api


@pytest.mark.parametrize("path", ["status/get_deployment", "admin/get_pipeline_external_url"])
def test_a_gateways_404_does_not_make_a_deployment_absent(path: str) -> None:
    page = httpx.Response(404, html="<html><title>404 Not Found</title>")
    answers: dict[str, list[Answer]] = {path.replace("/", "__"): [page]}
    instance = InstanceDouble(**answers)
    pipelines = instance.client().pipelines
    with pytest.raises(ApiError, match="a web page"):
        pipelines.deployment("p-1") if path.startswith("status") else pipelines.inference_url(1, "p")


PAGE = "<!doctype html><html><head><style>b {}</style><title>\n502 Bad&nbsp;Gateway </title></head><b>nginx</b></html>"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            httpx.Response(500, html=PAGE),
            "answered 500: a web page (502 Bad Gateway), not an answer of the API; check the gateway in front of the "
            "instance, and that the instance is up",
        ),
        (
            httpx.Response(403, html="<h1>Request <i>blocked</i></h1><p>ID 7"),
            "answered 403: a web page (Request blocked), not an answer of the API; check wallaroo:apiUrl, and the "
            "rules of the gateway in front of the instance",
        ),
        (
            httpx.Response(
                403, content=b"\xef\xbb\xbf<?xml version='1.0'?><Error>Access <b>denied</b></Error>"
            ),
            "answered 403: a web page (Access denied)",
        ),
        (httpx.Response(400, html=""), "answered 400: Bad Request"),
        (
            httpx.Response(413, html="<title>413 Request Entity Too Large</title>"),
            "a gateway limits the size of requests",
        ),
        (
            httpx.Response(413, text="too large"),
            "answered 413: too large; a gateway limits the size of requests",
        ),
    ],
)
def test_a_gateways_page_is_reported_by_its_title(answer: httpx.Response, said: str) -> None:
    with pytest.raises(ApiError) as caught:
        call(answer)
    text = str(caught.value)
    assert said in text
    assert not {"<", ">", "nginx</b>"} & set(text)
    assert text.isprintable()


@pytest.mark.parametrize("effect", [Effect.READ, Effect.WRITE])
def test_a_page_instead_of_a_reply_is_reported_by_its_title(effect: Effect) -> None:
    page = httpx.Response(200, html="<title>Sign in to the-token</title>")
    with pytest.raises((ConnectionFailed, OutcomeUnknown), match=r"it is a web page \(Sign in to \*\*\*\)"):
        call(page, effect)


def test_a_redirect_is_not_followed() -> None:
    instance = InstanceDouble(
        some__call=[httpx.Response(307, headers={"location": "https://elsewhere.example/x"})]
    )
    with pytest.raises(
        ApiError, match=r"a redirect to 'https://elsewhere\.example/x', which is not followed"
    ):
        instance.transport().call("some/call", {}, Effect.READ)
    assert instance.endpoints == ["some/call"]


def test_a_hint_can_be_replaced_by_a_better_one() -> None:
    error = ApiError(403, "users/invite", "limit", "not allowed").with_hint("deactivate a user")
    assert str(error) == "users/invite answered 403: limit; deactivate a user"


def test_the_servers_words_are_cut() -> None:
    with pytest.raises(ApiError) as caught:
        call(httpx.Response(500, json={"msg": "x" * 10_000}))
    assert len(caught.value.message) == 500


def test_models_take_what_platforms_of_any_age_send() -> None:
    workspace = Workspace.model_validate(
        {"id": 7.0, "name": "a", "archived": None, "models": None, "pipelines": [1.0], "new": {"x": 1}}
    )
    assert (workspace.id, workspace.name, workspace.pipelines) == (7, "a", (1,))
    assert not workspace.models
    assert not workspace.archived
    assert Member.model_validate({"user_id": "u", "user_type": "owner"}).role == "OWNER"
    assert Member.model_validate({"user_id": "u", "user_type": None}).role == "COLLABORATOR"
    assert Member.model_validate({"user_id": "u"}).role == "COLLABORATOR"
    user = User.model_validate({"id": "u", "username": "admin", "firstName": "A", "realmRoles": ["admin"]})
    assert (user.email, user.first_name, user.enabled, user.realm_roles) == (None, "A", True, ("admin",))
    assert "hidden" not in repr(Invited(id="u", password="hidden"))
