import pytest

from lipready.cli.input.shards import parse_shard, shard
from lipready.config.unit import Unit
from lipready.errors import UsageError
from lipready.job import Job

UNITS = [Unit(name=f"clips/{number}.mp4", job=Job(video=f"clips/{number}.mp4")) for number in range(400)]


@pytest.mark.parametrize(("text", "pair"), [("1/1", (1, 1)), ("2/4", (2, 4)), (" 4/4 ", (4, 4))])
def test_a_shard_is_read(text: str, pair: tuple[int, int]) -> None:
    assert parse_shard(text) == pair


@pytest.mark.parametrize(
    "text", ["", "2", "0/4", "5/4", "-1/4", "1/0", "a/b", "1/2/3", "1.0/2", "²/4", "1/99999", "9" * 5000 + "/1"]
)
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write 2/4"):
        parse_shard(text)


def test_every_unit_falls_to_one_shard_in_its_order() -> None:
    shares = [list(shard(UNITS, number, 4)) for number in (1, 2, 3, 4)]
    assert sorted(unit.name for share in shares for unit in share) == sorted(unit.name for unit in UNITS)
    assert all(60 <= len(share) <= 140 for share in shares)
    assert all(share == [unit for unit in UNITS if unit in share] for share in shares)


def test_a_unit_stays_where_it_is_when_others_come_and_go() -> None:
    assert list(shard(UNITS[::2], 2, 4)) == [unit for unit in shard(UNITS, 2, 4) if unit in UNITS[::2]]
    assert [unit.name for unit in shard(UNITS[:8], 1, 2)] == [
        unit.name for unit in UNITS[:8] if unit in list(shard(UNITS, 1, 2))
    ]


def test_a_name_that_is_no_unicode_has_its_shard() -> None:
    assert len(list(shard([Unit(name="\udcff.mp4", job=Job(video="\udcff.mp4"))], 1, 1))) == 1
