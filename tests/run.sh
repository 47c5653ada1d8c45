#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests.
# Usage: tests/run.sh [--slow] [arguments of ctest]; --slow runs the slow tests too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/packages.sh

selection=(--label-exclude slow)
if [[ ${1-} == --slow ]]; then
    selection=()
    shift
fi

install_packages "${xgrad_packages[@]}"
build release
ctest --preset release --parallel "$(nproc)" "${selection[@]}" "$@"
