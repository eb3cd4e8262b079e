"""Seeds of ipvs_replies, nft_replies and checkpoints: what the kernel tells of its tables, each attribute in it, and for each length that
is checked one that lies; checkpoints as they are written, and what is just not one."""
import hashlib
import json
import struct

from seed_files import words, write

NEW_SERVICE, NEW_DEST, MULTI, INTERRUPTED = 1, 5, 2, 0x10
NOOP, ERROR, DONE, OVERRUN, FAMILY = 1, 2, 3, 4, 30
AF, PROTOCOL, ADDRESS, PORT, MARK, SCHEDULER, FLAGS, TIMEOUT, NETMASK, ENGINE = 1, 2, 3, 4, 5, 6, 7, 8, 9, 11
D_ADDRESS, D_PORT, D_METHOD, D_WEIGHT, D_UPPER, D_LOWER, D_ACTIVE, D_INACTIVE, D_PERSISTENT, D_FAMILY = 1, 2, 3, 4, 5, 6, 7, 8, 9, 11
NESTED = 0x8000
VIP, VIP6 = words("c0000264") + bytes(12), words("20010db8000000000000000000000061")
NOT_FOUND, EXISTS = 2, 17


def attribute(kind, data, length=None):
    """`length`: what it says, where that is a lie."""
    return struct.pack("=HH", 4 + len(data) if length is None else length, kind) + data + bytes(-len(data) % 4)


def message(kind, body, flags=MULTI, sequence=1, length=None):
    return struct.pack("=IHHII", 16 + len(body) if length is None else length, kind, flags, sequence, 0) + body


def u16(value):
    return struct.pack("=H", value)


def u32(value):
    return struct.pack("=I", value)


def service(attributes, nest=None):
    return struct.pack("=BBH", NEW_SERVICE, 1, 0) + attribute(1 | NESTED, attributes, nest)


def key(family=2, protocol=6, address=VIP, port=80):
    return attribute(AF, u16(family)) + attribute(PROTOCOL, u16(protocol)) + attribute(ADDRESS, address) + attribute(
        PORT, struct.pack("!H", port))


def destination(attributes):
    return struct.pack("=BBH", NEW_DEST, 1, 0) + attribute(2 | NESTED, attributes)


WEB = key() + attribute(SCHEDULER, b"mh\0") + attribute(FLAGS, struct.pack("=II", 8 | 2, 0xffffffff)) + attribute(
    TIMEOUT, u32(0)) + attribute(NETMASK, words("ffffffff"))
DNS6 = key(10, 17, VIP6, 53) + attribute(SCHEDULER, b"rr\0") + attribute(FLAGS, struct.pack("=II", 2, 0xffffffff)) + attribute(
    TIMEOUT, u32(360)) + attribute(NETMASK, u32(128)) + attribute(ENGINE, b"sip\0")
REAL = attribute(D_ADDRESS, words("0a000001") + bytes(12)) + attribute(D_PORT, struct.pack("!H", 8080)) + attribute(
    D_METHOD, u32(0)) + attribute(D_WEIGHT, u32(3)) + attribute(D_UPPER, u32(9)) + attribute(D_LOWER, u32(4))


def ipvs_seed(name, *datagrams, what=0):
    write("ipvs_replies", name, bytes([what]) + b"".join(struct.pack("!H", len(one)) + one for one in datagrams))


def end(error=0, kind=DONE, sequence=1):
    return message(kind, struct.pack("=i", -error), sequence=sequence)


def ipvs_services():
    web, dns = message(FAMILY, service(WEB)), message(FAMILY, service(DNS6))
    ipvs_seed("services", web + dns, end())
    ipvs_seed("services-twice", web, web + end())
    for name, fields in {
            "mark": attribute(AF, u16(2)) + attribute(MARK, u32(5)) + attribute(SCHEDULER, b"rr\0"), "protocol-50": key(protocol=50),
            "family-0": key(family=0), "address-of-3": key(address=bytes(3)), "address-of-4": key(address=words("c0000264")),
            "address-of-4-ipv6": key(10, address=words("c0000264")), "key-alone": key(), "nothing": b"", "scheduler-empty": key() + attribute(SCHEDULER, b""),
            "scheduler-without-end": key() + attribute(SCHEDULER, b"wlc"), "flags-too-short": key() + attribute(FLAGS, b"\1"),
            "port-of-1": attribute(AF, u16(2)) + attribute(PROTOCOL, u16(6)) + attribute(ADDRESS, VIP) + attribute(PORT, b"\1"),
            "twice-an-attribute": WEB + attribute(SCHEDULER, b"rr\0"), "attribute-of-3": key() + attribute(SCHEDULER, b"", 3),
            "attribute-lies": key() + attribute(SCHEDULER, b"rr\0", 90), "statistics": WEB + attribute(10 | NESTED, attribute(1, bytes(8)))}.items():
        ipvs_seed("service-" + name, message(FAMILY, service(fields)), end())
    ipvs_seed("service-nest-lies", message(FAMILY, service(WEB, 400)), end())
    ipvs_seed("service-two-nests", message(FAMILY, service(key()) + attribute(1, WEB)), end())
    ipvs_seed("half-a-header", message(FAMILY, b"\1\1"), end())
    return web


def ipvs_destinations():
    real6 = attribute(D_ADDRESS, VIP6) + attribute(D_PORT, struct.pack("!H", 53)) + attribute(D_FAMILY, u16(10)) + attribute(D_METHOD, u32(3))
    for name, fields in {
            "plain": REAL, "with-family": REAL + attribute(D_FAMILY, u16(2)), "of-the-other-family": real6, "local": REAL.replace(
                attribute(D_METHOD, u32(0)), attribute(D_METHOD, u32(0x101))), "address-alone": attribute(D_ADDRESS, words("0a000001")),
            "nothing": b"", "family-9": REAL + attribute(D_FAMILY, u16(9)), "connections": REAL + attribute(D_ACTIVE, u32(7)),
            "all-connections": REAL + attribute(D_ACTIVE, u32(1)) + attribute(D_INACTIVE, u32(2)) + attribute(D_PERSISTENT, u32(3)),
            "connections-short": REAL + attribute(D_INACTIVE, b"\1\2"),
            "weight-of-2": attribute(D_ADDRESS, VIP) + attribute(D_WEIGHT, u16(3))}.items():
        for what in (1, 2):
            ipvs_seed(f"destination-{name}-{what}", message(FAMILY, destination(fields)) + end(), what=what)


def ipvs_replies():
    web = ipvs_services()
    ipvs_destinations()
    for name, datagrams in {
            "empty": [end()], "no-end": [web], "interrupted": [message(FAMILY, service(WEB), MULTI | INTERRUPTED), end()],
            "end-with-errno": [web, end(90)], "error": [end(NOT_FOUND, ERROR)], "acknowledged": [end(0, ERROR)], "end-of-another": [
                web + end(0, DONE, 7), end()], "reply-of-another": [message(FAMILY, service(WEB), sequence=9) + web, end()],
            "end-cut": [message(DONE, b"\0\0")], "positive-errno": [end(-1, ERROR)], "errno-of-5000": [end(5000, ERROR)],
            "lowest-errno": [message(ERROR, words("00000080"))], "noop": [message(NOOP, bytes(4)) + end()],
            "overrun": [web, message(OVERRUN, bytes(4))], "cut": [web[:-9], end()], "cut-behind": [web + b"\1\2\3", end()],
            "length-0": [message(FAMILY, service(WEB), length=0)], "length-15": [message(FAMILY, service(WEB), length=15)],
            "length-too-long": [message(FAMILY, service(WEB), length=4000), end()], "unaligned": [
                message(FAMILY, service(WEB) + b"\1") + bytes(3) + end()], "failures": [end(EXISTS, ERROR, 4), end(0, ERROR)]}.items():
        ipvs_seed("answers-" + name, *datagrams)


TABLE, CHAIN, RULE, SET, ELEMENTS, GENERATION, OBJECT = range(7)


def nft_seed(name, *replies):
    write("nft_replies", name, b"".join(struct.pack("!BH", what, 4 + len(body)) + b"\1\0\0\0" + body for what, body in replies))


def elements(*parts, length=None):
    return ELEMENTS, attribute(3 | NESTED, b"".join(parts), length)


def element(value, *more, length=None):
    return attribute(1 | NESTED, attribute(1 | NESTED, attribute(1, words(value))) + b"".join(more), length)


def nft_replies():
    name = attribute(1, b"fairlead\0")
    table = TABLE, name + attribute(2, u32(0)) + attribute(3, struct.pack("!I", 12))
    chain = CHAIN, name + attribute(3, b"in\0") + attribute(5, struct.pack("!I", 1)) + attribute(4 | NESTED, attribute(1, struct.pack("!I", 1)))
    rule = RULE, name + attribute(2, b"in\0") + attribute(3, struct.pack("!Q", 7)) + attribute(4 | NESTED, attribute(1, bytes(12)))
    vips = SET, name + attribute(2, b"vip4\0") + attribute(3, struct.pack("!I", 0))
    passing = attribute(5, struct.pack("!Q", 900))
    some = elements(element("c0000264"), element("c0000265"), element("c0000266", passing))
    counted = attribute(4 | NESTED, attribute(1, struct.pack("!Q", 900)) + attribute(2, struct.pack("!Q", 7)))
    kind = attribute(3, struct.pack("!I", 1))
    counter = OBJECT, name + attribute(2, b"denied4\0") + kind + counted
    nft_seed("whole", table, chain, rule, vips, some)
    for title, reply in {
            "counter": counter, "counter-of-another": (OBJECT, attribute(1, b"other\0") + attribute(2, b"denied4\0") + kind + counted),
            "counter-without-name": (OBJECT, name + kind + counted), "counter-without-packets": (OBJECT, name + attribute(2, b"a\0") + kind),
            "quota": (OBJECT, name + attribute(2, b"a\0") + attribute(3, struct.pack("!I", 2)) + counted),
            "counter-short": (OBJECT, name + attribute(2, b"a\0") + kind + attribute(4 | NESTED, attribute(2, b"\1\2\3"))),
            "counter-lies": (OBJECT, name + attribute(2, b"a\0") + kind + attribute(4 | NESTED, attribute(2, struct.pack("!Q", 7), 90)))}.items():
        nft_seed(title, reply)
    for title, reply in {
            "table": table, "chain": chain, "rule": rule, "set": vips, "elements": some, "generation": (GENERATION, attribute(1, struct.pack("!I", 77))),
            "generation-short": (GENERATION, attribute(1, b"\1\2")), "chain-of-another": (CHAIN, attribute(1, b"other\0") + attribute(3, b"in\0")),
            "rule-of-another": (RULE, attribute(1, b"fairlead2\0") + attribute(3, bytes(8))), "rule-without-table": (RULE, attribute(3, bytes(8))),
            "table-without-end": (RULE, attribute(1, b"fairlead") + attribute(3, bytes(8))), "table-name-empty": (RULE, attribute(1, b"")),
            "set-anonymous": (SET, attribute(2, b"__set0\0") + attribute(3, struct.pack("!I", 3))), "set-without-name": (SET, name),
            "set-flags-short": (SET, attribute(2, b"vip4\0") + attribute(3, b"\1")), "elements-none": elements(), "elements-lie": elements(
                element("c0000264"), length=90), "element-lies": elements(element("c0000264", length=60)), "element-empty": elements(attribute(1, b"")),
            "elements-half": elements(element("c0000264"), b"\5\0"), "nothing": (RULE, b"")}.items():
        nft_seed(title, reply)
    nft_seed("elements-parted", elements(element("c0000264")), vips, elements(element("c0000265"), element("c0000264")))
    write("nft_replies", "half-a-header", b"\2\0\2\1\0")
    write("nft_replies", "longer-than-there-is", b"\4\1\0" + bytes(7))


def a_set(**more):
    server = {"address": "192.0.2.61", "protocol": "TCP", "port": 80, "scheduler": "rr", "forwarding": "NAT",
              "reals": [{"address": "10.0.0.1", "port": 8080, "weight": 3, "node": "node-a"}]}
    return {"apiVersion": "fairlead.dev/v1alpha1", "kind": "RealServerSet",
            "metadata": {"name": "web-v4-0", "namespace": "shop", "uid": "s", "generation": 4, "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"group": "g", "slice": {"index": 0, "count": 1}, "virtualServers": [server | more]}}


def a_group(**meta):
    return {"apiVersion": "fairlead.dev/v1alpha1", "kind": "VRRPGroup",
            "metadata": {"name": "g", "uid": "u", "generation": 12, "creationTimestamp": "2026-01-01T00:00:00Z"} | meta,
            "spec": {"family": "IPv4", "virtualRouterID": 51, "interface": "eth0", "addresses": [{"address": "192.0.2.61", "forwarding": "NAT"}],
                     "members": [{"node": "node-a", "nodeUID": "a", "priority": 200}, {"node": "node-b", "priority": 100}]}}


def payload(groups=(), sets=(), **more):
    whole = {"groups": list(groups), "manifests": [], "node": "node-a", "nodeUID": "a", "ownedAddresses": ["192.0.2.61"],
             "ownedServices": [{"address": "192.0.2.61", "port": 80, "protocol": "TCP"}], "sets": list(sets), "written": "2026-01-01T00:00:00Z"}
    return json.dumps(whole | more, separators=(",", ":")).encode()


def checkpoints():
    good = payload([a_group()], [a_set()])
    framed = b'{"version":1,"sha256":"' + hashlib.sha256(good).hexdigest().encode() + b'","payload":' + good + b"}\n"
    for name, text in {"whole": framed, "cut": framed[:-1], "flipped": framed.replace(b"node-b", b"node-c"), "other-version": framed.replace(b":1,", b":2,", 1),
                       "head-alone": framed[:30], "nothing": b"", "more-behind": framed + b"\n"}.items():
        write("checkpoints", "text-" + name, b"\0" + text)
    payloads = {
        "good": good, "empty": payload(), "no-manifests": good.replace(b'"manifests":[],', b""), "not-an-object": b"[]", "not-json": b"{",
        "no-groups": good.replace(b'"groups":[', b'"group":['), "priority-0": payload([a_group()]).replace(b'"priority":200', b'"priority":0'),
        "twice-a-group": payload([a_group(), a_group(generation=13)]), "sets-without-group": payload([], [a_set()]),
        "slice-of-two": payload([a_group()], [a_set()]).replace(b'"count":1', b'"count":2'), "local": payload(
            [a_group()], [a_set(externalTrafficPolicy="Local")]), "port-0-owned": payload(ownedServices=[{"address": "192.0.2.61", "port": 0}]),
        "manifests": payload(manifests=[{"file": "a.yaml", "groups": [a_group(uid="manifest")], "sets": [a_set()]}]),
        "manifest-without-file": payload(manifests=[{"groups": [], "sets": []}]), "manifests-no-list": payload(manifests={}),
        "generation-negative": payload([a_group(generation=-1)]), "written-odd": payload(written="9999-12-31T23:59:59.999999Z")}
    for name, text in payloads.items():
        write("checkpoints", "payload-" + name, b"\1\0\x40" + text)
    later = {"newer": payload([a_group(generation=13)], [a_set()]), "older": payload([a_group(generation=11)], [a_set()]),
             "restored": payload([a_group(generation=1)]).replace(b'"family"', b'"configEpoch":9,"family"'),
             "other": payload([a_group(uid="v")], [a_set()]), "gone": payload(), "refused": payload([a_group()]).replace(b"200", b"255")}
    for name, text in later.items():
        for how, scope in ((1, "part"), (2, "whole")):
            write("checkpoints", f"later-{name}-{scope}", bytes([how]) + b"\0\x40" + good + b"\xff" + text)
