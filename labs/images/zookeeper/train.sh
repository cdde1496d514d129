#!/bin/sh
# Start ZooKeeper once and end it, so that Java leaves an archive of its classes.
set -eu
archive=/opt/zookeeper/cds/zookeeper.jsa
CDS_TRAIN=$archive /opt/images/zookeeper/bin/zookeeper-server >/tmp/zookeeper.log 2>&1 &
server=$!
until bash -c 'exec 3<>/dev/tcp/127.0.0.1/2181' 2>/dev/null; do
    kill -0 "$server"
    sleep 0.1
done
kill "$server"
wait "$server" || true
test -s "$archive"
