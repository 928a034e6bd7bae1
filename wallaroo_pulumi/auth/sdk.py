"""``auth = sdk``: the header comes from the vendor SDK's ``auth_header()`` (optional extra ``sdk``)."""

from __future__ import annotations

import importlib
import re
import threading
from typing import Any

from ..config import Settings
from ..errors import AuthError, LoginRejected, one_line


class SdkHeaders:
    """Asks a ``wallaroo.Client``, which keeps its own token, for the header. The SDK's own settings log it in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: Any = None
        self._rejection: LoginRejected | None = None

    def header(self) -> str:
        """Raises AuthError when the SDK is missing or cannot log in."""
        with self._lock:  # the SDK's client is not made for threads
            return self._header()

    def renew(self, refused: str) -> str | None:
        """The header after a reload, unless another thread had the SDK reload: it takes no note of a 401."""
        with self._lock:
            current = self._header()
            if current == refused:
                current = self._header(reload=True)
        return current if current != refused else None

    def _header(self, *, reload: bool = False) -> str:
        if self._rejection is not None:
            raise LoginRejected(str(self._rejection))
        try:
            if self._client is None:
                sdk = importlib.import_module("wallaroo")
                self._client = sdk.Client(
                    api_endpoint=self._settings.api_url, request_timeout=self._settings.timeout
                )
            if reload:
                # What the SDK itself calls before an upload. A new client would not do: it takes the same token from
                # the SDK's cache file.
                self._client.auth._force_reload()
            header = str(self._client.auth.auth_header()["Authorization"])
        except ModuleNotFoundError:
            raise AuthError(
                "auth is 'sdk', but the vendor's SDK is not installed: pip install 'wallaroo_pulumi[sdk]'"
            ) from None
        except Exception as error:  # the SDK raises bare exceptions
            said = one_line(self._settings.redact(str(error)))
            line = f"the vendor's SDK gave no token: {type(error).__name__}: {said}"
            if re.search(r"\[HTTP 4(00|01|03)\]", said):  # how the SDK reports Keycloak's refusals
                self._rejection = LoginRejected(line)
            raise self._rejection or AuthError(line) from None
        if not re.fullmatch(r"Bearer [!-~]+", header):
            raise AuthError("the vendor's SDK gave no bearer token that can stand in a header")
        return header
