#!/bin/sh
# Start the warm pyspark once and have it work a little, so that Java leaves an archive of its
# classes. No broker is needed. Run as Kafka's is, in a sandbox and in a build.
set -eu
archive=/opt/spark-cds/spark.jsa
export PATH=/opt/images/spark/bin:/opt/venv/bin:/usr/bin:/bin
export HOME=/w205 LANG=C.UTF-8 PYTHONPATH=/opt/sluice PYTHONDONTWRITEBYTECODE=1
cd /w205
python -m guest.shell --train "$archive"
test -s "$archive"
