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
    return FeaturesReply(features={"plateau": "true"}, name="Wallaroo Dev", is_auth_enabled=True)


class ConfigReply(Wire):
    default_arch: str


@router.get("/config")
async def config() -> ConfigReply:
    """Read by the vendor's SDK before it logs in. What else a real instance tells is not known."""
    return ConfigReply(default_arch="x86")
