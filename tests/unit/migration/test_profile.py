import pytest

from evforecast.errors import InputError
from evforecast.migration import MigrationError, MigrationPlan, UnfitColumnError, profile
from evforecast.migration.profile import fit_columns, read_slices, require_key
from evforecast.migration.slicing import Slicing
from evforecast.migration.source import connected, inspect
from evforecast.migration.waiting import wait
from evforecast.warehouse.fingerprint import add

pytestmark = pytest.mark.integration


@pytest.fixture
def history(sql):
    sql("CREATE TABLE t (at timestamp, s text, n numeric)")
    sql(
        "INSERT INTO t SELECT '2020-01-01'::timestamp + n * interval '1 h', 'S' || n % 7, n / 8.0 "
        "FROM generate_series(0, 30000) AS n"
    )
    sql("ANALYZE t")


def read(dsn, slicing, *, connections=1, key=None, **options):
    async def work():
        plan = MigrationPlan("t", key=key, **options)
        async with connected(dsn) as one, connected(dsn) as two:
            source = await inspect(one, plan)
            columns = await fit_columns(one, source, has_float4=True)
            used = [one, two][:connections]
            slices = await read_slices(used, source, columns, slicing, ["s"])
            await require_key(one, source, slices)
            return columns, slices

    return wait(work())


def test_digits_are_measured(history, dsn):
    columns, _ = read(dsn, Slicing("whole"))
    assert (columns[2].precision, columns[2].scale) == (38, 20)


def test_slices_add_up_to_the_whole(history, dsn):
    columns, (whole,) = read(dsn, Slicing("whole"))
    _, months = read(dsn, Slicing("month", columns[0]))
    assert len(months) == 42
    assert months[0].label == "2020-01"
    assert add((one.print for one in months), columns) == whole.print


def test_two_connections_read_what_one_reads(history, dsn, monkeypatch):
    columns, one = read(dsn, Slicing("whole"))
    monkeypatch.setattr(profile, "_LARGE", 1)
    assert read(dsn, Slicing("whole"), connections=2)[1] == one
    by_month = Slicing("month", columns[0])
    assert read(dsn, by_month, connections=2)[1] == read(dsn, by_month)[1]


def test_more_slices_than_files_are_sensible(history, dsn, monkeypatch):
    columns, _ = read(dsn, Slicing("whole"))
    monkeypatch.setattr(profile, "MOST_SLICES", 5)
    with pytest.raises(InputError, match="7 slices by 's' would make as many files"):
        read(dsn, Slicing("column", columns[1]))


def test_values_that_do_not_fit_are_refused_before_anything_is_moved(history, sql, dsn):
    sql("INSERT INTO t VALUES ('infinity', 'S1', 'NaN')")
    with pytest.raises(UnfitColumnError) as caught:
        read(dsn, Slicing("whole"))
    assert list(caught.value.columns) == ["at", "n"]


def test_a_key_that_is_none(history, sql, dsn):
    read(dsn, Slicing("whole"), key=["at"])
    sql("INSERT INTO t VALUES ('2020-01-01', 'again', 0)")
    with pytest.raises(
        MigrationError, match=r"key \(at\) is not unique: \('2020-01-01 00:00:00',\)"
    ):
        read(dsn, Slicing("whole"), key=["at"])
    sql("INSERT INTO t VALUES (NULL, 'S1', 0)")
    with pytest.raises(MigrationError, match="'at' is NULL in 1 rows"):
        read(dsn, Slicing("whole"), key=["at"])
