"""Profiles: what the shipped ones say, and how a user's own is read and refused."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from lipready.errors import ConfigurationError
from lipready.profiles.catalogue import CATALOGUE
from lipready.profiles.limit import Profile, Range, TaskTimes
from lipready.profiles.loader import load_profile, profile_names


def write(path: Path, text: str) -> str:
    path.write_text(text, "utf-8")
    return str(path)


@pytest.fixture
def own(tmp_path: Path) -> object:
    return lambda text: write(tmp_path / "mine.toml", f'extends = "dashscope"\n{text}')


def test_names() -> None:
    assert profile_names() == ("dashscope", "evolink")


@pytest.mark.parametrize("name", profile_names())
def test_every_limit_of_a_shipped_profile_is_complete(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert profile.model == "videoretalk"
    for rule, limit in profile.limits.items():
        assert limit.rule == rule
        assert limit.source
        assert limit.read <= date(2026, 11, 27)
        if CATALOGUE[rule].has_range:
            assert limit.accept is not None
            assert limit.aim is not None
            assert limit.aim.within(limit.safe or limit.accept)


def test_bounds_of_the_documents() -> None:
    limits = load_profile("dashscope").limits
    assert limits["V103"].accept == Range(Fraction(640), Fraction(2048))
    assert limits["V104"].accept == Range(Fraction(15), Fraction(60))
    assert limits["V105"].accept == Range(Fraction(2), Fraction(120))
    assert limits["V105"].safe == Range(Fraction(2), Fraction(120), inclusive=False)
    assert limits["V106"].accept == Range(maximum=Fraction(300 * 2**20))
    assert limits["V106"].safe == Range(maximum=Fraction(300 * 10**6))
    assert limits["A403"].accept == Range(maximum=Fraction(30 * 2**20))
    assert limits["I602"].accept == Range(maximum=Fraction(10 * 2**20))
    assert limits["I603"].accept == Range(maximum=Fraction(2))
    assert limits["I604"].accept == Range(maximum=Fraction(4096))
    assert limits["R701"].accept == Range(Fraction(120), Fraction(200))
    assert limits["R705"].price == limits["R706"].price == load_profile("dashscope").price


def test_prices_and_times_of_the_documents() -> None:
    dashscope, evolink = map(load_profile, profile_names())
    assert dashscope.price is not None
    assert (dashscope.price.per_second, dashscope.price.currency) == (Fraction(8, 100), "CNY")
    assert evolink.price is None
    assert dashscope.task == TaskTimes(lookup_seconds=Fraction(60), unknown_seconds=Fraction(600), unknown_sightings=5)
    assert (dashscope.base, evolink.base) == profile_names()


def test_an_own_profile_says_its_price_and_its_times(own: object) -> None:
    profile = load_profile(own('[price]\nper_second = 0.3\n[task]\nlookup_seconds = "1/2"'))  # type: ignore[operator]
    assert profile.price is not None
    assert (profile.price.per_second, profile.price.currency) == (Fraction(3, 10), "CNY")
    assert (profile.task.lookup_seconds, profile.task.unknown_sightings) == (Fraction(1, 2), 5)
    assert profile.base == "dashscope"


def test_a_shipped_profile_is_read_once_and_what_a_caller_changes_is_his_own() -> None:
    shared, own = load_profile("dashscope"), Profile.load("dashscope")
    assert load_profile("dashscope") is shared
    assert own == shared
    own.limits["A502"].bands.clear()
    del own.limits["V104"]
    assert "V104" in shared.limits
    assert shared.limits["A502"].bands
    assert Profile.load("dashscope") == shared


def test_a_profile_file_is_read_anew(own: object) -> None:
    for longest in (50, 60):
        profile = load_profile(own(f"[limits.V105]\naccept = {{ minimum = 5, maximum = {longest} }}"))  # type: ignore[operator]
        assert profile.limits["V105"].accept == Range(Fraction(5), Fraction(longest))


def test_strengths_differ_between_the_providers() -> None:
    dashscope, evolink = (load_profile(name).limits for name in profile_names())
    assert (dashscope["P302"].strength, evolink["P302"].strength) == ("recommended", "required")
    assert {evolink[rule].strength for rule in ("V102", "V103", "V104", "V106", "A402", "A403")} == {"inferred"}
    assert "m4a" in evolink["A401"].choices
    assert "m4a" not in dashscope["A401"].choices
    assert dashscope["R703"].choices == ()
    assert evolink["R703"].choices == ("https",)


def test_an_own_profile_overrides_single_limits(own: object) -> None:
    profile = load_profile(own("[limits.V105]\naccept = { minimum = 5, maximum = 59.9 }"))  # type: ignore[operator]
    base = load_profile("dashscope")
    limit = profile.limits["V105"]
    assert profile.name == "mine"
    assert profile.title == base.title
    assert limit.accept == Range(Fraction(5), Fraction(599, 10))
    # What went with the old numbers is gone, and repairs go to the new ones.
    assert limit.safe is None
    assert limit.aim == limit.accept
    assert limit.note == ""
    assert (limit.strength, limit.remote) == ("required", "InvalidFile.Duration")
    assert limit.source == "profile file mine.toml"
    assert {rule: value for rule, value in profile.limits.items() if rule != "V105"} == {
        rule: value for rule, value in base.limits.items() if rule != "V105"
    }


def test_an_own_limit_may_name_its_own_source(own: object) -> None:
    profile = load_profile(
        own(
            '[sources.house]\npage = "House rules"\nread = 2026-01-02\n'
            '[limits.video-frame-rate]\nsource = "house"\naccept = { minimum = "30000/1001" }'
        )  # type: ignore[operator]
    )
    limit = profile.limits["V104"]
    assert (limit.source, limit.read) == ("House rules", date(2026, 1, 2))
    assert limit.accept == Range(minimum=Fraction(30000, 1001))


def test_bands_are_laid_over_each_other(own: object) -> None:
    limit = load_profile(own("[limits.V207.bands]\nblack = 0.1")).limits["V207"]  # type: ignore[operator]
    assert limit.bands == {"black": Fraction(1, 10), "frozen": Fraction(1, 2)}


def test_rules_can_be_taken_away(own: object) -> None:
    limits = load_profile(own('without = ["V207", "video-interlaced"]')).limits  # type: ignore[operator]
    assert not {"V207", "V205"} & set(limits)


def test_a_chain_of_own_profiles(tmp_path: Path) -> None:
    write(tmp_path / "house.toml", 'extends = "dashscope"\n[limits.V104]\naccept = { minimum = 24, maximum = 60 }')
    path = write(tmp_path / "show.toml", 'extends = "house.toml"\n[limits.V103]\naccept = { minimum = 720 }')
    limits = load_profile(path).limits
    assert limits["V104"].accept == Range(Fraction(24), Fraction(60))
    assert limits["V104"].source == "profile file house.toml"
    assert limits["V103"].accept == Range(minimum=Fraction(720))
    assert limits["V103"].source == "profile file show.toml"


def test_a_profile_of_ones_own_from_nothing(tmp_path: Path) -> None:
    path = write(
        tmp_path / "other.toml",
        'name = "other"\ntitle = "Other"\nmodel = "sync"\n[sources.api]\npage = "Docs"\nread = 2026-11-20\n'
        '[limits.V101]\nstrength = "required"\nsource = "api"\nchoices = ["mp4"]\n',
    )
    profile = load_profile(path)
    assert (profile.name, tuple(profile.limits), profile.path) == ("other", ("V101",), path)
    assert profile.limits["V101"].aim_choice == "mp4"


@pytest.mark.parametrize(
    ("number", "exact"),
    [
        ("2", Fraction(2)),
        ("119.9", Fraction(1199, 10)),
        ("0.1", Fraction(1, 10)),
        ("0.30000000000000000004", Fraction(30000000000000000004, 10**20)),
        ("1e2", Fraction(100)),
        ('"119.9"', Fraction(1199, 10)),
        ('"60000/1001"', Fraction(60000, 1001)),
        ('" 3 / 4 "', None),
        ('"1/0"', None),
        ('"nan"', None),
        ('"1e999999999"', None),
        ("1e999999999", None),
        ("nan", None),
        ("inf", None),
        ("true", None),
        ('"abc"', None),
        ('"1_0"', None),
        ("[1]", None),
        ("2026-11-20", None),
        (f'"{"9" * 100}"', None),
    ],
)
def test_numbers_are_exact_or_refused(own: object, number: str, exact: Fraction | None) -> None:
    path = own(f"[limits.V105]\naccept = {{ maximum = {number} }}")  # type: ignore[operator]
    if exact is not None:
        assert load_profile(path).limits["V105"].accept == Range(maximum=exact)
        return
    with pytest.raises(ConfigurationError, match=r"key limits\.V105\.accept\.maximum: an integer, a decimal or"):
        load_profile(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[limits.V150]", r"limits\.V150: there is no such rule; did you mean V1"),
        ("[limits.video-framerate]", r"did you mean video-frame-rate\?"),
        ("[limits.V104]\nacept = { minimum = 1 }", r"limits\.V104\.acept: .*did you mean accept\?"),
        ("[limits.V104]\nchoices = ['x']", r"limits\.V104\.choices: there is no such key"),
        ("[limits.V104]\naccept = 3", r"limits\.V104\.accept: a table is expected, not 3"),
        ("[limits.V104]\naccept = { minimun = 3 }", r"did you mean minimum\?"),
        ("[limits.V104]\naccept = {}", "a minimum, a maximum or both"),
        ("[limits.V104]\naccept = { minimum = 3, maximum = 2 }", "no number lies between"),
        ("[limits.V104]\naccept = { minimum = 2, maximum = 2, inclusive = false }", "no number lies between"),
        ("[limits.V104]\naccept = { minimum = 2, inclusive = 1 }", "true or false is expected"),
        ("[limits.V105]\nsafe = { minimum = 1 }", r"limits\.V105\.safe: it reaches outside of accept"),
        ("[limits.V105]\naim = { minimum = 2, maximum = 10 }", r"limits\.V105\.aim: it reaches outside of safe"),
        ("[limits.V104]\nstrength = 'must'", "required, recommended, inferred"),
        ("[limits.V104]\nsource = 'apy'", r"did you mean api\?"),
        ("[limits.V104]\nremote = ''", "a text is expected"),
        ("[limits.V101]\nchoices = 'mp4'", "a list of texts"),
        ("[limits.V101]\nchoices = [1]", "a text is expected, not 1"),
        ("[limits.V101]\nsafe_choices = ['webm']", "a choice that is not among choices"),
        ("[limits.V101]\naim_choice = 'webm'", "'webm' is not among mp4, avi, mov"),
        ("[limits.V207]\nbands = { blakc = 1 }", r"limits\.V207\.bands\.blakc: .*did you mean black\?"),
        ("[limits.V207]\nbands = 3", "a table is expected"),
        ("[limits.V104]\nread = 'today'", "a date such as 2026-11-20"),
        ("[sources.x]\nurl = 'y'", r"sources\.x\.page: this key is missing"),
        ("[limit.V104]", r"key limit: there is no such key here; did you mean limits\?"),
        ("schema = 'lipready.profile/2'", "'lipready.profile/1' is expected"),
        ("without = 'V207'", "a list of rules is expected"),
        ("without = ['V999']", "there is no such rule"),
        ("read = 2026-11-20T00:00:00\n[limits.V104]\naccept = { minimum = 1 }", "a date such as"),
        ("name = 3", "key name: a text is expected, not 3"),
        ("x = = 1", "this is not TOML"),
        ("[price]\nper_second = 0", "key price.per_second: a number above 0"),
        ("[price]\nper_hour = 1", "key price.per_hour: there is no such key"),
        ('[price]\nsource = "here"', r"key price.source: no \[sources.here\]"),
        ("[task]\nunknown_sightings = 2.5", "key task.unknown_sightings: a whole number"),
    ],
)
def test_mistakes_are_named_with_file_and_key(own: object, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_profile(own(text))  # type: ignore[operator]
    assert "mine.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_keys_of_an_own_profile(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="key name: this key is missing"):
        load_profile(write(tmp_path / "a.toml", ""))
    head = 'name = "a"\ntitle = "A"\nmodel = "m"\n[sources.s]\npage = "p"\n'
    for body, message in (
        ("[limits.V104]\nstrength = 'required'\naccept = { minimum = 1 }", r"V104\.source: this key is missing"),
        ("[limits.V104]\nsource = 's'\naccept = { minimum = 1 }", r"V104\.strength: this key is missing"),
        ("[limits.V104]\nsource = 's'\nstrength = 'required'", r"V104\.accept: this key is missing"),
        ("[limits.V101]\nsource = 's'\nstrength = 'required'", r"V101\.choices: this key is missing"),
        ("[limits.V201]\nsource = 's'\nstrength = 'required'", r"V201\.read: a date such as"),
        (
            "[limits.V207]\nsource = 's'\nstrength = 'required'\nread = 2026-11-20",
            r"bands\.black: this number is missing",
        ),
    ):
        with pytest.raises(ConfigurationError, match=message):
            load_profile(write(tmp_path / "b.toml", head + body))


def test_profiles_in_a_circle(tmp_path: Path) -> None:
    write(tmp_path / "a.toml", 'extends = "b.toml"')
    path = write(tmp_path / "b.toml", 'extends = "a.toml"')
    with pytest.raises(ConfigurationError, match="extend each other in a circle"):
        load_profile(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("dashscop", r"no profile 'dashscop'; did you mean dashscope\?"),
        ("heygen", "shipped are dashscope, evolink"),
        ("missing.toml", r"^Profile missing.toml: there is no such file\."),
        ("nul\0.toml", "cannot be read"),
        ("", "There is no profile ''"),
    ],
)
def test_profiles_that_are_not_there(name: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_profile(name)


def test_a_folder_and_a_binary_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_profile(f"{tmp_path}/")
    binary = tmp_path / "x.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="not TOML"):
        load_profile(str(binary))
    binary.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(ConfigurationError, match="larger than"):
        load_profile(str(binary))
