#!/usr/bin/python3
"""Writes the seeds of the fuzz targets into tests/fuzz/corpus: the vectors of docs/rfc9568.md's tests, odd adverts, and
event sequences worth beginning with; of frames and rtnetlink messages every kind, and what is just not one. Files that a search
found stand beside them under names of their own."""
import struct

from seed_files import checksum, words, write
from seeds_frames import neighbor_frames
from seeds_kubernetes import json_streams, kubeconfigs, reflectors
from seeds_netlink import checkpoints, ipvs_replies, nft_replies
from seeds_objects import diff_planner, network_texts, service_objects
from seeds_routes import route_messages

# vrrp_packet: settings(1) more(1) priority(1) interval(1) moment(2), then the packet.
V6, V2, PASSWORD, UNICAST, LENIENT, BACKUP, ACTIVE = 1, 2, 4, 8, 16, 32, 64
PUT_RIGHT, PSEUDO, WARM, PREEMPT, UNTOLD = 1, 2, 4, 8, 16

IPV4 = {
    "p1": (V2, "213364010001b865 c0000264 0000000000000000"),
    "p2": (V2 | PASSWORD, "21336401010152ff c0000264 3132333400000000"),
    "p3": (V2, "2133000100011c66 c0000264 0000000000000000"), "p4": (0, "313364010064a802 c0000264"),
    "p5": (0, "3133640100640569 c0000264"), "p6": (UNICAST, "3133640100642370 c0000264"),
    "p7": (0, "3133000100640c03 c0000264"), "p8": (0, "3133000100646969 c0000264"),
    "p9": (0, "3133fe0200324bcd c0000264 c0000265"), "p10": (0, "31fffe010ffffd9a c0000264"),
    "p12": (0, "310296030064082d b9cb7001 0a000001 0a000801"),
    "type-2": (0, "323364010064a702 c0000264"), "version-4": (0, "4133640100649802 c0000264"),
    "count-0": (0, "3133640000646a68"), "count-0-12": (0, "313364000064a803 c0000264"),
    "count-255": (0, "313364ff0064a702 c0000264"), "cut": (0, "313364010064a802 c000"),
    "interval-0": (0, "313364010000a866 c0000264"), "reserve": (0, "31336401f064b801 c0000264"),
    "tail-4": (0, "313364010064a802 c0000264 5a5a5a5a"), "tail-28": (0, "313364010064a802 c0000264" + "5a" * 28),
    "other-vrid": (0, "313464010064a801 c0000264"), "vrid-0": (0, "310064010064a835 c0000264"),
    "wrong-checksum": (0, "313364010064a803 c0000264"), "owner": (0, "3133ff0100640d02 c0000264"),
    "v2-2s": (V2, "2133640100 02b864 c0000264 0000000000000000"), "v2-no-auth": (V2, "213364010001b865 c0000264"),
    "v2-missing-pass": (V2 | PASSWORD, "2133640100 01b865 c0000264 0000000000000000"),
    "v2-unexpected-pass": (V2, "21336401010152ff c0000264 3132333400000000"),
}
ADDRESSES6 = "fe800000000000000000000000000100 20010db8000000000000000000000100"
SWAPPED6 = "20010db8000000000000000000000100 fe800000000000000000000000000100"
IPV6 = {"p13": "3133640200643dfd" + ADDRESSES6, "p14": "313300020064a1fd" + ADDRESSES6, "swapped": "3133640200643dfd" + SWAPPED6,
        "interval-0": "313364020000 3e61" + ADDRESSES6, "wrong-checksum": "3133640200643dfe" + ADDRESSES6}


def ipv4_header(length, destination, ttl=255):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0xc0, 20 + length, 1, 0, ttl, 112, 0, bytes((192, 0, 2, 10)), destination)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:]


def vrrp_packets():
    for name, (bits, text) in IPV4.items():
        message = words(text)
        destination = bytes((192, 0, 2, 11)) if bits & UNICAST else bytes((224, 0, 0, 18))
        for state, where in (("backup", BACKUP), ("active", ACTIVE)):
            head = struct.pack("!BBBBH", bits | where, PREEMPT | WARM, 150, 6, 500)
            write("vrrp_packet", f"{name}-{state}", head + ipv4_header(len(message), destination) + message)
    message = words(IPV4["p4"][1])
    head = struct.pack("!BBBBH", BACKUP, 0, 150, 6, 500)
    write("vrrp_packet", "ttl-254", head + ipv4_header(len(message), bytes((224, 0, 0, 18)), 254) + message)
    write("vrrp_packet", "p4-put-right", struct.pack("!BBBBH", ACTIVE, PUT_RIGHT, 50, 6, 500) +
          ipv4_header(len(message), bytes((224, 0, 0, 18))) + message)
    write("vrrp_packet", "p5-put-right", struct.pack("!BBBBH", ACTIVE, PUT_RIGHT | PSEUDO, 50, 6, 500) +
          ipv4_header(len(message), bytes((224, 0, 0, 18))) + message)
    for name, text in IPV6.items():
        write("vrrp_packet", f"{name}-ipv6", struct.pack("!BBBBH", V6 | BACKUP, PREEMPT, 150, 6, 600) + words(text))
    write("vrrp_packet", "swapped-ipv6-lenient",
          struct.pack("!BBBBH", V6 | LENIENT | ACTIVE, PUT_RIGHT, 50, 6, 600) + words(IPV6["swapped"]))
    write("vrrp_packet", "hop-limit-254", struct.pack("!BBBBH", V6 | ACTIVE, 0, 50, 6, 601) + words(IPV6["p13"]))
    write("vrrp_packet", "hop-limit-untold", struct.pack("!BBBBH", V6 | ACTIVE, UNTOLD, 50, 6, 600) + words(IPV6["p13"]))


# vrrp_thread: commands, see tests/fuzz/vrrp_thread.cc.
ORDER, READY = bytes((15,)), bytes((8, 0xff))
EVERY = bytes((10, 1, 10, 2, 10, 3, 10, 4))  # of the five groups the first is ordered from the start


def wait(milliseconds):
    return struct.pack("!BH", 0, milliseconds)


def hear(group, priority, bits=0):
    return bytes((3, group, priority, bits))


def vrrp_threads():
    active = ORDER + READY + wait(1000)
    sequences = {
        "becomes-active": active + wait(2900),
        "stays-backup": ORDER + READY + hear(0, 250) + wait(250) + hear(0, 250) + wait(250) + hear(0, 250),
        "yields": active + bytes((14, 0)) + wait(1500),
        "answers": active + hear(0, 100) + wait(250),
        "priority-zero": active + hear(0, 0) + wait(500),
        "hears-junk": active + bytes((4, 0, 255, 0, 77)) + bytes((4, 0, 255, 0x80, 9)) + bytes(9) + wait(300),
        "freeze": active + struct.pack("!BH", 5, 900) + wait(100) + struct.pack("!BH", 5, 3900) + wait(2000),
        "link-flap": active + bytes((6, 0)) + wait(400) + bytes((6, 1)) + wait(1000),
        "removed-by-others": active + bytes((7, 0)) + wait(300) + bytes((7, 1)) + wait(300),
        "unready": active + bytes((8, 1)) + wait(300) + bytes((8, 0)) + wait(300) + READY,
        "plan-changes": active + bytes((9, 0, 31, 40, 9, 3, 1)) + wait(900) + bytes((9, 0, 18, 0, 2)) + wait(900),
        "leaves-and-returns": active + bytes((10, 0)) + wait(300) + bytes((10, 0)) + wait(1200),
        "two-groups": bytes((10, 1)) + READY + wait(1200) + hear(1, 255) + wait(200),
        "mute": active + bytes((11, 1)) + wait(900) + bytes((11, 0)) + wait(1500),
        "release-fails": active + bytes((12, 1)) + bytes((14, 0)) + wait(500) + bytes((12, 0)) + wait(1500),
        "refused-address": ORDER + bytes((13, 1)) + READY + wait(1500) + bytes((13, 0)) + wait(500),
        "five-groups": EVERY + READY + wait(1000) + b"".join(hear(group, 100) for group in range(5)) + wait(2900),
        "five-better-ones": EVERY + READY + wait(1000) + b"".join(bytes((14, group)) for group in range(5)) + wait(2900),
        "junk-for-each": EVERY + READY + wait(1000) + b"".join(
            bytes((4, group, 255, 0, 70 + group)) for group in range(5)) + bytes((4, 2, 255, 0xc0, 254)) + wait(2900),
        "junk-while-backup": ORDER + READY + wait(400) + bytes((4, 0, 255, 0, 77)) + wait(2900),
        "suspended": active + struct.pack("!BH", 16, 3000) + wait(2000),
        "interface-made-again": active + bytes((17,)) + wait(500) + bytes((17,)) + wait(2000),
        "interface-renamed": active + bytes((18,)) + wait(500) + bytes((18,)) + wait(2000),
        "tracked": active + bytes((20, 0, 2, 0, 19, 0)) + wait(500) + bytes((19, 1)) + wait(1500),
        "tracked-with-a-weight": active + bytes((20, 0, 2, 1, 19, 0)) + wait(500) + bytes((19, 1)) + wait(500),
        "excluded": active + bytes((20, 0, 1)) + READY + wait(500) + bytes((20, 0, 1)) + wait(500),
        "owner": bytes((21, 10, 1)) + READY + bytes((20, 1, 8)) + wait(500) + bytes((14, 1)) + wait(500) + bytes((21,)) + wait(500),
        "unicast": active + bytes((20, 0, 16)) + hear(0, 250) + wait(2000),
        "cannot-listen": ORDER + bytes((22, 1)) + READY + wait(1500) + bytes((22, 0)) + wait(2500),
        "found-elsewhere": active + bytes((23, 0)) * 35 + wait(2900),
        "all-refused": ORDER + bytes((13, 3)) + READY + wait(1500) + bytes((13, 0)) + wait(2500),
    }
    for name, data in sequences.items():
        write("vrrp_thread", name, data)


# manifests: new.yaml, then behind 0xff old.yaml, see tests/fuzz/manifests.cc.
GROUP = """apiVersion: fairlead.dev/v1alpha1
kind: VRRPGroup
metadata: {name: %s}
spec:
  family: IPv4
  virtualRouterID: %d
  interface: eth0
  addresses:
  - {address: 192.0.2.%d, forwarding: Delegate}
  members:
  - {node: lb1, priority: 200}
  - {node: lb2, priority: 150}
"""
SERVERS = """apiVersion: fairlead.dev/v1alpha1
kind: RealServerSet
metadata: {name: web}
spec:
  group: web
  virtualServers:
  - {address: 192.0.2.10, port: 80, scheduler: rr, reals: [{address: 192.0.2.21, port: 80}]}
"""


def manifests():
    web, other = GROUP % ("web", 52, 10), GROUP % ("other", 53, 11)
    texts = {
        "group": web, "group-and-servers": web.replace(", forwarding: Delegate", "") + "---\n" + SERVERS,
        "beside-another": other, "same-id": GROUP % ("other", 52, 11), "same-address": GROUP % ("other", 53, 10),
        "same-name": GROUP % ("web", 53, 11), "the-good-ones-id": GROUP % ("other", 51, 11), "not-ours": web.replace("lb1", "lb9"),
        "every-problem": web.replace("52", "300").replace("200", "256").replace("192.0.2.10", "127.0.0.1") + "  adresses: []\n",
        "version-2": web + "  version: 2\n  authentication: {type: PASS, passwordFile: web}\n", "owner": web.replace("200", "255"),
        "ipv6": web.replace("IPv4", "IPv6").replace("192.0.2.10", "2001:db8::10"), "json": '{"kind": "VRRPGroup", "metadata": {"name": "x"}}',
        "anchors": "a: &x {k: 1}\nb: *x\nc: *x\n", "laughs": "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n", "ring": "a: &x [*x]\n",
        "tags": "a: !!str 1\nb: !!int 2\nc: !mine 3\n", "twice": "a: 1\na: 2\n", "numbers": "[0x1F, 0o17, 1e3, .nan, -.inf, 1_0, +7]\n",
        "block": "a: |\n  one\n  two\nb: >-\n  three\n", "deep": "[" * 101 + "]" * 101, "open": "a: [1", "tab": "a: 1\n\tb: 2\n",
        "empty": "---\n---\n...\n", "complex-key": "? [a]\n: 1\n", "zero": "a: \0\n",
    }
    for name, text in texts.items():
        write("manifests", name, text.encode())
        if name in ("beside-another", "same-id", "same-address", "same-name", "every-problem"):
            write("manifests", name + "-as-one-is-there", text.encode() + b"\xff" + web.encode())


if __name__ == "__main__":
    vrrp_packets()
    neighbor_frames()
    vrrp_threads()
    route_messages()
    ipvs_replies()
    nft_replies()
    checkpoints()
    manifests()
    json_streams()
    reflectors()
    kubeconfigs()
    network_texts()
    diff_planner()
    service_objects()
