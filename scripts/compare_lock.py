"""Say in which packages the environment that runs this differs from requirements.lock, for scripts/test --newest."""

from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"


def locked() -> dict[str, list[Requirement]]:
    """Read the lock: by name, one entry for each version, of which the markers choose one."""
    found: dict[str, list[Requirement]] = {}
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line[:1].isalnum():
            requirement = Requirement(line.removesuffix("\\"))
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def here(requirements: list[Requirement]) -> str | None:
    """Give the version that the lock has for this Python on this platform, if it has one."""
    for requirement in requirements:
        if requirement.marker is None or requirement.marker.evaluate():
            return str(requirement.specifier).removeprefix("==")
    return None


def differences(installed: dict[str, str]) -> list[str]:
    """Compare what is installed, version by canonical name, with what the lock has for this machine."""
    wanted = {name: version for name, entries in locked().items() if (version := here(entries))}
    return [
        f"{name} {wanted.get(name, 'none')} → {installed.get(name, 'none')}"
        for name in sorted(wanted | installed)
        if wanted.get(name) != installed.get(name)
    ]


if __name__ == "__main__":
    found = {canonicalize_name(one.name): one.version for one in distributions()}
    found.pop("lipready", None)
    changed = differences(found)
    print(*([f"Not as in {LOCK.name} (locked → installed):", *changed] if changed else ["All as locked."]), sep="\n  ")
