import asyncio

import pytest

from evforecast.migration.waiting import wait


async def answer():
    await asyncio.sleep(0)
    return 42


def test_in_a_script():
    assert wait(answer()) == 42


def test_where_a_loop_runs_already_as_in_a_notebook():
    async def notebook():
        return wait(answer())

    assert asyncio.run(notebook()) == 42


def test_the_first_of_several_errors_is_raised_alone():
    async def failing():
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            group.create_task(asyncio.sleep(9))

    async def fail():
        msg = "this one"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="this one"):
        wait(failing())
