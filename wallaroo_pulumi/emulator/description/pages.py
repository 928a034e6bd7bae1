"""The landing page and the browser page of the API description. Neither needs the internet."""

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from ..settings import PLATFORM_VERSION

DOCS, DOCUMENT, ASSETS = "/v1/api/docs", "/v1/api/openapi.json", "/v1/api/docs-assets"
_ASSETS = Path(fastapi_offline.__file__).with_name("static")

router = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    """Serve the pages and their assets."""
    app.mount(ASSETS, StaticFiles(directory=_ASSETS))
    app.include_router(router)


@router.get("/")
async def landing() -> HTMLResponse:
    """What this server is, and where to go from here."""
    return HTMLResponse(_LANDING)


@router.get(DOCS)
async def docs() -> HTMLResponse:
    """Swagger UI. Its login is filled in with the confidential client of a new emulator."""
    return get_swagger_ui_html(
        title="Wallaroo MLOps API (emulator)",
        openapi_url=DOCUMENT,
        swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{ASSETS}/favicon.png",
        init_oauth={"clientId": "api-client", "clientSecret": "api-client-secret"},
        swagger_ui_parameters={
            "validatorUrl": None,
            "docExpansion": "none",
            "persistAuthorization": True,
            "tryItOutEnabled": True,
        },
    )


_LANDING = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Wallaroo emulator</title>
<link rel="icon" href="{ASSETS}/favicon.png">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }}
code {{ background: #f0f0f0; padding: 0 .2em; }}
td, th {{ text-align: left; padding: .1rem 1rem .1rem 0; }}
</style>
</head>
<body>
<h1>Wallaroo emulator</h1>
<p>A local Wallaroo {PLATFORM_VERSION} for stacks, tests and demonstrations. It holds test data only.</p>
<ul>
<li><a href="{DOCS}">API description</a>: every call, with a login and examples to try</li>
<li><a href="{DOCUMENT}">OpenAPI document</a></li>
<li><a href="/auth/realms/master/.well-known/openid-configuration">OpenID configuration</a> of the token endpoint</li>
<li><code>/__emulator__/</code>: the control plane, for seeds, faults and the request log</li>
</ul>
<h2>Accounts of a new emulator</h2>
<table>
<tr><th>user</th><th>password</th><th></th></tr>
<tr><td>ops@example.com</td><td>ops-password</td><td>administrator</td></tr>
<tr><td>mary.jane@example.com</td><td>password</td><td></td></tr>
<tr><td>john.hancock@example.com</td><td>password</td><td></td></tr>
</table>
<p>Clients: <code>api-client</code> (secret <code>api-client-secret</code>) and <code>sdk-client</code> (public).</p>
</body>
</html>
"""
