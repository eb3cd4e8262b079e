"""Seeds of the target route_messages: every kind of rtnetlink message that is read, with each attribute in it, and for each length
that is checked one that lies. A seed: messages as one receive delivers them."""
import struct

from seed_files import words, write

NEWLINK, DELLINK, NEWADDR, DELADDR, NEWROUTE, DELROUTE = 16, 17, 20, 21, 24, 25
UP, LOOPBACK, RUNNING, NOARP = 1, 8, 0x40, 0x80
ETHERNET, INFINIBAND = 1, 32
# Attributes of links, addresses and routes, as the kernel numbers them.
IF_ADDRESS, IF_NAME, IF_MTU, IF_LINKINFO, IF_AF_SPEC, IF_CARRIER_CHANGES = 1, 3, 4, 18, 26, 35
INFO_KIND, INFO_DATA, BOND_ACTIVE, INET6_CONF, AF_INET, AF_INET6 = 1, 2, 2, 2, 2, 10
A_ADDRESS, A_LOCAL, A_LABEL, A_CACHEINFO, A_FLAGS, A_PROTO = 1, 2, 3, 6, 8, 11
SECONDARY, DAD_FAILED, TENTATIVE, PERMANENT = 1, 8, 0x40, 0x80
R_OIF, R_GATEWAY, R_MULTIPATH, R_VIA = 4, 5, 9, 18
VIP, OWN, VIP6, LINK_LOCAL, GATEWAY = "c0000264", "c000020a", "20010db8000000000000000000000100", "fe80" + "0" * 27 + "1", "c0000201"
# Preferred and valid time, when it was made, when it was updated.
FOREVER, OURS, JUST_MADE, PASSING = (0xffffffff, 0xffffffff, 100, 100), (0, 2, 100, 200), (0, 2, 200, 200), (600, 900, 100, 200)


def attribute(kind, data, length=None):
    """`length`: what it says, where that is a lie."""
    size = 4 + len(data) if length is None else length
    return struct.pack("=HH", size, kind) + data + bytes(-len(data) % 4)


def message(kind, body, length=None):
    data = struct.pack("=IHHII", 16 + len(body) if length is None else length, kind, 0, 1, 0) + body
    return data + bytes(-len(data) % 4)


def word(value):
    return struct.pack("=I", value)


def link(attributes, flags=UP | RUNNING | 0x11000, kind=ETHERNET, **lie):
    return message(NEWLINK, struct.pack("=BBHiII", 0, 0, kind, 7, flags, 0) + attributes, **lie)


def address(attributes, family=AF_INET, prefix=32, flags=0, scope=0, kind=NEWADDR):
    return message(kind, struct.pack("=BBBBI", family, prefix, flags, scope, 7) + attributes)


def route(attributes, family=AF_INET, prefix=0, table=254, rest=1, kind=NEWROUTE):
    """rest: 1, unicast; 6, blackhole."""
    return message(kind, struct.pack("=BBBBBBBBI", family, prefix, 0, 0, table, 3, 0, rest, 0) + attributes)


def seed(name, *messages):
    write("route_messages", name, b"".join(messages))


NAME = attribute(IF_NAME, b"eth1\0")
PORT = NAME + attribute(IF_MTU, word(1500)) + attribute(IF_ADDRESS, words("020000000010"))


def bond(data, kind=b"bond\0"):
    return attribute(IF_LINKINFO, attribute(INFO_KIND, kind) + data)


def ipv6_settings(settings):
    return attribute(IF_AF_SPEC, attribute(AF_INET, bytes(8)) + attribute(AF_INET6, attribute(1, word(0)) + settings))


def links():
    active = attribute(INFO_DATA, attribute(1, b"\1") + attribute(BOND_ACTIVE, word(3)))
    for name, more in {
            "": b"", "-bond": bond(active), "-bond-without-active": bond(attribute(INFO_DATA, attribute(1, b"\1"))),
            "-bond-without-data": bond(b""), "-bond-active-too-short": bond(attribute(INFO_DATA, attribute(BOND_ACTIVE, b"\3"))),
            "-vlan": bond(active, b"vlan\0"), "-kind-without-end": bond(active, b"bond"), "-kind-empty": bond(active, b""),
            "-info-empty": attribute(IF_LINKINFO, b""), "-info-lies": attribute(IF_LINKINFO, attribute(INFO_KIND, b"bond\0", 200)),
            "-info-half": attribute(IF_LINKINFO, b"\5\0"),
            "-data-lies": bond(attribute(INFO_DATA, attribute(BOND_ACTIVE, word(3), 40))),
            "-routes-ipv6": ipv6_settings(attribute(INET6_CONF, word(1) + bytes(40))),
            "-routes-no-ipv6": ipv6_settings(attribute(INET6_CONF, bytes(44))),
            "-settings-too-short": ipv6_settings(attribute(INET6_CONF, b"\1\0")), "-settings-missing": ipv6_settings(b""),
            "-settings-of-ipv4-alone": attribute(IF_AF_SPEC, attribute(AF_INET, bytes(8))), "-families-empty": attribute(IF_AF_SPEC, b""),
            "-families-lie": attribute(IF_AF_SPEC, attribute(AF_INET6, bytes(4), 90)),
            "-changes": attribute(IF_CARRIER_CHANGES, word(9)), "-changes-too-short": attribute(IF_CARRIER_CHANGES, b"\t"),
            "-mtu-twice": attribute(IF_MTU, word(1280)), "-unknown-attribute": attribute(200, bytes(8)),
            "-nested-flag": attribute(IF_LINKINFO | 0x8000, attribute(INFO_KIND, b"bond\0") + active)}.items():
        seed("link" + name, link(PORT + more))
    for name, one in {
            "link-down": link(PORT, 0), "link-without-carrier": link(PORT, UP), "link-loopback": link(PORT, UP | RUNNING | LOOPBACK, 772),
            "link-without-arp": link(PORT, UP | RUNNING | NOARP), "link-gone": message(DELLINK, struct.pack("=BBHiII", 0, 0, 1, 7, 0, 0) + NAME),
            "link-infiniband": link(NAME + attribute(IF_ADDRESS, bytes(20)), kind=INFINIBAND),
            "link-without-name": link(attribute(IF_MTU, word(1500))), "link-name-empty": link(attribute(IF_NAME, b"")),
            "link-name-of-zero": link(attribute(IF_NAME, b"\0")), "name-without-end": link(attribute(IF_NAME, b"eth1")),
            "link-name-longest": link(attribute(IF_NAME, b"sixteen-letters!")), "link-mtu-too-short": link(NAME + attribute(IF_MTU, b"\5\0")),
            "link-attribute-lies": link(attribute(IF_NAME, b"eth1\0", 400)), "link-attribute-of-3": link(NAME + attribute(IF_MTU, b"", 3)),
            "link-attribute-of-0": link(attribute(IF_NAME, b"", 0) + NAME), "link-half-a-body": message(NEWLINK, bytes(8)),
            "link-body-alone": link(b""), "link-3-bytes-behind": link(NAME + b"\1\2\3")}.items():
        seed(name, one)


def addresses():
    lasting, ours, just_made, passing = (attribute(A_CACHEINFO, struct.pack("=IIII", *times)) for times in (FOREVER, OURS, JUST_MADE, PASSING))
    local, tag = attribute(A_LOCAL, words(VIP)), attribute(A_PROTO, b"\xfa")
    own = attribute(A_ADDRESS, words(OWN)) + attribute(A_LOCAL, words(OWN)) + attribute(A_LABEL, b"eth1\0") + attribute(
        A_FLAGS, word(PERMANENT)) + lasting
    own6 = attribute(A_ADDRESS, words(LINK_LOCAL)) + lasting + attribute(A_FLAGS, word(PERMANENT))
    told = {
        "own": address(own, prefix=24, flags=PERMANENT), "vip": address(local + ours + attribute(A_FLAGS, word(0x200)) + tag),
        "own-ipv6": address(own6, AF_INET6, 64, PERMANENT, 253), "vip-ipv6": address(attribute(A_ADDRESS, words(VIP6)) + ours + tag, AF_INET6, 128),
        "labelled": address(local + ours + attribute(A_LABEL, b"eth1:fl\0")), "label-of-ipv6": address(
            attribute(A_ADDRESS, words(VIP6)) + attribute(A_LABEL, b"eth1:fl\0"), AF_INET6, 128),
        "label-without-end": address(local + attribute(A_LABEL, b"eth1:fl")), "label-empty": address(local + attribute(A_LABEL, b"")),
        "peer": address(attribute(A_ADDRESS, words(GATEWAY)) + local), "peer-ipv6": address(
            attribute(A_ADDRESS, words(LINK_LOCAL)) + attribute(A_LOCAL, words(VIP6)), AF_INET6, 128),
        "secondary": address(own, prefix=24, flags=SECONDARY), "secondary-by-flags": address(
            attribute(A_LOCAL, words(OWN)) + attribute(A_FLAGS, word(SECONDARY)), prefix=24),
        "tentative": address(own6.replace(word(PERMANENT), word(TENTATIVE)), AF_INET6, 64),
        "detection-failed": address(own6.replace(word(PERMANENT), word(DAD_FAILED)), AF_INET6, 64),
        "flags-too-short": address(local + attribute(A_FLAGS, b"\1"), flags=SECONDARY), "just-made": address(local + just_made),
        "times-too-short": address(local + attribute(A_CACHEINFO, bytes(8))), "passing": address(local + passing),
        "other-tag": address(local + attribute(A_PROTO, b"\3")), "tag-empty": address(local + attribute(A_PROTO, b"")),
        "gone": address(own, kind=DELADDR), "none": address(tag), "of-5-bytes": address(attribute(A_LOCAL, bytes(5))),
        "of-0-bytes": address(attribute(A_LOCAL, b"")), "of-the-other-family": address(local, AF_INET6, 64),
        "prefix-33": address(local, prefix=33), "prefix-129": address(attribute(A_ADDRESS, words(VIP6)), AF_INET6, 129),
        "prefix-0": address(local, prefix=0), "half-a-body": message(NEWADDR, bytes(4)), "lies": address(attribute(A_LOCAL, words(VIP), 80)),
        "of-scope-host": address(local, scope=254)}
    for name, one in told.items():
        seed("address-" + name, one)
    seed("prefix-of-255", address(local, prefix=255))
    seed("addresses", told["own"], told["vip"], told["own-ipv6"])
    return told


def hop(attributes, index=7, length=None):
    return struct.pack("=HBBi", 8 + len(attributes) if length is None else length, 0, 0, index) + attributes


def routes():
    to, through = attribute(R_GATEWAY, words(GATEWAY)), attribute(R_OIF, struct.pack("=i", 7))
    to6 = attribute(R_GATEWAY, words(LINK_LOCAL))
    many = hop(to) + hop(attribute(R_GATEWAY, words("c6336401")), 8)
    told = {
        "plain": route(to + through), "ipv6": route(to6 + through, AF_INET6), "multipath": route(attribute(R_MULTIPATH, many)),
        "multipath-ipv6": route(attribute(R_MULTIPATH, hop(to6) + hop(to6, 8)), AF_INET6), "both": route(to + through + attribute(R_MULTIPATH, many)),
        "gone": route(to + through, kind=DELROUTE), "to-a-prefix": route(to + through, prefix=24), "of-another-table": route(to + through, table=100),
        "blackhole": route(b"", rest=6), "without-interface": route(to), "without-gateway": route(through),
        "interface-too-short": route(to + attribute(R_OIF, b"\7")), "gateway-of-5-bytes": route(through + attribute(R_GATEWAY, bytes(5))),
        "via": route(through + attribute(R_VIA, struct.pack("=H", AF_INET6) + words(LINK_LOCAL))), "half-a-body": message(NEWROUTE, bytes(8)),
        "body-alone": route(b""), "lies": route(attribute(R_GATEWAY, words(GATEWAY), 99) + through)}
    for name, hops in {
            "none": b"", "half": b"\x10\0\0\0", "without-gateway": hop(b""), "of-0": hop(b"", length=0), "of-7": hop(b"", length=7),
            "gateway-of-5-bytes": hop(attribute(R_GATEWAY, bytes(5))), "attribute-lies": hop(attribute(R_GATEWAY, words(GATEWAY), 60)) + hop(to, 8),
            "3-bytes-behind": hop(to) + b"\1\2\3", "unaligned": hop(to + b"\0", length=17) + bytes(3) + hop(to, 8), "third-too-long": many + hop(to, 9, 90),
            "via": hop(attribute(R_VIA, struct.pack("=H", AF_INET6) + words(LINK_LOCAL)))}.items():
        told["hops-" + name] = route(attribute(R_MULTIPATH, hops))
    for name, one in told.items():
        seed("route-" + name, one)
    seed("next-hop-too-long", route(attribute(R_MULTIPATH, struct.pack("=HBBi", 200, 0, 0, 7))))
    seed("routes", told["plain"], told["multipath"])
    return told


def frames_of_messages(whole):
    """What a receive may deliver around them."""
    done, error = message(3, word(0)), message(2, struct.pack("=i", -100) + bytes(16))
    seed("all", *whole)
    seed("all-and-done", *whole, done)
    seed("done", done)
    seed("error", error)
    seed("nothing", message(1, b""))
    seed("message-of-15", message(NEWLINK, b"", 15))
    seed("message-of-0", message(NEWLINK, bytes(8), 0))
    seed("message-too-long", message(NEWADDR, bytes(24), 4000))
    seed("half-a-header", whole[0][:10])
    seed("cut-in-the-second", whole[0], whole[1][:-5])
    seed("unaligned", message(1, b"\0\0\0\0\0"), *whole)


def route_messages():
    links()
    of_addresses, of_routes = addresses(), routes()
    frames_of_messages([link(PORT), of_addresses["own"], of_addresses["vip"], of_addresses["own-ipv6"], of_routes["plain"], of_routes["multipath"]])
