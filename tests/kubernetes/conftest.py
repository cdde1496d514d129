"""`make test` collects nothing that needs the cluster of `make test-kubernetes`."""

from tests.kubernetes.fixtures import IS_WANTED

collect_ignore_glob = [] if IS_WANTED else ["test_*.py"]
