#!/bin/sh
# Run inside a sandbox: start the warm pyspark once and have it work a little, so that its JVM
# leaves an archive of its classes in /opt/spark-cds. No broker is needed.
set -eu
export PATH=/opt/images/spark/bin:/opt/venv/bin:/usr/bin:/bin
export HOME=/w205 LANG=C.UTF-8 PYTHONPATH=/opt/sluice PYTHONDONTWRITEBYTECODE=1
cd /w205
python -m guest.shell --train /opt/spark-cds/spark.jsa
test -s /opt/spark-cds/spark.jsa
