"""The documented style: what the provider becomes when it follows Pulumi's guide to dynamic providers to the letter.

The provider is a class of the program (so it is pickled by value into the state), credentials are inputs, every call
gets a token and opens a connection of its own, and every read fetches a listing.
"""

import base64
import json
import sys
import urllib.parse
import urllib.request

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider
from shape import MEMBERS


class Api(ResourceProvider):
    def call(self, props, endpoint, **body):
        form = {"grant_type": "password", "username": props["username"], "password": props["password"]}
        basic = base64.b64encode(f"api-client:{props['client_secret']}".encode()).decode()
        token = self.post(
            f"{props['url']}/auth/realms/master/protocol/openid-connect/token",
            urllib.parse.urlencode(form),
            {"authorization": f"Basic {basic}"},
        )
        headers = {"authorization": f"Bearer {token['access_token']}", "content-type": "application/json"}
        return self.post(f"{props['url']}/v1/api/{endpoint}", json.dumps(body), headers)

    def post(self, url, body, headers):
        # The lightest client there is: a heavier one (httpx, say) makes a TLS context for each call besides.
        request = urllib.request.Request(url, body.encode(), headers)  # noqa: S310 -- the emulator's own address
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 -- as above
            return json.load(answer)

    def diff(self, _id, _olds, _news):
        changed = [key for key in _news if key != "__provider" and _olds.get(key) != _news[key]]
        return DiffResult(changes=bool(changed), replaces=changed)


class WorkspaceProvider(Api):
    def create(self, props):
        id = self.call(props, "workspaces/create", workspace_name=props["name"])["workspace_id"]
        return CreateResult(str(id), {**props, "workspace_id": id})

    def read(self, id_, props):
        listed = self.call(props, "workspaces/list")["workspaces"]
        found = next((w for w in listed if str(w["id"]) == id_), None)
        return ReadResult(id_, {**props, "name": found["name"]}) if found else ReadResult("", {})


class MemberProvider(Api):
    def create(self, props):
        users = self.call(props, "users/query")["users"]
        user_id = next(id for id, user in users.items() if user.get("email") == props["email"])
        workspace_id = int(props["workspace_id"])
        self.call(
            props, "workspaces/add_user", workspace_id=workspace_id, user_id=user_id, user_type=props["role"]
        )
        return CreateResult(f"{workspace_id}/{user_id}", {**props, "user_id": user_id})

    def read(self, id_, props):
        workspace_id, _, user_id = id_.partition("/")
        listed = self.call(props, "workspaces/list_users", workspace_id=int(workspace_id))["users"]
        found = next((m for m in listed if m["user_id"] == user_id), None)
        return ReadResult(id_, {**props, "role": found["user_type"]}) if found else ReadResult("", {})

    def delete(self, _id, _props):
        workspace_id, _, user_id = _id.partition("/")
        self.call(_props, "workspaces/remove_user", workspace_id=int(workspace_id), user_id=user_id)


class Workspace(Resource):
    workspace_id: pulumi.Output[int]

    def __init__(self, resource_name, *, name, **credentials):
        super().__init__(
            WorkspaceProvider(), resource_name, {"name": name, "workspace_id": None, **credentials}
        )


class Member(Resource):
    def __init__(self, resource_name, *, workspace_id, email, role, **credentials):
        props = {"workspace_id": workspace_id, "email": email, "role": role, "user_id": None}
        super().__init__(MemberProvider(), resource_name, {**props, **credentials})


config = pulumi.Config("wallaroo")
credentials = {
    "url": config.require("apiUrl"),
    "client_secret": config.require_secret("clientSecret"),
    "username": config.require("username"),
    "password": config.require_secret("password"),
}
# Each resource leaves a patch of Python's pickler behind, one frame deeper than the last: without this the program ends
# in a RecursionError at about the thousandth frame, and with it each resource is slower than the one before.
sys.setrecursionlimit(100_000)
for i in range(pulumi.Config("bench").require_int("n")):
    workspace = Workspace(f"w{i}", name=f"guide-{i:05}", **credentials)
    for email, role in MEMBERS:
        Member(f"w{i}-{email}", workspace_id=workspace.workspace_id, email=email, role=role, **credentials)
