"""Runs in the environment of the vendor's SDK: carries out what the tests ask for, one line of JSON in, one out.

In: `{"script": "workspaces", "function": "create", "arguments": {…}}`: a function of a file beside this one, which
is given a new client of the SDK, logged in from the environment. Out: `{"answer": …, "asked": {operation: [request]}}`,
or `{"error": text}`.
"""

import contextlib
import importlib
import json
import sys

import wallaroo
import wallaroo.auth
from watch import Watch


def answer(script: str, function: str, arguments: dict) -> dict:
    """Call the function; what the SDK prints on the way goes to standard error."""
    work = getattr(importlib.import_module(script), function)
    wallaroo.auth.logout()  # the cached token is of the instance before it was put back to its start
    with contextlib.redirect_stdout(sys.stderr), Watch() as watch:
        try:
            found = work(wallaroo.Client(), **arguments)
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}
    return {"answer": found, "asked": {name: sorted(requests) for name, requests in watch.asked.items()}}


for line in sys.stdin:
    print(json.dumps(answer(**json.loads(line))), flush=True)
