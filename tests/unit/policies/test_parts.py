"""The parts of rules: credentials, quantities, requested resources, and the conversion of properties."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pulumi_policy
import pytest
import yaml
from pulumi_policy.deserialize import serialize_properties
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE

from wallaroo_pulumi.adapters.pulumi_values import UNKNOWN, Secret, encode
from wallaroo_pulumi.credentials import credentials
from wallaroo_pulumi.policies import folder
from wallaroo_pulumi.policies.requested_resources import in_unit_of, quantity, requested_resources
from wallaroo_pulumi.policies.wire import deserialize_properties, to_dict, to_struct

pytestmark = pytest.mark.sdk_range

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
def test_credentials_are_found_by_name_and_form(value: Any, paths: list[str]) -> None:
    expected = [path if path.startswith("d.") else f"d.{path}" for path in paths]
    assert [path for path, _ in credentials(value, "d")] == expected


def test_names_may_be_allowed_and_added() -> None:
    value = {"A_TOKEN": "x", "dsn": "postgres://ada:pw@db", "myPat": "x", "other": "x"}
    assert [path for path, _ in credentials(value, "d", ["*_token", "DSN"], ["mypat"])] == ["d.myPat"]


@pytest.mark.parametrize(
    ("text", "number"),
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
def test_quantities(text: Any, number: float) -> None:
    assert quantity(text) == number


@pytest.mark.parametrize(
    "text", ["", "two", "3Gb", "Gi", None, "nan", "inf", "-1", -0.5, float("nan"), "1e400"]
)
def test_an_invalid_quantity_is_an_error(text: Any) -> None:
    with pytest.raises(ValueError, match="is not a Kubernetes quantity such as"):
        quantity(text)


@pytest.mark.parametrize(
    ("example", "value", "text"),
    [("256Gi", 300 * 2**30, "300Gi"), ("1G", 1.5e9, "1.5G"), (64.0, 99, "99"), ("500m", 2, "2000m")],
)
def test_a_value_is_written_in_the_unit_of_another_quantity(example: Any, value: float, text: str) -> None:
    assert in_unit_of(example, value) == text


def test_the_requested_resources_of_a_deployment() -> None:
    limits = {"cpu": "500m", "memory": "1Gi", "gpu": 2}
    config = {
        "engine": {"cpu": 2, "gpu": 1, "replicas": 5, "autoscale": {"replicaMin": 1, "replica_max": 3},
                   "resources": {"limits": {"memory": "2Gi"}}},
        "engineAux": {"images": {"my_model-3": {"resources": {"limits": limits}}}},
    }  # fmt: skip
    requested = requested_resources(config)
    assert requested is not None
    assert (requested.least_replicas, requested.most_replicas) == (1, 3)
    assert [container.name for container in requested.containers] == ["the engine", "my_model-3"]
    assert requested.total("cpus") == 7.5
    assert requested.total("memory") == 9 * 2**30
    assert requested.total("gpus") == 9


@pytest.mark.parametrize(
    "engine",
    [
        {"gpu": "nan"},
        {"gpu": -1},
        {"replicas": "nan"},
        {"autoscale": {"replicaMax": float("inf")}},
        {"resources": {"limits": {"memory": "infGi"}}},
    ],
)
def test_requested_resources_that_are_no_amounts_are_an_error(engine: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is not a Kubernetes quantity such as"):
        requested_resources({"engine": engine})


def test_a_gpu_may_be_a_flag() -> None:
    requested = requested_resources({"engine": {"gpu": True, "replicas": 2.0}})
    assert requested is not None
    assert requested.total("gpus") == 2


def test_without_a_configuration_one_replica_without_limits_is_requested() -> None:
    requested = requested_resources(None)
    assert requested is not None
    assert (requested.least_replicas, requested.most_replicas, requested.containers[0].cpus) == (1, 1, None)
    assert requested_resources({"engine": {"autoscale": {"replica_min": UNKNOWN}}}) is None


def test_properties_as_the_engine_sends_them() -> None:
    sent = {
        "__provider": "gASV",
        "name": "fraud",
        "workspaceId": UNKNOWN_NUMBER_VALUE,
        "steps": [{"models": [UNKNOWN_STRING_VALUE, "m"]}],
        "none": None,
    }
    assert deserialize_properties(sent) == (
        {"name": "fraud", "workspaceId": UNKNOWN, "steps": [{"models": [UNKNOWN, "m"]}], "none": None},
        frozenset(),
    )


def test_secret_values_have_their_paths() -> None:
    given: dict[str, Any] = {
        "a": "b",
        "details": Secret({"c": Secret("d"), "e": UNKNOWN}),
        "env": [{"value": "e"}, {"value": Secret("f")}],
    }
    sent = to_dict(to_struct(encode(given)))
    assert deserialize_properties(sent) == (
        {"a": "b", "details": {"c": "d", "e": UNKNOWN}, "env": [{"value": "e"}, {"value": "f"}]},
        frozenset({("details",), ("details", "c"), ("env", 1, "value")}),
    )
    assert encode(given)["details"] == serialize_properties({"d": pulumi_policy.Secret({"c": "d"})})["d"] | {
        "value": {"c": encode(Secret("d")), "e": UNKNOWN_STRING_VALUE}
    }


def test_the_folder_is_a_policy_pack_of_the_packages_version() -> None:
    assert (folder() / "__main__.py").is_file()
    pack = yaml.safe_load((folder() / "PulumiPolicy.yaml").read_text())
    assert pack["version"] == importlib.metadata.version("wallaroo_pulumi")
    assert pack["runtime"] == "python"
