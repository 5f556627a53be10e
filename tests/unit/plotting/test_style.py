import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from evforecast.panel import STATUS
from evforecast.plotting import STATUS_COLOURS, set_theme, status_colour, theme
from evforecast.plotting.style import axes_of, legend_above, on_colour, outlined, time_axis

# Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113, severity 1.
SIGHT = {
    "normal": np.eye(3),
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "tritanopia": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def lab(colour, sight="normal"):
    """Return CIE L*a*b* of a colour as it is seen."""
    c = np.array(to_rgb(colour))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(SIGHT[sight]) @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.asarray(to_xyz) @ seen / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def luminance(colour):
    """Return the relative luminance of WCAG 2.2."""
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [
        0.2126,
        0.7152,
        0.0722,
    ]


def contrast(one, other):
    """Return the contrast ratio of WCAG 2.2, from 1 to 21."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_every_status_has_its_colour():
    assert tuple(STATUS_COLOURS) == STATUS.names
    assert len(set(STATUS_COLOURS.values())) == len(STATUS)


@pytest.mark.parametrize("sight", SIGHT)
def test_statuses_are_told_apart_with_every_sight(sight):
    for one, other in itertools.combinations(STATUS_COLOURS.values(), 2):
        assert np.linalg.norm(lab(one, sight) - lab(other, sight)) > 18


def test_neighbours_differ_in_grey_print():
    lightness = [lab(colour)[0] for colour in STATUS_COLOURS.values()]
    assert np.abs(np.diff(lightness)).min() > 8


def test_coarse_and_own_statuses_have_colours_too():
    assert status_colour("free") == STATUS_COLOURS["available"]
    assert status_colour("mine", 0) != status_colour("yours", 1)


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read_on_its_ground(dark):
    with theme(dark=dark):
        ink, ground = (lab(mpl.rcParams[key])[0] for key in ("text.color", "axes.facecolor"))
        lines = [lab(style["color"])[0] for style in mpl.rcParams["axes.prop_cycle"]]
    assert abs(ink - ground) > 70
    assert min(abs(line - ground) for line in lines) > 35


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("dark", [False, True])
def test_lines_are_told_apart_with_every_sight(sight, dark):
    with theme(dark=dark):
        colours = [style["color"] for style in mpl.rcParams["axes.prop_cycle"]]
    for one, other in itertools.combinations(colours, 2):
        assert np.linalg.norm(lab(one, sight) - lab(other, sight)) > 20


@pytest.mark.parametrize("dark", [False, True])
def test_lines_stand_out_from_their_ground(dark):
    # WCAG 2.2, 1.4.11: graphics need a contrast of 3 to what is beside them
    with theme(dark=dark):
        ground = mpl.rcParams["axes.facecolor"]
        colours = [style["color"] for style in mpl.rcParams["axes.prop_cycle"]]
    assert min(contrast(colour, ground) for colour in colours) > 3


@pytest.mark.parametrize("dark", [False, True])
def test_a_line_of_any_status_is_seen_on_its_ground_by_its_edge(dark):
    with theme(dark=dark):
        ax = plt.figure().add_subplot()
        edge = outlined(ax)[0]._gc["foreground"]
    assert contrast(edge, ax.get_facecolor()) > 10
    # the colours themselves do not all have it, which is why there is an edge
    assert min(contrast(colour, ax.get_facecolor()) for colour in STATUS_COLOURS.values()) < 3


@pytest.mark.parametrize("colour", [*STATUS_COLOURS.values(), "white", "black", "#808080"])
def test_letters_on_a_colour_have_the_better_contrast(colour):
    ink = on_colour(colour)
    assert contrast(ink, colour) == max(contrast(each, colour) for each in ("black", "white"))
    assert contrast(ink, colour) > 4.5


def test_a_notebook_sets_the_theme_once():
    with mpl.rc_context():
        set_theme()
        light = mpl.rcParams["axes.facecolor"]
        set_theme(dark=True)
        with theme(dark=True):
            assert mpl.rcParams["axes.facecolor"] != light


def test_a_legend_of_marks_that_are_not_drawn(ax):
    ax.plot([0, 1], label="drawn")
    legend_above(ax, n=1, handles=[plt.Line2D([], [], label="told")])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["told"]


def test_the_theme_ends_with_its_block():
    before = dict(mpl.rcParams)
    with theme(dark=True):
        assert mpl.rcParams["axes.facecolor"] != before["axes.facecolor"]
    assert dict(mpl.rcParams) == before


def test_pyplot_knows_only_the_figures_that_nobody_brought(ax):
    assert axes_of(ax) is ax
    assert not plt.get_fignums()
    assert axes_of(None).figure.number in plt.get_fignums()


def test_the_axis_shows_the_clock_on_the_wall(ax):
    times = np.array(["2020-10-24T22:00", "2020-10-25T22:45"], "M8[s]")
    ax.plot(times, [0, 1])
    time_axis(ax, "Europe/Paris")
    ax.figure.draw_without_rendering()
    # midnight in Paris is 22:00 UTC in summer, and the formatter writes a midnight as its date
    assert ax.get_xticklabels()[0].get_text() == "Oct-25"
