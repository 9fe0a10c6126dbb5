"""Passwords, users with few rights, and TLS: of one server, of Sentinels and of a Cluster."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from urllib.parse import quote

import pytest
from redis import Redis

from radmesh.errors import UnavailableError
from services.tasks.records import FeedKind
from services.tasks.store import StoreSettings, TaskStore
from tests.support.task_records import new_task
from tests.support.tls_door import Authority, TlsDoor, tls_door
from tests.support.valkey import Sentinel, Valkey

pytestmark = [pytest.mark.xdist_group("redis-groups"), pytest.mark.timeout(120)]

PASSWORD = "pass/w:rd@€"
LOGIN = f"radmesh:{quote(PASSWORD, safe='')}@"
WRONG = "radmesh:wrong@"
SENTINEL_PASSWORD = "of the sentinels"
SENTINEL = f"?sentinel_password={quote(SENTINEL_PASSWORD)}"
OCTA = "octa-vessels"
# What docs/redis.md names: no key but ours, and of what is dangerous three looks at the server.
RIGHTS = "~{radmesh}:* resetchannels +@all -@admin -@dangerous +info +role +config|get"


def acl(folder: Path) -> dict[str, str]:
    """A server that nobody may use but `radmesh`, and an administrator for its own links."""
    folder.mkdir(parents=True, exist_ok=True)
    users = folder / "users.acl"
    users.write_text(
        f"user default off\nuser radmesh on >{PASSWORD} {RIGHTS}\nuser admin on >admin ~* &* +@all\n"
    )
    return {"aclfile": str(users)}


class Site:
    """Starts servers with users, each on a free port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.started: list[Valkey] = []

    def server(self, **options: str) -> Valkey:
        named = {name.replace("_", "-"): value for name, value in options.items()}
        server = Valkey(self._folder, {**acl(self._folder), **named})
        self.started.append(server.start())
        server.until(lambda: _ping(server, "admin", "admin"))
        return server

    def sentinel(self, primary_port: int) -> Valkey:
        more = f'requirepass "{SENTINEL_PASSWORD}"\n'
        more += "sentinel auth-user radmesh admin\nsentinel auth-pass radmesh admin\n"
        sentinel = Sentinel(self._folder, primary_port, more)
        self.started.append(sentinel.start())
        sentinel.until(lambda: _ping(sentinel, "default", SENTINEL_PASSWORD))
        return sentinel

    def cluster(self, **options: str) -> Valkey:
        """One node that has every slot."""
        node = self.server(cluster_enabled="yes", **options)
        with Redis(port=node.port, username="admin", password="admin") as admin:
            admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
            node.until(lambda: b"cluster_state:ok" in admin.execute_command("CLUSTER", "INFO"))
        return node


def _ping(server: Valkey, user: str, password: str) -> bool:
    with Redis(port=server.port, username=user, password=password) as client:
        return bool(client.ping())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    found = Site(tmp_path)
    yield found
    for server in found.started:
        server.kill()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.make(tmp_path / "authority")


@pytest.fixture
async def door(authority: Authority) -> AsyncIterator[TlsDoor]:
    async with tls_door(authority.issue("IP:127.0.0.1")) as opened:
        yield opened


async def works(url: str) -> None:
    """A task from its create to its result, the feed on a connection of its own."""
    store = await TaskStore.open(url, StoreSettings(replicas=0))
    try:
        async with aclosing(store.feed()) as feed, asyncio.timeout(30):
            assert (await anext(feed)).kind is FeedKind.GAP
            session, _ = await store.open_session("w", [], [OCTA])
            await store.create(new_task())
            grant = await store.acquire("w", session, [OCTA], "op")
            assert grant
            assert await store.report_progress(grant.lease, b"half")
            assert await store.finish(grant.lease, result=b"r")
            while (await anext(feed)).kind is not FeedKind.PROGRESS:
                pass
        assert not [one for one in await store.shortcomings() if "refused" in one]
    finally:
        await store.close()


async def refused(url: str) -> str:
    """The cause that an operator sees. The URL's secrets stay out of it."""
    with pytest.raises(UnavailableError) as raised:
        await TaskStore.open(url, StoreSettings(replicas=0))
    assert "wrong" not in str(raised.value)
    assert PASSWORD not in str(raised.value)
    return raised.value.metadata["cause"]


async def test_one_server_takes_a_user_with_few_rights_and_nobody_else(site: Site) -> None:
    server = await asyncio.to_thread(site.server)
    await works(f"redis://{LOGIN}127.0.0.1:{server.port}/0")
    assert await refused(f"redis://{WRONG}127.0.0.1:{server.port}/0") == "denied"
    assert await refused(server.url) == "denied"


async def test_one_server_takes_a_password_alone(site: Site, tmp_path: Path) -> None:
    server = Valkey(tmp_path, {"requirepass": "secret"}).start()
    site.started.append(server)
    await asyncio.to_thread(server.until, lambda: _ping(server, "default", "secret"))
    await works(f"redis://:secret@127.0.0.1:{server.port}/0")
    assert await refused(f"redis://:wrong@127.0.0.1:{server.port}/0") == "denied"


async def test_sentinels_and_their_server_have_credentials_of_their_own(site: Site) -> None:
    server = await asyncio.to_thread(site.server)
    sentinel = await asyncio.to_thread(site.sentinel, server.port)
    hosts = f"127.0.0.1:{sentinel.port}/radmesh/0"
    await works(f"redis+sentinel://{LOGIN}{hosts}{SENTINEL}")
    assert await refused(f"redis+sentinel://{WRONG}{hosts}{SENTINEL}") == "denied"
    assert await refused(f"redis+sentinel://{LOGIN}{hosts}?sentinel_password=wrong") == "denied"
    assert await refused(f"redis+sentinel://{LOGIN}{hosts}") == "denied"


async def test_a_cluster_takes_its_user_and_nobody_else(site: Site) -> None:
    node = await asyncio.to_thread(site.cluster)
    await works(f"redis+cluster://{LOGIN}127.0.0.1:{node.port}")
    assert await refused(f"redis+cluster://{WRONG}127.0.0.1:{node.port}") == "denied"
    assert await refused(f"redis+cluster://127.0.0.1:{node.port}") == "denied"


def trusting(authority: Authority) -> str:
    return f"ssl_ca_certs={quote(str(authority.certificate))}"


async def test_one_server_is_reached_by_tls(site: Site, door: TlsDoor, authority: Authority) -> None:
    door.target = (await asyncio.to_thread(site.server)).port
    await works(f"rediss://{LOGIN}127.0.0.1:{door.port}/0?{trusting(authority)}")
    assert door.handshakes == 2, "its connection and that of the feed"


async def test_sentinels_and_their_server_are_reached_by_tls(
    site: Site, door: TlsDoor, authority: Authority
) -> None:
    door.target = (await asyncio.to_thread(site.server)).port
    async with tls_door(authority.issue("IP:127.0.0.1")) as sentinels_door:
        sentinels_door.target = (await asyncio.to_thread(site.sentinel, door.port)).port
        hosts = f"127.0.0.1:{sentinels_door.port}/radmesh/0"
        await works(f"rediss+sentinel://{LOGIN}{hosts}{SENTINEL}&{trusting(authority)}")
        assert sentinels_door.handshakes >= 1
    assert door.handshakes == 2


async def test_a_cluster_is_reached_by_tls(site: Site, door: TlsDoor, authority: Authority) -> None:
    node = await asyncio.to_thread(site.cluster, cluster_announce_port=str(door.port))
    door.target = node.port
    await works(f"rediss+cluster://{LOGIN}127.0.0.1:{door.port}?{trusting(authority)}")
    assert door.handshakes >= 3, "the question who has our slot, and two connections"


async def test_a_server_that_cannot_prove_its_name_is_not_talked_to(
    site: Site, door: TlsDoor, authority: Authority, tmp_path: Path
) -> None:
    server = await asyncio.to_thread(site.server)
    door.target = server.port
    stranger = Authority.make(tmp_path / "stranger")
    for untrusted in (f"?{trusting(stranger)}", ""):
        assert await refused(f"rediss://{LOGIN}127.0.0.1:{door.port}/0{untrusted}") == "away"
    async with tls_door(authority.issue("DNS:another.example")) as other:
        other.target = server.port
        assert await refused(f"rediss://{LOGIN}127.0.0.1:{other.port}/0?{trusting(authority)}") == "away"
    # One without TLS waits for the rest of what it takes for a command.
    assert await refused(f"rediss://{LOGIN}127.0.0.1:{server.port}/0?{trusting(authority)}") == "slow"


async def test_a_server_may_ask_for_a_certificate(site: Site, authority: Authority) -> None:
    async with tls_door(authority.issue("IP:127.0.0.1"), callers=authority.certificate) as strict:
        strict.target = (await asyncio.to_thread(site.server)).port
        url = f"rediss://{LOGIN}127.0.0.1:{strict.port}/0?{trusting(authority)}"
        assert await refused(url) == "away"
        certificate, key = authority.issue("DNS:tasks.example")
        await works(f"{url}&ssl_certfile={quote(str(certificate))}&ssl_keyfile={quote(str(key))}")
