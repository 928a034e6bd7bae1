"""One plot for each command: seconds by size, one panel per latency, one line per subject."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from .physics import physics
from .report import NAMES
from .results import Results, wall
from .subjects import COMMANDS

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

mpl.use("svg")
_INK = "#123456"
"""Stands for the colour of text and axes, which the style of the file decides."""
_MEASURED_FONT = "DejaVu Sans"
"""The font that comes with matplotlib, which needs one to measure texts. Readers see that of their system."""
_STYLE = (
    "<style>svg { color: #1f2328; } @media (prefers-color-scheme: dark) { svg { color: #e6edf3; } }</style>"
)
_LINES = {
    "floor": ("#8c959f", "--"),
    "ours": ("#4c6ef5", "-"),
    "native_floor": ("#8c959f", ":"),
    "native": ("#e8590c", "-"),
    "documented": ("#2f9e44", "-."),
}
"""Colours that can be seen on light and dark pages, and dashes for those who do not see colours."""
_SETTINGS: Final[dict[RcKeyType, Any]] = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "wallaroo_pulumi",  # the same measurements make the same file
    "font.sans-serif": [_MEASURED_FONT],
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}


def draw(results: Results, folder: Path) -> list[Path]:
    """Write the plots to ``folder``, and return them."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for command in COMMANDS:
        path = folder / f"{command.replace(' ', '-')}.svg"
        with mpl.rc_context(_SETTINGS):
            path.write_text(_themed(_figure(results, command)), encoding="utf-8")
        drawn.append(path)
    return drawn


def _figure(results: Results, command: str) -> Figure:
    latencies = sorted({case.latency for case in results.cases if command in case.commands})
    figure = Figure(figsize=(2 + 2.5 * len(latencies), 3.6), layout="constrained")
    panels = figure.subplots(1, len(latencies), sharey=True, squeeze=False)[0]
    for panel, latency in zip(panels, latencies, strict=True):
        _panel(panel, results, command, latency)
    panels[0].set_ylabel(f"{command}: seconds")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize="small")
    return figure


def _panel(panel: Axes, results: Results, command: str, latency: float) -> None:
    cases = [case for case in results.cases if case.latency == latency]
    for kind, (colour, dashes) in _LINES.items():
        known = {
            case.n: results.of(case, kind, command, wall)
            for case in cases
            if results.has(case, kind, command)
        }
        panel.plot(
            list(known), list(known.values()), dashes, color=colour, marker="o", ms=3.5, label=NAMES[kind]
        )
    least = {}
    for case in cases:
        with contextlib.suppress(KeyError):  # the floor failed
            least[case.n] = physics(results, case, "ours", command)
    panel.plot(
        list(least), list(least.values()), " ", color=_INK, marker="_", ms=11, label="physics of dynamic"
    )
    sizes = sorted({case.n for case in results.cases})
    panel.set(xscale="log", yscale="log", title=f"{latency * 1000:.0f} ms", xlabel="workspaces")
    panel.set_xticks(sizes, [f"{n:,}" for n in sizes])
    panel.minorticks_off()
    panel.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    panel.grid(visible=True, color="#8c959f", alpha=0.25)
    panel.set_facecolor("none")


def _themed(figure: Figure) -> str:
    """Return the figure as SVG whose text and axes follow the theme of the page."""
    figure.patch.set_alpha(0)
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    svg = file.getvalue().replace(_INK, "currentColor").replace(f"'{_MEASURED_FONT}'", "system-ui")
    return re.sub(r"(<svg\b[^>]*>)", rf"\1\n {_STYLE}", svg, count=1)
