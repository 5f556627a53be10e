import pytest

import evforecast as ev
from evforecast.errors import InputError
from evforecast.inwarehouse import Deployment
from evforecast.inwarehouse.deployment import PACKAGES, RUNTIMES


def test_files_have_a_folder_and_a_name_a_version(job):
    deployment = Deployment(job)
    assert deployment.location == f"@evforecast_stage/evforecast-{ev.__version__}/"
    assert deployment.model_file == f"champion-{job.sha256[:8]}.evf"


def test_the_stage_may_be_another(job):
    assert Deployment(job, stage="named:ev.code").location.startswith("@ev.code/evforecast-")
    assert Deployment(job, stage="external:s3").location.startswith("@s3/evforecast-")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"runtime": "3.9"}, r"runtime='3\.9' is no choice"),
        ({"stage": "user"}, "functions import from a named stage"),
        ({"stage": "table:t"}, "functions import from a named stage"),
        ({"packages": ("numpy'); DROP TABLE x; --",)}, "is no package"),
        ({"packages": ("",)}, "is no package"),
        ({"repository": "a; DROP TABLE x"}, "no name of an artifact repository"),
        ({"schedule": "hourly"}, "five fields are needed"),
    ],
)
def test_what_cannot_be_is_told(job, options, words):
    with pytest.raises(InputError, match=words):
        Deployment(job, **options)


def test_versions_of_packages_may_be_said(job):
    packages = ("scikit-learn==1.5.2", "pandas>=2.2", "numpy==1.26.*")
    assert Deployment(job, packages=packages).packages == packages


def test_what_it_needs_is_what_the_library_needs():
    assert {"numpy", "pandas", "scipy", "scikit-learn"} < set(PACKAGES)
    assert "3.11" in RUNTIMES
