"""The control plane: seed, faults, latency, log, drift; and that web pages cannot reach it."""

import json
import threading

import httpx
import pytest
from emulator_client import JOHN, MARY, OPS, TOKEN_PATH, Instance


def names(instance: Instance, user: str = OPS) -> list[str]:
    return [item["name"] for item in instance.ok("workspaces/list", user)["workspaces"]]


def test_reset_brings_back_the_default_seed(instance: Instance) -> None:
    instance.ok("workspaces/create", workspace_name="fraud")
    instance.ok("users/invite", email="new@example.com")
    instance.control("latency", seconds=3600)
    instance.control("faults", count=100)
    instance.control("reset")
    assert instance.log() == []
    again = Instance(instance.url, instance.clock)
    with again.http:
        users = again.ok("users/query")["users"].values()
        assert {user["email"] for user in users} == {OPS, MARY, JOHN}
        assert names(again) == []
        assert again.ok("workspaces/create", workspace_name="fraud") == {"workspace_id": 1}


def test_reset_ends_the_tokens_of_before(instance: Instance) -> None:
    token = instance.login().json()["access_token"]
    instance.control("reset")
    assert instance.call_with(token, "workspaces/list").status_code == 401


def test_a_snapshot_brings_back_the_objects_and_the_tokens(instance: Instance) -> None:
    assert instance.http.post("/__emulator__/restore").status_code == 400
    instance.ok("workspaces/create", workspace_name="fraud")
    token = instance.login().json()["access_token"]
    instance.control("snapshot")
    for _ in range(2):
        instance.ok("workspaces/create", workspace_name="churn")
        instance.control("latency", seconds=3600)
        instance.control("restore")
        assert instance.log() == []
        assert names(instance) == ["fraud"]
        assert instance.call_with(token, "workspaces/list").status_code == 200


def test_seeded_workspaces_hold_what_was_asked_for(instance: Instance) -> None:
    reply = instance.control(
        "seed",
        users=[{"email": "new@example.com", "password": "x", "id": "id-of-new"}],
        workspaces=[
            {"name": "full", "models": 2, "pipelines": 1, "members": {"new@example.com": "owner"}},
            {"name": "of-mary", "owner": MARY},
        ],
    )
    assert reply == {"users": {"new@example.com": "id-of-new"}, "workspaces": [1, 2]}
    (full,) = instance.ok("workspaces/list")["workspaces"]
    assert (full["name"], full["models"], full["pipelines"]) == ("full", [1, 2], [1])
    members = instance.ok("workspaces/list_users", workspace_id=1)["users"]
    assert {"user_id": "id-of-new", "user_type": "OWNER"} in members
    assert names(instance, MARY) == ["of-mary"]


def test_many_workspaces_in_one_request(instance: Instance) -> None:
    reply = instance.control("seed", workspaces={"count": 10_000, "prefix": "bulk-"})
    assert reply["workspaces"] == list(range(1, 10_001))
    listed = names(instance)
    assert (len(listed), listed[0], listed[-1]) == (10_000, "bulk-1", "bulk-10000")


@pytest.mark.parametrize(
    "seed",
    [
        {"users": [{"email": "a@example.com"}, {"email": MARY}]},
        {"users": [{"email": "a@example.com"}, {"password": "x"}]},
        {"users": [{"email": "a@example.com"}], "workspaces": [{"name": "x", "owner": "unknown"}]},
    ],
)
def test_seed_is_all_or_nothing(instance: Instance, seed: dict[str, object]) -> None:
    reply = instance.http.post("/__emulator__/seed", json=seed)
    assert reply.status_code == 400
    assert len(instance.ok("users/query")["users"]) == 3


def test_workspace_and_member_can_be_deleted_by_hand(instance: Instance) -> None:
    instance.control(
        "seed", workspaces=[{"name": "a", "members": {MARY: "OWNER", JOHN: "OWNER"}, "models": 1}]
    )
    john = instance.user_id(JOHN)
    assert instance.control("delete", workspace_id=1, email=MARY) == {"affected_rows": 1}
    assert instance.control("delete", workspace_id=1, user_id=john) == {"affected_rows": 1}
    assert len(instance.ok("workspaces/list_users", workspace_id=1)["users"]) == 1
    assert instance.control("delete", workspace_id=1, email="unknown@example.com") == {"affected_rows": 0}
    assert instance.control("delete", workspace_id=1) == {"affected_rows": 1}
    assert instance.control("delete", workspace_id=1) == {"affected_rows": 0}
    assert names(instance) == []
    assert instance.ok("workspaces/create", workspace_name="a") == {"workspace_id": 2}


class TestFaults:
    def test_reply_of_choice_for_the_next_n_matching_requests(self, instance: Instance) -> None:
        instance.control(
            "faults",
            path="/v1/api/workspaces/*",
            count=2,
            status=503,
            headers={"Retry-After": "7"},
            body={"msg": "busy", "code": 503},
        )
        instance.ok("users/query")
        for _ in range(2):
            reply = instance.call("workspaces/create", workspace_name="a")
            assert (reply.status_code, reply.json()) == (503, {"msg": "busy", "code": 503})
            assert reply.headers["Retry-After"] == "7"
            assert reply.headers["Content-Type"] == "application/json"
        assert names(instance) == []

    def test_html_as_from_a_gateway(self, instance: Instance) -> None:
        instance.control("faults", path=TOKEN_PATH, status=502, body="<html>Bad Gateway</html>")
        reply = instance.login()
        assert (reply.status_code, reply.text) == (502, "<html>Bad Gateway</html>")
        assert reply.headers["Content-Type"] == "text/html"

    def test_reset_cuts_before_anything_is_done(self, instance: Instance) -> None:
        instance.ok("users/query")
        instance.control("faults", path="*/create", kind="reset")
        with pytest.raises(httpx.ReadError, match="reset"):
            instance.call("workspaces/create", workspace_name="a")
        assert names(instance) == []

    def test_lost_reply_cuts_after_the_commit(self, instance: Instance) -> None:
        instance.ok("users/query")
        instance.control("faults", path="*/create", kind="lost_reply")
        with pytest.raises(httpx.ReadError, match="reset"):
            instance.call("workspaces/create", workspace_name="a")
        assert names(instance) == ["a"]

    def test_truncated_reply_is_a_whole_http_reply_with_half_a_json(self, instance: Instance) -> None:
        instance.control("faults", path="*/workspaces/list", kind="truncate")
        reply = instance.call("workspaces/list")
        assert reply.status_code == 200
        with pytest.raises(json.JSONDecodeError):
            reply.json()

    def test_late_reply_is_committed_before_it_is_waited_for(self, instance: Instance) -> None:
        instance.ok("users/query")
        instance.control("faults", path="*/create", kind="late_reply", delay=3600)
        instance.http.timeout = httpx.Timeout(5, read=0.2)
        with pytest.raises(httpx.ReadTimeout):
            instance.call("workspaces/create", workspace_name="a")
        assert names(instance) == ["a"]

    def test_delay_comes_before_the_fault_and_before_the_service(self, instance: Instance) -> None:
        instance.ok("users/query")
        instance.control("faults", path="*/create", kind="delay", delay=3600)
        instance.http.timeout = httpx.Timeout(5, read=0.2)
        with pytest.raises(httpx.ReadTimeout):
            instance.call("workspaces/create", workspace_name="a")
        assert names(instance) == []

    def test_faults_can_be_withdrawn(self, instance: Instance) -> None:
        instance.control("faults", count=100)
        assert instance.http.delete("/__emulator__/faults").status_code == 200
        assert instance.login().status_code == 200

    def test_faults_never_hit_the_control_plane(self, instance: Instance) -> None:
        instance.control("faults", path="*", count=1)
        instance.control("latency", seconds=0)
        assert instance.login().status_code == 500

    @pytest.mark.parametrize(
        "fault", [{"kind": "explode"}, {"count": 0}, {"status": 42}, {"delay": -1}, {"headers": {"a": 1}}]
    )
    def test_a_wrong_order_is_refused(self, instance: Instance, fault: dict[str, object]) -> None:
        assert instance.http.post("/__emulator__/faults", json=fault).status_code == 400


def test_latency_holds_every_request_but_not_the_control_plane(instance: Instance) -> None:
    instance.control("latency", seconds=3600)
    instance.http.timeout = httpx.Timeout(5, read=0.2)
    with pytest.raises(httpx.ReadTimeout):
        instance.login()
    instance.control("latency", seconds=0)
    assert instance.login().status_code == 200


class TestRequestLog:
    def test_says_who_asked_for_what(self, instance: Instance) -> None:
        instance.ok("workspaces/create", MARY, workspace_name="a")
        login, create = instance.log()
        assert (login["path"], login["status"], login["client"]) == (TOKEN_PATH, 200, "api-client")
        assert login["body"]["grant_type"] == "password"
        mary = instance.user_id(MARY)
        assert create == {
            "time": "2024-07-11T16:51:50.885751+00:00",
            "method": "POST",
            "path": "/v1/api/workspaces/create",
            "status": 200,
            "sub": mary,
            "user": MARY,
            "client": None,
            "body": {"workspace_name": "a"},
            "fault": None,
        }

    def test_stars_secrets_wherever_they_are(self, instance: Instance) -> None:
        secret = "hunter-2-and-more"
        instance.login(password=secret)
        instance.grant(None, grant_type="client_credentials", client_id="x", client_secret=secret)
        instance.grant(grant_type="refresh_token", refresh_token=secret)
        instance.call("users/invite", email="new@example.com", password=secret)
        instance.call("users/query", details={"password": secret}, steps=[{"token": secret}])
        log = instance.log()
        assert len(log) == 6
        assert secret not in json.dumps(log)
        assert "ops-password" not in json.dumps(log)
        assert log[-1]["body"] == {"details": "***", "steps": [{"token": "***"}]}

    def test_notes_faults_and_missing_replies(self, instance: Instance) -> None:
        instance.control("faults", kind="reset")
        instance.control("faults", status=418)
        with pytest.raises(httpx.TransportError):
            instance.login()
        instance.login()
        assert [(entry["fault"], entry["status"]) for entry in instance.log()] == [
            ("reset", None),
            ("respond", 418),
        ]

    @pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff\xfe", b"x" * 100_000])
    def test_survives_bodies_that_are_no_object(self, instance: Instance, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        instance.http.post("/v1/api/workspaces/list", content=body, headers=headers)
        (entry,) = instance.log()
        assert entry["body"] is None

    def test_can_be_cleared(self, instance: Instance) -> None:
        instance.login()
        assert instance.http.delete("/__emulator__/requests").status_code == 200
        assert instance.log() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://example.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Host": "example.com"},
        {"Host": "127.0.0.1.example.com"},
        {"Host": "192.0.2.1"},
        {"Host": "["},
    ],
)
def test_web_pages_cannot_reach_the_control_plane(instance: Instance, headers: dict[str, str]) -> None:
    reply = instance.http.post("/__emulator__/reset", headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (403, 403)


def test_own_page_and_other_loopback_names_may(instance: Instance) -> None:
    port = instance.url.rpartition(":")[2]
    for headers in ({"Origin": instance.url}, {"Host": f"localhost:{port}"}, {"Host": f"[::1]:{port}"}):
        assert instance.http.delete("/__emulator__/requests", headers=headers).status_code == 200


def test_concurrent_creates_each_get_an_id_of_their_own(instance: Instance) -> None:
    instance.ok("users/query")
    ids: list[int] = []
    threads = [
        threading.Thread(
            target=lambda n=n: ids.append(
                instance.ok("workspaces/create", workspace_name=f"w{n}")["workspace_id"]
            )
        )
        for n in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids) == list(range(1, 41))


def test_contents_are_the_rows_without_what_is_secret_to_the_instance(instance: Instance) -> None:
    instance.ok("workspaces/create", workspace_name="fraud")
    contents = instance.http.get("/__emulator__/contents").json()
    (workspace,) = contents["workspaces"]
    assert (workspace["id"], workspace["name"]) == (1, "fraud")
    assert not {"signing_keys", "sessions", "clients"} & set(contents)
