import dataclasses

import numpy as np
import pandas as pd

import evforecast as ev
from evforecast.monitoring import monitor
from evforecast.reporting import Page
from evforecast.reporting.chargers import charger_section
from evforecast.reporting.words import when


def written(found, panel=None):
    page = Page("Title", "Lead")
    charger_section(page, found, panel)
    return page


def spoilt(city, **changes):
    """Return the city with codes set: by name, a slice of rows, a charger and a status or None."""
    codes = city.codes.copy()
    for rows, place, status in changes.values():
        codes[rows, place] = -1 if status is None else city.scheme.code(status)
    return ev.StatusPanel(codes, city.grid, city.evse, tz=city.tz)


def rows_of(page, state):
    return page.frames()[f"chargers: {state}"].set_index("evse_id")


def slow_since(panel, evse_id):
    """Return since when a charger is in its last status, row by row."""
    codes = panel.codes[:, panel.evse.index.get_loc(evse_id)]
    last = next(code for code in codes[::-1] if code >= 0)
    began = None
    for row in range(len(codes) - 1, -1, -1):
        if codes[row] == last:
            began = row
        elif codes[row] >= 0:
            break
    return ("before " if began == 0 else "") + when(panel.times[began], panel.tz)


def test_where_all_is_well_it_says_so(found, no_pictures):
    well = dataclasses.replace(found, chargers=found.chargers.assign(state="well"))
    page = written(well)
    assert "None: all chargers do what they used to." in page.markdown()
    assert "<figure>" not in page.html()


def test_since_when_is_what_a_look_at_every_row_tells(city, found, troubled, trouble, no_pictures):
    checked = 0
    for panel, at in ((city, found), (troubled, trouble)):
        odd = at.chargers[at.chargers["state"].isin(["stale", "down", "offline", "new"])]
        page = written(at, panel)
        for evse_id, state in odd["state"].items():
            assert rows_of(page, state).loc[evse_id, "since"] == slow_since(panel, evse_id)
            checked += 1
    assert checked > 8


def test_the_frozen_are_so_since_they_froze_but_only_with_the_panel(troubled, trouble, no_pictures):
    frozen = rows_of(written(trouble), "stale")
    # without the panel all that is known is that it was before the stretch that is looked at
    start = when(trouble.current.times[0], troubled.tz)
    assert set(frozen["since"]) == {f"before {start}"}


def test_the_vanished_were_last_heard_and_the_new_are_since_they_came(
    troubled, trouble, no_pictures
):
    page = written(trouble, troubled)
    silent, new = troubled.evse_ids[:2]
    lately = troubled.n_time - 96
    last_heard = when(troubled.times[lately - 11], troubled.tz)
    assert rows_of(page, "vanished").loc[silent, "since"] == last_heard
    assert rows_of(page, "new").loc[new, "since"] == slow_since(troubled, new)
    assert "| charger | last heard | status | location |" in page.markdown()
    # without the panel: at some time after the reference
    after = when(trouble.reference.times[-1], troubled.tz)
    assert rows_of(written(trouble), "vanished").loc[silent, "since"] == f"after {after}"


def test_stretches_that_meet_need_no_panel(city, no_pictures):
    panel = spoilt(
        city,
        up=(-301, 3, "available"),
        down=(slice(-300, None), 3, "down"),
        always=(slice(None), 4, "offline"),
    )
    page = written(monitor(panel))
    assert rows_of(page, "down").loc[city.evse_ids[3], "since"] == when(panel.times[-300], panel.tz)
    first = when(panel.times[0], panel.tz)
    assert rows_of(page, "offline").loc[city.evse_ids[4], "since"] == f"before {first}"


def test_one_that_was_never_heard(city, no_pictures):
    page = written(monitor(spoilt(city, never=(slice(None), 5, None))))
    assert rows_of(page, "silent")["since"].tolist() == ["–"]


def test_a_charger_that_only_the_present_knows(city, no_pictures):
    past, now = city.head(26 * 96), city.tail(96)
    found = dataclasses.replace(
        monitor(city), reference=past.select(list(past.evse_ids[1:])), current=now
    )
    table = found.chargers.assign(state="well")
    table.loc[city.evse_ids[0], ["state", "since_days"]] = ["silent", np.nan]
    page = written(dataclasses.replace(found, chargers=table))
    assert rows_of(page, "silent")["since"].tolist() == ["–"]


def test_a_long_list_is_cut_and_says_so_and_the_frame_is_whole(city, no_pictures):
    page = written(monitor(spoilt(city, down=(slice(-200, None), slice(0, 20), "down"))))
    assert "12 more rows are not shown." in page.markdown()
    assert "20 down: out of order by their own word" in page.markdown()
    assert len(page.frames()["chargers: down"]) >= 20


def test_the_longest_first(city, found, no_pictures):
    table = rows_of(written(found, city), "offline")
    assert len(table) > 2
    times = pd.to_datetime(table["since"].str.removeprefix("before "))
    assert times.is_monotonic_increasing


def test_the_map_needs_coordinates(found):
    assert "Map of the chargers" in written(found).html()
    bare = [
        ev.StatusPanel(
            panel.codes, panel.grid, panel.evse.assign(lat=np.nan, lon=np.nan), tz=panel.tz
        )
        for panel in (found.reference, found.current)
    ]
    nowhere = dataclasses.replace(found, reference=bare[0], current=bare[1])
    page = written(nowhere)
    assert "There is no map" in page.markdown()
    assert "<figure>" not in page.html()
