# shellcheck shell=bash disable=SC2034
# The Debian packages that memberd needs, and how to get them. Sourced by cli/quickstart and tests/run; does nothing by itself.

# To build memberd and memberctl, and to run the quickstart.
memberd_build_packages=(
    git cmake ninja-build g++ pkg-config python3
    libzmq3-dev cppzmq-dev libmsgpack-cxx-dev libspdlog-dev libcli11-dev libtomlplusplus-dev libxxhash-dev
    nlohmann-json3-dev
)
# To build and run the tests, and to check format and style.
memberd_test_packages=(
    libgtest-dev libgmock-dev clang-format-14 clang-tidy-14 python3-zmq python3-msgpack python3-xxhash
)
# For the presets that most people never build.
memberd_fuzz_packages=(clang-14 libclang-rt-14-dev)
memberd_bench_packages=(libbenchmark-dev)

# Prints those of the named packages that are not installed, one a line.
missing_packages() {
    local package
    for package in "$@"; do
        case $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) in
            ii*) ;;
            *) echo "$package" ;;
        esac
    done
}

# Installs what is missing of the named packages, and says so before. Returns 1, after one sentence on stderr that says what
# to do, when that is impossible. Touches nothing when nothing is missing.
install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This is no Debian system: install the equivalents of these packages, then use --no-install: $*" >&2
        return 1
    fi
    local missing=() as_root=() log
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} == 0)); then
        return 0
    fi
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            echo "Neither root nor sudo here: have an administrator run 'apt-get install ${missing[*]}', then start again." >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing ${#missing[@]} missing packages with apt-get${as_root[0]:+ (as root, with sudo)}: ${missing[*]}"
    log=$(mktemp)
    if ! { "${as_root[@]}" apt-get update -q &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
            -o DPkg::Lock::Timeout=120 "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        echo "apt-get failed (its last lines are above): repair it or the network, then start again." >&2
        return 1
    fi
    rm -f "$log"
    echo "Installed."
}
