"""Causes for which a step has no table, or not the one that it is for."""

from portal.engine.causes.cause import Cause
from portal.engine.errors import Part

NEVER_SET = Cause(
    "table-never-set",
    Part.CODE,
    "The code ran, but {name} was never set, and the results page shows that data frame. {others}",
    "Name the data frame that your code makes {name}.",
)
NO_FRAME = Cause(
    "table-no-data-frame",
    Part.CODE,
    "The code ran, but {name} is no data frame, and the results page shows that data frame. "
    "{others}",
    "Name the data frame that your code makes {name}; show() gives none.",
)
OLD_TABLE = Cause(
    "table-of-earlier-lines",
    Part.CODE,
    "These lines ran, but did not set {name}: what has that name was made by earlier ones.",
    "Run all of the step's lines, so that they make {name}.",
)
NO_COLUMNS = Cause(
    "columns-missing",
    Part.CODE,
    "The table has no column {missing}. It has {columns}.",
    "Look at what your records hold, and at how your code makes columns of it.",
)
FEW_ROWS = Cause(
    "too-few-rows",
    Part.CODE,
    "The table has {rows}, and the step asks for {wanted}.",
    "Call the API more often, or look at what your code leaves out.",
)
NOT_SHOWN = Cause(
    "not-shown",
    Part.CODE,
    "Your lines ran, but nothing that they printed looks like what this step asks for.",
    "End with show() on the table: {name}.show()",
)
NOT_MATCHED = Cause(
    "shown-otherwise",
    Part.CODE,
    "Your lines printed {lines}, and {found} of them look like what this step asks for ({wanted} "
    "are needed).",
    "Compare what was printed with what the step's text says.",
)

ALL = (NEVER_SET, NO_FRAME, OLD_TABLE, NO_COLUMNS, FEW_ROWS, NOT_SHOWN, NOT_MATCHED)
