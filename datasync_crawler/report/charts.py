"""Charts as SVG that stands in a page: no script, no font, no address, and the page's own colours."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import pygal
from markupsafe import Markup
from pygal.etree import etree
from pygal.style import Style

from datasync_crawler.domain.timeline import Series

# The library looks for plug-ins of its own at every import, in a way that Python warns of.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

MOST_SERIES = 6
"""A chart shows no more lines than there are colours that can be told apart."""

_FONT = "system-ui, sans-serif"
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--soft)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--line)",
    guide_stroke_color="var(--line)",
    major_guide_stroke_color="var(--line)",
    colors=tuple(f"var(--series-{number})" for number in range(MOST_SERIES)),
    font_family=_FONT,
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=13,
    opacity=".2",
    opacity_hover=".2",
    stroke_opacity="1",
    stroke_width="2",
    transition="0s",
)
_SVG = "{http://www.w3.org/2000/svg}"
_LEFT_OUT = {"script", "title", "desc"}
_MINUTE, _MANY_MINUTES = 60.0, 600.0


def chart(
    name: str, series: Sequence[Series], told: Callable[[float], str], *, label: str, fill: bool = False
) -> Markup | None:
    """Lines over the time of work, None where they are too short to be drawn; ``told`` writes a value.

    ``name`` tells this chart from others of the page, ``label`` is what it says to who cannot see it.
    """
    drawn = [one for one in series if len(one.points) > 1][:MOST_SERIES]
    if not drawn:
        return None
    unit, word = _unit(drawn)
    lines = pygal.XY(
        style=_STYLE,
        js=[],
        width=520,
        height=270,
        show_dots=False,
        fill=fill,
        show_legend=len(drawn) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=min(3, len(drawn)),
        truncate_legend=22,
        include_x_axis=True,
        value_formatter=told,
        x_value_formatter=lambda value: f"{value:g} {word}",
        max_scale=5,
        xrange=(0, max(x for one in drawn for x, _ in one.points) / unit),
        x_labels_major_count=5,
        show_minor_x_labels=False,
        margin=8,
        spacing=8,
        no_prefix=False,
    )
    for one in drawn:
        lines.add(_printable(one.name), [(x / unit, y) for x, y in one.points])
    lines.uuid = name
    return _inlined(lines.render_tree(), _printable(label))


def _unit(series: Sequence[Series]) -> tuple[float, str]:
    longest = max(one.points[-1][0] for one in series)
    return (_MINUTE, "min") if longest > _MANY_MINUTES else (1.0, "s")


def _printable(text: str) -> str:
    """The text without what no XML can hold."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _inlined(root: Any, label: str) -> Markup:
    """The picture without the library's script, titles and comments, as markup."""
    for child in list(root.iter()):
        if not isinstance(child.tag, str) or child.tag.removeprefix(_SVG) in _LEFT_OUT:
            child.getparent().remove(child)
    root.set("role", "img")
    root.set("aria-label", label)
    # The library made the text and escaped what was given to it.
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704
