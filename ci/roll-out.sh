#!/usr/bin/env bash
# Brings the containers of compose.yaml to the image that DATA_PLATFORM_IMAGE names, while nothing runs:
#   ci/roll-out.sh REASON [SERVICE...]
# Without services: all but the database. New runs wait meanwhile; if something fails, or a unit does not load afterwards,
# they go on waiting, until `dp hold release`.
set -euo pipefail

fail() {
    echo "roll-out: $1" >&2
    exit 1
}
[ $# -gt 0 ] || { echo "usage: ci/roll-out.sh REASON [SERVICE...]" >&2 && exit 2; }
reason=$1
shift
mapfile -t known < <(docker-compose config --services)
[ ${#known[@]} -gt 0 ] || fail "docker-compose does not read compose.yaml"
mapfile -t services < <(printf '%s\n' "${known[@]}" | grep -vx -e postgres -e platform)
[ $# -eq 0 ] || services=("$@")
for service in "${services[@]}"; do
    [[ " ${known[*]} " == *" $service "* ]] || fail "there is no service $service -> use one of: ${known[*]}"
done
healthy() {
    local container containers
    containers=$(docker-compose ps -q "${services[@]}") || return 1
    [ "$(wc -w <<<"$containers")" -ge ${#services[@]} ] || return 1
    for container in $containers; do
        [ "$(docker inspect --format '{{.State.Health.Status}}' "$container")" = healthy ] || return 1
    done
}

# Holds until it reads a second line. If this script dies before the first one, nothing was changed and the hold ends; later
# than that, it stays.
coproc hold {
    exec docker-compose run --rm -T platform dp hold during --all --reason "$reason" ${DRAIN_LIMIT:+--drain-limit "$DRAIN_LIMIT"} -- \
        sh -c 'echo nothing runs; read -r changing || exit 0; read -r over'
}
said=${hold[0]:-} end=${hold[1]:-} pid=${hold_PID:-} # none of them is set once it has ended
[ -n "$said" ] || fail "no clean gap, so nothing was changed"
echo "roll-out: waiting for the runs in flight"
until [ "${line:-}" = "nothing runs" ]; do
    read -r line <&"$said" || fail "no clean gap, so nothing was changed"
done
stays='the hold stays -> `docker-compose ps`; put it right, then `dp hold list` and `dp hold release NUMBER --force`'
echo changing >&"$end"
echo "roll-out: nothing runs now; changing ${services[*]}"
docker-compose up -d --no-deps "${services[@]}" || fail "docker-compose failed, and $stays"
for _ in $(seq 180); do
    ! healthy || break
    sleep 1
done
healthy || fail "not every container is healthy, and $stays"
# a code server that is healthy may have a unit that does not load, with other packages than before
docker-compose run --rm -T platform dp container check || fail "not every unit loads, and $stays"
echo over >&"$end"
wait "$pid"
