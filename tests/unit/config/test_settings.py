"""What a configuration says, and how it is refused."""

import os
from datetime import date
from pathlib import Path

import pytest

from lipready.config.settings import nearest_configuration, read_configuration
from lipready.errors import ConfigurationError


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_every_key_is_read(tmp_path):
    path = write(
        tmp_path / "lipready.toml",
        'provider = "evolink"\nformat = "json"\nonly = ["V1", "A4"]\n'
        'ignore = "V104"\nfail-on = "warning"\nquick = true\n',
    )

    assert read_configuration(path).defaults == {
        "provider": "evolink",
        "form": "json",
        "only": ["V1", "A4"],
        "ignore": ["V104"],
        "fail_on": "warning",
        "quick": True,
    }


def test_a_profile_file_is_relative_to_the_configuration(tmp_path):
    path = write(tmp_path / "lipready.toml", 'provider = "mine.toml"')

    assert read_configuration(path).defaults["provider"] == str(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('fail_on = "error"', "did you mean 'fail-on'?"),
        ("colour = 3", "known keys are provider, format"),
        ('format = "xml"', "one of full, concise, json, jsonl, junit, sarif"),
        ("quick = 1", "true or false"),
        ("only = [1]", "a list of rules"),
        ("strict-ignores = 1", "true or false"),
        ('baseline = "../../.bashrc"', "below the configuration"),
        ('baseline = "../up.json"', "below the configuration"),
        ('baseline = "/tmp/up.json"', "below the configuration"),
        ("paths = 3", "[[paths]]"),
        ("ignores = [1]", "[[ignores]]"),
        ("a = " + "[" * 100_000, "is not TOML"),
        ("provider = 3", "the name or the path of a profile"),
        ("provider =", "is not TOML"),
        ("a\x00b", "is not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path, text, said):
    path = write(tmp_path / "lipready.toml", text)

    with pytest.raises(ConfigurationError) as caught:
        read_configuration(path)

    assert str(path) in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["[tool]\nother = 1", "tool = 3", "[project]"])
def test_a_pyproject_without_the_table_is_passed_over(tmp_path, text):
    own = write(tmp_path / "lipready.toml", "quick = true")
    write(tmp_path / "deep" / "pyproject.toml", text)

    assert nearest_configuration(tmp_path / "deep") == own


def test_the_nearest_file_is_taken_and_its_own_name_goes_first(tmp_path):
    write(tmp_path / "lipready.toml", "")
    project = write(tmp_path / "a" / "pyproject.toml", "[tool.lipready]\nquick = true")
    folder = tmp_path / "a" / "b"
    folder.mkdir()

    assert nearest_configuration(folder) == project

    own = write(tmp_path / "a" / "lipready.toml", "")
    assert nearest_configuration(folder) == own


def test_a_configuration_that_is_named_must_configure_lipready(tmp_path):
    with pytest.raises(ConfigurationError, match=r"has no \[tool.lipready\]"):
        read_configuration(write(tmp_path / "pyproject.toml", "[project]"))
    with pytest.raises(ConfigurationError, match=r"there is no such file; did you mean .*/pyproject\.toml\?"):
        read_configuration(tmp_path / "pyprojekt.toml")
    with pytest.raises(ConfigurationError, match="is not a table"):
        read_configuration(write(tmp_path / "pyproject.toml", "[tool]\nlipready = 3"))


def test_no_configuration_is_no_trouble():
    assert nearest_configuration(Path("/proc/self")) is None


def test_a_baseline_is_below_its_configuration_also_where_links_lead(tmp_path):
    path = write(tmp_path / "repo" / "lipready.toml", 'baseline = "ci/base.json"')

    assert read_configuration(path).defaults["baseline"] == str(tmp_path / "repo" / "ci" / "base.json")

    (tmp_path / "repo" / "ci").symlink_to(tmp_path)
    with pytest.raises(ConfigurationError, match="below the configuration"):
        read_configuration(path)


def test_paths_and_ignores_are_read(tmp_path):
    path = write(
        tmp_path / "pyproject.toml",
        """
        [tool.lipready]
        strict-ignores = true
        [[tool.lipready.paths]]
        match = "assets/intro/**"
        only = ["V1", "V2"]
        ignore = "video-rotation"
        fail-on = "warning"
        [[tool.lipready.ignores]]
        rule = "V202"
        path = "assets/old/*.mp4"
        reason = " filmed on a phone "
        expires = 2027-01-31
        [[tool.lipready.ignores]]
        rule = "A5"
        path = "assets/"
        reason = "music"
        """,
    )

    configuration = read_configuration(path)
    rules, (first, second) = configuration.paths[0], configuration.ignores

    assert configuration.strict_ignores
    assert rules.fail_on == "warning"
    assert "V201" in rules.dropped
    assert "A402" in rules.dropped
    assert not {"V101", "V202"} & rules.dropped
    assert (first.rules, first.reason, first.expires) == (frozenset({"V202"}), "filmed on a phone", date(2027, 1, 31))
    assert {"A501", "A509"} <= second.rules
    assert second.expires is None
    assert second.place == "pyproject.toml, [[ignores]] 2"


IGNORE = '[[ignores]]\nrule = "V202"\npath = "a.mp4"\nreason = "old"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (IGNORE.replace("V202", "V1044"), "[[ignores]] 1: rule: There is no rule 'V1044'; did you mean"),
        (IGNORE.replace('reason = "old"', ""), "[[ignores]] 1: reason is missing"),
        (IGNORE.replace("old", "  "), "reason = '  ' is not a text"),
        (IGNORE.replace("rule = ", "rules = "), "the key 'rules' is unknown; did you mean 'rule'?"),
        (IGNORE.replace('"V202"', "202"), "is not a rule"),
        (IGNORE.replace("a.mp4", "../a.mp4"), "must lead from the configuration's folder downward"),
        (IGNORE + 'expires = "2027-01-31"', "is not a date without quotes, such as 2027-01-31"),
        (IGNORE + "expires = 2027-01-31T10:00:00", "is not a date without quotes"),
        (IGNORE + "expires = 10:00:00", "is not a date without quotes"),
        (IGNORE + IGNORE + "why = 1", "[[ignores]] 2: the key 'why' is unknown"),
        ('[ignores]\nrule = "V202"', "write each one under [[ignores]]"),
        ('[[paths]]\nmatch = "a"', "there is nothing beside match"),
        ('[[paths]]\nonly = ["V"]', "match is missing"),
        ('[[paths]]\nmatch = "a"\nfail_on = "error"', "did you mean 'fail-on'?"),
        ('[[paths]]\nmatch = "a"\nfail-on = "info"', '"error" or "warning"'),
        ('[[paths]]\nmatch = "a"\nonly = []', "a list of rules"),
        ('[[paths]]\nmatch = "a"\nignore = [1]', "a list of rules"),
    ],
)
def test_a_wrong_table_is_named_with_what_is_wrong(tmp_path, text, said):
    path = write(tmp_path / "lipready.toml", text)

    with pytest.raises(ConfigurationError) as caught:
        read_configuration(path)

    assert str(path) in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_extended_lies_below_the_file_that_extends_it(tmp_path):
    base = write(
        tmp_path / "ci" / "base.toml",
        f'provider = "mine.toml"\nformat = "json"\nstrict-ignores = true\n{IGNORE}'
        '[[paths]]\nmatch = "**"\nfail-on = "warning"',
    )
    own = write(
        tmp_path / "a" / "lipready.toml",
        f'extend = "../ci/base.toml"\nformat = "full"\n{IGNORE}[[paths]]\nmatch = "x/"\nfail-on = "error"',
    )

    configuration = read_configuration(own)

    assert configuration.files == (own, tmp_path / "a" / ".." / "ci" / "base.toml")
    # A path in a file starts at that file, wherever it is extended from.
    assert configuration.defaults["form"] == "full"
    assert Path(configuration.defaults["provider"]).resolve() == tmp_path / "ci" / "mine.toml"
    assert configuration.strict_ignores
    assert [rules.fail_on for rules in configuration.paths] == ["warning", "error"]
    assert [ignore.path.folder for ignore in configuration.ignores] == [
        base.parent.resolve().as_posix(),
        own.parent.resolve().as_posix(),
    ]


def test_a_pyproject_can_be_extended(tmp_path):
    write(tmp_path / "pyproject.toml", '[project]\nname = "x"\n[tool.lipready]\nquick = true')
    own = write(tmp_path / "a" / "lipready.toml", 'extend = "../pyproject.toml"')

    assert read_configuration(own).defaults == {"quick": True}


def test_a_ring_of_extend_is_refused(tmp_path):
    one = write(tmp_path / "one.toml", 'extend = "two.toml"')
    write(tmp_path / "two.toml", 'extend = "three.toml"')
    (tmp_path / "three.toml").symlink_to(one)

    with pytest.raises(ConfigurationError, match="leads in a ring"):
        read_configuration(one)


def test_a_long_chain_of_extend_is_refused(tmp_path):
    for number in range(9):
        write(tmp_path / f"{number}.toml", f'extend = "{number + 1}.toml"')
    write(tmp_path / "9.toml", "")

    with pytest.raises(ConfigurationError, match="more than 8 files"):
        read_configuration(tmp_path / "0.toml")
    assert read_configuration(tmp_path / "2.toml").defaults == {}


@pytest.mark.parametrize("name", ["", "/etc/passwd", "/x/base.toml", "base.json", "a\\\\b.toml", "https://x.org/a"])
def test_only_a_relative_toml_file_is_extended(tmp_path, name):
    path = write(tmp_path / "lipready.toml", f'extend = "{name}"')

    with pytest.raises(ConfigurationError, match="is not the path of another configuration"):
        read_configuration(path)


def test_what_is_extended_must_be_there_and_be_a_plain_file_of_a_plain_size(tmp_path):
    path = write(tmp_path / "lipready.toml", 'extend = "base.toml"')
    base = tmp_path / "base.toml"

    with pytest.raises(ConfigurationError, match=r"base\.toml: there is no such file"):
        read_configuration(path)
    os.mkfifo(base)
    with pytest.raises(ConfigurationError, match="not a regular file"):
        read_configuration(path)
    base.unlink()
    write(base, "#" * ((1 << 20) + 1))
    with pytest.raises(ConfigurationError, match="larger than"):
        read_configuration(path)
    base.write_bytes(b"# \xff")
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        read_configuration(path)
