"""Users, over the MLOps API and over the part of Keycloak's admin API that the vendor's SDK uses."""

from typing import Any

import pytest
from emulator_client import JOHN, MARY, OPS, Instance


def listed(instance: Instance, email: str) -> dict[str, Any]:
    user: dict[str, Any] = instance.ok("users/query")["users"][instance.user_id(email)]
    return user


def test_everyone_is_listed_but_service_accounts(instance: Instance) -> None:
    users = instance.ok("users/query")["users"]
    assert sorted(user["username"] for user in users.values()) == [JOHN, MARY, OPS]
    assert all(key == user["id"] for key, user in users.items())


def test_roles_show_in_the_full_listing_of_those_who_have_some(instance: Instance) -> None:
    assert listed(instance, OPS)["realmRoles"] == ["admin"]
    assert "realmRoles" not in listed(instance, MARY)
    ops = instance.user_id(OPS)
    by_id = instance.ok("users/query", user_ids=[ops])["users"][ops]
    assert "realmRoles" not in by_id
    assert by_id["federatedIdentities"] == []


def test_query_by_id_gives_null_for_unknown_ids(instance: Instance) -> None:
    mary = instance.user_id(MARY)
    users = instance.ok("users/query", user_ids=[mary, "unknown"])["users"]
    assert users["unknown"] is None
    assert users[mary]["email"] == MARY
    assert set(users) == {mary, "unknown"}


def test_last_login_is_null_until_the_first_login(instance: Instance) -> None:
    assert listed(instance, MARY)["lastLogin"] is None
    instance.clock.time += 10
    instance.login(MARY)
    assert listed(instance, MARY)["lastLogin"] == int(instance.clock.time * 1000)


def test_invited_user_can_log_in_with_the_password_shown_once(instance: Instance) -> None:
    reply = instance.ok("users/invite", email="New.One@example.com", roles=["admin"])
    assert set(reply) == {"id", "password"}
    assert instance.login("new.one@example.com", reply["password"]).status_code == 200
    user = listed(instance, "new.one@example.com")
    assert (user["id"], user["realmRoles"]) == (reply["id"], ["admin"])
    assert "firstName" not in user


def test_invited_user_may_have_a_given_password(instance: Instance) -> None:
    reply = instance.ok("users/invite", email="new@example.com", password="chosen")
    assert reply["password"] == "chosen"
    assert instance.login("new@example.com", "chosen").status_code == 200


@pytest.mark.parametrize("email", [MARY, MARY.upper(), "no address", ""])
def test_taken_or_malformed_address_is_refused(instance: Instance, email: str) -> None:
    before = instance.ok("users/query")
    reply = instance.call("users/invite", email=email, password="a-secret-password")
    assert reply.status_code == reply.json()["code"] == 400
    assert "secret" not in reply.text
    assert instance.ok("users/query") == before


@pytest.mark.parametrize("path", ["users/activate", "users/deactivate"])
def test_unknown_address_cannot_be_switched(instance: Instance, path: str) -> None:
    assert instance.call(path, email="unknown@example.com").status_code == 400


def test_edit_writes_every_field(instance: Instance) -> None:
    mary = instance.user_id(MARY)
    instance.ok(
        "user", id=mary, firstName="M.", lastName="J.", email="mj@example.com", enabled=False, isAdmin=True
    )
    user = instance.ok("users/query")["users"][mary]
    assert (user["firstName"], user["lastName"], user["email"]) == ("M.", "J.", "mj@example.com")
    assert (user["enabled"], user["realmRoles"]) == (False, ["admin"])


def test_edit_refuses_an_unknown_user_and_a_taken_address(instance: Instance) -> None:
    fields = {"firstName": "", "lastName": "", "enabled": True, "isAdmin": False}
    assert instance.call("user", id="unknown", email="x@example.com", **fields).status_code == 400
    assert instance.call("user", id=instance.user_id(MARY), email=JOHN, **fields).status_code == 400
    assert listed(instance, MARY)["firstName"] == "Mary"


def test_config_needs_no_token_and_features_does(instance: Instance) -> None:
    assert instance.http.get("/v1/api/config").json() == {"default_arch": "x86"}
    assert instance.http.post("/v1/api/features/list", json={}).status_code == 401
    assert instance.ok("features/list")["is_auth_enabled"] is True


class TestKeycloakAdmin:
    """What the vendor's SDK asks Keycloak itself."""

    PATH = "/auth/admin/realms/master/users"

    def headers(self, instance: Instance, user: str = OPS) -> dict[str, str]:
        return {"Authorization": f"Bearer {instance.login(user).json()['access_token']}"}

    def test_lookup_by_address(self, instance: Instance) -> None:
        headers = self.headers(instance)
        found = instance.http.get(self.PATH, params={"email": MARY}, headers=headers).json()
        assert [user["email"] for user in found] == [MARY]
        part = {"email": "mary", "exact": "true"}
        assert instance.http.get(self.PATH, params=part, headers=headers).json() == []

    def test_put_by_an_administrator_changes_what_is_given(self, instance: Instance) -> None:
        url = f"{self.PATH}/{instance.user_id(MARY)}"
        reply = instance.http.put(url, json={"firstName": "Maria"}, headers=self.headers(instance))
        assert reply.status_code == 204
        user = instance.http.get(url, headers=self.headers(instance)).json()
        assert (user["firstName"], user["lastName"], user["email"]) == ("Maria", "Jane", MARY)

    def test_put_by_others_is_forbidden(self, instance: Instance) -> None:
        url = f"{self.PATH}/{instance.user_id(MARY)}"
        reply = instance.http.put(url, json={"firstName": "X"}, headers=self.headers(instance, JOHN))
        assert (reply.status_code, reply.json()) == (403, {"error": "HTTP 403 Forbidden"})

    def test_refusals_are_keycloaks(self, instance: Instance) -> None:
        reply = instance.http.get(self.PATH)
        assert (reply.status_code, reply.json()) == (401, {"error": "HTTP 401 Unauthorized"})
        reply = instance.http.get(f"{self.PATH}/unknown", headers=self.headers(instance))
        assert (reply.status_code, reply.json()) == (404, {"error": "User not found"})
