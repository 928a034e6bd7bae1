"""The keys that sign and verify tokens: the emulator's own, stored in the state, and those of a real Keycloak."""

from functools import lru_cache
from typing import Annotated, Any

import httpx
from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from ..state import State

SCHEMA = """
CREATE TABLE IF NOT EXISTS signing_keys (
    number INTEGER PRIMARY KEY,
    kid TEXT NOT NULL UNIQUE,
    pem TEXT NOT NULL
);
"""

ALGORITHM = "RS256"


class BadToken(Exception):
    """The token is malformed, was changed, or is signed by an unknown key."""


class OwnKeys:
    """The realm's RSA keys. The newest signs; older ones still verify, as after a rotation in Keycloak."""

    def __init__(self, db: State) -> None:
        self._db = db
        # Clients send a token many times; its signature is verified once, until the keys change.
        self._verified = lru_cache(maxsize=1024)(self._decode)
        self._keys = [_load(row["pem"]) for row in db.execute("SELECT pem FROM signing_keys ORDER BY number")]
        if not self._keys:
            self.rotate()

    def rotate(self, *, forget_old: bool = False) -> str:
        """Sign with a new key from now on and return its id. Older keys still verify unless `forget_old` is set."""
        if forget_old:
            self._db.execute("DELETE FROM signing_keys")
            self._keys.clear()
        key = RSAKey.generate_key(2048, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        pem = key.as_pem(private=True).decode()
        self._db.execute("INSERT INTO signing_keys (kid, pem) VALUES (?, ?)", (key.kid, pem))
        self._keys.append(key)
        self._verified.cache_clear()
        return key.kid or ""

    def sign(self, claims: dict[str, Any]) -> str:
        key = self._keys[-1]
        return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key)

    def read(self, token: str) -> dict[str, Any]:
        """Return the claims of a token of this emulator; the caller checks the expiry. Raises BadToken."""
        return self._verified(token)

    def jwks(self) -> list[dict[str, Any]]:
        """Return the public keys, newest first, as the certs endpoint lists them."""
        return [dict(key.as_dict(private=False)) for key in reversed(self._keys)]

    def _decode(self, token: str) -> dict[str, Any]:
        return _decode(token, KeySet(list(self._keys)))


class KeycloakKeys:
    """The public keys of a real Keycloak's realm `master`, fetched when a token names a new one.

    A token that they verify was issued by that realm, so its `iss` (which depends on the address the client
    used) is not compared.
    """

    def __init__(self, keycloak_url: str) -> None:
        self._url = f"{keycloak_url.rstrip('/')}/auth/realms/master/protocol/openid-connect/certs"
        self._keys: KeySet | None = None

    async def read(self, token: str) -> dict[str, Any]:
        """Return the claims of a token of that realm; the caller checks the expiry. Raises BadToken."""
        if self._keys is not None:
            try:
                return _decode(token, self._keys)
            except BadToken:
                pass  # its key may be newer than the copy
        self._keys = await self._fetch()
        return _decode(token, self._keys)

    async def _fetch(self) -> KeySet:
        try:
            async with httpx.AsyncClient(timeout=10) as client:
                reply = (await client.get(self._url)).raise_for_status()
            signing = [key for key in reply.json()["keys"] if key.get("use") == "sig"]
            return KeySet.import_key_set({"keys": signing})
        except (httpx.HTTPError, JoseError, ValueError, KeyError) as error:
            raise BadToken(f"the keys at {self._url} could not be read ({type(error).__name__})") from error


async def _own_keys(request: Request) -> OwnKeys:
    keys: OwnKeys = request.app.state.own_keys
    return keys


async def _keycloak_keys(request: Request) -> KeycloakKeys | None:
    keys: KeycloakKeys | None = request.app.state.keycloak_keys
    return keys


OwnKeysDep = Annotated[OwnKeys, Depends(_own_keys)]
KeycloakKeysDep = Annotated[KeycloakKeys | None, Depends(_keycloak_keys)]


def _load(pem: str) -> RSAKey:
    key = RSAKey.import_key(pem, {"use": "sig", "alg": ALGORITHM})
    key.ensure_kid()
    return key


def _decode(token: str, keys: KeySet) -> dict[str, Any]:
    try:
        return jwt.decode(token, keys, algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError) as error:
        raise BadToken("the token is not valid") from error
