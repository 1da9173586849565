"""A WebSocket under load and neglect: who does not read, does not end, does not answer, or never stops."""

import asyncio
import datetime
import ipaddress
from pathlib import Path

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from uvicorn.server import ServerState

from changliao.wire.http import Http
from changliao.wire.socket import Limits, sockets, text_frame
from changliao.wire.socket.frames import CLOSE, MORE, PING, PONG, TEXT
from tests.frames import FINAL, frame
from tests.wire.websocket import LOOPS, Client, Ear, House, run

HURRY = Limits(idle_s=0.3, message_s=0.3, close_s=0.2)
LARGE = b"x" * 32_000

every_loop = pytest.mark.parametrize("loop", LOOPS)


@every_loop
@pytest.mark.parametrize(
    "begun",
    [b"\x81", frame(TEXT, b"half of it")[:-3], frame(TEXT, b"a part", final=False)],
    ids=["one byte", "half a frame", "a part"],
)
def test_what_begins_and_does_not_end_is_ended(loop: str, begun: bytes) -> None:
    async def talk(house: House) -> None:
        client, ear = await house.enters()
        client.says(begun)
        assert await client.is_closed() == 1008
        assert ear.heard == ["opened", "closed"] and ear.codes == [1008]

    run(loop, lambda: House(limits=Limits(message_s=0.3)), talk)


@every_loop
def test_pings_do_not_keep_half_a_message_alive(loop: str) -> None:
    async def talk(house: House) -> None:
        client, ear = await house.enters()
        client.says(frame(TEXT, b"a part", final=False))
        while "closed" not in ear.heard:
            client.says(frame(PING))
            await asyncio.sleep(0.02)
        assert ear.codes == [1008]

    run(loop, lambda: House(limits=Limits(message_s=0.3)), talk)


@every_loop
def test_a_message_that_comes_slowly_but_comes_is_heard(loop: str) -> None:
    async def talk(house: House) -> None:
        client, ear = await house.enters()
        for _ in range(12):
            client.says(frame(TEXT, b"one ", final=False))
            await asyncio.sleep(0.03)
            client.says(frame(MORE, b"two") + frame(TEXT, b"three")[:4])
            await ear.until("said", 1)
            await asyncio.sleep(0.03)
            client.says(frame(TEXT, b"three")[4:])
        await ear.until("said", 24)
        assert ear.codes == []

    run(loop, lambda: House(limits=Limits(message_s=0.3)), talk)


@every_loop
def test_who_is_silent_is_pinged_and_who_stays_silent_is_left(loop: str) -> None:
    async def talk(house: House) -> None:
        client, ear = await house.enters()
        for _ in range(4):
            assert await client.hears() == (FINAL | PING, b"")
            client.says(frame(PONG))
        assert ear.heard == ["opened"]
        assert await client.hears() == (FINAL | PING, b"")
        await client.is_over()
        await ear.until("closed")
        assert ear.codes == [1006]

    run(loop, lambda: House(limits=HURRY), talk)


async def fill(ear: Ear) -> int:
    """Say large texts until the socket takes no more; how many."""
    count = 0
    while "paused" not in ear.heard:
        ear.socket.send(text_frame(b"%d " % count + LARGE))
        count += 1
        await asyncio.sleep(0)
    return count


async def hears_texts(client: Client, count: int) -> None:
    """The client hears so many large texts, in their order."""
    for number in range(count):
        assert await client.hears_text() == b"%d " % number + LARGE


@every_loop
def test_who_does_not_read_is_told_of_and_loses_nothing(loop: str) -> None:
    async def talk(house: House) -> None:
        client, ear = await house.enters(limit=1024)
        other, _ = await house.enters()
        count = await fill(ear)
        assert ear.socket.buffered > 64 << 10
        other.text(b"meanwhile")
        assert await other.hears_text() == b"meanwhile"
        client.says(b"".join(frame(PING, b"%d" % n) for n in range(1000)))
        client.text(b"heard all the same")
        await ear.until("said")
        await hears_texts(client, count)
        await ear.until("resumed")
        rest = [await client.hears() for _ in range(2)]
        assert sorted(rest) == [(FINAL | TEXT, b"heard all the same"), (FINAL | PONG, b"999")]
        assert ear.heard == ["opened", "paused", "said", "resumed"]
        assert ear.socket.buffered == 0

    run(loop, House, talk)


@every_loop
def test_who_is_sent_far_too_much_is_cut_off(loop: str) -> None:
    async def talk(house: House) -> None:
        _, ear = await house.enters(limit=1024)
        await fill(ear)
        most = 0
        while "closed" not in ear.heard:
            ear.socket.send(text_frame(LARGE))
            await asyncio.sleep(0)
            most = max(most, ear.socket.buffered)
        assert ear.codes == [1006] and most < (256 << 10) + 3 * len(LARGE)
        await house.is_empty()

    run(loop, lambda: House(limits=Limits(unsent_bytes=256 << 10)), talk)


@every_loop
def test_who_does_not_read_does_not_hold_up_the_end(loop: str) -> None:
    async def talk(house: House) -> None:
        _, ear = await house.enters(limit=1024)
        await fill(ear)
        ear.socket.close(4000)
        await ear.until("closed")
        assert ear.codes == [4000]
        await house.is_empty()

    run(loop, lambda: House(limits=Limits(close_s=0.2)), talk)


@every_loop
def test_a_flood_of_pings_is_answered_in_bounded_memory(loop: str) -> None:
    pings = 200_000

    async def talk(house: House) -> None:
        client, ear = await house.enters(limit=1024)
        most = 0
        for _ in range(pings // 1000):
            client.says(frame(PING, b"x" * 125) * 1000)
            await client.writer.drain()
            most = max(most, ear.socket.buffered)
        client.says(frame(PING, b"the last"))
        client.text(b"end")
        pongs, waiting = 0, {(FINAL | TEXT, b"end"), (FINAL | PONG, b"the last")}
        while waiting:
            heard = await client.hears()
            pongs += heard[0] == FINAL | PONG
            waiting.discard(heard)
        assert 0 < pongs <= pings
        assert most < 128 << 10

    run(loop, lambda: House(limits=Limits(pings=10**9)), talk)


@every_loop
def test_a_flood_of_pings_ends_where_the_limit_is(loop: str) -> None:
    async def talk(house: House) -> None:
        client, ear = await house.enters()
        client.says(frame(PING) * 500 + frame(PONG) * 500)
        client.text(b"so far so good")
        await ear.until("said")
        client.says(frame(PONG) * 1_000)
        await ear.until("closed")
        assert ear.codes == [1008]

    run(loop, lambda: House(limits=Limits(pings=1_000)), talk)


@every_loop
@pytest.mark.parametrize("bug", ["opened", "said", "paused"])
def test_a_bug_of_the_listener_ends_its_socket_alone(loop: str, bug: str) -> None:
    async def talk(house: House) -> None:
        _, other = await house.enters()
        client = await house.knocks(limit=1024)
        house.bug = bug
        await client.asks()
        ear = house.ears[-1]
        if bug == "said":
            client.text(b"oh")
        if bug == "paused":
            await fill(ear)
        while await client.hears() != (FINAL | CLOSE, (1011).to_bytes(2)):
            assert bug == "paused"
        await client.is_over()
        assert ear.codes == [1011] and ear.heard == [*dict.fromkeys(["opened", bug]), "closed"]
        assert other.heard == ["opened"]

    run(loop, House, talk)


@every_loop
def test_when_the_server_ends_everybody_is_told(loop: str) -> None:
    async def talk(house: House) -> None:
        polite, ear = await house.enters()
        deaf, other = await house.enters()
        house.server.should_exit = True
        assert await polite.is_closed() == 1001
        assert await deaf.hears() == (FINAL | CLOSE, (1001).to_bytes(2))
        await house.is_empty()
        assert ear.codes == other.codes == [1001]

    run(loop, lambda: House(limits=HURRY), talk)


@pytest.fixture(scope="module")
def cert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path_factory.mktemp("tls") / "cert.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@every_loop
def test_over_tls_it_is_the_same(loop: str, cert: Path) -> None:
    async def talk(house: House) -> None:
        client, ear = await house.enters()
        assert house.asked[0].secure
        client.text(LARGE)
        assert await client.hears_text() == LARGE
        ear.socket.close(4001)
        assert await client.hears() == (FINAL | CLOSE, (4001).to_bytes(2))
        client.says(frame(CLOSE, (4001).to_bytes(2)))
        await client.is_over()
        client, ear = await house.enters(limit=1024)
        await hears_texts(client, await fill(ear))
        await ear.until("resumed")
        client.says(b"\x81\x00")
        assert await client.is_closed() == 1002
        await house.is_empty()

    run(loop, lambda: House(cert=cert), talk)


class Notes(asyncio.Transport):
    """A transport that notes what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == 64 << 10


async def test_what_is_said_in_one_turn_leaves_in_one_write() -> None:
    ear, notes = Ear(), Notes()
    config = uvicorn.Config(Http([]), interface="asgi3", log_config=None)
    config.load()
    made = sockets(lambda _: ear)(config, ServerState(), {})
    made.connection_made(notes)
    made.data_received(
        b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    one, two = text_frame(b"one"), text_frame(b"two")
    for said in (one, two, one):
        ear.socket.send(said)
    assert len(notes.written) == 1  # The answer to the handshake.
    await asyncio.sleep(0)
    assert notes.written[1:] == [one + two + one]
    ear.socket.send(one)
    await asyncio.sleep(0)
    assert notes.written[2] is one  # Nobody copied it: it is the same for every socket.
    made.connection_lost(None)
    assert ear.codes == [1006]


def test_a_socket_holds_no_dictionary() -> None:
    assert all("__slots__" in vars(kind) for kind in sockets(lambda _: Ear()).__mro__[:-1])
