"""Developer guide of DSS 14, "Managed folders", and the reference of `dataiku.Folder`."""

import io

import pytest


def test_files_come_and_go_as_streams(dataiku):
    folder = dataiku.Folder("files")
    folder.upload_stream("a/b.bin", io.BytesIO(b"\x00\x01"))
    folder.upload_stream("/c.bin", b"c")
    assert folder.list_paths_in_partition() == ["/a/b.bin", "/c.bin"]
    with folder.get_download_stream("/a/b.bin") as stream:
        assert stream.read() == b"\x00\x01"
    folder.delete_path("a/b.bin")
    assert folder.list_paths_in_partition() == ["/c.bin"]


def test_a_file_is_replaced(dataiku, tmp_path):
    folder = dataiku.Folder("files")
    folder.upload_data("a", b"1")
    (tmp_path / "two").write_bytes(b"2")
    folder.upload_file("a", str(tmp_path / "two"))
    assert folder.get_download_stream("a").read() == b"2"


def test_json(dataiku):
    dataiku.Folder("files").write_json("a.json", {"n": 1})
    assert dataiku.Folder("files").read_json("a.json") == {"n": 1}


def test_there_is_no_path(dataiku):
    """Reference: get_path "can only be called for managed folders […] on the local filesystem"."""
    with pytest.raises(Exception, match="not on the local filesystem"):
        dataiku.Folder("files").get_path()
    assert "path" not in dataiku.Folder("files").get_info()
    assert dataiku.Folder("files").get_id() == "files"


def test_what_is_not_there(dataiku):
    with pytest.raises(Exception, match="File not found"):
        dataiku.Folder("files").get_download_stream("nothing")
    with pytest.raises(Exception, match="doesn't exist"):
        dataiku.Folder("nothing")
    with pytest.raises(Exception, match="Illegal path"):
        dataiku.Folder("files").upload_data("../../out", b"")


def test_a_recipe_may_use_what_it_declares(dss, dataiku):
    with dss.recipe(inputs=["files"]), pytest.raises(Exception, match="not declared as an output"):
        dataiku.Folder("files").upload_data("a", b"")
    with dss.recipe():
        with pytest.raises(Exception, match="declare it as input or output"):
            dataiku.Folder("files")
        dataiku.Folder("files", ignore_flow=True).upload_data("a", b"")
