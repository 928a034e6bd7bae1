"""Removing and reading when the answer does not say what happened."""

from __future__ import annotations

import pytest

from wallaroo_pulumi.core.read import read_by_id
from wallaroo_pulumi.core.remove import remove_once
from wallaroo_pulumi.errors import ApiError, OutcomeUnknown, WallarooError

LOST = OutcomeUnknown("the reply was lost", may_still_run=False)
REFUSED = ApiError(400, "connections/delete", "no such connection")


def raising(error: WallarooError) -> None:
    raise error


@pytest.mark.parametrize("error", [LOST, REFUSED])
def test_a_removal_that_fails_is_no_failure_when_the_object_is_gone(error: WallarooError) -> None:
    remove_once(lambda: raising(error), lambda: False)
    with pytest.raises(type(error)):
        remove_once(lambda: raising(error), lambda: True)


def test_a_removal_that_succeeds_looks_no_further() -> None:
    remove_once(lambda: None, lambda: pytest.fail("looked"))


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_object_that_is_refused_is_gone_only_if_its_listing_lacks_it(status: int) -> None:
    refused = ApiError(status, "task/get_by_id", "no row")
    assert read_by_id(lambda: raising(refused), lambda: False) is None
    with pytest.raises(ApiError):
        read_by_id(lambda: raising(refused), lambda: True)


def test_a_refusal_of_the_caller_is_not_absence() -> None:
    with pytest.raises(ApiError):
        read_by_id(lambda: raising(ApiError(403, "task/get_by_id", "forbidden")), lambda: False)
