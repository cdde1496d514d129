"""The tasks of a worker, and the names under which they are queued."""

import pytest
from celery import current_app

from portal.activities import orders

NAMES = sorted(each for each in vars(orders).values() if str(each).startswith("runner."))


@pytest.mark.parametrize("name", NAMES)
def test_each_order_has_a_task_under_its_name_and_under_that_of_an_older_release(
    name: str,
) -> None:
    current_app.loader.import_default_modules()
    app = "classroom" if name == orders.REHEARSE else "activities"
    older = current_app.tasks[f"portal.{app}.tasks.{name.removeprefix('runner.')}"]
    assert current_app.tasks[name].run is older.run
