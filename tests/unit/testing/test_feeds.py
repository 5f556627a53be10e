"""The suite must fail for feeds that break a promise: one culprit for each."""

import json

import pandas as pd
import pytest
from collected import StatusFeed, body

from evforecast.errors import FileFormatError
from evforecast.sources.belib import BelibStatus
from evforecast.sources.feed import Reading, Request
from evforecast.sources.irve import IrvePoints, IrveStatus
from evforecast.sources.ocpi import OcpiLocations
from evforecast.testing import FEED_CHECKS, check_feed

BODIES = [body("available", "down", "broken"), body("charging")]


class Honest(StatusFeed):
    def read(self, payload):
        try:
            rows = json.loads(payload.body)
        except ValueError as error:
            raise FileFormatError(str(error)) from error
        if not isinstance(rows, list):
            raise FileFormatError(f"{type(rows).__name__}, no list")
        return super().read(payload)


class AsksAtRandom(Honest):
    count = 0

    def requests(self, _):
        self.count += 1
        return [Request(f"https://status.test/{self.count}", "all")]


class DropsRows(Honest):
    def read(self, payload):
        reading = super().read(payload)
        return Reading(reading.tables, pd.DataFrame(), reading.rows_read)


class ItsOwnWords(Honest):
    def read(self, payload):
        reading = super().read(payload)
        reading.tables["status"]["status"] = "libre"
        return reading


class LocalTimes(Honest):
    def read(self, payload):
        reading = super().read(payload)
        reading.tables["status"]["collected_at"] = "28/11/2026 08:00"
        return reading


class Counts(Honest):
    count = 0

    def read(self, payload):
        reading = super().read(payload)
        self.count += 1
        reading.tables["status"]["evse_id"] += f"-{self.count}"
        return reading


class Crashes(Honest):
    def read(self, payload):
        if b"html" in payload.body:
            raise AttributeError("no .find")
        return super().read(payload)


@pytest.mark.parametrize(
    ("culprit", "check", "said"),
    [
        (AsksAtRandom, "it says what it is and what to ask", "requests of one time differ"),
        (DropsRows, "every row is accounted for", "3 rows were read, and 2 accounted for"),
        (ItsOwnWords, "rows have their key, their time and our words", "libre"),
        (LocalTimes, "rows have their key, their time and our words", "no times in UTC"),
        (Counts, "an answer is read alike each time", "differ"),
        (Crashes, "what cannot be read is refused", "AttributeError"),
        (Counts, "what is collected is what was read", "reading again gives other rows"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_broken_promise_is_named(culprit, check, said):
    with pytest.raises(AssertionError, match=said):
        check_feed(culprit(), BODIES, only=[check])


def test_an_honest_feed_passes_all():
    assert check_feed(Honest(), BODIES) == list(FEED_CHECKS)


REAL = {
    "belib": (BelibStatus(), "belib/belib_export_2026-09-23_8records.json"),
    "belib, 2023": (BelibStatus(), "belib/belib_export_v21_2023-01-30T1230.json"),
    "ocpi": (OcpiLocations("https://a.test/", "a"), "irve/ocpi_2.3.0_location_example.json"),
    "irve": (IrveStatus("https://a.test/", "a"), "irve/exemple-valide-dynamique_v2.3.0.csv"),
    "irve-points": (IrvePoints("https://a.test/", "a"), "irve/exemple-valide-statique_v2.3.0.csv"),
}


@pytest.mark.parametrize(("feed", "file"), REAL.values(), ids=REAL)
def test_our_feeds_pass_all_on_real_answers(feed, file, data_dir):
    assert check_feed(feed, [(data_dir / file).read_bytes()]) == list(FEED_CHECKS)


def test_nothing_is_shown_without_an_answer():
    with pytest.raises(AssertionError, match="at least one real answer"):
        check_feed(Honest(), [])
