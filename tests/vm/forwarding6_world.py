"""For forwarding6_test.py: a segment with a client, two members (A holds the VIPs, N does not), two real servers and a router, and
another client far behind that router, where a packet may have 1280 bytes at most."""
import ipaddress
import os
import socket
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [TREE + "/tests/lab", TREE + "/tests/vm"]
from forwarding_world import inside, serve, sh  # noqa: E402

SEGMENT, CLIENT, A, N, R1, R2, ROUTER, FAR, EMPTY = (
    "fairlead-6s", "fairlead-6c", "fairlead-6a", "fairlead-6n", "fairlead-6r1", "fairlead-6r2", "fairlead-6x", "fairlead-6f", "fairlead-6e")
HOSTS = {CLIENT: "9", A: "1", N: "2", R1: "21", R2: "22", ROUTER: "254"}
NAMES = {A: "a", N: "n", R1: "r1", R2: "r2"}
VIP, VIP4 = "2001:db8::100", "192.0.2.100"
FAR_NET = "2001:db8:9::"
BIG = 300_000  # bytes of an answer that is many packets long
BACKENDS = (R1, R2)


def address(name):
    return "2001:db8::" + HOSTS[name]


def at(name, command, check=True):
    return sh(f"ip netns exec {name} {command}", check)


def remove():
    there = sh("ip netns list").split()
    for name in (SEGMENT, FAR, EMPTY, *HOSTS):
        if name in there:
            sh("ip netns del " + name)


def build():
    remove()
    for name in (SEGMENT, FAR, EMPTY, *HOSTS):
        sh("ip netns add " + name)
        sh(f"ip -n {name} link set lo up")
    sh(f"ip -n {SEGMENT} link add br0 type bridge mcast_snooping 0")
    sh(f"ip -n {SEGMENT} link set br0 up")
    for name, host in HOSTS.items():
        sh(f"ip -n {SEGMENT} link add p{host} type veth peer name eth0 netns {name}")
        sh(f"ip -n {SEGMENT} link set p{host} master br0 up")
        sh(f"ip -n {name} addr add 192.0.2.{host}/24 dev eth0")
        sh(f"ip -n {name} addr add {address(name)}/64 dev eth0 nodad")
        sh(f"ip -n {name} link set eth0 up")
    # As the daemon adds them.
    sh(f"ip -n {A} addr add {VIP4}/32 dev eth0")
    sh(f"ip -n {A} addr add {VIP}/128 dev eth0 nodad preferred_lft 0")
    build_far()
    build_advertising()
    for name, word in NAMES.items():
        port = 80 if name in BACKENDS else 6443
        serve(name, "::", port, lambda peer, word=word: f"{word} {peer[0].removeprefix('::ffff:')} {peer[1]}".encode())
    for name in BACKENDS:
        serve(name, "::", 81, lambda peer: b"x" * BIG)
    serve(A, "::", 22, lambda peer: b"host")


def build_far():
    """The far client offers segments for 1500 bytes; it is the router that has room for 1280."""
    sh(f"ip -n {ROUTER} link add far0 mtu 1280 type veth peer name eth0 netns {FAR}")
    sh(f"ip -n {ROUTER} addr add {FAR_NET}fe/64 dev far0 nodad")
    sh(f"ip -n {ROUTER} link set far0 up")
    sh(f"ip -n {FAR} addr add {FAR_NET}9/64 dev eth0 nodad")
    sh(f"ip -n {FAR} link set eth0 mtu 1500 up")
    sh(f"ip -n {FAR} route add default via {FAR_NET}fe")
    at(ROUTER, "sysctl -qw net.ipv6.conf.all.forwarding=1")
    sh(f"ip -n {A} route add {FAR_NET}/64 via {address(ROUTER)}")


def build_advertising():
    """A router on a segment of its own with the empty namespace."""
    sh(f"ip -n {ROUTER} link add ra0 type veth peer name eth0 netns {EMPTY}")
    at(ROUTER, "sysctl -qw net.ipv6.conf.ra0.accept_dad=0")  # it has its link-local address at once
    sh(f"ip -n {EMPTY} link set eth0 up")
    sh(f"ip -n {ROUTER} link set ra0 up")


def advertise():
    """One router advertisement there; what default route the empty namespace has now."""
    def work():
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as one:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            return one.sendto(struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0), ("ff02::1", 0, 0, socket.if_nametoindex("ra0")))
    inside(ROUTER, work)
    return default_route()


def default_route():
    return sh(f"ip -n {EMPTY} -6 route show default").strip()


def translate(vip, port):
    """What kube-proxy does with a virtual server: DNAT to a real server, and itself as the source."""
    family, real = ("ip6", f"[{address(R1)}]:80") if ":" in vip else ("ip", "192.0.2.21:80")
    rules = (f"add table {family} somebody\n"
             f"add chain {family} somebody pre {{ type nat hook prerouting priority dstnat; }}\n"
             f"add chain {family} somebody post {{ type nat hook postrouting priority srcnat; }}\n"
             f"add rule {family} somebody pre {family} daddr {vip} tcp dport {port} dnat to {real}\n"
             f"add rule {family} somebody post ct status dnat masquerade\n")
    subprocess.run(["ip", "netns", "exec", A, "nft", "-f", "-"], input=rules, text=True, check=True)


def translated(vip, port):
    """The entries of conntrack in A whose client asked for that."""
    wanted = ipaddress.ip_address(vip).exploded
    entries = [line.split() for line in at(A, "cat /proc/net/nf_conntrack").splitlines()]
    # The first dst= and dport= of a line are those of the original direction.
    first = [[next((word for word in words if word.startswith(start)), "") for start in ("dst=", "dport=")] for words in entries]
    return len([one for one in first if one == [f"dst={wanted}", f"dport={port}"]])
