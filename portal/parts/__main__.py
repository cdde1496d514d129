"""The command line: install, or say whether everything is there.

Runs on a bare system Python, so nothing is imported before its version is known.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  an older one may well be the python3 here
    sys.exit("Sluice needs Python 3.11 or newer. Name one: make PYTHON=/usr/bin/python3.11 up")

from portal.parts.install import main

sys.exit(main(sys.argv[1:]))
