import pytest

from evforecast.dataiku.folders import bring_down, download, paths_in, send_up, upload


def test_files_of_a_folder_that_has_no_path(dss):
    upload("reports", "a/b.html", "é")
    upload("reports", "c.bin", b"\x00")
    assert paths_in("reports") == ["a/b.html", "c.bin"]
    assert download("reports", "a/b.html") == "é".encode()


def test_down_and_up(dss, tmp_path):
    for name in ("a/1", "a/2", "b/1"):
        upload("models", name, name)
    assert bring_down("models", tmp_path / "here", lambda path: path.startswith("a/")) == [
        "a/1",
        "a/2",
    ]
    assert (tmp_path / "here" / "a" / "2").read_text() == "a/2"
    assert not (tmp_path / "here" / "b").exists()
    assert len(bring_down("models", tmp_path / "all")) == 3
    (tmp_path / "here" / "new").write_bytes(b"new")
    send_up("models", tmp_path / "here", ["new", "a/1"])
    assert download("models", "new") == b"new"


def test_up_goes_in_the_order_given(dss, tmp_path, monkeypatch):
    import dataiku

    folder, sent = dataiku.Folder("models"), []
    monkeypatch.setattr(folder, "upload_stream", lambda path, _: sent.append(path))
    for name in ("a", "b", "c"):
        (tmp_path / name).touch()
    send_up(folder, tmp_path, ["c", "a", "b"])
    assert sent == ["c", "a", "b"]


def test_what_is_not_there(dss):
    with pytest.raises(Exception, match="File not found"):
        download("models", "nothing")
