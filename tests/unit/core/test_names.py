"""Names: wire names, DNS labels, autonaming."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from wallaroo_pulumi.core.names import DNS_LABEL, as_dns_label, autoname, wire_name


def test_wire_names_are_camel_case() -> None:
    assert [wire_name(n) for n in ("name", "workspace_id", "is_admin")] == ["name", "workspaceId", "isAdmin"]


@given(st.text())
def test_any_text_has_a_label_near_it(text: str) -> None:
    assert DNS_LABEL.fullmatch(as_dns_label(text))


@given(st.text(min_size=1))
def test_an_autoname_is_a_label_with_seven_hex_characters(resource_name: str) -> None:
    name = autoname(resource_name, "stack/type::" + resource_name)
    assert DNS_LABEL.fullmatch(name)
    assert re.fullmatch(r".+-[0-9a-f]{7}", name)


def test_an_autoname_keeps_a_good_resource_name_and_depends_on_the_identity_alone() -> None:
    assert autoname("fraud", "a").startswith("fraud-")
    assert autoname("fraud", "a") == autoname("fraud", "a") != autoname("fraud", "b")
