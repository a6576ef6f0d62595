"""Which rules --only and --ignore leave, and whether any of them ran."""

from lipready.cli.input.options import Shared
from lipready.config.selection import require_some_ran, rules_left
from lipready.errors import NothingCheckedError
from lipready.profiles.limit import Profile
from lipready.rules.rule import Rule

__all__ = ["chosen_rules", "require_some_ran"]


def chosen_rules(profile: Profile, shared: Shared) -> tuple[Rule, ...]:
    """Find the rules that --only and --ignore leave of those that a profile speaks of, before any file is read.

    Raises UsageError for an entry that means no rule, NothingCheckedError where no rule is left.
    """
    chosen = rules_left(profile, shared.only, shared.ignore)
    if not chosen:
        raise NothingCheckedError(f"--only and --ignore leave no rule of the profile {profile.name}.")
    return chosen
