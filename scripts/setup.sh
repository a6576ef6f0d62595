# Sourced by scripts/test, scripts/demo and .ci/run: puts everything that lipready and its tests need into .venv, once.
# Afterwards `python` and `lipready` of that environment are in front on PATH, and $root is the repository.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
stamp=$venv/.set-up

say() { printf '%s\n' "$*" >&2; }
die() { say "$0: $*"; exit 2; }

find_python() {
    local candidate
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    # A newer one may do; the wheels decide.
    if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        command -v python3
        return
    fi
    die "Python 3.11 or later is needed, and none of python3.13, python3.12, python3.11, python3 on PATH is one." \
        "Install it (Debian 12: apt-get install python3 python3-venv) and run this again."
}

# install_packages WHY PACKAGE...: with apt-get where that is possible, else say the line.
install_packages() {
    local why=$1
    shift
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing $* with apt-get ($why) …"
        if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >&2
        then
            return
        fi
        die "apt-get could not install $*, which are needed: $why."
    fi
    die "$why. On Debian or Ubuntu: sudo apt-get install $*"
}

# OpenCV and MediaPipe load these as soon as they are imported; a slim image lacks them.
need_shared_libraries() {
    [ "$(uname -s)" = Linux ] || return 0
    "$1" - <<'PYTHON' && return 0
import ctypes, sys
for name in ("libGL.so.1", "libEGL.so.1", "libGLESv2.so.2", "libglib-2.0.so.0"):
    try:
        ctypes.CDLL(name)
    except OSError:
        sys.exit(1)
PYTHON
    install_packages "OpenCV and MediaPipe need the shared libraries libGL, libEGL, libGLESv2 and libglib" \
        libgl1 libegl1 libgles2 libglib2.0-0
}

make_environment() {
    local python
    python=$(find_python) || exit 2
    need_shared_libraries "$python"
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        install_packages "$python lacks the modules venv and ensurepip" \
            "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    say "Setting up $venv with $("$python" --version) (about a minute, once) …"
    "$python" -m venv --clear "$venv"
    # Dependency groups came with pip 25.1.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$root[dask,s3,sandbox]" --group "$root/pyproject.toml:dev"
}

# What the environment was made from, and where: a moved clone or a changed pyproject.toml makes it anew.
wanted_stamp() {
    printf '%s\n' "$root"
    cat "$root/pyproject.toml" "$root/scripts/setup.sh" | cksum
}

set_up() {
    if ! [ -f "$stamp" ] || [ "$(cat "$stamp")" != "$(wanted_stamp)" ] || ! "$venv/bin/python" -c '' >/dev/null 2>&1; then
        make_environment
        wanted_stamp >"$stamp"
    fi
    PATH=$venv/bin:$PATH
    export PATH
    unset PYTHONPATH PYTHONHOME
    # Face weights: fetched once into the user's cache folder, checked by sha256. Says what is wrong, and only that.
    lipready doctor --quiet >&2 || die "lipready doctor found something missing; see above."
}

set_up
