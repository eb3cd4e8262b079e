"""A client that asks some VIPs by ping, through the kernel of its namespace and so by what that has learned of MACs."""
import contextlib
import select
import socket
import struct
import threading
import time

import frames
from world import inside

PERIOD_SECONDS = 0.01
IDENTITY = 0x4662
ECHO, ECHO_REPLY = 8, 0


def echo(sequence):
    body = struct.pack("!BBHHH", ECHO, 0, 0, IDENTITY, sequence)
    return body[:2] + struct.pack("!H", frames.checksum(body)) + body[4:]


class Client:
    """Asks each of the addresses every 10 ms from begin to end of the block."""

    def __init__(self, namespace, vips):
        with inside(namespace):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.socket.setblocking(False)
        self.vips, self.going = list(vips), True
        self.asked = {vip: [] for vip in vips}     # when each question left; its number modulo 65536 is its place here
        self.answered = {vip: set() for vip in vips}
        self.thread = threading.Thread(target=self.work, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        self.thread.join()
        self.socket.close()

    def work(self):
        due = time.monotonic()
        while self.going:
            for vip in self.vips:
                self.asked[vip].append(time.monotonic_ns())
                with contextlib.suppress(OSError):  # no neighbour answers: lost, as any other
                    self.socket.sendto(echo((len(self.asked[vip]) - 1) & 0xffff), (vip, 0))
            due = max(due + PERIOD_SECONDS, time.monotonic() - 1)
            while time.monotonic() < due:
                if select.select([self.socket], [], [], max(0, due - time.monotonic()))[0]:
                    self.read()

    def read(self):
        with contextlib.suppress(OSError):
            while True:
                packet, sender = self.socket.recvfrom(2048)
                kind, _, _, identity, sequence = struct.unpack_from("!BBHHH", packet, 20)
                if kind == ECHO_REPLY and identity == IDENTITY and sender[0] in self.answered:
                    self.answered[sender[0]].add(sequence)

    def outage_ms(self, vip, since, until):
        """From the first to the last question of the longest run of those between the two times that were not answered, and to the one
        after it."""
        first, longest, last = None, 0, None
        for number, sent in enumerate(self.asked[vip]):
            if since <= sent <= until:
                if number & 0xffff in self.answered[vip]:
                    longest = max(longest, sent - first if first else 0)
                    first = None
                else:
                    first = first or sent
                last = sent
        return max(longest, last - first if first else 0) / 1e6
