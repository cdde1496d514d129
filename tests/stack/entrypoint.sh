#!/bin/sh
# What the public image of PostgreSQL does at its first start, in short.
set -eu
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    passwords=$(mktemp)
    printf '%s\n' "${POSTGRES_PASSWORD:?Set POSTGRES_PASSWORD}" > "$passwords"
    initdb --username "$POSTGRES_USER" --pwfile "$passwords" --auth-local trust \
        --auth-host scram-sha-256 > /dev/null
    rm "$passwords"
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
    pg_ctl --wait --silent --options "-c listen_addresses=''" start
    createdb --username "$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl --wait --silent --mode fast stop
fi
exec "$@"
