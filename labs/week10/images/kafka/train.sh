#!/bin/sh
# Start ZooKeeper and a broker once, make a topic, and end them, so that Java leaves archives of
# the classes that they and the tools need. `make up` runs it in a sandbox, the Dockerfile in a build.
set -eu
archives=/opt/kafka/cds
PATH=/opt/images/zookeeper/bin:/opt/images/kafka/bin:/usr/bin:/bin
export ZOOKEEPER_CLIENT_PORT=32181
export KAFKA_ZOOKEEPER_CONNECT=zookeeper:32181
export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://kafka:29092

# In an image ZooKeeper has its archive already: see there.
if [ -s "$archives/zookeeper.jsa" ]; then
    zookeeper-server &
else
    CDS_TRAIN=$archives/zookeeper.jsa zookeeper-server &
fi
zookeeper=$!
CDS_TRAIN=$archives/kafka.jsa kafka-server &
kafka=$!
until kcat -L -b kafka:29092 -m 2 >/dev/null 2>&1; do
    kill -0 "$zookeeper"
    kill -0 "$kafka"
    sleep 0.1
done

CDS_TRAIN=$archives/tools.jsa kafka-topics --create --topic events --partitions 1 \
    --replication-factor 1 --if-not-exists --zookeeper zookeeper:32181
echo '{"event_type": "default"}' | kcat -P -b kafka:29092 -t events
kcat -C -b kafka:29092 -t events -o beginning -e

# The broker first: it wants ZooKeeper for an orderly end.
kill "$kafka"
wait "$kafka" || true
kill "$zookeeper"
wait "$zookeeper" || true
for name in zookeeper kafka tools; do test -s "$archives/$name.jsa"; done
