"""Which tokens the API takes: its own, and those of another Keycloak when told to."""

from collections.abc import Iterator

import httpx
import pytest
from emulator_client import MARY, Instance

from wallaroo_pulumi.emulator import EmulatorServer, Settings


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nonsense", "Basic YTpi", "Bearer a.b.c"])
def test_no_valid_token_is_unauthorized_with_the_standard_body(
    instance: Instance, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header}
    reply = instance.http.post("/v1/api/workspaces/list", json={}, headers=headers)
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert reply.json()["code"] == 401
    assert set(reply.json()) == {"msg", "code"}


def test_token_expires_with_its_lifetime(instance: Instance) -> None:
    token = instance.login().json()["access_token"]
    instance.clock.time += 3599
    assert instance.call_with(token, "workspaces/list").status_code == 200
    instance.clock.time += 1
    reply = instance.call_with(token, "workspaces/list")
    assert (reply.status_code, reply.json()["msg"]) == (401, "the token has expired")


def test_tampered_token_is_refused(instance: Instance) -> None:
    head, payload, signature = instance.login().json()["access_token"].split(".")
    other = instance.login(MARY).json()["access_token"].split(".")[1]
    assert instance.call_with(f"{head}.{other}.{signature}", "workspaces/list").status_code == 401
    assert instance.call_with(f"{head}.{payload}.{signature}", "workspaces/list").status_code == 200


@pytest.mark.parametrize("form", [{"grant_type": "client_credentials"}, None])
def test_revoked_tokens_are_refused_and_new_ones_work(
    instance: Instance, form: dict[str, str] | None
) -> None:
    reply = instance.grant(**form) if form else instance.login()
    token = reply.json()["access_token"]
    instance.control("tokens", revoke=True)
    assert instance.call_with(token, "workspaces/list").status_code == 401
    fresh = instance.login().json()
    assert instance.call_with(fresh["access_token"], "workspaces/list").status_code == 200


def test_revoked_session_cannot_be_refreshed(instance: Instance) -> None:
    tokens = instance.login().json()
    instance.control("tokens", revoke=True)
    reply = instance.grant(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert reply.json() == {"error": "invalid_grant", "error_description": "Session not active"}


class TestForeignKeycloak:
    """Another emulator plays the real Keycloak: its keys and user ids are its own."""

    @pytest.fixture
    def accepting(self, instance: Instance) -> Iterator[Instance]:
        with EmulatorServer(Settings(keycloak_url=instance.url), clock=instance.clock) as server:
            accepting = Instance(server.url, instance.clock)
            with accepting.http:
                yield accepting

    def test_known_person_keeps_their_memberships_under_the_new_id(
        self, instance: Instance, accepting: Instance
    ) -> None:
        workspace_id = accepting.ok("workspaces/create", workspace_name="fraud")["workspace_id"]
        accepting.ok("workspaces/add_user", workspace_id=workspace_id, email=MARY)
        foreign = instance.login(MARY).json()["access_token"]
        listed = accepting.call_with(foreign, "workspaces/list").json()["workspaces"]
        assert [item["name"] for item in listed] == ["fraud"]
        assert accepting.user_id(MARY) == instance.user_id(MARY)

    def test_new_person_is_added_on_first_sight(self, instance: Instance, accepting: Instance) -> None:
        instance.control("seed", users=[{"email": "new@example.com", "password": "x", "first_name": "New"}])
        foreign = instance.login("new@example.com", "x").json()["access_token"]
        assert (
            accepting.call_with(foreign, "workspaces/create", {"workspace_name": "fraud"}).status_code == 200
        )
        user = accepting.ok("users/query")["users"][instance.user_id("new@example.com")]
        assert (user["email"], user["firstName"]) == ("new@example.com", "New")

    def test_keys_are_fetched_again_after_a_rotation(self, instance: Instance, accepting: Instance) -> None:
        for _ in range(2):
            foreign = instance.login().json()["access_token"]
            assert accepting.call_with(foreign, "workspaces/list").status_code == 200
            instance.control("tokens", rotate=True)
        fetched = [entry for entry in instance.log() if entry["path"].endswith("/certs")]
        assert len(fetched) == 2

    def test_expired_and_refresh_tokens_are_refused(self, instance: Instance, accepting: Instance) -> None:
        tokens = instance.login().json()
        assert accepting.call_with(tokens["refresh_token"], "workspaces/list").status_code == 401
        instance.clock.time += 3600
        assert accepting.call_with(tokens["access_token"], "workspaces/list").status_code == 401

    def test_unreachable_keycloak_is_named(self, instance: Instance) -> None:
        foreign = instance.login().json()["access_token"]
        with EmulatorServer() as gone:
            pass
        with EmulatorServer(Settings(keycloak_url=gone.url)) as server:
            reply = httpx.post(
                f"{server.url}/v1/api/workspaces/list",
                json={},
                headers={"Authorization": f"Bearer {foreign}"},
            )
        assert reply.status_code == 401
        assert gone.url in reply.json()["msg"]
