#!/bin/sh
# Start the warm pyspark once and have it work a little, so that Java leaves an archive of its
# classes. No broker is needed.
set -eu
archive=/opt/spark-cds/spark.jsa
export PATH=/opt/images/spark/bin:/opt/venv/bin:/usr/bin:/bin
export HOME=/w205 PYTHONPATH=/opt/sluice PYTHONDONTWRITEBYTECODE=1
cd /w205
python -m guest.shell --train "$archive"
test -s "$archive"
