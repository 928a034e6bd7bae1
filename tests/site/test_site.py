"""The built site in a real browser, opened from the file system: pages, tabs, search, themes, narrow screens.

Needs Chromium: Debian's package ``chromium``, or another one of that name on PATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt install chromium")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        str(ROOT / ".venv-docs/bin/python"),
        "-m",
        "mkdocs",
        "build",
        "--quiet",
        "--site-dir",
        str(folder),
    ]
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"})
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # The sandbox needs a user other than root; the pages are ours.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
        yield browser
        browser.close()


class Screen:
    """A page of the site, and what the browser complained about."""

    def __init__(self, page: Page, site: Path) -> None:
        self.page = page
        self._site = site
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(f"missing: {request.url}"))
        page.on("request", lambda request: self._expect_own(request.url))

    def _expect_own(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            self.complaints.append(f"asks another site: {url}")

    def open(self, name: str) -> None:
        self.page.goto((self._site / name).as_uri())

    @property
    def sideways(self) -> int:
        """Pixels by which the page is wider than the screen."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.fixture(params=["light", "dark"])
def screen(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Screen]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1280, "height": 900})
    yield Screen(context.new_page(), site)
    context.close()


@pytest.mark.parametrize("screen", ["light"], indirect=True)
def test_every_page_renders_without_a_complaint(screen: Screen, site: Path) -> None:
    # 404.html is for servers: its links begin at their root.
    pages = sorted(page for page in site.rglob("*.html") if page.name != "404.html")
    assert len(pages) > 40
    for page in pages:
        screen.open(page.relative_to(site).as_posix())
        assert screen.page.locator("h1").first.is_visible(), page.name
        pictures = screen.page.locator("article img").evaluate_all(
            "all => all.map(each => each.naturalWidth)"
        )
        assert 0 not in pictures, f"{page.name} has a picture that does not load"
    assert screen.complaints == []


def test_tabs_switch_and_the_choice_holds_on_other_pages(screen: Screen) -> None:
    screen.open("resources/Deployment.html")
    assert screen.page.get_by_text("wallaroo.Deployment(").first.is_visible()
    screen.page.locator(".tabbed-labels").get_by_text("YAML").click()
    assert screen.page.get_by_text("wallaroo:Deployment").first.is_visible()
    screen.open("resources/Pipeline.html")
    assert screen.page.get_by_text("wallaroo:Pipeline").first.is_visible()
    assert screen.complaints == []


def test_search_finds_adoption(screen: Screen) -> None:
    screen.open("index.html")
    screen.page.locator("input.md-search__input").click()
    screen.page.keyboard.type("adopt")
    results = screen.page.locator(".md-search-result__item h1")
    results.first.wait_for()
    assert "Adopting an existing instance" in results.all_inner_texts()
    assert screen.complaints == []


@pytest.mark.parametrize(
    "page", ["index.html", "resources/Deployment.html", "limits.html", "configuration.html"]
)
def test_a_narrow_screen_needs_no_scrolling_sideways(screen: Screen, page: str) -> None:
    screen.page.set_viewport_size({"width": 360, "height": 800})
    screen.open(page)
    assert screen.sideways == 0
    screen.page.locator("label.md-header__button[for=__drawer]").click()
    assert screen.page.locator(".md-nav--primary").get_by_text("Reference").first.is_visible()
    assert screen.complaints == []
