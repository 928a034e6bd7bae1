"""The control plane changes objects past the API's rules: what strangers, administrators and backups may do."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from emulator_client import JOHN, MARY, OPS, Instance

from wallaroo_pulumi.emulator.control.objects import Kind
from wallaroo_pulumi.emulator.control.seed_format import Seed

PAGE = (Path(__file__).parents[3] / "docs/emulator.md").read_text(encoding="utf-8")


def test_the_docs_list_every_kind_and_every_seed_key() -> None:
    kinds, keys = (
        {*re.findall(r"`(\w+)`", next(part for part in PAGE.split("\n\n") if part.startswith(begin)))}
        for begin in ("The kinds of `delete`", "| seed key")
    )
    missing = {*get_args(Kind)} - kinds, {*Seed.model_fields} - keys
    assert missing == (set(), set()), "add the kinds and the seed keys to docs/emulator.md"


def refusal(instance: Instance, endpoint: str, **body: Any) -> str:
    reply = instance.http.post(f"/__emulator__/{endpoint}", json=body)
    assert reply.status_code == 400, reply.text
    message: str = reply.json()["msg"]
    return message


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ({"workspce": []}, "body: unknown key 'workspce'; did you mean 'workspaces'?"),
        ({"users": [{"emial": MARY}]}, "users.0: unknown key 'emial'; did you mean 'email'?"),
        ({"workspaces": [{"nmae": "a"}]}, "workspaces.0: unknown key 'nmae'; did you mean 'name'?"),
        (
            {"workspaces": {"cuont": 3, "prefix": "w"}},
            "workspaces: unknown key 'cuont'; did you mean 'count'?",
        ),
        (
            {"model_versions": [{"workspace_id": 1, "name": "a", "conversion": {"framwork": "onnx"}}]},
            "model_versions.0.conversion.framework: Field required",
        ),
        (
            {
                "model_versions": [
                    {"workspace_id": 1, "name": "a", "conversion": {"framework": "onnx", "archh": "arm"}}
                ]
            },
            "model_versions.0: conversion: unknown key 'archh'; did you mean 'arch'?",
        ),
        ({"zebra": 1}, "body: unknown key 'zebra'"),
    ],
)
def test_a_misspelt_key_of_a_seed_is_an_error_that_names_it(
    instance: Instance, seed: dict[str, Any], message: str
) -> None:
    assert refusal(instance, "seed", **seed) == message


@pytest.mark.parametrize(
    ("endpoint", "body", "message"),
    [
        ("faults", {"kid": "reset"}, "body: unknown key 'kid'; did you mean 'kind'?"),
        ("readiness", {"kind": "model", "pols": 1}, "body: unknown key 'pols'; did you mean 'polls'?"),
        ("tokens", {"rotat": True}, "body: unknown key 'rotat'; did you mean 'rotate'?"),
        ("latency", {"secnds": 1}, "body: unknown key 'secnds'; did you mean 'seconds'?"),
        (
            *("delete", {"workspace_id": 1, "emial": MARY}),
            "workspace: unknown key 'emial'; did you mean 'email'?",
        ),
        (
            *("change", {"kind": "user", "where": {"emial": MARY}, "set": {}}),
            "unknown column of a user 'emial'; did you mean 'email'?",
        ),
    ],
)
def test_a_misspelt_key_anywhere_in_the_control_plane_is_an_error(
    instance: Instance, endpoint: str, body: dict[str, Any], message: str
) -> None:
    assert refusal(instance, endpoint, **body) == message


def test_memberships_are_taken_and_given_back(instance: Instance) -> None:
    instance.control("seed", workspaces=[{"name": "fraud"}])
    assert instance.control("delete", workspace_id=1, email=OPS) == {"affected_rows": 1}
    assert instance.call("workspaces/list_users", workspace_id=1).status_code == 403
    instance.control("seed", members=[{"workspace_id": 1, "email": OPS, "role": "OWNER"}])
    (member,) = instance.ok("workspaces/list_users", workspace_id=1)["users"]
    assert member["user_type"] == "OWNER"


def test_an_address_moves_from_one_account_to_another(instance: Instance) -> None:
    mary, john = instance.user_id(MARY), instance.user_id(JOHN)
    renamed = {"email": "mary.smith@example.com", "username": "mary.smith@example.com"}
    assert instance.control("change", kind="user", where={"email": MARY}, set=renamed) == {"affected_rows": 1}
    instance.control("change", kind="user", where={"id": john}, set={"email": MARY, "username": MARY})
    assert instance.user_id(MARY) == john
    assert instance.user_id("mary.smith@example.com") == mary


def test_an_address_that_is_in_use_is_refused(instance: Instance) -> None:
    message = refusal(instance, "change", kind="user", where={"email": MARY}, set={"email": JOHN})
    assert message == "cannot change user: UNIQUE constraint failed: users.email"


def test_a_workspace_is_renamed_in_place(instance: Instance) -> None:
    created = instance.ok("workspaces/create", workspace_name="fraud")["workspace_id"]
    instance.control("change", kind="workspace", where={"id": created}, set={"name": "churn"})
    (workspace,) = instance.ok("workspaces/list")["workspaces"]
    assert (workspace["id"], workspace["name"]) == (created, "churn")


def test_a_recreated_workspace_has_the_same_id_and_name_and_another_time(instance: Instance) -> None:
    instance.control("seed", workspaces=[{"name": "fraud", "models": 1, "members": {MARY: "OWNER"}}])
    (before,) = instance.ok("workspaces/list")["workspaces"]
    instance.clock.time += 60
    assert instance.control("recreate", kind="workspace", where={"name": "fraud"}) == {"affected_rows": 1}
    (after,) = instance.ok("workspaces/list")["workspaces"]
    assert (after["id"], after["name"]) == (before["id"], before["name"])
    assert after["created_at"] > before["created_at"]
    assert after["models"] == []
    assert len(instance.ok("workspaces/list_users", workspace_id=1)["users"]) == 2


def test_a_recreated_connection_has_the_same_name_and_another_id(instance: Instance) -> None:
    before = instance.ok("connections/create", name="lake", type="S3", details={"bucket": "a"})["id"]
    instance.control("recreate", kind="connection", where={"name": "lake"})
    after = instance.ok("connections/get", name="lake")
    assert after["id"] != before
    assert after["details"] == {"bucket": "a"}


def test_a_recreated_user_is_another_person_with_the_same_address(instance: Instance) -> None:
    before = instance.ok("users/query", user_ids=[instance.user_id(MARY)])["users"].popitem()[1]
    instance.clock.time += 60
    instance.control("recreate", kind="user", where={"email": MARY})
    after = instance.ok("users/query", user_ids=[instance.user_id(MARY)])["users"].popitem()[1]
    assert after["id"] != before["id"]
    assert after["createdTimestamp"] == before["createdTimestamp"] + 60_000


def test_a_recreated_model_version_keeps_its_id_and_has_another_uuid(instance: Instance) -> None:
    instance.control(
        *("seed",), workspaces=[{"name": "fraud"}], model_versions=[{"workspace_id": 1, "name": "house"}]
    )

    def look() -> dict[str, Any]:
        found = instance.ok("models/get_version_by_id", model_version_id=1)
        version: dict[str, Any] = found["model_version"]["model_version"]
        return version

    before = look()
    instance.control("recreate", kind="model_version", where={"id": 1})
    after = look()
    assert (after["id"], after["name"]) == (before["id"], before["name"])
    assert after["file_info"]["version"] != before["file_info"]["version"]


def test_a_membership_has_no_id_to_be_recreated_with(instance: Instance) -> None:
    message = refusal(instance, "recreate", kind="member", where={})
    assert message == "a member has no id; delete it and seed it again"


def test_any_object_is_deleted_and_seeded_again_with_its_id(instance: Instance) -> None:
    instance.control("seed", workspaces=[{"name": "a", "id": 7}])
    assert instance.control("delete", kind="workspace", where={"id": 7}) == {"affected_rows": 1}
    assert instance.control("seed", workspaces=[{"name": "b", "id": 7}])["workspaces"] == [7]


def test_forgotten_keys_verify_nothing_any_more(instance: Instance) -> None:
    token = instance.login().json()["access_token"]
    instance.control("tokens", rotate=True)
    assert instance.call_with(token, "workspaces/list").status_code == 200
    instance.control("tokens", forget_keys=True)
    assert instance.call_with(token, "workspaces/list").status_code == 401
    keys = instance.http.get("/auth/realms/master/protocol/openid-connect/certs").json()["keys"]
    assert len(keys) == 1
    assert instance.call_with(instance.login().json()["access_token"], "workspaces/list").status_code == 200
