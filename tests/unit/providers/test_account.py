"""Whose key, from where, and to whom it may be shown."""

import pytest

from lipready.errors import ConfigurationError, UsageError
from lipready.providers.account import account_at, remember, remembered, service_of

KEY = "sk-canary-0123456789abcdef"


@pytest.fixture(autouse=True)
def _alone(surroundings):
    del surroundings


def write_key(path, text=KEY + "\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_key_of_the_call_comes_first_then_the_environment_then_files(surroundings, monkeypatch):
    write_key(surroundings / "home" / ".dashscope" / "api_key", "of-home")
    assert account_at("dashscope").key == "of-home"
    monkeypatch.setenv("DASHSCOPE_API_KEY_FILE_PATH", str(write_key(surroundings / "key", "of-file\n")))
    assert account_at("dashscope").key == "of-file"
    monkeypatch.setenv("DASHSCOPE_API_KEY", " of-environment\n")
    assert account_at("dashscope").key == "of-environment"
    assert account_at("dashscope", api_key="of-call").key == "of-call"


def test_a_file_in_the_home_folder(surroundings, monkeypatch):
    write_key(surroundings / "home" / "keys" / "evolink", "of-file")
    monkeypatch.setenv("EVOLINK_API_KEY_FILE_PATH", "~/keys/evolink")
    assert account_at("evolink").key == "of-file"


def test_the_file_of_dashscope_is_not_for_evolink(surroundings):
    write_key(surroundings / "home" / ".dashscope" / "api_key")
    with pytest.raises(ConfigurationError, match="EVOLINK_API_KEY"):
        account_at("evolink")


def test_without_a_key_the_sentence_says_where_to_put_it():
    with pytest.raises(ConfigurationError, match=r"DASHSCOPE_API_KEY.*`lipready\.submit\(provider='sandbox'\)`"):
        account_at("dashscope")


@pytest.mark.parametrize(
    "key", [f"{KEY}\nX-Evil: 1", f"{KEY}\rx", f"{KEY} x", f"{KEY}é", f"{KEY}\x00", f"\x7f{KEY}", " "]
)
def test_a_key_that_cannot_stand_in_a_header_is_refused_and_not_repeated(surroundings, monkeypatch, key):
    refused = []
    with pytest.raises(ConfigurationError) as caught:
        account_at("dashscope", api_key=key)
    refused.append(caught)
    monkeypatch.setenv("DASHSCOPE_API_KEY_FILE_PATH", str(write_key(surroundings / "key", key)))
    with pytest.raises(ConfigurationError) as caught:
        account_at("dashscope")
    refused.append(caught)
    assert all(KEY not in str(each.value) for each in refused)
    assert all(each.value.__cause__ is None for each in refused)


def test_a_key_file_that_cannot_be_read(surroundings, monkeypatch):
    for path in (surroundings / "gone", surroundings):
        monkeypatch.setenv("EVOLINK_API_KEY_FILE_PATH", str(path))
        with pytest.raises(ConfigurationError, match="cannot be read"):
            account_at("evolink")


@pytest.mark.parametrize(
    "address",
    [
        "http://dashscope.example/api/v1",
        "http://127.0.0.1.example/api/v1",
        "http://localhost.example/",
        "http://10.0.0.1/",
        "http://[::2]/",
        "ftp://dashscope.example/",
        "dashscope.example/api/v1",
        "https://",
        "https://me:secret@dashscope.example/",
        "https://:secret@dashscope.example/",
        "https://@dashscope.example/",
        "https://dashscope.example/?key=secret",
        "https://dashscope.example/?",
        "https://dashscope.example/#",
        "https://dashscope.example:99999/",
        "https://[dashscope.example/",
    ],
)
@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("dashscope", "DASHSCOPE_HTTP_BASE_URL"),
        ("evolink", "EVOLINK_BASE_URL"),
        ("evolink", "EVOLINK_FILES_BASE_URL"),
    ],
)
def test_an_address_that_may_not_be_shown_the_key(monkeypatch, provider, variable, address):
    monkeypatch.setenv(variable, address)
    with pytest.raises(ConfigurationError, match=variable) as caught:
        account_at(provider, api_key=KEY)
    assert "secret" not in str(caught.value)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1:1", "[::1]:1", "LOCALHOST:1"])
def test_this_machine_may_be_asked_without_encryption(monkeypatch, host):
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", f"http://{host}/api/v1/")
    assert account_at("dashscope", api_key=KEY).endpoints.api == f"http://{host}/api/v1"


def test_the_addresses_by_default_and_with_and_without_a_version(monkeypatch):
    assert account_at("dashscope", api_key=KEY).endpoints.api == "https://dashscope.aliyuncs.com/api/v1"
    evolink = account_at("evolink", api_key=KEY)
    assert evolink.origins == ("https://api.evolink.ai/v1", "https://files-api.evolink.ai")
    for given in ("https://gate.example", "https://gate.example/v1/"):
        monkeypatch.setenv("EVOLINK_BASE_URL", given)
        assert account_at("evolink", api_key=KEY).endpoints.api == "https://gate.example/v1"


def test_the_key_shows_nowhere_and_names_no_limit():
    account = account_at("dashscope", api_key=KEY)
    assert KEY not in f"{account} {account!r} {account.name} {account.origins}"
    assert account.name == account_at("dashscope", api_key="another").name


@pytest.mark.parametrize("provider", ["sync.so", "", "profile.toml"])
def test_nothing_can_be_sent_to_other_profiles(provider):
    with pytest.raises(UsageError, match="dashscope, evolink"):
        service_of(provider)


def test_a_server_of_this_process_is_remembered(account):
    one = account("evolink")
    assert remembered("evolink", one.endpoints.api) is None
    assert remember(one) is one
    assert remembered("evolink", one.endpoints.api) is one
    assert remembered("dashscope", one.endpoints.api) is None
