"""A process as Snowflake starts one: the zip, numpy, pandas, scipy, scikit-learn and what these need.

Usage: ``python -P zip_process.py ZIP FOLDER``. FOLDER holds ``jobs.json``, a list of jobs (``facts`` of the
handler, ``rows``, ``out``), the files of the models, and the rows of each job as a pickled list of columns of
plain values, one a partition; the forecast of each job is written there as pickled columns. Prints JSON: the
seconds of the imports, and the modules of the package.
"""

import json
import pickle
import re
import sys
import time
from importlib import metadata
from pathlib import Path

HAS = ("numpy", "pandas", "scipy", "scikit-learn")


def plain(name):
    """Return the name of a distribution in one form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(names):
    """Return the distributions that some need, themselves included."""
    found, waiting = set(), list(names)
    while waiting:
        name = plain(waiting.pop())
        if name in found:
            continue
        found.add(name)
        try:
            requires = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # for another system or Python
            continue
        waiting += [re.match(r"[\w.-]+", one)[0] for one in requires if "extra ==" not in one]
    return found


# As Snowflake's documentation says which type comes as which dtype.
DTYPES = {
    "code": "Int32",
    "time": "datetime64[ns]",
    "lat": "float64",
    "lon": "float64",
    "value": "float64",
}


class Nothing:
    """Finds no module of any other distribution, as if it were not installed."""

    def __init__(self):
        owners = metadata.packages_distributions()
        there = needed(HAS)
        self.hidden = {
            module for module, of in owners.items() if not {plain(one) for one in of} & there
        }
        self.hidden -= {"evforecast"}

    def find_spec(self, name, _path=None, _target=None):
        if name.partition(".")[0] in self.hidden:
            msg = f"{name} is not in Snowflake"
            raise ModuleNotFoundError(msg, name=name)


def main(zip_file, folder):
    """Run all jobs."""
    sys.meta_path.insert(0, Nothing())
    # the sources of the checkout are on the path too, by an editable installation
    others = [entry for entry in sys.path if not Path(entry, "evforecast").is_dir()]
    sys.path[:] = [str(zip_file), *others]
    sys._xoptions["snowflake_import_directory"] = f"{folder}/"
    start = time.perf_counter()
    import pandas as pd
    import sklearn.dummy
    import sklearn.ensemble  # noqa: F401 - what is ours comes alone

    theirs = time.perf_counter()
    from evforecast.inwarehouse import handler, training  # noqa: F401 - as Snowflake does

    ours = time.perf_counter()
    for job in json.loads((folder / "jobs.json").read_text()):
        facts = {name: tuple(v) if isinstance(v, list) else v for name, v in job["facts"].items()}
        forecast = type("Forecast", (handler.ForecastPartition,), facts)
        frames = []
        for columns in pickle.loads((folder / job["rows"]).read_bytes()):  # noqa: S301 - our own
            typed = {
                name.upper(): pd.Series(values, dtype=DTYPES.get(name, "string[python]"))
                for name, values in columns.items()
            }
            frames += forecast().end_partition(pd.DataFrame(typed))
        whole = {name: [v for frame in frames for v in frame[name].tolist()] for name in frames[0]}
        (folder / job["out"]).write_bytes(pickle.dumps(whole))
    mine = [m for name, m in sys.modules.items() if name.partition(".")[0] == "evforecast"]
    outside = [m.__name__ for m in mine if not m.__file__.startswith(str(zip_file))]
    names = sorted(m.__name__ for m in mine)
    told = {"others": theirs - start, "ours": ours - theirs, "modules": names, "outside": outside}
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute())
