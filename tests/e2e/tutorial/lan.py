"""The tutorial's network: two hosts, two real servers and a client on one switch, 192.168.192.0/24, a namespace each. The real
servers hold the VIP on lo and answer no ARP for it, as direct routing wants. A real server answers with its name."""
import contextlib
import socket
import subprocess
import threading
import time

from world import BUILD, batch, inside, set_sysctls

HOSTS = {"one": "192.168.192.100", "two": "192.168.192.111"}
SERVERS = {"first": "192.168.192.112", "second": "192.168.192.114"}
CLIENT = {"client": "192.168.192.10"}
VIP, PORT = "192.168.192.200", 80
ALL = {**HOSTS, **SERVERS, **CLIENT}
# Longer than a request takes in an emulated guest that has one processor for four networks: on a busy machine 16 of them took 30 s,
# with keepalived alone, too.
PATIENCE_SECONDS = 6
PERIOD_SECONDS = 0.1
# The client's own ports, each used once. Those that the kernel chooses come again after some 3,000 connections, which the clients of
# all stories share: IPVS may then still know the port with a server that has gone, and without expire_nodest_conn, which keepalived
# does not set, it throws such a connection's packets away.
FIRST_PORT = 10_000


def mac(name):
    return f"02:00:00:00:00:{list(ALL).index(name) + 1:02x}"


class Lan:
    """Of one story. Names of namespaces: `of[name]`."""

    def __init__(self, world, tag):
        self.world, self.tag, self.nodes = world, tag, list(ALL)
        self.switch = world.namespace(tag + "-sw")
        batch(self.switch, ["link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br0 up"])
        self.of = {name: world.namespace(f"{tag}-{name}") for name in ALL}
        for name, address in ALL.items():
            batch(self.switch, [f"link add to-{name} type veth peer name eth0 netns {self.of[name]}", f"link set to-{name} master br0 up"])
            batch(self.of[name], [f"link set eth0 address {mac(name)} addrgenmode none up", f"address add {address}/24 dev eth0"])
        self.servers = {}
        for name in SERVERS:
            set_sysctls(self.of[name], {"net/ipv4/conf/all/arp_ignore": 1, "net/ipv4/conf/all/arp_announce": 2})
            batch(self.of[name], [f"address add {VIP}/32 dev lo"])
            self.start_server(name)

    def start_server(self, name):
        self.servers[name] = self.world.spawn(self.of[name], [BUILD + "/support/realserver", name, str(PORT)], f"{self.tag}-{name}.log")

    def stop_server(self, name):
        self.servers[name].end(9)

    def addresses(self, host):
        """What `ip address show` lists on its interface, with lengths."""
        shown = subprocess.run(["ip", "-n", self.of[host], "-4", "-o", "address", "show", "dev", "eth0"], text=True,
                               stdout=subprocess.PIPE, check=True).stdout
        return [line.split()[3] for line in shown.splitlines()]


def table(namespace):
    """IPVS there, by the kernel's own file: {(vip, port, scheduler): {(server, port): (forwarding, weight)}}"""
    def endpoint(text):
        address, port = text.split(":")
        return socket.inet_ntoa(bytes.fromhex(address)), int(port, 16)
    found = {}
    with inside(namespace), open("/proc/thread-self/net/ip_vs") as file:
        for words in (line.split() for line in file):
            if words[0] == "TCP":
                servers = found[(*endpoint(words[1]), words[2])] = {}
            elif words[0] == "->" and ":" in words[1] and words[1] != "RemoteAddress:Port":
                servers[endpoint(words[1])] = (words[2], int(words[3]))
    return found


def weight(namespace, server):
    """Of that real server of the VIP; 0 if it is not there at all."""
    servers = table(namespace).get((VIP, PORT, "rr"), {})
    return servers.get((SERVERS[server], PORT), ("", 0))[1]


def has_data(frame):
    """Of an IPv4 frame: whether it is TCP that carries data."""
    header = 4 * (frame[14] & 15)
    length = int.from_bytes(frame[16:18], "big")
    return frame[23] == socket.IPPROTO_TCP and length > header + 4 * (frame[14 + header + 12] >> 4)


class Client:
    """One request after another, every 100 ms, from begin to end of the block: `requests` holds (begun in ns, answer or None).
    `failures`: {begun in ns: why, and after how long}; `ports` holds (begun in ns, port, answer or None)."""

    def __init__(self, lan):
        self.namespace, self.requests, self.going, self.macs, self.failures = lan.of["client"], [], True, set(), {}
        self.ports = []
        with inside(self.namespace):
            self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self.wire.setblocking(False)
        self.thread = threading.Thread(target=self.work, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        self.thread.join()
        self.wire.close()

    def work(self):
        with inside(self.namespace):
            while self.going:
                begun, port = time.monotonic_ns(), FIRST_PORT + len(self.ports)
                answer, why = self.ask(port)
                self.ports.append((begun, port, answer))
                if answer is None:
                    self.failures[begun] = f"{why} after {(time.monotonic_ns() - begun) / 1e9:.2f} s"
                self.requests.append((begun, answer))
                self.look()
                time.sleep(max(0.0, PERIOD_SECONDS - (time.monotonic_ns() - begun) / 1e9))

    @staticmethod
    def ask(port):
        """(the server's name or None, why there is none), asked from that port of the client's."""
        step = f"connecting from port {port}"
        try:
            with socket.create_connection((VIP, PORT), PATIENCE_SECONDS, source_address=("", port)) as one:
                step = f"connected from port {port}"
                return one.makefile().read().strip() or None, f"{step}: an empty answer"
        except OSError as problem:
            return None, f"{step}: {problem!r}"

    def ask_again(self, port):
        """From a port that was used before: (the server's name or None, why there is none)."""
        with inside(self.namespace):
            return self.ask(port)

    def look(self):
        """Who answers for the VIP: MACs of frames that came with data. (One who hears the rest of a connection that it does not
        know, from before it was Master, resets it in the VIP's name, and that is no answer.)"""
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, sender = self.wire.recvfrom(128)
                if sender[2] != socket.PACKET_OUTGOING and frame[26:30] == socket.inet_aton(VIP) and has_data(frame):
                    self.macs.add(frame[6:12].hex(":"))

    def why(self, begun):
        """Of each request that began since and failed."""
        return [f"{(when - begun) / 1e9:.2f} s on: {why}" for when, why in list(self.failures.items()) if when >= begun]

    def since(self, begun):
        """The answers of requests that began since."""
        return [answer for when, answer in list(self.requests) if when >= begun]
