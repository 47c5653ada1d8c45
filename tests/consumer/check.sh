#!/usr/bin/env bash
# Checks the installed package as another project meets it: moved to another place, compiled with other flags.
# Usage: check.sh STEP SOURCE BUILD COMPILER, one step a test; "install" comes before all others.
set -euo pipefail

step=$1 source=$2 build=$3 compiler=$4
work=$build/consumer
prefix=$work/moved
here=$source/tests/consumer

fail() {
    echo "consumer: $*" >&2
    exit 1
}

# Configures and builds the consumer in a fresh folder of the step with the given arguments.
build_consumer() {
    rm -rf "${work:?}/$step"
    cmake -S "$here" -B "$work/$step" -G Ninja -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_STANDARD=20 \
        -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DCMAKE_FIND_PACKAGE_PREFER_CONFIG=ON "$@"
    cmake --build "$work/$step"
}

run() {
    (cd / && env -u XGRAD_DATA "$@")
}

# No flag or definition that is the library's own reaches a consumer.
check_flags() {
    ! grep -E -e '-march|-fno-|XTENSOR_USE|XGRAD_(PORTABLE|KERNEL)' "$work/$step/compile_commands.json" ||
        fail "the package exports private flags"
}

case $step in
install)
    rm -rf "$work/installed" "$prefix"
    cmake --install "$build" --prefix "$work/installed"
    mv "$work/installed" "$prefix"
    ! grep -rF -e "$source" -e "$build" -e "$work" -e /usr/ "$prefix" --include=*.cmake --include=*.pc ||
        fail "the package names a folder of the machine that built it"
    [[ -f $prefix/share/xgrad/gdb/xgrad_gdb.py ]] || fail "the printers of gdb are not installed"
    ;;
plain)
    # Without the bridge and fuse.h neither xtensor's headers nor those of BLAS are seen, not even by all public headers
    # at once.
    build_consumer -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_FLAGS=-O1 -DCMAKE_DISABLE_FIND_PACKAGE_xtensor=ON \
        -DCMAKE_DISABLE_FIND_PACKAGE_xsimd=ON
    check_flags
    (cd "$prefix/include" && find . -name '*.h' ! -path './xgrad/autograd/xtensor*.h' \
        ! -path ./xgrad/autograd/fuse.h ! -path './xgrad/autograd/ops/*') |
        sed 's,^\./\(.*\),#include <\1>,' >"$work/all_headers.cpp"
    "$compiler" -std=c++20 -I"$prefix/include" -fsyntax-only -Wall -Wextra "$work/all_headers.cpp"
    ! "$compiler" -std=c++20 -I"$prefix/include" -M "$work/all_headers.cpp" |
        grep -E '/(xtensor|xtensor-blas|xsimd|xtl|xflens|cxxblas)/|cblas' || fail "public headers include private ones"
    run "$work/plain/train"
    ;;
bridge)
    build_consumer -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_FLAGS=-O1 -DCMAKE_DISABLE_FIND_PACKAGE_xsimd=ON
    run "$work/bridge/bridge"
    ;;
fuse)
    build_consumer -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_FLAGS=-O1 -DCMAKE_DISABLE_FIND_PACKAGE_xtensor=ON
    run "$work/fuse/fuse"
    diff <(cd "$prefix/include" && find xgrad/autograd/ops -type f | sort) \
        <("$compiler" -std=c++20 -I"$prefix/include" -MM "$here/fuse.cpp" | grep -o 'xgrad/autograd/ops/[^ ]*' | sort -u) ||
        fail "private headers are installed that fuse.h does not include"
    ;;
pkg-config)
    pc=$(find "$prefix" -name xgrad.pc)
    export PKG_CONFIG_PATH=${pc%/*}
    # shellcheck disable=SC2046
    "$compiler" -std=c++20 -O1 -o "$work/train" "$here/train.cpp" $(pkg-config --cflags --libs xgrad)
    LD_LIBRARY_PATH=${pc%/pkgconfig/*} run "$work/train"
    ;;
subdirectory)
    build_consumer -DXGRAD_SUBDIRECTORY="$source" -DCMAKE_CXX_FLAGS=-O0
    run "$work/subdirectory/train"
    ;;
*)
    fail "no step '$step'"
    ;;
esac
