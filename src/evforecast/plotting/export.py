"""From a drawing to bytes: each picture once for light pages and once for dark ones."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

from evforecast.plotting.style import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Picture", "picture"]

# Above this an SVG of many marks is larger, and slower to show, than its pixels.
_LARGEST_SVG = 150_000
_DPI = 200


@dataclass(frozen=True)
class Picture:
    """A drawing as the bytes of two image files.

    Attributes
    ----------
    light, dark : bytes
        The file for a light page, and for a dark one.
    mime : str
        ``image/svg+xml`` or ``image/png``.
    size : tuple of float
        Width and height in inches, as drawn.
    """

    light: bytes
    dark: bytes
    mime: str
    size: tuple[float, float]


def picture(draw: Callable[[Axes], object], *, size: tuple[float, float] = (4.8, 3.2)) -> Picture:
    """Draw twice, light and dark, without pyplot, and return the files' bytes.

    Parameters
    ----------
    draw : callable
        Draws on the Axes that it is given: ``lambda ax: skill(result, ax=ax)``.
    size : tuple of float
        Width and height in inches.

    Returns
    -------
    Picture
        SVG with its letters as outlines, or PNG where the SVG would be large. The same drawing gives
        the same bytes.

    Examples
    --------
    >>> picture(lambda ax: ax.plot([1, 2])).mime
    'image/svg+xml'
    """
    light, dark = (_svg(draw, size, dark=dark) for dark in (False, True))
    mime = "image/svg+xml"
    if max(len(light), len(dark)) > _LARGEST_SVG:
        light, dark = (_png(draw, size, dark=dark) for dark in (False, True))
        mime = "image/png"
    return Picture(light, dark, mime, size)


def _figure(draw: Callable[[Axes], object], size: tuple[float, float]) -> Figure:
    figure = Figure(figsize=size, layout="constrained")
    draw(figure.add_subplot())
    return figure


def _svg(draw: Callable[[Axes], object], size: tuple[float, float], *, dark: bool) -> bytes:
    # The salt names the parts of the file: without one they are random.
    with theme(dark=dark), mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "evforecast"}):
        target = io.BytesIO()
        _figure(draw, size).savefig(target, format="svg", metadata={"Date": None})
    return target.getvalue()


def _png(draw: Callable[[Axes], object], size: tuple[float, float], *, dark: bool) -> bytes:
    with theme(dark=dark):
        target = io.BytesIO()
        _figure(draw, size).savefig(target, format="png", dpi=_DPI, metadata={"Software": None})
    return target.getvalue()
