#!/usr/bin/env bash
# Installs what is missing, builds, and runs an example: without a name the training on MNIST.
# Usage: examples/run.sh [NAME] [arguments of the example]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source cmake/packages.sh

name=train_mnist
if [[ $# -gt 0 && $1 != -* ]]; then
    name=$1
    shift
fi
if [[ ! -f examples/$name.cpp ]]; then
    echo "There is no example '$name'; there are: $(cd examples && echo *.cpp | sed 's/\.cpp//g')" >&2
    exit 2
fi

install_packages "${xgrad_packages[@]}"
build release --target "$name"
exec "build/release/examples/$name" "$@"
