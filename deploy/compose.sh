# For backup and restore: Docker Compose, whichever there is, with the portal's file.
here=$(cd "$(dirname "$0")/.." && pwd)

die() {
    echo "$1" >&2
    exit 1
}

compose() {
    if docker compose version > /dev/null 2>&1; then
        docker compose --project-directory "$here" --file "$here/docker-compose.yml" "$@"
    else
        docker-compose --project-directory "$here" --file "$here/docker-compose.yml" "$@"
    fi
}
