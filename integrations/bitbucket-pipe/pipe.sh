# Scans the commits that a pull request brings, or else the last one; the report becomes test results.
set -eu
cd "${BITBUCKET_CLONE_DIR:-.}"
git config --global --add safe.directory "$PWD"
range=${RANGE:-}
if [ -z "$range" ] && [ -n "${BITBUCKET_PR_DESTINATION_BRANCH:-}" ]; then range="origin/$BITBUCKET_PR_DESTINATION_BRANCH..$BITBUCKET_COMMIT"; fi
if [ -z "$range" ]; then range="-1 ${BITBUCKET_COMMIT:-HEAD}"; fi
set -- scan git . --range "$range"
if [ -n "${CONFIG:-}" ]; then set -- "$@" --config "$CONFIG"; fi
if [ -n "${BASELINE:-}" ]; then set -- "$@" --baseline "$BASELINE"; fi
mkdir -p test-results
strongroom "$@" --format junit --output test-results/strongroom.xml --exit-code 0
exec strongroom "$@"
