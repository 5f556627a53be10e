import numpy as np

from evforecast.monitoring.reasons import Reason, minute_text, reasons_frame


def test_a_table_keeps_what_could_not_be_judged_apart_from_what_is_not_met():
    reasons = [Reason("a", True, "x"), Reason("b", False, "y"), Reason("c", None, "z")]
    frame = reasons_frame(reasons)
    assert frame.columns.tolist() == ["rule", "met", "text"]
    assert frame["met"].tolist() == [True, False, None]
    assert frame["met"].iloc[2] is None
    assert reasons_frame([]).columns.tolist() == ["rule", "met", "text"]
    assert tuple(reasons[0]) == ("a", True, "x")


def test_a_time_is_told_to_the_minute():
    assert minute_text(np.datetime64("2020-10-25T01:59:59")) == "2020-10-25 01:59 UTC"
