"""Foreign state, made from a seed, and everything there is, read from the kernel: addresses with their stamps, links, routes, nft."""
import json
import random
import socket
import struct
import subprocess

from world import batch, inside

GETADDR, NEWADDR, REQUEST, DUMP, ACK, CREATE = 22, 20, 1, 0x300, 4, 0x400
ADDRESS, LOCAL, LABEL, CACHEINFO, FLAGS, PROTO, PRIORITY = 1, 2, 3, 6, 8, 11, 9
OUR_TAG = 0xfa
FOR_EVER = 0xffffffff


def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def ask(sock, kind, flags, body):
    """The attributes of every answer, as (head, {kind: bytes})."""
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, REQUEST | flags, 1, 0) + body)
    out = []
    while True:
        data = sock.recv(1 << 16)
        while len(data) >= 16:
            size, answer = struct.unpack_from("=IH", data)
            if answer == 2:
                error = -struct.unpack_from("=i", data, 16)[0]
                if error:
                    raise OSError(error, "netlink")
                return out
            if answer == 3:
                return out
            found, at = {}, 24
            while at + 4 <= size:
                length, part = struct.unpack_from("=HH", data, at)
                found[part & 0x3fff] = data[at + 4:at + length]
                at += max(4, length + 3 & ~3)
            out.append((struct.unpack_from("=BBBBI", data, 16), found))
            data = data[size + 3 & ~3:]


def netlink(namespace):
    with inside(namespace):
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)


def add(namespace, address, length, interface, proto, valid, preferred, label):
    """An address as somebody else makes it; proto is what no `ip` of Debian 12 can give."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    with inside(namespace):
        index = socket.if_nametoindex(interface)
    body = struct.pack("=BBBBI", family, length, 0, 0, index) + attribute(LOCAL, packed) + attribute(ADDRESS, packed)
    body += attribute(CACHEINFO, struct.pack("=IIII", preferred, valid, 0, 0)) + attribute(FLAGS, struct.pack("=I", 2))  # nodad
    if proto:
        body += attribute(PROTO, bytes([proto]))
    if label:
        body += attribute(LABEL, label.encode() + b"\0")
    with netlink(namespace) as sock:
        ask(sock, NEWADDR, ACK | CREATE, body)


def second_interface(namespace):
    """eth2, with its other end in the same place."""
    batch(namespace, ["link add eth2 type veth peer name eth3", "link set eth2 addrgenmode none up",
                      "link set eth3 addrgenmode none up"])


def seed(namespace, number, count=24):
    """So many foreign addresses on eth1 and eth2, among them all that looks like ours but for one thing."""
    dice = random.Random(number)
    second_interface(namespace)
    for n in range(count):
        v6, interface = dice.random() < 0.5, dice.choice(("eth1", "eth1", "eth2"))
        if v6:
            address, length = f"{dice.choice(('2001:db8', 'fe80'))}::7:{n:x}", dice.choice((64, 128))
        else:
            address, length = f"{dice.choice(('192.0.2', '198.51.100'))}.{200 + n}", dice.choice((24, 32))
        valid = dice.choice((FOR_EVER, 600))
        preferred = dice.choice((0, valid))
        proto = dice.choice((0, 3, 0x42))
        label = dice.choice((None, f"{interface}:n")) if not v6 else None
        add(namespace, address, length, interface, proto, valid, preferred, label)
    # A VIP of ours but for the tag: a host prefix, deprecated, of finite life.
    add(namespace, "192.0.2.190", 32, "eth1", 0, 600, 0, None)
    add(namespace, "2001:db8::190", 128, "eth1", 0, 600, 0, None)


def addresses(namespace):
    """{(index, address, length): (flags, scope, label, tag, for ever, made at, changed at)}: all that stays as it is while nobody
    touches it."""
    out = {}
    with netlink(namespace) as sock:
        for head, found in ask(sock, GETADDR, DUMP, struct.pack("=BBBBI", socket.AF_UNSPEC, 0, 0, 0, 0)):
            family, length, _, scope, index = head
            text = socket.inet_ntop(family, found.get(LOCAL) or found[ADDRESS])
            _, valid, made, changed = struct.unpack("=IIII", found[CACHEINFO])
            out[index, text, length] = (struct.unpack("=I", found[FLAGS])[0], scope, found.get(LABEL, b"").rstrip(b"\0").decode(),
                                        found.get(PROTO, b"\0")[0], valid == FOR_EVER, made, changed)
    return out


def shown(namespace, *words):
    with inside(namespace):
        return subprocess.run(words, text=True, stdout=subprocess.PIPE, check=True).stdout


def state(namespace, ours=()):
    """Everything of the namespace but these addresses and what the kernel makes for them."""
    routes = [r for family in ("-4", "-6") for r in json.loads(shown(namespace, "ip", family, "-j", "route", "show", "table", "all"))
              if not any(r.get("dst") == vip or r.get("prefsrc") == vip for vip in ours)]
    for route in routes:
        route.pop("expires", None)
    links = json.loads(shown(namespace, "ip", "-j", "link"))
    return {"addresses": {k: v for k, v in addresses(namespace).items() if k[1] not in ours},
            "routes": sorted(json.dumps(r, sort_keys=True) for r in routes if r.get("type") != "multicast" and r.get("type") != "anycast"),
            "links": {x["ifname"]: (x["ifindex"], x["mtu"], x["operstate"], x["address"], x.get("master")) for x in links},
            "nft": [t for t in json.loads(shown(namespace, "nft", "-j", "list", "ruleset"))["nftables"] if "metainfo" not in t and
                    "fairlead" not in json.dumps(t)]}


def differences(before, after):
    """Where two states differ, in words."""
    out = []
    for part in before:
        if before[part] == after[part]:
            continue
        if isinstance(before[part], dict):
            keys = before[part].keys() | after[part].keys()
            out += [f"{part} {k}: {before[part].get(k)} -> {after[part].get(k)}" for k in sorted(keys, key=str)
                    if before[part].get(k) != after[part].get(k)]
        else:
            out += [f"{part} lost {x}" for x in before[part] if x not in after[part]]
            out += [f"{part} new {x}" for x in after[part] if x not in before[part]]
    return out
