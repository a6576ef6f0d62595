import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lipready.providers.journal.entry import STAGES, JournalEntry, Upload, from_text, to_text

SIGNED = "https://user-files.example.com/a.mp4?Signature=hunter2"
ENTRY = JournalEntry(
    id="0123456789ab", created=1.5, provider="dashscope", service="dashscope", api="https://a.example/v1"
)
UPLOAD = Upload(role="video", url="oss://dashscope/a.mp4", expires=9.0, size=3, mtime_ns=4)


@pytest.mark.parametrize("name", ["api", "files", "video", "audio", "reference", "callback", "output", "result"])
@pytest.mark.parametrize(
    "address", [SIGNED, "https://me:hunter2@example.com/a", "oss://a/b#hunter2", "HTTPS://a?hunter2"]
)
def test_no_address_with_a_secret_can_be_kept(name, address):
    with pytest.raises(ValueError, match=name) as caught:
        replace(ENTRY, **{name: address})
    assert "hunter2" not in str(caught.value)


def test_no_upload_with_a_signature_can_be_kept():
    with pytest.raises(ValueError, match="query") as caught:
        replace(UPLOAD, url=SIGNED)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("path", ["/home/me/what?.mp4", "/home/me/a@b#c.wav", "C:\\clips\\sk-0123456789abcdef.mp4"])
def test_paths_may_be_called_anything(path):
    assert replace(ENTRY, video=path).video == path


@pytest.mark.parametrize("name", ["provider", "service", "model", "idempotency_key"])
def test_nothing_like_a_key_can_be_kept(name):
    with pytest.raises(ValueError, match="key"):
        replace(ENTRY, **{name: "sk-0123456789abcdef0123456789abcdef"})


def test_a_key_that_the_provider_repeats_is_blacked_out():
    entry = replace(ENTRY, message="Incorrect API key provided: sk-0123456789abcdef, see https://a/b?Signature=hunter2")
    assert "0123456789" not in entry.message
    assert "hunter2" not in entry.message


@pytest.mark.parametrize("wrong", [{"id": "short"}, {"id": "../../etc/pas"}, {"stage": "paid"}])
def test_ids_and_stages_are_checked(wrong):
    with pytest.raises(ValueError, match="entry"):
        replace(ENTRY, **wrong)


def test_what_is_open():
    stages = {stage: replace(ENTRY, stage=stage) for stage in STAGES}
    assert {stage for stage, entry in stages.items() if entry.open} == {
        "intended",
        "posting",
        "submitted",
        "succeeded",
        "unknown",
    }


def test_the_callback_is_not_shown():
    entry = replace(ENTRY, callback="https://hooks.example/quiet")
    assert "quiet" not in repr(entry)


plain = st.text(st.characters(exclude_characters="?#@"), max_size=20)
times = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.builds(
        JournalEntry,
        id=st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
        created=times,
        provider=st.just("evolink"),
        service=st.just("evolink"),
        api=st.just("https://api.evolink.ai/v1"),
        video=st.none() | plain,
        audio=plain,
        stage=st.sampled_from(STAGES),
        uploads=st.lists(
            st.builds(Upload, role=plain, url=plain, expires=times, size=st.integers(0), mtime_ns=st.integers()),
            max_size=3,
        ).map(tuple),
        message=st.none() | st.text(),
        fingerprint=st.none() | plain,
        rejected=st.lists(plain, max_size=2).map(tuple),
        video_extension=st.booleans(),
    )
)
def test_every_entry_can_be_written_and_read(entry):
    assert from_text(to_text(entry)) == entry


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(name=st.sampled_from(sorted(json.loads(to_text(ENTRY)))), value=json_values)
def test_a_row_with_something_odd_in_it_is_read_or_refused(name, value):
    row = json.dumps({**json.loads(to_text(ENTRY)), name: value})
    try:
        entry = from_text(row)
    except ValueError:
        return
    assert isinstance(entry, JournalEntry)


@pytest.mark.parametrize(
    "text", [None, 7, b"{}", "", "[]", "{}", "[" * 100_000, '{"uploads": [3]}', '{"uploads": [{}]}', '{"uploads": []}']
)
def test_what_is_no_entry_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the JSON parser's own words are among them
        from_text(text)


def test_a_field_of_the_future_is_refused_rather_than_lost():
    row = json.dumps({**json.loads(to_text(ENTRY)), "invented": 1})
    with pytest.raises(ValueError, match="invented"):
        from_text(row)
