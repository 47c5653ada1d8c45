#!/usr/bin/env bash
# What a developer pays, as a Markdown table. Usage: costs.sh BUILD_FOLDER
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$build" --prefix "$folder/xgrad" >/dev/null
export CCACHE_DISABLE=1 PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$folder/xgrad" -name xgrad.pc)")

compile() {
    local library=$1 source=$2 flags
    if [[ $library == xgrad ]]; then
        flags=$(pkg-config --define-prefix --cflags --static --libs xgrad)
    else
        flags='-DBENCHMARK_LIBTORCH -I/usr/include/torch/csrc/api/include -ltorch -ltorch_cpu -lc10'
    fi
    # shellcheck disable=SC2086 # several words
    /usr/bin/time -f '%e %M' -o "$folder/cost" g++ -std=c++20 -O2 "costs/$source.cpp" -o "$folder/$source.$library" $flags
}

median() {
    sort -n | awk '{value[NR] = $1} END {print value[int((NR + 1) / 2)]}'
}

# compilation LIBRARY PROGRAM: seconds and megabytes, the median of three compilations.
compilation() {
    for _ in 1 2 3; do
        compile "$1" "$2"
        cat "$folder/cost"
    done >"$folder/costs"
    echo "$(cut -d' ' -f1 "$folder/costs" | median) $(cut -d' ' -f2 "$folder/costs" | median | awk '{printf "%.0f", $1 / 1024}')"
}

# start_up LIBRARY: milliseconds from the start of the program with one tensor to its end.
start_up() {
    local start
    compile "$1" one_tensor
    for _ in {1..11}; do
        start=$EPOCHREALTIME
        "$folder/one_tensor.$1"
        echo $((${EPOCHREALTIME/./} - ${start/./}))
    done | median | awk '{printf "%.1f", $1 / 1000}'
}

# resident LIBRARY PROGRAM: megabytes.
resident() {
    /usr/bin/time -f %M -o "$folder/cost" "$folder/$2.$1"
    awk '{printf "%.1f", $1 / 1024}' "$folder/cost"
}

row() {
    printf '| %s | %s | %s | %s |\n' "$@"
}

read -r x_seconds x_memory < <(compilation xgrad train)
read -r t_seconds t_memory < <(compilation libtorch train)
read -r f_seconds _ < <(compilation xgrad fused)
printf '\n## What a developer pays\n\n'
row '' xgrad 'at most' libtorch
row --- --- --- ---
row 'compiling and linking a minimal training program, s' "$x_seconds" 3 "$t_seconds"
row 'compiling and linking three fused functions, s' "$f_seconds" 6 -
row 'memory of the compiler, MB' "$x_memory" 400 "$t_memory"
row 'start-up with one tensor, ms' "$(start_up xgrad)" 15 "$(start_up libtorch)"
row 'resident memory with one tensor, MB' "$(resident xgrad one_tensor)" 30 "$(resident libtorch one_tensor)"
row 'resident memory of the training program, MB' "$(resident xgrad train)" 30 "$(resident libtorch train)"
rm -rf "$folder/xgrad/share/xgrad" # the embedded data
row 'installed, MB (of libtorch its own two packages)' "$(du -sk "$folder/xgrad" | awk '{printf "%.1f", $1 / 1024}')" 15 \
    "$(dpkg-query -W -f '${db:Status-Status} ${Installed-Size}\n' 'libtorch*' 2>/dev/null |
        awk '$1 == "installed" {sum += $2} END {printf "%.0f", sum / 1024}')"
