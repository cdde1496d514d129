#!/bin/sh
# Start ZooKeeper and a broker once, make a topic, and end them, so that Java leaves archives of
# the classes that the broker and the tools need. `make up` runs it in a sandbox, `hosts prepare`
# in a build.
set -eu
archives=/opt/kafka/cds
PATH=/opt/images/zookeeper/bin:/opt/images/kafka/bin:/usr/bin:/bin
# By address: in a build `localhost` may be ::1 too, which nothing listens on.
export ZOOKEEPER_CLIENT_PORT=32181
export KAFKA_ZOOKEEPER_CONNECT=127.0.0.1:32181
export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:29092

zookeeper-server &
zookeeper=$!
CDS_TRAIN=$archives/kafka.jsa kafka-server &
kafka=$!
until kcat -L -b 127.0.0.1:29092 -m 2 >/dev/null 2>&1; do
    kill -0 "$zookeeper"
    kill -0 "$kafka"
    sleep 0.1
done

CDS_TRAIN=$archives/tools.jsa kafka-topics --create --topic events --partitions 1 \
    --replication-factor 1 --if-not-exists --zookeeper 127.0.0.1:32181
echo '{"event_type": "default"}' | kcat -P -b 127.0.0.1:29092 -t events
kcat -C -b 127.0.0.1:29092 -t events -o beginning -e

# The broker first: it wants ZooKeeper for an orderly end.
kill "$kafka"
wait "$kafka" || true
kill "$zookeeper"
wait "$zookeeper" || true
for name in kafka tools; do test -s "$archives/$name.jsa"; done
