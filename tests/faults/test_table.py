"""docs/reliability.md promises nothing that no test holds it to."""

from tests.tables import broken, promises


def test_each_test_that_the_tables_of_faults_name_exists() -> None:
    assert len(promises("reliability.md")) >= 70
    assert broken("reliability.md") == []
