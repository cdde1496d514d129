"""Causes that are in the student's Python or SQL."""

from portal.engine.causes.cause import Cause
from portal.engine.errors import Part

SYNTAX = Cause(
    "syntax-error",
    Part.CODE,
    "Python can't read your code: {message}{where}. Nothing of it was run.",
    "Mend that line and run the step again.",
)
NOT_IMPORTED = Cause(
    "not-imported", Part.CODE, "{message}{where}.", "Put 'import {name}' before it."
)
NOT_DEFINED = Cause(
    "not-defined",
    Part.CODE,
    "{message}{where}.",
    "A line above it has to set that name: run the cell from its beginning.",
)
NO_SPARK = Cause(
    "spark-name-lost",
    Part.CODE,
    "{message}{where}.",
    "The name was deleted or pyspark was left: stop Spark and run the step again.",
)
NO_PACKAGE = Cause(
    "missing-package",
    Part.CODE,
    "There is no package {name!r} in this pyspark{where}.",
    "Do without it: nothing can be installed here. There are {installed}.",
)
NO_COLUMN = Cause(
    "unknown-column",
    Part.CODE,
    "No column is called {name}{where}. {meant}",
    "Look at the names: printSchema() on the data frame shows them.",
)
NO_ATTRIBUTE = Cause(
    "unknown-attribute",
    Part.CODE,
    "{name!r} is neither a column nor a method of the data frame{where}.",
    "Look at the names: printSchema() on the data frame shows its columns.",
)
AMBIGUOUS = Cause(
    "ambiguous-column",
    Part.CODE,
    "Spark finds several columns for {name}{where}: to it, names that differ by case are one.",
    'Rename one of them, or run spark.conf.set("spark.sql.caseSensitive", "true") first.',
)
TWIN_COLUMNS = Cause(
    "twin-columns",
    Part.DATA,
    "{name} is there twice{where}: to Spark, keys that differ by case are one column.",
    'Run spark.conf.set("spark.sql.caseSensitive", "true") first.',
)
NO_VIEW = Cause(
    "unknown-view",
    Part.CODE,
    "SQL knows no table or view called {name}{where}.",
    'Name the data frame for SQL first: data_frame.createOrReplaceTempView("…").',
)
SQL = Cause(
    "sql-syntax",
    Part.CODE,
    "Spark can't read your SQL{where}: {message}",
    "Mend the query and run the step again.",
)
NO_FORMAT = Cause(
    "unknown-format",
    Part.CODE,
    "Spark knows no data source called {name}{where}.",
    'For Kafka it is .format("kafka"); for files "parquet", "json", "csv" or "text".',
)
PATH_EXISTS = Cause(
    "path-exists",
    Part.CODE,
    "There is something at {name} already, and Spark won't write over it{where}.",
    'Say .mode("overwrite") before you write, or choose another path.',
)
NO_PATH = Cause(
    "no-such-path",
    Part.CODE,
    "There is nothing at {name}{where}.",
    "Look at the path: what a step wrote before may be in another folder, or gone with a reset.",
)
STREAMING = Cause(
    "stream-not-started",
    Part.CODE,
    "readStream makes a stream, and a stream has no rows to show or collect{where}.",
    "Use spark.read instead of spark.readStream, which reads what is there now.",
)
SERIALIZED = Cause(
    "spark-in-worker",
    Part.CODE,
    "spark, sc or a data frame is used within a function that runs on workers{where}. They are "
    "only here, where your lines run.",
    "Take it out of the function: collect what the function needs first.",
)
PYTHON = Cause(
    "python-error",
    Part.CODE,
    "{kind}: {message}{where}",
    "Read the output, mend what it names, and run the step again.",
)
SPARK_SAYS = Cause(
    "spark-error",
    Part.CODE,
    "Spark says{where}: {message}",
    "Read the output, mend what it names, and run the step again.",
)

ALL = (
    SYNTAX,
    NOT_IMPORTED,
    NOT_DEFINED,
    NO_SPARK,
    NO_PACKAGE,
    NO_COLUMN,
    NO_ATTRIBUTE,
    AMBIGUOUS,
    TWIN_COLUMNS,
    NO_VIEW,
    SQL,
    NO_FORMAT,
    PATH_EXISTS,
    NO_PATH,
    STREAMING,
    SERIALIZED,
    PYTHON,
    SPARK_SAYS,
)
