"""Hooks of MkDocs: the site also contains the stacks and the project's own pages, which are outside docs/.

Pages in docs/ link to files by their path in the repository, so that the links work on a forge, too. On the site a
link to a stack leads to a page with all its files, and a link to a page of the project to a copy of it.
"""

from __future__ import annotations

import html
import posixpath
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))

from check_links import ROOT, slug

PROJECT = ("CHANGELOG.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md")
LANGUAGES = {
    ".py": "python",
    ".yaml": "yaml",
    ".md": "markdown",
    ".ts": "typescript",
    ".go": "go",
    ".json": "json",
}

_LINK = re.compile(r"(\[(?:[^\]\[]|\[[^\]]*\])*\]\()([^)\s]+)(\))")
_FENCE = re.compile(r"^(?P<fence> *(?:```+|~~~+)).*?^(?P=fence) *$", re.MULTILINE | re.DOTALL)


def stacks() -> dict[str, list[Path]]:
    """The committed files of each stack that can be shown as text, by the stack's name."""
    listed = subprocess.run(
        ["git", "ls-files", "stacks"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    found: dict[str, list[Path]] = {}
    for name in listed:
        found.setdefault(PurePosixPath(name).parts[1], []).append(ROOT / name)
    return found


def stack_page(name: str, files: list[Path]) -> str:
    """A stack's README, or its name, and all of its text files."""
    folder = ROOT / "stacks" / name
    readme = folder / "README.md"
    lines = [readme.read_text() if readme in files else f"# {name}\n"]
    lines.append("\n## Files\n")
    for file in files:
        if file == readme:
            continue
        lines.append(f"### {file.relative_to(folder).as_posix()}\n")
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            lines.append(f"A binary file of {file.stat().st_size} bytes, which is in the repository.\n")
            continue
        lines.append(f"````{LANGUAGES.get(file.suffix, 'text')}\n{text.rstrip()}\n````\n")
    return "\n".join(lines)


def configuration() -> str:
    """The README's section about settings as a page."""
    section = re.search(
        r"^#(# Configuration\n.*?)(?=^## )", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
    )
    if section is None:
        raise PluginError("README.md has no section 'Configuration'")
    return section[1]


def sources() -> dict[str, str]:
    """What the site shows of the repository outside docs/: the path in the repository by the page's path."""
    pages = {f"project/{name}": name for name in PROJECT} | {"configuration.md": "README.md"}
    return pages | {f"stacks/{name}.md": f"stacks/{name}/README.md" for name in stacks()}


def page_of(path: str, anchor: str) -> str | None:
    """The page that shows a path of the repository, or None."""
    parts = PurePosixPath(path).parts
    if path == "README.md":
        return "configuration.md" if anchor == "configuration" else "index.md"
    if parts[:1] == ("docs",):
        return posixpath.join(*parts[1:]) if len(parts) > 1 else "index.md"
    if parts[:1] == ("stacks",):
        return f"stacks/{parts[1]}.md" if len(parts) > 1 else "stacks/quickstart.md"
    return f"project/{path}" if path in PROJECT else None


def rewritten(markdown: str, source: str, page: str) -> str:
    """The text with its relative links changed from paths in the repository to pages of the site."""

    def link(match: re.Match[str]) -> str:
        path, hash_mark, anchor = match[2].partition("#")
        if not path or "://" in path or path.startswith(("/", "mailto:")):
            return match[0]
        inside = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        target = page_of(inside, anchor)
        if target is None:  # code, which the site does not show
            return match[1][1:-2]
        if not inside.startswith(("docs/", *PROJECT)):
            hash_mark = anchor = ""
        return f"{match[1]}{posixpath.relpath(target, posixpath.dirname(page) or '.')}{hash_mark}{anchor}{match[3]}"

    parts, position = [], 0
    for fence in _FENCE.finditer(markdown):
        parts += [_LINK.sub(link, markdown[position : fence.start()]), fence[0]]
        position = fence.end()
    return "".join([*parts, _LINK.sub(link, markdown[position:])])


def on_config(config: Any) -> Any:
    """Give headings the anchors that a forge gives them."""
    config.mdx_configs["toc"]["slugify"] = lambda heading, _: slug(html.unescape(heading))
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are outside docs/."""
    texts = {page: (ROOT / source).read_text() for page, source in sources().items() if source in PROJECT}
    texts["configuration.md"] = configuration()
    texts |= {f"stacks/{name}.md": stack_page(name, paths) for name, paths in stacks().items()}
    for page, text in texts.items():
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Make the links of a page lead to pages of the site."""
    path = page.file.src_uri
    return rewritten(markdown, sources().get(path, f"docs/{path}"), path)
