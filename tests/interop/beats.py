"""How late adverts leave, from outside: what one node's MAC sends is captured at x with the kernel's stamps. Nothing else passes the
capture's filter, so that a flood beside it is neither read nor lost in it."""
import contextlib
import ctypes
import socket
import struct
import threading
import time

import frames
from world import inside

SO_ATTACH_FILTER, SO_TIMESTAMPNS = 26, 35


class Filter(ctypes.Structure):
    """struct sock_fprog"""
    _fields_ = [("length", ctypes.c_ushort), ("program", ctypes.c_void_p)]


def from_mac(mac):
    """Classic BPF: frames of that source MAC, whole."""
    load_word, load_half, jump_equal, answer = 0x20, 0x28, 0x15, 0x06
    lines = ((load_word, 0, 0, 6), (jump_equal, 0, 3, int.from_bytes(mac[:4], "big")), (load_half, 0, 0, 10),
             (jump_equal, 0, 1, int.from_bytes(mac[4:], "big")), (answer, 0, 0, 65535), (answer, 0, 0, 0))
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


class Beats:
    """{(family, vrid): [ns]} of the adverts that a MAC sent to x, from begin to end of the block."""

    def __init__(self, namespace, mac):
        program = ctypes.create_string_buffer(from_mac(mac))
        with inside(namespace):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, bytes(Filter(6, ctypes.addressof(program))))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind(("eth1", 3))
        self.socket.settimeout(0.1)
        self.seen, self.going = {}, True
        self.thread = threading.Thread(target=self.read, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.going = False
        self.thread.join()
        self.socket.close()

    def read(self):
        while self.going:
            with contextlib.suppress(TimeoutError):
                frame, extra, _, where = self.socket.recvmsg(2048, 256)
                if where[2] != socket.PACKET_OUTGOING:
                    self.note(frame, struct.unpack("qq", extra[0][2]))

    def note(self, frame, stamp):
        v4 = frame[12:14] == b"\x08\x00"
        if frame[23 if v4 else 20] != frames.PROTOCOL or frame[12:14] not in (b"\x08\x00", b"\x86\xdd"):
            return
        key = (4, frame[35]) if v4 else (6, frame[55])
        self.seen.setdefault(key, []).append(stamp[0] * 10**9 + stamp[1])


def lateness(times, interval_ms):
    """ms each advert was late. The schedule is absolute (VR-097), so that the most punctual one of a run tells where it lies;
    a beat that was missed altogether begins another run, and its successor is late by the rest."""
    interval, runs, out = interval_ms * 1_000_000, [], []
    for t in times:
        if runs and t - runs[-1][-1] < 1.9 * interval:
            runs[-1].append(t)
        else:
            if runs:
                out.append((t - runs[-1][-1] - interval) / 1e6)
            runs.append([t])
    for run in runs:
        offsets = [t - n * interval for n, t in enumerate(run)]
        out += [(offset - min(offsets)) / 1e6 for offset in offsets]
    return out


def percentile(values, share):
    """The smallest value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def of_all(seen, interval_ms):
    return [late for times in seen.values() for late in lateness(times, interval_ms)]


def told(values):
    shown = {name: round(percentile(values, share), 2) for name, share in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))}
    return f"{len(values)} adverts, ms late: " + ", ".join(f"{n} {v}" for n, v in shown.items()) + f", max {max(values):.2f}"


def watch_for(namespace, mac, seconds):
    with Beats(namespace, mac) as beats:
        time.sleep(seconds)
    return beats.seen
