"""Who answers for an address, and who accepts packets to it: asked from x on the wire, never of the program under test.
`ask` puts each question once; `asking` puts one every 10 ms for as long as it lasts, `asking_all` those for several addresses."""
import contextlib
import socket
import struct
import time

import frames
from world import BUILD, inside

PERIOD_MS = 10
# Two answers further apart than this have a silence between them. Ten questions: a busy machine loses a few.
SILENCE_NS = 100 * 1_000_000
BROADCAST = b"\xff" * 6


def mac_of(segment, node):
    return bytes((2, 0, 0, 0, 0, segment.nodes.index(node) + 1))


def who_has(source, mac, target, to=BROADCAST):
    """An ARP request, or a neighbour solicitation; `to` is the Ethernet destination, all hosts if it is BROADCAST."""
    asked = frames.packed(target)
    if not frames.is_v6(target):
        body = struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, mac, frames.packed(source), bytes(6), asked)
        return to + mac + struct.pack("!H", 0x806) + body
    body = struct.pack("!BBHI", 135, 0, 0, 0) + asked + b"\1\1" + mac
    group = "ff02::1:ff" + f"{asked[13]:02x}:{asked[14]:02x}{asked[15]:02x}"
    return ipv6(to if to != BROADCAST else b"\x33\x33\xff" + asked[13:], mac, source, group, 58, body, at=2, hops=255)


def ipv6(to, mac, source, target, protocol, body, at, hops=64):
    """`at`: where in the body its checksum is."""
    total = frames.checksum(frames.packed(source) + frames.packed(target) + struct.pack("!IxxxB", len(body), protocol) + body)
    body = body[:at] + struct.pack("!H", total) + body[at + 2:]
    head = struct.pack("!IHBB", 6 << 28, len(body), protocol, hops) + frames.packed(source) + frames.packed(target)
    return to + mac + struct.pack("!H", 0x86dd) + head + body


def ipv4(to, mac, source, target, protocol, body):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0)
    head += frames.packed(source) + frames.packed(target)
    head = head[:10] + struct.pack("!H", frames.checksum(head)) + head[12:]
    return to + mac + struct.pack("!H", 0x0800) + head + body


def ping(source, mac, target, to):
    if frames.is_v6(target):
        return ipv6(to, mac, source, target, 58, struct.pack("!BBHHH", 128, 0, 0, 7, 1), at=2)
    body = struct.pack("!BBHHH", 8, 0, 0, 7, 1)
    return ipv4(to, mac, source, target, 1, body[:2] + struct.pack("!H", frames.checksum(body)) + body[4:])


def connection(source, mac, target, to):
    """TCP SYN to a port where nobody listens: who accepts the packet answers with a reset."""
    body = struct.pack("!HHIIBBHHH", 40000, 4711, 1, 0, 5 << 4, 2, 1024, 0, 0)
    if frames.is_v6(target):
        return ipv6(to, mac, source, target, 6, body, at=16)
    pseudo = frames.packed(source) + frames.packed(target) + struct.pack("!BBH", 0, 6, len(body))
    return ipv4(to, mac, source, target, 6, body[:16] + struct.pack("!H", frames.checksum(pseudo + body)) + body[18:])


def answer(frame, target):
    """What a frame answers of the address: who (the owner's MAC is told), ping, tcp, or None."""
    kind, asked = frame[12:14], frames.packed(target)
    if kind == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[28:32] == asked:
        return "who" if frame[22:28] == frame[6:12] else "who, with another MAC"
    if kind == b"\x08\x00" and frame[26:30] == asked:
        return {(1, 0): "ping"}.get((frame[23], frame[34])) or ("tcp" if frame[23] == 6 else None)
    if kind == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136 and frame[62:78] == asked and frame[58] & 0x40:
        return "who" if frame[80:86] == frame[6:12] else "who, with another MAC"
    if kind == b"\x86\xdd" and frame[22:38] == asked:
        return {(58, 129): "ping"}.get((frame[20], frame[54])) or ("tcp" if frame[20] == 6 else None)
    return None


def ask(segment, node, target, tries=4):
    """Every question about the address, to all and to that node's own MAC; {node: what it answered}. Asked again only while
    nobody answers in full."""
    source = segment.address("x", 6 if frames.is_v6(target) else 4)
    own, to = mac_of(segment, "x"), mac_of(segment, node)
    questions = [who_has(source, own, target), who_has(source, own, target, to), ping(source, own, target, to),
                 connection(source, own, target, to)]
    names = {mac_of(segment, n): n for n in segment.nodes}
    heard = {}
    with inside(segment.of["x"]):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    with contextlib.closing(wire):
        wire.bind(("eth1", 0))
        for _ in range(tries):
            for question in questions:
                wire.send(question)
            limit = time.monotonic() + 0.15
            while time.monotonic() < limit:
                wire.settimeout(max(0.001, limit - time.monotonic()))
                with contextlib.suppress(TimeoutError):
                    frame, sender = wire.recvfrom(2048)
                    what = answer(frame, target) if sender[2] != socket.PACKET_OUTGOING else None
                    if what:
                        heard.setdefault(names.get(frame[6:12], frame[6:12].hex(":")), set()).add(what)
            if any(len(found) == 3 for found in heard.values()):
                break
    return heard


def asked_both(story, vip, master, backup):
    """The Master answers for the address with its own MAC and accepts packets to it (VR-090..092, 095, 110); the Backup does
    neither, even when they come to its own MAC (VR-070, 071, 074)."""
    said = ask(story.segment, backup, vip)
    story.check(f"{backup} is Backup: it neither answers for {vip} nor accepts packets to it", backup not in said, said)
    said = ask(story.segment, master, vip)
    story.check(f"{master} is Master: it answers for {vip} with its own MAC, and ping and TCP",
                said == {master: {"who", "ping", "tcp"}}, said)


@contextlib.contextmanager
def asking_all(story, vips, seconds, period_ms):
    """Asks for each of the addresses so often meanwhile, for so many seconds at most."""
    segment = story.segment
    path = f"{story.world.folder}/{story.tag}.question"
    with open(path, "w") as file:
        for vip in vips:
            question = who_has(segment.address("x", 6 if frames.is_v6(vip) else 4), mac_of(segment, "x"), vip)
            file.write(question.hex() + "\n")
    program = story.world.spawn(segment.of["x"], [BUILD + "/support/flood", "eth1", str(len(vips) * 1000 // period_ms),
                                                  str(seconds), path], story.tag + ".asking")
    try:
        yield
    finally:
        program.end(9)


def asking(story, vip, seconds):
    """Asks for the address every 10 ms meanwhile."""
    return asking_all(story, (vip,), seconds, PERIOD_MS)


def answers(story, vip, node, since, until):
    """When the node answered for the address, by netwatch's record of what arrived at x."""
    mac = mac_of(story.segment, node).hex(":")
    if frames.is_v6(vip):
        said = [e for e in story.ownership.heard("x", "na", since, until) if e["target"] == vip and e["flags"] & 2]
    else:
        said = [e for e in story.ownership.heard("x", "arp", since, until) if e["sip"] == vip and e["op"] == 2 and not e["garp"]]
    return [e["t"] for e in said if e["smac"] == mac]


def periods(times):
    """[(first, last)] of answers that follow each other."""
    out = []
    for t in times:
        if out and t - out[-1][1] <= SILENCE_NS:
            out[-1] = (out[-1][0], t)
        else:
            out.append((t, t))
    return out


def together(one, other):
    """ms during which both answered, by the times of their answers."""
    both = sum(max(0, min(x[1], y[1]) - max(x[0], y[0])) for x in periods(one) for y in periods(other))
    return round(both / 1e6, 1)


def both_answered(story, vip, since, until):
    """ms during which a and b both answered for the address."""
    return together(*(answers(story, vip, n, since, until) for n in ("a", "b")))
