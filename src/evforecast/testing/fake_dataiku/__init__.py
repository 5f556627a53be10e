"""A DSS of one's own: a module `dataiku` that behaves as Dataiku's does where that matters.

Code that is to run in a recipe runs on a laptop and in tests, and meets there what it will meet in DSS:
types that are guessed anew from text, a writer that loses its rows, folders that are no folders of the disk.
"""

from evforecast.testing.fake_dataiku.dss import FakeDss, fake_dss

__all__ = ["FakeDss", "fake_dss"]
