"""Credentials of any letters, at a token endpoint that shares no code with the client."""

from __future__ import annotations

import itertools

from emulated import Emulated
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from wallaroo_pulumi.auth import Grants, TokenSource
from wallaroo_pulumi.auth.source import subject
from wallaroo_pulumi.config import load
from wallaroo_pulumi.http import open_client

secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
words = secrets.map(str.strip).filter(bool)
numbers = itertools.count()


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(client=words, secret=secrets, user=words, password=secrets)
@example(client="a:b", secret="c:d&e=f%g+h i", user="j&k=l+m n%41", password="ö:ü&日=本%+\"\\'")
@example(client="c", secret=" d", user="e", password=" f\n")
@example(client="%", secret="%2", user="+", password="&")
def test_any_credentials_log_in_and_renew(
    client: str, secret: str, user: str, password: str, emulator: Emulated
) -> None:
    number = next(numbers)  # names are told apart without regard to case
    client, user = f"{number}{client}", f"{number}{user}"
    emulator.control(
        "seed",
        clients=[{"client_id": client, "secret": secret}],
        users=[{"username": user, "id": f"id-{number}", "password": password}],
    )
    credentials = {"clientId": client, "clientSecret": secret, "username": user, "password": password}
    settings = load((credentials | {"apiUrl": emulator.url}).get, {})
    with open_client(settings) as http:
        source = TokenSource(Grants(settings, http))
        first = source.header()
        assert subject(first) == f"id-{number}"
        assert subject(source.renew(first)) == f"id-{number}"
