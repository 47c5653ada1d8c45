#!/usr/bin/env bash
# Measures xgrad beside libtorch in alternating runs, and writes tables and charts to results/benchmarks/.
# Usage: benchmarks/compare.sh [options]
#   --rounds N      alternating rounds (5)
#   --seconds S     time for a workload in a round (0.2)
#   --filter REGEX  only workloads whose name contains it
#   --quick         one short round: shows that everything works, measures nothing
#   --loaded        also beside a process that keeps a core busy
#   --curves        also how things grow with their size
#   --costs         also what a developer pays: compilation, start-up, memory, disk
#   --all           the last three
#   --patient       what was disturbed by other processes is measured again, up to 30 times
#   --build DIR     use the programs of that build folder as they are
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/packages.sh

rounds=5 seconds=0.2 filter=. loaded= curves= costs= build= attempts=1
while [[ $# -gt 0 ]]; do
    case $1 in
        --rounds) rounds=$2 && shift ;;
        --seconds) seconds=$2 && shift ;;
        --filter) filter=$2 && shift ;;
        --build) build=$2 && shift ;;
        --quick) rounds=1 seconds=0.02 ;;
        --patient) attempts=30 ;;
        --loaded) loaded=yes ;;
        --curves) curves=yes ;;
        --costs) costs=yes ;;
        --all) loaded=yes curves=yes costs=yes ;;
        *) sed -n '2,/^set/s/^# \?//p' "$0" >&2 && exit 2 ;;
    esac
    shift
done

install_packages "${xgrad_packages[@]}" libtorch-dev libopenblas0-openmp libtcmalloc-minimal4 time
if [[ -z $build ]]; then
    build=build/release
    cmake --preset release >/dev/null # libtorch may be new
    build release --target xgrad benchmark_xgrad benchmark_libtorch benchmark_floors benchmark_fuse benchmark_report
fi

output=results/benchmarks
mkdir -p "$output"
rm -f "$output"/*

# OpenBLAS chooses its kernels by the processor. tcmalloc keeps freed memory, as libtorch's own allocator does not; beside
# OpenMP's threads OpenBLAS's pthreads would fight for the cores.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS OMP_NUM_THREADS
libraries=/usr/lib/$(gcc -print-multiarch)
for file in "$libraries"/libtcmalloc_minimal.so.4 "$libraries"/openblas-openmp/libopenblas.so.0; do
    [[ -e $file ]] || { echo "$file is missing: libtorch would run below its best" >&2 && exit 2; }
done

xgrad() {
    "$build/benchmarks/benchmark_xgrad" "$@"
}

libtorch() {
    LD_PRELOAD=$libraries/libtcmalloc_minimal.so.4 LD_LIBRARY_PATH=$libraries/openblas-openmp \
        "$build/benchmarks/benchmark_libtorch" "$@"
}

conditions() {
    echo "## Conditions"
    echo
    echo "- $(date -u '+%Y-%m-%d %H:%M') UTC, $rounds alternating rounds of $seconds s for each workload"
    echo "- $(sed -n 's/^model name\s*: //p;T;q' /proc/cpuinfo), $(nproc) processors, Linux $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg)"
    echo "- xgrad at $(git describe --always --dirty 2>/dev/null || echo 'an unknown commit'), options:" \
        "$(sed -n 's/^\(CMAKE_BUILD_TYPE\|CMAKE_CXX_FLAGS\|CMAKE_CXX_FLAGS_RELEASE\|XGRAD_NATIVE\|XGRAD_PORTABLE\):[A-Z]*=/\1=/p' "$build/CMakeCache.txt" | paste -sd' ')"
    echo "- $(xgrad --info)"
    echo "- $(libtorch --info)"
    echo "- OPENBLAS_CORETYPE, OPENBLAS_L2_SIZE, OMP_NUM_THREADS unset; OpenBLAS runs kernels for $("$build/benchmarks/benchmark_floors" core)"
    echo
}

# progress TEXT: on a terminal.
progress() {
    [[ ! -t 2 ]] || printf '\r%-60s' "$*" >&2
}

# measure FILE NAME THREADS SECONDS ATTEMPTS: both libraries, one after the other.
measure() {
    local library attempt
    for ((attempt = 1; attempt <= $5; ++attempt)); do
        for library in xgrad libtorch; do
            "$library" --filter "^$2\$" --threads "$3" --seconds "$4"
        done >"$output/pair"
        grep -o '"others":[^,]*' "$output/pair" | awk -F: '$2 > 0.1 {disturbed = 1} END {exit disturbed}' && break
    done
    cat "$output/pair" >>"$output/$1"
    rm "$output/pair"
}

mapfile -t names < <(xgrad --list --filter "$filter")
[[ ${#names[@]} -gt 0 ]] || { echo "No workload's name contains '$filter'" >&2 && exit 2; }

conditions >"$output/report.md"
cat "$output/report.md"

for ((round = 1; round <= rounds; ++round)); do
    for threads in 1 2; do
        "$build/benchmarks/benchmark_floors" "$threads" >>"$output/rates.jsonl"
        for name in "${names[@]}"; do
            progress "round $round of $rounds, threads: $threads, $name"
            measure runs.jsonl "$name" "$threads" "$seconds" "$attempts"
        done
    done
done

if [[ $loaded ]]; then
    (while :; do :; done) &
    foreign=$!
    trap 'kill "$foreign"' EXIT
    for name in "${names[@]}"; do
        progress "beside a busy process: $name"
        for _ in 1 2 3; do measure loaded.jsonl "$name" 2 1 1; done
    done
    kill "$foreign"
    trap - EXIT
fi

if [[ $curves ]]; then
    for threads in 1 2; do
        for library in xgrad libtorch; do
            progress "curves of $library, threads: $threads"
            "$library" --curves --threads "$threads" --seconds 0.05 >>"$output/curves.jsonl"
        done
    done
fi
progress

agree=0
"$build/benchmarks/benchmark_report" "$output" | tee -a "$output/report.md" || agree=1
printf '\n## fuse beside loops written by hand\n\n' | tee -a "$output/report.md"
"$build/benchmarks/benchmark_fuse" | tee -a "$output/report.md" || agree=1
gnuplot -c benchmarks/plot/ratios.gp "$output"
[[ ! $curves ]] || gnuplot -c benchmarks/plot/curves.gp "$output"
printf '\n![Times relative to libtorch](ratios.svg)\n' >>"$output/report.md"
[[ ! $curves ]] || printf '\n![How times and memory grow](curves.svg)\n' >>"$output/report.md"
[[ ! $costs ]] || benchmarks/costs/costs.sh "$build" | tee -a "$output/report.md"
echo "Written to $output"
exit $agree
