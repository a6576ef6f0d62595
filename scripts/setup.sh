# Sourced by scripts/test and scripts/demo, as `. setup.sh locked` or `. setup.sh newest`: puts everything that lipready
# and its tests need into .venv, once, as requirements.lock has it; or into .venv-newest, as it is published now.
# Afterwards `python` and `lipready` of that environment are in front on PATH, and $root is the repository.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
lock=$root/requirements.lock

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
        # Without a network it must not wait for long.
        local get=(apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20)
        if { "${get[@]}" update && DEBIAN_FRONTEND=noninteractive "${get[@]}" install -y --no-install-recommends "$@"; } >&2
        then
            return
        fi
        die "apt-get could not install $*, which are needed: $why."
    fi
    die "$why. On Debian or Ubuntu: sudo apt-get install $*"
}

make_environment() {
    local python
    python=$(find_python) || exit 2
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        install_packages "$python lacks the modules venv and ensurepip" \
            "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    say "Setting up $venv with $("$python" --version) (about a minute) …"
    "$python" -m venv --clear "$venv"
}

pip_install() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check install "$@"; }

# Nothing comes in that the lock does not name, not even to build the one package that is published without a wheel:
# pip and setuptools first, then the rest without a build environment of its own, then lipready, which has no hash.
install_locked() {
    awk '/^[^ ]/ { wanted = /^(pip|setuptools)==/ } wanted' "$lock" >"$venv/first.txt"
    pip_install --require-hashes --no-deps --requirement "$venv/first.txt"
    pip_install --require-hashes --no-build-isolation --requirement "$lock"
    pip_install --no-deps --no-build-isolation --editable "$root"
}

install_newest() {
    # Dependency groups came with pip 25.1.
    pip_install --upgrade 'pip>=25.1'
    pip_install --upgrade --upgrade-strategy eager --editable "$root[all]" --group "$root/pyproject.toml:dev"
}

# What the environment was made from, and where: a moved clone, a changed pyproject.toml or lock makes it anew.
wanted_stamp() {
    printf '%s\n' "$root"
    cat "$root/pyproject.toml" "$lock" "$root/scripts/setup.sh" | cksum
}

set_up() {
    local kind=$1 stamp
    venv=$root/.venv
    [ "$kind" = locked ] || venv=$root/.venv-$kind
    stamp=$venv/.set-up
    # Without bytecode on the disk each of the many processes of the tests compiles lipready anew.
    unset PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE
    if ! [ -f "$stamp" ] || [ "$(cat "$stamp")" != "$(wanted_stamp)" ] || ! "$venv/bin/python" -c '' >/dev/null 2>&1; then
        make_environment
        "install_$kind"
        wanted_stamp >"$stamp"
    elif [ "$kind" = newest ]; then
        say "Looking for newer releases for $venv …"
        install_newest
    fi
    PATH=$venv/bin:$PATH
    export PATH
    # Face weights: fetched once into the user's cache folder, checked by sha256. Says what is wrong, and only that.
    lipready doctor --quiet >&2 || die "lipready doctor found something missing; see above."
}

set_up "$1"
