"""Seeds of network_texts, diff_planner and service_objects: addresses, ranges and numbers as people write them, and what is just not
one; tables that differ in one thing; what Services ask for by each annotation, and VirtualIPs of their own."""
import json

from seed_files import write

TEXTS = ("192.0.2.1", "0.0.0.0", "255.255.255.255", "192.0.2.01", "192.0.2", "192.0.2.256", "1.2.3.4.5", " 192.0.2.1", "2001:db8::1", "::",
         "::1", "::ffff:192.0.2.1", "fe80::1%eth0", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1::2::3", "2001:DB8:0:0:0:0:0:A", "12345::",
         "192.0.2.0/24", "192.0.2.7/24", "0.0.0.0/0", "192.0.2.1/32", "192.0.2.1/33", "192.0.2.1/", "192.0.2.1/-1", "2001:db8::/32", "::/0",
         "::1/128", "2001:db8::/129", "192.0.2.1-192.0.2.9", "192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::1", "192.0.2.1 - 192.0.2.9",
         "0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::1-2001:db8::ff", "192.0.2.1-", "192.0.2.1:80",
         "[2001:db8::1]:80", "2001:db8::1:80", "192.0.2.1:0", "192.0.2.1:65536", "[::1]", "TCP", "UDP", "SCTP", "tcp", "0", "80", "65535", "65536",
         "-1", "+1", "007", "1e3", "99999999999999999999", "0x10", "")

ANNOTATIONS = ("loadBalancerIPs", "address-pool", "sharing-key", "forwarding", "scheduler", "scheduler-flags", "source-ranges",
               "connection-limits", "health-checks", "on-unhealthy", "quorum", "sorry-server", "min-healthy-percent", "drain-seconds",
               "on-no-endpoints", "preferred-nodes", "metallb-ips", "metallb-pool", "metallb-shared", "kube-vip")
CHECK = json.dumps([{"tcp": {}, "intervalSeconds": 2, "port": 81}])
VALUES = {
    "loadBalancerIPs": ("192.0.2.100", "192.0.2.100,2001:db8::61", "192.0.2.110", "198.51.100.1", "192.0.2.1", "127.0.0.1", "x"),
    "address-pool": ("public", "none", "UPPER case"), "sharing-key": ("k", "", "ä\n"), "forwarding": ("NAT", "Delegate", "DirectRouting", "nat"),
    "scheduler": ("rr", "mh", "best"), "scheduler-flags": ("sh-port", "sh-port,mh-port", "x"), "source-ranges": ("10.0.0.0/8", "10.0.0.0/8,x"),
    "connection-limits": ("10,5", "5,10", "1"), "health-checks": (CHECK, "[]", "[{", "{}", '[{"tcp":{},"http":{}}]'),
    "on-unhealthy": ("Drain", "Remove", "drop"), "quorum": ("1", "2", "-1"), "sorry-server": ("10.0.0.9:80", "10.0.0.9"),
    "min-healthy-percent": ("0", "50", "101"), "drain-seconds": ("0", "300", "86401"), "on-no-endpoints": ("Reject", "Withdraw", "no"),
    "preferred-nodes": ("node-1", "node-2,node-1", "node-1,node-1"), "metallb-ips": ("192.0.2.101",), "metallb-pool": ("public",),
    "metallb-shared": ("k",), "kube-vip": ("192.0.2.102", "0.0.0.0")}
SERVICES = {
    "plain": {}, "affinity": {"sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}}},
    "local": {"externalTrafficPolicy": "Local"}, "ranges": {"loadBalancerSourceRanges": ["10.0.0.0/8"]}, "deprecated": {"loadBalancerIP": "192.0.2.103"},
    "dual": {"ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "RequireDualStack"}, "udp": {"ports": [{"port": 53, "protocol": "UDP"}]},
    "many-ports": {"ports": [{"name": f"p{port}", "port": port, "protocol": "TCP"} for port in range(1, 40)]}, "no-ports": {"ports": []},
    "bad-port": {"ports": [{"port": 0}]}, "twice": {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 80}]}}
SERVER = {"servers": [{"address": "10.0.0.1"}, {"address": "10.0.0.2", "port": 81, "weight": 3}], "ports": [{"port": 80}]}
VIRTUAL_IPS = {
    "servers": SERVER, "asked": SERVER | {"addresses": ["192.0.2.105"]}, "taken": SERVER | {"addresses": ["192.0.2.110"]},
    "dual": SERVER | {"ipFamilies": ["IPv4", "IPv6"], "forwarding": "Delegate"}, "alone": {"forwarding": "Delegate"},
    "shared": SERVER | {"addresses": ["192.0.2.106"], "sharingKey": "k"}, "checks": SERVER | {"healthChecks": [{"tcp": {}}]},
    "placed": SERVER | {"placement": {"nodeSelector": {"matchLabels": {"zone": "a"}}, "preferredNodes": ["node-2"]}},
    "service": {"serviceRef": {"name": "web"}}, "no-service": {"serviceRef": {"name": "none"}}, "both": SERVER | {"serviceRef": {"name": "web"}},
    "loopback": SERVER | {"addresses": ["127.0.0.1"]}, "port-0": SERVER | {"ports": [{"port": 0}]}, "text": "spec", "list": [],
    "not-built": SERVER | {"quorum": 2}, "tunnel": SERVER | {"forwarding": "Tunnel"},
    "persistent": SERVER | {"persistence": {"timeoutSeconds": 60}}, "prefix": SERVER | {"persistence": {"timeoutSeconds": 60, "prefixLength": 64}},
    "limits": SERVER | {"connectionLimits": {"upper": 10, "lower": 5}, "scheduler": "mh", "schedulerFlags": ["mh-port"]},
    "one-packet": {"forwarding": "DirectRouting", "onePacket": True, "servers": [{"address": "10.0.0.1"}],
                   "ports": [{"port": 53, "protocol": "UDP"}]}}


def network_texts():
    for number, text in enumerate(TEXTS):
        write("network_texts", f"text-{number}", text.encode())


def diff_planner():
    one, two = bytes((2, 1, 0, 3, 1)), bytes((2, 1, 2, 4, 1))
    service, other = bytes((0, 2, 0, 1, 1, 1, 2, 1)), bytes((1, 2, 0, 2, 1, 2, 1, 1))
    tables = {"empty": b"\0\0", "new": b"\0\1\0" + service, "gone": b"\1\0" + service + b"\0", "same": (b"\1\0" + service) * 2,
              "changed": b"\1\0" + service + b"\1\0" + other, "two": b"\2\0" + service + b"\1" + other + b"\2\1" + service + b"\2" + other}
    for name, data in tables.items():
        for whose, bits in {"ours": b"\xff\0", "theirs": b"\0\0", "held": b"\xff\xff", "some": b"\5\2"}.items():
            write("diff_planner", f"{name}-{whose}", one + two + data + bits)
    # Two servers, then looks: the plan, drain seconds, who is taken out, restart if 0, connections, seconds until the next look.
    first, both = bytes((0, 1, 1, 1, 1)), bytes((0, 2, 1, 1, 1, 2, 1, 1))
    busy, idle = bytes((1, 1)), bytes((0, 0))
    looks = {"idle": first + bytes((9, 4, 1)) + busy + b"\1" + first + bytes((9, 4, 1)) + idle + b"\1",
             "deadline": first + bytes((9, 4, 1)) + busy + b"\11" + first + bytes((9, 4, 1)) + busy + b"\1",
             "back": first + bytes((9, 4, 1)) + busy + b"\1" + both + bytes((9, 4, 1)) + busy + b"\1",
             "restart": first + bytes((9, 4, 0)) + busy + b"\10" + first + bytes((9, 4, 0)) + busy + b"\10",
             "taken-out": first + bytes((9, 2, 1)) + busy + b"\1" + first + bytes((9, 4, 1)) + idle + b"\1"}
    for name, data in looks.items():
        write("diff_planner", f"drain-{name}", one + two + b"\0\0\0\0" + both + b"\2" + data)


def service_objects():
    def put(name, service, virtual_ip=None, *annotations):
        parts = [json.dumps(service).encode(), b"" if virtual_ip is None else json.dumps(virtual_ip).encode(), *annotations]
        write("service_objects", name, b"\xff".join(parts if virtual_ip is not None or annotations else parts[:1]))
    for name, spec in SERVICES.items():
        put(f"service-{name}", spec)
    for name, spec in VIRTUAL_IPS.items():
        put(f"vip-{name}", {}, spec)
    for number, annotation in enumerate(ANNOTATIONS):
        for which, value in enumerate(VALUES[annotation]):
            put(f"{annotation}-{which}", {}, None, bytes((number,)) + value.encode())
    put("shares", {}, VIRTUAL_IPS["shared"], b"\0192.0.2.106", b"\2k")
    put("hashes-ports", SERVICES["affinity"], None, bytes((ANNOTATIONS.index("scheduler"),)) + b"sh",
        bytes((ANNOTATIONS.index("scheduler-flags"),)) + b"sh-port", bytes((ANNOTATIONS.index("connection-limits"),)) + b"10,5")
    put("delegates", SERVICES["dual"], None, b"\3Delegate", b"\0192.0.2.107,2001:db8::62")
