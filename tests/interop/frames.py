"""VRRP messages, right and wrong, as bytes and as whole Ethernet frames (RFC 9568 5.2, RFC 3768 5.3)."""
import socket
import struct

GROUP4, GROUP6 = "224.0.0.18", "ff02::12"
MAC4, MAC6 = bytes.fromhex("01005e000012"), bytes.fromhex("333300000012")
PROTOCOL = 112


def is_v6(address):
    return ":" in address


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if is_v6(address) else socket.AF_INET, address)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo_header(source, destination, length):
    if is_v6(source):
        return packed(source) + packed(destination) + struct.pack("!IxxxB", length, PROTOCOL)
    return packed(source) + packed(destination) + struct.pack("!BBH", 0, PROTOCOL, length)


# What an advert is unless a test says otherwise. `count`: what it claims, None for the truth; `form`: RFC9568 or RFC5798
# (version 3 over IPv4 only); `password`: version 2, None for type NONE; `auth`: version 2, the 8 bytes are there; `tail`:
# bytes after the message, in no checksum but that of IPv6; `cut`: what is sent of it; `spoil`: XORed into the checksum.
USUAL = {"version": 3, "type": 1, "vrid": 51, "priority": 200, "interval": 100, "reserve": 0, "addresses": (), "count": None,
         "form": "RFC5798", "password": None, "auth": True, "tail": b"", "cut": None, "spoil": 0}


def message(source, destination, **change):
    """The IP payload."""
    unknown = set(change) - set(USUAL)
    if unknown:
        raise ValueError(f"no such part of an advert: {unknown}")
    m = dict(USUAL, **change)
    addresses = b"".join(packed(a) for a in m["addresses"])
    count = len(m["addresses"]) if m["count"] is None else m["count"]
    head = struct.pack("!BBBB", m["version"] << 4 | m["type"], m["vrid"], m["priority"], count)
    if m["version"] == 2:
        head += struct.pack("!BBH", 0 if m["password"] is None else 1, m["interval"], 0)
        body = addresses + ((m["password"] or "").encode().ljust(8, b"\0")[:8] if m["auth"] else b"")
    else:
        head += struct.pack("!HH", m["reserve"] << 12 | m["interval"], 0)
        body = addresses
    covered = head + body
    if is_v6(source):
        covered += m["tail"]
    summed = covered
    if is_v6(source) or (m["version"] == 3 and m["form"] == "RFC5798"):
        summed = pseudo_header(source, destination, len(covered)) + covered
    return (head[:6] + struct.pack("!H", checksum(summed) ^ m["spoil"]) + body + m["tail"])[:m["cut"]]


def packet(source, destination, ttl, payload):
    """The IP packet around a payload."""
    if is_v6(source):
        return struct.pack("!IHBB", 0x6c000000, len(payload), PROTOCOL, ttl) + packed(source) + packed(destination) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0xc0, 20 + len(payload), 1, 0, ttl, PROTOCOL, 0)
    head += packed(source) + packed(destination)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def frame(source, ttl, mac, payload, destination=None, destination_mac=None):
    """The Ethernet frame to the VRRP group of the source's family, or to one peer."""
    v6 = is_v6(source)
    destination = destination or (GROUP6 if v6 else GROUP4)
    to = destination_mac or (MAC6 if v6 else MAC4)
    return to + mac + struct.pack("!H", 0x86dd if v6 else 0x0800) + packet(source, destination, ttl, payload)


def advert(source, mac, ttl=255, **change):
    """A multicast advert as a frame."""
    destination = GROUP6 if is_v6(source) else GROUP4
    return frame(source, ttl, mac, message(source, destination, **change))
