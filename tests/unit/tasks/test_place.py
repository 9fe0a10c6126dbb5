"""The URL of the store: one server, Sentinels, or a Cluster."""

import pytest

from services.tasks.store.place import Address, Kind, read_place


def test_one_server_is_taken_as_redis_py_reads_it() -> None:
    for url in ("redis://h:6379/0", "rediss://u:p@h/1", "unix:///run/redis.sock?db=2", "redis://[::1]:1/0"):
        place = read_place(url)
        assert (place.kind, place.seeds, place.server_url(None)) == (Kind.SERVER, (), url)


def test_sentinels_have_a_service_a_database_and_credentials_of_their_own() -> None:
    place = read_place(
        "redis+sentinel://app:p%40ss@s1:5000,[::1],s3/main/2?sentinel_username=o&sentinel_password=a%2Fb"
    )
    assert (place.kind, place.service) == (Kind.SENTINEL, "main")
    assert place.seeds == (Address("s1", 5000), Address("::1", 26379), Address("s3", 26379))
    assert place.server_url(Address("10.0.0.1", 6379)) == "redis://app:p%40ss@10.0.0.1:6379/2"
    assert place.seed_url(place.seeds[1]) == "redis://o:a%2Fb@[::1]:26379"


def test_a_cluster_may_be_reached_by_tls() -> None:
    place = read_place("rediss+cluster://:secret@n1:7000,n2?ssl_cert_reqs=none")
    assert place.seeds == (Address("n1", 7000), Address("n2", 6379))
    assert place.seed_url(place.seeds[0]) == "rediss://:secret@n1:7000/0?ssl_cert_reqs=none"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hunter2",
        "http://u:hunter2@h/0",
        "redis+other://u:hunter2@h/0",
        "redis+sentinel://u:hunter2@h:1",
        "redis+sentinel://u:hunter2@h:1/main/zero",
        "redis+sentinel://u:hunter2@h:1/main/0/more",
        "redis+sentinel://u:hunter2@h:99999/main/0",
        "redis+sentinel://u:hunter2@,/main/0",
        "redis+cluster://u:hunter2@h/3",
        "redis+cluster://u:hunter2@h:x",
        "redis://u:hunter2@h:x/0",
        "redis://u:hunter2@h/0?no_such_option=1",
        "redis://u:hunter2@h/0?socket_timeout=hunter2",
    ],
)
def test_what_cannot_be_read_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValueError, match=r"must|cannot") as refused:
        read_place(url)
    assert "hunter2" not in str(refused.value)


def test_no_secret_shows_when_a_place_is_printed() -> None:
    for url in ("redis://u:hunter2@h/0", "redis+sentinel://u:hunter2@h/main?sentinel_password=hunter2"):
        assert "hunter2" not in repr(read_place(url))
