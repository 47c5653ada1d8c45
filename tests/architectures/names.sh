#!/usr/bin/env bash
# The object files of two architectures must not hold functions of fuse.h of the same name: names.sh NM FILE FILE.
set -euo pipefail

functions() {
    "$1" --defined-only "$2" | awk '$2 ~ /^[WT]$/ {print $3}' | grep -E 'fused|simd' | sort -u
}

[[ $(functions "$1" "$2" | wc -l) -gt 0 ]] || { echo "names: no functions of fuse.h in $2" >&2 && exit 1; }
shared=$(comm -12 <(functions "$1" "$2") <(functions "$1" "$3"))
[[ -z $shared ]] || { printf 'names: both hold\n%s\n' "$shared" >&2 && exit 1; }
