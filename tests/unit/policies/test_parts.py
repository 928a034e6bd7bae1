"""What rules are made of: credentials, quantities, demands; and what Pulumi hands over."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pulumi_policy
import pytest
import yaml
from pulumi_policy.deserialize import serialize_properties
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE

from wallaroo_pulumi.policies import folder
from wallaroo_pulumi.policies.credentials import credentials
from wallaroo_pulumi.policies.demand import demand, quantity
from wallaroo_pulumi.policies.rule import UNKNOWN, Secret
from wallaroo_pulumi.policies.wire import read, to_dict, to_struct, written

SPRING = "d.spring.datasource.password"


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({"password": "x"}, ["d.password"]),
        ({"DB_PASSWD": "x"}, ["d.DB_PASSWD"]),
        ({"a": [{"clientSecret": "x"}]}, ["d.a[0].clientSecret"]),
        ({"env": [{"name": "API_TOKEN", "value": "x"}]}, ["d.env[0].API_TOKEN"]),
        ({"secret_name": "x", "token_url": "https://x", "password_file": "x", "key": "x"}, []),
        ({"password": ""}, []),
        ({"password": 5, "token": None, "secret": UNKNOWN}, []),
        ({"dsn": "postgres://ada:pw@db:5432/x"}, ["d.dsn"]),
        ({"url": "https://db.example.com:8443/a@b", "mail": "ada@example.com"}, []),
        ({"json": '{"private_key": "-----BEGIN RSA PRIVATE KEY-----"}'}, ["d.json"]),
        ({"x": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"}, ["d.x"]),
        ({"x": "AKIA" + "ABCDEFGH12345678"}, ["d.x"]),
        ({"x": "dapi" + "0123456789abcdef" * 2}, ["d.x"]),
        ({"dataset": "keyword", "monkey": "passenger"}, []),
        ({"tokenizer": "mistral-7b", "maxTokens": "512", "pad_token": "</s>", "secretary": "Ada"}, []),
        (
            {
                "env": [
                    {"name": "TOKENIZERS_PARALLELISM", "value": "false"},
                    {"name": "TOKEN", "value": "true"},
                ]
            },
            [],
        ),
        (
            {"APIKey": "x", "spring.datasource.password": "x", "db-passwd": "x"},
            ["d.APIKey", SPRING, "d.db-passwd"],
        ),
        ({"dbpassword": "x", "authtoken": "x", "apikey": "x"}, ["d.dbpassword", "d.authtoken", "d.apikey"]),
        ({"AWS_SECRET_ACCESS_KEY": "x", "accessKeyId": "x"}, ["d.AWS_SECRET_ACCESS_KEY"]),
        ({"secrets": ["x"], "password2": "x"}, ["d.secrets[0]", "d.password2"]),
        ({"dsn": "Server=db;User=ada;Password=x;", "sas": "sv=2020&sig=abc%2Bdef%3D"}, ["d.dsn", "d.sas"]),
        ({"blob": "https://x.blob.core.windows.net/a?sv=1&sig=abcdefgh"}, ["d.blob"]),
        (
            {"a": "Bearer abcdefgh", "b": "Basic dXNlcjpwYXNz", "c": "Authorization: Bearer abcdefgh"},
            list("abc"),
        ),
        ({"a": "Basic authentication", "b": "the bearer of it", "c": "password rules: sig"}, []),
    ],
)
def test_what_looks_like_a_credential(value: Any, paths: list[str]) -> None:
    expected = [path if path.startswith("d.") else f"d.{path}" for path in paths]
    assert [path for path, _ in credentials(value, "d")] == expected


def test_names_may_be_allowed_and_added() -> None:
    value = {"A_TOKEN": "x", "dsn": "postgres://ada:pw@db", "myPat": "x", "other": "x"}
    assert [path for path, _ in credentials(value, "d", ["*_token", "DSN"], ["mypat"])] == ["d.myPat"]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("500m", 0.5),
        (2, 2),
        (2.0, 2),
        ("0.25", 0.25),
        ("512Mi", 512 * 2**20),
        ("3Gi", 3 * 2**30),
        ("1G", 1e9),
        ("1e3", 1000),
    ],
)
def test_quantities(written: Any, number: float) -> None:
    assert quantity(written) == number


@pytest.mark.parametrize("written", ["", "two", "3Gb", "Gi", None])
def test_what_is_no_quantity(written: Any) -> None:
    with pytest.raises(ValueError, match="is not a quantity of Kubernetes, such as"):
        quantity(written)


def test_the_demand_of_a_deployment() -> None:
    limits = {"cpu": "500m", "memory": "1Gi", "nvidia.com/gpu": 2}
    config = {
        "engine": {"cpu": 2, "gpu": True, "replicas": 5, "autoscale": {"replicaMin": 1, "replica_max": 3},
                   "resources": {"limits": {"memory": "2Gi"}}},
        "engineAux": {"images": {"my_model-3": {"resources": {"limits": limits}}}},
    }  # fmt: skip
    asked = demand(config)
    assert asked is not None
    assert (asked.least_replicas, asked.most_replicas) == (1, 3)
    assert [container.name for container in asked.containers] == ["the engine", "my_model-3"]
    assert asked.total("cpus") == 7.5
    assert asked.total("memory") == 9 * 2**30
    assert asked.total("gpus") == 9


def test_the_demand_of_nothing_is_one_replica_without_limits() -> None:
    asked = demand(None)
    assert asked is not None
    assert (asked.least_replicas, asked.most_replicas, asked.containers[0].cpus) == (1, 1, None)
    assert demand({"engine": {"autoscale": {"replica_min": UNKNOWN}}}) is None


def test_properties_as_the_engine_sends_them() -> None:
    sent = {
        "__provider": "gASV",
        "name": "fraud",
        "workspaceId": UNKNOWN_NUMBER_VALUE,
        "steps": [{"models": [UNKNOWN_STRING_VALUE, "m"]}],
        "none": None,
    }
    assert read(sent) == (
        {"name": "fraud", "workspaceId": UNKNOWN, "steps": [{"models": [UNKNOWN, "m"]}], "none": None},
        frozenset(),
    )


def test_what_is_secret_is_told_by_its_path() -> None:
    given = {
        "a": "b",
        "details": Secret({"c": Secret("d"), "e": UNKNOWN}),
        "env": [{"value": "e"}, {"value": Secret("f")}],
    }
    sent = to_dict(to_struct(written(given)))
    assert read(sent) == (
        {"a": "b", "details": {"c": "d", "e": UNKNOWN}, "env": [{"value": "e"}, {"value": "f"}]},
        {("details",), ("details", "c"), ("env", 1, "value")},
    )
    assert written(given)["details"] == serialize_properties({"d": pulumi_policy.Secret({"c": "d"})})["d"] | {
        "value": {"c": written(Secret("d")), "e": UNKNOWN_STRING_VALUE}
    }


def test_the_folder_is_a_policy_pack_of_the_packages_version() -> None:
    assert (folder() / "__main__.py").is_file()
    pack = yaml.safe_load((folder() / "PulumiPolicy.yaml").read_text())
    assert pack["version"] == importlib.metadata.version("wallaroo_pulumi")
    assert pack["runtime"] == "python"
