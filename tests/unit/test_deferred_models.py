"""Models that are built at their first use are built by one thread at a time."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pydantic import BaseModel

from wallaroo_pulumi.api.wire.base import Wire
from wallaroo_pulumi.core.fields import Properties
from wallaroo_pulumi.deferred import DeferredModel


class Price(DeferredModel):
    amount: int


class Shop(DeferredModel):
    prices: list[Price]


def test_the_first_uses_of_models_in_several_threads_are_built_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    building, most = 0, 0
    count = threading.Lock()
    rebuild = BaseModel.model_rebuild.__func__  # type: ignore[attr-defined]  # pydantic's own, of any class

    def slowly(cls: type[BaseModel], /, **options: Any) -> bool | None:
        nonlocal building, most
        with count:
            building += 1
            most = max(most, building)
        time.sleep(0.02)
        built: bool | None = rebuild(cls, **options)
        with count:
            building -= 1
        return built

    monkeypatch.setattr(BaseModel, "model_rebuild", classmethod(slowly))
    with ThreadPoolExecutor(8) as pool:
        shops = [pool.submit(Shop.model_validate, {"prices": [{"amount": number}]}) for number in range(8)]
        assert [shop.result().prices[0].amount for shop in shops] == [*range(8)]
    assert most == 1


def test_the_models_of_the_api_and_of_the_kinds_are_such_models() -> None:
    assert issubclass(Wire, DeferredModel)
    assert issubclass(Properties, DeferredModel)
    assert Wire.model_config["defer_build"]
    assert Properties.model_config["defer_build"]
