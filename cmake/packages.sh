# shellcheck shell=bash disable=SC2034
# Sourced by the scripts: what they have in common.

# What the library, its examples, tests and benchmarks need from Debian.
xgrad_packages=(
    cmake g++ ninja-build pkg-config
    libopenblas-dev libxsimd-dev libxtensor-blas-dev libxtensor-dev zlib1g-dev
    libcli11-dev gnuplot-nox graphviz
    doctest-dev nlohmann-json3-dev
)

# Installs those of the named Debian packages that are missing; says so first, and does nothing when all are there.
install_packages() {
    local missing=() package sudo=()
    if ! command -v dpkg-query >/dev/null; then
        echo "This is not a Debian system; the counterparts of these packages are needed: $*" >&2
        return
    fi
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    if [[ $EUID -ne 0 ]]; then
        sudo=(sudo)
        command -v sudo >/dev/null || {
            echo "As root, install: ${missing[*]}" >&2
            return 1
        }
    fi
    echo "Installing ${missing[*]}${sudo:+ (with sudo)}" >&2
    "${sudo[@]}" apt-get update -q
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# Configures a preset unless that was done, and builds: build PRESET [arguments of cmake --build]. Only ninja's own
# lines are shown, and nothing where nothing was to do.
build() {
    local preset=$1
    shift
    [[ -f build/$preset/build.ninja ]] || cmake --preset "$preset"
    cmake --build --preset "$preset" --parallel "$(nproc)" "$@"
}
