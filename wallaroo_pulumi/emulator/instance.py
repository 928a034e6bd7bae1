"""The instance itself: its features and its configuration."""

from .identity.auth import Caller
from .wire import Wire, mlops_router

router = mlops_router("", "instance")


class FeaturesReply(Wire):
    features: dict[str, str]
    name: str
    is_auth_enabled: bool


@router.post("/features/list")
async def features(_: Caller) -> FeaturesReply:
    """List the features of the instance. The response is fixed."""
    return FeaturesReply(features={"plateau": "true"}, name="Wallaroo Dev", is_auth_enabled=True)


class ConfigReply(Wire):
    default_arch: str


@router.get("/config")
async def config() -> ConfigReply:
    """Read the configuration of the instance.

    The vendor's SDK reads it before it logs in; other keys of a real instance are not known.
    """
    return ConfigReply(default_arch="x86")
