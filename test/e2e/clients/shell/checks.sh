# Runs commands as named checks and counts how they end.
checks=0 passed=0 failed=0 skipped=0

milliseconds() { date +%s%3N; }

# check NAME COMMAND…: passes when the command does; its output is only shown when it fails.
check() {
  local name=$1 begin status
  shift
  begin=$(milliseconds)
  ("$@") >"$work/output" 2>&1
  status=$?
  checks=$((checks + 1))
  if [ $status = 0 ]; then
    passed=$((passed + 1))
    echo "ok $name $(($(milliseconds) - begin))"
  else
    failed=$((failed + 1))
    echo "not ok $name $(($(milliseconds) - begin))"
    tail -12 "$work/output" | cut -c1-300 | sed 's/^/    # /'
  fi
  return $status
}

# refused NAME COMMAND…: passes when the command does not.
refused() {
  local name=$1
  shift
  check "$name" not "$@"
}

not() { ! "$@"; }

skip() {
  skipped=$((skipped + 1))
  echo "skip $*"
}

same() {
  [ "$1" = "$2" ] || {
    echo "expected $2, got $1"
    return 1
  }
}

# all_of COMMAND… with {} replaced by 1 to 4, side by side; passes when each of them does.
all_of() {
  local pids=() index
  for index in 1 2 3 4; do
    "${@//\{\}/$index}" &
    pids+=($!)
  done
  local status=0
  for pid in "${pids[@]}"; do wait "$pid" || status=1; done
  return $status
}

# eventually COMMAND…: tries for half a minute; for daemons that take a while to answer.
eventually() {
  local try
  for try in $(seq 60); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.5
  done
  return 1
}
