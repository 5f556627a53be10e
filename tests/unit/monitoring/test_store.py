import numpy as np
import pytest

from evforecast.errors import FileFormatError, InputError
from evforecast.monitoring.store import ForecastStore, alike
from evforecast.panel import STATUS, StatusForecast, storage

STEP = np.timedelta64(900, "s")


def made(hour=0, *, seed=0, horizons=(1, 4), ids=("a", "b"), scheme=STATUS, step=STEP):
    law = np.random.default_rng(seed).dirichlet(np.ones(len(scheme)), (len(horizons), len(ids)))
    cutoff = np.datetime64("2020-10-26", "s") + hour * np.timedelta64(3600, "s")
    return StatusForecast(
        law, cutoff=cutoff, step=step, horizons=horizons, evse=list(ids), scheme=scheme
    )


@pytest.fixture
def store(tmp_path):
    return ForecastStore(tmp_path / "given" / "out")


def files(store):
    """Return every file below the folder, with its bytes."""
    return {
        path.relative_to(store.root): path.read_bytes()
        for path in store.root.rglob("*")
        if path.is_file()
    }


def test_what_is_kept_is_what_was_given(store):
    given = [made(hour, seed=hour) for hour in (5, 0, 49)]
    for forecast in given:
        store.add("direct-1.0", forecast)
    read = list(store.read("direct-1.0"))
    assert [f.cutoff for f in read] == sorted(f.cutoff for f in given)
    assert all(read[place].equals(given[which]) for place, which in enumerate((1, 0, 2)))
    cutoffs = store.cutoffs("direct-1.0")
    assert cutoffs.dtype == "datetime64[s]"
    assert cutoffs.tolist() == [f.cutoff.item() for f in read]
    assert repr(store) == f"<ForecastStore at {str(store.root)!r}>"


def test_models_of_many_kinds_stand_side_by_side(store):
    kinds = {
        "direct": made(seed=1),
        "Direct-2020.10_b": made(seed=2, horizons=(96,), ids=["ü/é 1", "b", "c"]),
        "free": made(seed=3, scheme=STATUS.coarsen("free")),
        "down-within": made(seed=4, scheme=STATUS.within("down")),
        "five-minutes": made(seed=5, step=np.timedelta64(300, "s")),
    }
    for name, forecast in kinds.items():
        store.add(name, forecast)
    assert store.models() == sorted(kinds)
    for name, forecast in kinds.items():
        (read,) = store.read(name)
        assert read.equals(forecast)


def test_the_same_forecast_again_changes_nothing(store):
    store.add("direct", made())
    before = files(store)
    store.add("direct", made())
    elsewhere = made()
    elsewhere.proba = elsewhere.proba + np.float32(3e-6)  # another number of threads
    store.add("direct", elsewhere)
    assert files(store) == before
    assert len(before) == 1


@pytest.mark.parametrize(
    "other",
    [
        made(seed=1),
        made(horizons=(1, 5)),
        made(ids=("b", "a")),
        made(step=np.timedelta64(300, "s")),
        made(scheme=STATUS.coarsen("free")),
    ],
    ids=["probabilities", "horizons", "chargers", "step", "statuses"],
)
def test_what_was_given_out_is_never_written_over(store, other):
    store.add("direct", made())
    before = files(store)
    with pytest.raises(
        InputError, match="'direct' has already given out another forecast from 2020"
    ):
        store.add("direct", other)
    assert files(store) == before
    store.add("direct-2", other)  # as the message says
    assert not alike(made(), other)
    assert alike(other, other)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../a", "a/b", "a\\b", ".hidden", "é", "a\n", "-a"]
)
def test_a_name_that_is_no_folder_is_refused(store, name):
    for call in (
        lambda: store.add(name, made()),
        lambda: store.cutoffs(name),
        lambda: list(store.read(name)),
    ):
        with pytest.raises(InputError, match=r"is no name for a model: it becomes a folder"):
            call()
    assert not store.root.exists()


def test_since_and_until_are_both_read(store):
    for hour in range(5):
        store.add("direct", made(hour))

    def hours(**limits):
        read = store.read("direct", **limits)
        return [int((f.cutoff - made().cutoff) / np.timedelta64(1, "h")) for f in read]

    assert hours() == [0, 1, 2, 3, 4]
    assert hours(since="2020-10-26 01:00") == [1, 2, 3, 4]
    assert hours(until="2020-10-26 03:00") == [0, 1, 2, 3]
    assert hours(since="2020-10-26 02:00+01:00", until="2020-10-26 03:00") == [1, 2, 3]
    assert hours(since="2020-10-26 01:00:01", until="2020-10-26 02:59:59") == [2]
    assert (
        hours(since="2020-10-27") == hours(since="2020-10-26 03:00", until="2020-10-26 01:00") == []
    )


def test_a_folder_that_is_not_there_or_empty_holds_nothing(store):
    for _ in range(2):
        assert store.models() == []
        assert list(store.read("direct")) == []
        assert store.cutoffs("direct").dtype == "datetime64[s]"
        assert len(store.cutoffs("direct")) == 0
        store.root.mkdir(parents=True, exist_ok=True)


def test_what_others_left_in_the_folder_is_not_read(store):
    store.add("direct", made())
    (store.root / ".trash").mkdir()
    (store.root / "notes.txt").write_text("ours")
    (store.root / "direct" / "2020-backup.parquet").write_text("theirs")
    assert store.models() == ["direct"]
    assert len(store.cutoffs("direct")) == len(list(store.read("direct"))) == 1


@pytest.mark.parametrize(
    "damaged", [lambda b: b[: len(b) // 2], lambda _: b"", lambda _: b"PAR1" * 9]
)
def test_a_damaged_file_is_named_and_stays(store, damaged):
    store.add("direct", made())
    store.add("direct", made(1))
    first = min((store.root / "direct").iterdir())
    first.write_bytes(damaged(first.read_bytes()))
    before = files(store)
    with pytest.raises(FileFormatError, match=first.name):
        list(store.read("direct"))
    with pytest.raises(FileFormatError, match=first.name):
        store.add("direct", made())
    assert files(store) == before
    assert len(list(store.read("direct", since="2020-10-26 01:00"))) == 1


def test_a_write_that_was_killed_leaves_nothing_to_read(store, monkeypatch):
    import pyarrow.parquet as pq

    whole = pq.write_table

    class Killed(BaseException):
        """Nothing catches it, and nothing is tidied up."""

    def half(table, where, **how):
        whole(table, where, **how)
        where.write_bytes(where.read_bytes()[:100])
        monkeypatch.setattr(
            type(where), "unlink", lambda *_, **__: None
        )  # a killed process does not
        raise Killed

    monkeypatch.setattr(pq, "write_table", half)
    with pytest.raises(Killed):
        store.add("direct", made())
    monkeypatch.undo()
    assert len(files(store)) == 1  # the half of it, under another name
    assert list(store.read("direct")) == []
    assert len(store.cutoffs("direct")) == 0
    store.add("direct", made())
    assert [f.equals(made()) for f in store.read("direct")] == [True]


def test_the_write_goes_through_the_panels_own(store, monkeypatch):
    calls = []
    monkeypatch.setattr(storage, "save_forecast", lambda *call: calls.append(call))
    store.add("direct", made())
    assert [path.name for _, path in calls] == ["20201026T000000Z.parquet"]
