"""The table of settings: where values come from, what is made of them, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallaroo_pulumi.config import TABLE, Holder, Settings, load
from wallaroo_pulumi.errors import ConfigError

TOKEN = {"token": "the-token"}
LOGIN = {"username": "ops@example.com", "password": "pass word"}


def resolve(config: dict[str, str] | None = None, **environ: str) -> Settings:
    return load((config or {}).get, environ)


def problem(config: dict[str, str] | None = None, **environ: str) -> str:
    with pytest.raises(ConfigError) as caught:
        resolve(config, **environ)
    text = str(caught.value)
    assert text.isprintable()
    return text


@pytest.mark.parametrize(
    ("given", "api", "keycloak"),
    [
        ({"domain": "w.example.com"}, "https://w.example.com", "https://w.example.com"),
        ({"domain": "https://w.example.com/"}, "https://w.example.com", "https://w.example.com"),
        ({"domain": "w.example.com:8443"}, "https://w.example.com:8443", "https://w.example.com:8443"),
        (
            {"prefix": "dev", "suffix": "example.com"},
            "https://dev.api.example.com",
            "https://dev.keycloak.example.com",
        ),
        (
            {"prefix": "dev.", "suffix": ".example.com"},
            "https://dev.api.example.com",
            "https://dev.keycloak.example.com",
        ),
        ({"suffix": "example.com"}, "https://api.example.com", "https://keycloak.example.com"),
        ({"apiUrl": "https://w.example.com/"}, "https://w.example.com", "https://w.example.com"),
        ({"apiUrl": "https://w.example.com/v1/api"}, "https://w.example.com", "https://w.example.com"),
        ({"apiUrl": "HTTPS://w.example.com/v1/api/docs/"}, "https://w.example.com", "https://w.example.com"),
        ({"apiUrl": "http://[::1]:8080"}, "http://[::1]:8080", "http://[::1]:8080"),
        (
            {"apiUrl": "https://a.example.com/wallaroo", "keycloakUrl": "https://k.example.com/auth/"},
            "https://a.example.com/wallaroo",
            "https://k.example.com",
        ),
        (
            {"domain": "w.example.com", "apiUrl": "https://a.example.com"},
            "https://a.example.com",
            "https://w.example.com",
        ),
        (
            {"suffix": "example.com", "keycloakUrl": "https://k.example.com"},
            "https://api.example.com",
            "https://k.example.com",
        ),
    ],
)
def test_addresses(given: dict[str, str], api: str, keycloak: str) -> None:
    settings = resolve(TOKEN | given)
    assert (settings.api_url, settings.keycloak_url) == (api, keycloak)


def test_configuration_wins_over_the_environment_and_that_over_the_default() -> None:
    environ = {
        "WALLAROO_DOMAIN": "env.example.com",
        "WALLAROO_CLIENT_ID": "from-env",
        "WALLAROO_TIMEOUT": "5",
    }
    settings = resolve({"realm": "from-config", "timeout": "7", "clientId": " \n"} | TOKEN, **environ)
    assert settings.api_url == "https://env.example.com"  # a realm alone names no instance
    assert (settings.realm, settings.timeout) == ("from-config", 7.0)
    assert settings.client_id == "api-client"  # blanks are no value, and the token names the account
    assert (settings.max_retries, settings.allow_insecure, settings.accept_instance) == (4, False, None)
    assert settings.graphql == "auto"


def test_the_first_variable_of_a_setting_wins() -> None:
    both = {"WALLAROO_URL": "https://second.example.com", "WALLAROO_API_URL": "https://first.example.com"}
    assert resolve(TOKEN, **both).api_url == "https://first.example.com"
    del both["WALLAROO_API_URL"]
    assert resolve(TOKEN, **both).api_url == "https://second.example.com"


def test_values_are_stripped_except_secrets_that_may_contain_blanks() -> None:
    settings = resolve(
        {
            "domain": " w.example.com\n",
            "username": " ops ",
            "password": " pass\n",
            "clientSecret": "\tse cret \n",
            "token": " Bearer the-token\n",
        }
    )
    assert settings.api_url == "https://w.example.com"
    assert settings.username == "ops"
    assert (settings.password, settings.client_secret) == (" pass\n", "\tse cret \n")
    assert settings.token == "the-token"


def test_an_empty_secret_is_not_given() -> None:
    settings = resolve({"domain": "w.example.com", "password": "", "clientSecret": "s", "token": " "})
    assert settings.auth == "client_credentials"


def test_origins_tell_where_each_value_came_from() -> None:
    settings = resolve({"domain": "w.example.com"}, WALLAROO_USER="ops", WALLAROO_PASSWORD="hidden")
    origins = {key: str(origin) for key, origin in settings.origins.items()}
    assert origins["domain"] == "'w.example.com' from config wallaroo:domain"
    assert origins["username"] == "'ops' from environment WALLAROO_USER"
    assert origins["password"] == "*** from environment WALLAROO_PASSWORD"
    assert origins["realm"] == "'master' by default"
    assert origins["auth"] == "'password' by default"
    assert "token" not in origins
    assert "hidden" not in settings.given_credentials()


@pytest.mark.parametrize(
    ("given", "method"),
    [
        (TOKEN | LOGIN | {"clientSecret": "s"}, "token"),
        (LOGIN | {"clientSecret": "s"}, "password"),
        (LOGIN, "password"),
        ({"clientSecret": "s"}, "client_credentials"),
        (TOKEN | LOGIN | {"auth": "password"}, "password"),
        (LOGIN | {"clientSecret": "s", "auth": "client_credentials"}, "client_credentials"),
        ({"auth": "sdk"}, "sdk"),
    ],
)
def test_the_way_to_a_token(given: dict[str, str], method: str) -> None:
    assert resolve({"domain": "w.example.com"} | given).auth == method


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "no credentials are given"),
        ({"username": "ops"}, "wallaroo:password (WALLAROO_PASSWORD) is missing"),
        ({"password": "hidden", "clientSecret": "hidden"}, "wallaroo:username (WALLAROO_USER) is missing"),
        (
            {"auth": "password"},
            "needs wallaroo:username (WALLAROO_USER) and wallaroo:password (WALLAROO_PASSWORD)",
        ),
        ({"auth": "token"}, "needs wallaroo:token (WALLAROO_TOKEN)"),
        ({"auth": "client_credentials"}, "needs wallaroo:clientSecret (WALLAROO_CLIENT_SECRET)"),
        ({"auth": "magic"}, "must be one of token, password, client_credentials, sdk, not 'magic'"),
        ({"token": "two hidden words"}, "must be one word"),
        ({"token": "hiddené"}, "must be one word"),
        (LOGIN | {"password": "hidden\udcff"}, "must be UTF-8, not ***"),
    ],
)
def test_credentials_that_do_not_do(given: dict[str, str], told: str) -> None:
    text = problem({"domain": "w.example.com"} | given)
    assert told in text
    assert "hidden" not in text
    assert text.count("wallaroo:password") <= 2  # told once, and once more where it came from


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "no instance is named"),
        ({"keycloakUrl": "https://k.example.com"}, "no instance is named"),
        ({"domain": "a.example.com", "suffix": "example.com"}, "are two forms of the same"),
        ({"prefix": "dev"}, "goes together with wallaroo:suffix (WALLAROO_SUFFIX), which is missing"),
        ({"domain": "w.example.com/v1/api"}, "must be a host name"),
        ({"domain": "a b"}, "must be a host name"),
        ({"apiUrl": "w.example.com"}, "must be a URL"),
        ({"apiUrl": "ftp://w.example.com"}, "must be a URL"),
        ({"apiUrl": "https://a..b"}, "must be a URL"),
        ({"apiUrl": "https://bücher.example"}, "must be a URL"),
        ({"prefix": "a..b", "suffix": "example.com"}, "must be a host name"),
        ({"apiUrl": f"https://{'a' * 64}.example.com"}, "must be a URL"),
        ({"apiUrl": "https://w.example.com:99999"}, "must be a URL"),
        ({"apiUrl": "https://[::1"}, "must be a URL"),
        ({"apiUrl": "https://w.example.com/a b"}, "must be a URL"),
        ({"apiUrl": "https://w.example.com?hidden=1"}, "not 'https://w.example.com?***'"),
        ({"apiUrl": "https://ops:hidden@w.example.com"}, "not 'https://***@w.example.com'"),
        ({"apiUrl": "https://ops:hid/den@w.example.com"}, "not 'https://***@w.example.com'"),
        ({"domain": "ops:hidden@w.example.com"}, "not '***@w.example.com'"),
        ({"apiUrl": "https://w.example.com/v1/api/workspaces/list"}, "must end before /v1/api"),
        ({"keycloakUrl": "https://k.example.com/auth/realms/master"}, "must end before /auth"),
        ({"domain": "w.example.com", "timeout": "0"}, "must be a number of at least 0.001, not '0'"),
        ({"domain": "w.example.com", "timeout": "nan"}, "must be a number"),
        ({"domain": "w.example.com", "timeout": "inf"}, "must be a number"),
        ({"domain": "w.example.com", "maxRetries": "1.5"}, "must be a whole number of at least 0, not '1.5'"),
        ({"domain": "w.example.com", "graphql": "on"}, "must be one of auto, off, not 'on'"),
        ({"domain": "w.example.com", "maxRetries": "-1"}, "must be a whole number"),
        ({"domain": "w.example.com", "allowInsecure": "perhaps"}, "must be true or false, not 'perhaps'"),
    ],
)
def test_settings_that_do_not_do(given: dict[str, str], told: str) -> None:
    text = problem(TOKEN | given)
    assert told in text
    assert "hidden" not in text
    assert "hid/den" not in text
    for key in given:
        assert f"wallaroo:{key}" in text


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("http://localhost:8080", True),
        ("http://127.0.0.1", True),
        ("http://127.8.9.10:1", True),
        ("http://[::1]:8080", True),
        ("http://w.example.com", False),
        ("HTTP://w.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://0.0.0.0", False),
    ],
)
def test_plain_http_is_for_loopback_addresses(url: str, accepted: bool) -> None:
    if accepted:
        assert resolve(TOKEN | {"apiUrl": url}).api_url == url
    else:
        assert "is plain http" in problem(TOKEN | {"apiUrl": url})
        insecure = resolve(TOKEN | {"apiUrl": url, "allowInsecure": "true"})
        assert insecure.api_url == url.lower()


def test_plain_http_for_keycloak_alone_is_told() -> None:
    text = problem(TOKEN | {"apiUrl": "https://w.example.com", "keycloakUrl": "http://k.example.com"})
    assert "wallaroo:keycloakUrl (WALLAROO_KEYCLOAK_URL) http://k.example.com is plain http" in text


def test_every_problem_is_told_at_once_with_the_origin_of_each_value() -> None:
    text = problem(
        {"apiUrl": "nonsense", "password": "hidden"}, WALLAROO_TIMEOUT="soon", WALLAROO_CLIENT_SECRET="hidden"
    )
    assert "wallaroo:apiUrl (WALLAROO_API_URL or WALLAROO_URL) must be a URL" in text
    assert "wallaroo:timeout (WALLAROO_TIMEOUT) must be a number" in text
    assert "wallaroo:username (WALLAROO_USER) is missing" in text
    assert (
        "(given: apiUrl='nonsense' from config wallaroo:apiUrl, clientSecret=*** from environment "
        "WALLAROO_CLIENT_SECRET, password=*** from config wallaroo:password, timeout='soon' from environment "
        "WALLAROO_TIMEOUT)"
    ) in text


@pytest.mark.parametrize("file", ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json", None])
def test_a_relative_path_starts_at_the_projects_folder(
    file: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every process: the program's working directory is that of `main`, the commands' is anywhere below."""
    below = tmp_path / "src" / "deeper"
    below.mkdir(parents=True)
    if file:
        (tmp_path / file).touch()
    (tmp_path / "src" / "Pulumi.yaml").mkdir()  # a folder is no project
    monkeypatch.chdir(below)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    base = tmp_path if file else below
    for text, path in {
        "certs/ca.pem": base / "certs/ca.pem",
        "~/ca.pem": tmp_path / "home/ca.pem",
        "/etc/ca.pem": Path("/etc/ca.pem"),
    }.items():
        assert resolve({"domain": "w.example.com", "caBundle": text} | TOKEN).ca_bundle == str(path)
        assert resolve({"domain": "w.example.com"} | TOKEN, WALLAROO_CA_BUNDLE=text).ca_bundle == str(path)
    settings = resolve({"domain": "w.example.com", "caBundle": "certs/ca.pem"} | TOKEN)
    assert str(settings.origins["caBundle"]) == "'certs/ca.pem' from config wallaroo:caBundle"


def test_a_home_folder_of_nobody() -> None:
    text = problem({"domain": "w.example.com", "caBundle": "~nobody-of-this-name/ca.pem"} | TOKEN)
    assert "wallaroo:caBundle (WALLAROO_CA_BUNDLE) names a home folder that does not exist" in text


def test_settings_are_hashable_and_their_repr_holds_no_secret() -> None:
    given = LOGIN | {"domain": "w.example.com", "clientSecret": "hidden", "token": "hidden"}
    settings = resolve(given | {"password": "hidden"})
    assert "hidden" not in repr(settings)
    same = resolve(
        {"domain": "w.example.com"},
        **{
            setting.variables[0]: value
            for setting in TABLE
            if (value := (given | {"password": "hidden", "domain": ""}).get(setting.key))
        },
    )
    assert same == settings  # wherever the values came from
    assert hash(same) == hash(settings)
    assert resolve(given | {"password": "another"}) != settings


def test_what_servers_write_is_redacted() -> None:
    settings = resolve(LOGIN | {"domain": "w.example.com", "clientSecret": "s3cret"})
    assert settings.redact("login with pass word and s3cret failed") == "login with *** and *** failed"


@given(st.sampled_from([setting.key for setting in TABLE]), st.text())
def test_any_text_gives_settings_or_one_line(key: str, text: str) -> None:
    try:
        outcome = resolve({"domain": "w.example.com"} | TOKEN | {key: text}).api_url
    except ConfigError as error:
        outcome = str(error)
    assert outcome.isprintable()


def test_the_settings_of_an_explicit_provider_are_named_as_its_own() -> None:
    given = {"apiUrl": "https://eu.example.com", "username": "ops@example.com", "password": "pass word"}
    environ = {"WALLAROO_TOKEN": "the-token", "WALLAROO_DOMAIN": "us.example.com"}
    settings = load(given.get, environ, Holder.provider("eu"))
    assert str(settings.origins["apiUrl"]) == "'https://eu.example.com' from Provider 'eu' apiUrl"
    reasons = {each.variable: each.reason for each in settings.ignored}
    assert reasons["WALLAROO_DOMAIN"] == "Provider 'eu' sets an address (apiUrl)"
    assert "Provider 'eu' sets" in reasons["WALLAROO_TOKEN"]
