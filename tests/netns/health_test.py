#!/usr/bin/python3
"""TCP health checks with real sockets: a node and a machine of real servers as namespaces, `checker` in the node. A server
that stops listening, falls silent and returns; what the server sees of a check; what the node lacks is not the server's
fault (datapath.md 9). Prints the detection times that it measured beside the worst that the formula allows."""
import contextlib
import os
import signal
import socket
import struct
import sys
import threading
import time

sys.dont_write_bytecode = True
TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TREE + "/tests/lab")
from health_world import (  # noqa: E402
    FOUR_SERVER, NOBODY, NODE, OWN, SECOND, SERVERS, SIX, SIX_SERVER, Checker, Server, build, endpoint, inside,
    remove, sh, silence)
from labkit.cases import Cases  # noqa: E402

SLACK = 2.0  # seconds, for a machine that is busy


def begins(cases):
    four, six = Server(FOUR_SERVER, 8001), Server(SIX_SERVER, 8001)
    names = [endpoint(FOUR_SERVER, 8001), endpoint(SIX_SERVER, 8001), endpoint(FOUR_SERVER, 8002), endpoint(NOBODY, 8001)]
    one = Checker(1, 1, 1, 1, *names)
    for name, family in ((names[0], "IPv4"), (names[1], "IPv6")):
        took, _ = one.wait(name, "Up", one.begun, 5)
        cases.check(f"an {family} server that listens is up at once", took is not None and took < SLACK, took)
    took, error = one.wait(names[2], "Down", one.begun, 5)
    cases.check("one that refuses is down at once, and the error says so",
                took is not None and took < SLACK and error == "connection refused", (took, error))
    took, error = one.wait(names[3], "Down", one.begun, 6)
    cases.check("an address that nobody has is down after the timeout",
                took is not None and 1 <= took < 1 + SLACK and error == "no answer within 1 s", (took, error))
    time.sleep(2.2)
    cases.check("each check has its turn each interval", 2 <= len(four.seen) <= 5, len(four.seen))
    cases.check("the server sees a client that says nothing and closes in good order, from the node's address",
                set(four.seen) == {(OWN, "b''")} and {said for _, said in six.seen} == {"b''"}, set(four.seen) | set(six.seen))
    cases.check("attempts are counted by how they ended",
                one.metric('fairlead_node_health_attempts_total{result="passed"}') >= 4
                and one.metric('fairlead_node_health_attempts_total{result="refused"}') >= 2
                and one.metric('fairlead_node_health_attempts_total{result="timed_out"}') >= 1)
    cases.check("it ends when told to", one.end() == 0)


def detects(cases):
    """One that stops listening, one that falls silent, and back."""
    listens, answers, lasting = Server(FOUR_SERVER, 8011), Server(FOUR_SERVER, 8012), Server(FOUR_SERVER, 8013)
    stops, falls, stays = (endpoint(FOUR_SERVER, port) for port in (8011, 8012, 8013))
    one = Checker(2, 1, 1, 1, stops, falls, stays)
    for name in (stops, falls, stays):
        one.wait(name, "Up", one.begun, 5)
    dead = time.monotonic()
    listens.stop()
    speak = silence(8012)
    took, error = one.wait(stops, "Down", dead, one.worst + 5)
    cases.check(f"a server that stops listening is down in at most {one.worst} s",
                took is not None and took <= one.worst + SLACK and error == "connection refused", (took, error))
    took, error = one.wait(falls, "Down", dead, one.worst + 5)
    cases.check(f"a server that falls silent is down in at most {one.worst} s, and not before its retry",
                took is not None and 3 <= took <= one.worst + SLACK and error == "no answer within 1 s", (took, error))
    back = time.monotonic()
    listens.listen()
    speak()
    for name, what in ((stops, "listens"), (falls, "answers")):
        took, _ = one.wait(name, "Up", back, 10)
        cases.check(f"a server that {what} again is up in at most its interval, 2 s", took is not None and took <= 2 + SLACK,
                    took)
    turns = int((time.monotonic() - one.begun) / 2)
    cases.check("the server beside them was checked all the time and never down",
                not one.of(stays, "Down") and len(lasting.seen) >= turns - 1, (len(lasting.seen), turns))
    cases.check("each change is a line of the log, once", len(one.logged("health.down")) == 2
                and len(one.logged("health.up")) == 5, (len(one.logged("health.down")), len(one.logged("health.up"))))
    for server in (answers, lasting):
        server.stop()
    one.end()


def retries(cases):
    server, name = Server(FOUR_SERVER, 8021), endpoint(FOUR_SERVER, 8021)
    one = Checker(1, 1, 5, 1, name)
    one.wait(name, "Up", one.begun, 5)
    speak = silence(8021)
    time.sleep(3.5)
    speak()
    time.sleep(3)
    cases.check("a silence shorter than the retries last is no death", not one.of(name, "Down"), one.changes)
    cases.check("but its error is shown meanwhile", any(c[3] == "no answer within 1 s" for c in one.of(name, "Up")),
                one.changes)
    one.end()
    server.stop()


def sources(cases):
    server, name = Server(FOUR_SERVER, 8031), endpoint(FOUR_SERVER, 8031)
    one = Checker(1, 1, 1, 1, "source=" + SECOND, name)
    one.wait(name, "Up", one.begun, 5)
    time.sleep(0.3)
    cases.check("sourceAddress is what the server sees", {peer for peer, _ in server.seen} == {SECOND}, server.seen)
    one.end()
    one = Checker(1, 1, 1, 1, "source=198.51.100.77", name)
    time.sleep(2)
    cases.check("a sourceAddress that the node does not have says nothing of the server",
                not one.of(name, "Down") and len(one.logged("health.not_tried")) == 1, (one.changes, one.log))
    one.end()
    server.stop()


def resets(cases):
    """A server that accepts and resets at once: whether the reset is there before the node looks, is chance."""
    def work():
        return [socket.create_server((FOUR_SERVER, port)) for port in range(8061, 8081)]
    listeners = inside(SERVERS, work)

    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                one, _ = listener.accept()
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.close()
    for listener in listeners:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
    one = Checker(1, 1, 0, 1, *(endpoint(FOUR_SERVER, port) for port in range(8061, 8081)))
    time.sleep(5)
    verdicts = {(c[2], c[3]) for c in one.changes}
    cases.check("a server that accepts and resets is up, and stays so", verdicts == {("Up", "-")}, verdicts)
    cases.check("it was asked all the time", one.metric('fairlead_node_health_attempts_total{result="passed"}') >= 60)
    one.end()
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def itself(cases):
    """A socket that gets the very port it asks for, on its own host, connects to itself: no server is there."""
    def ports(low, high):
        with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as file:
            file.write(f"{low} {high}")
    inside(NODE, lambda: ports(40000, 40000))
    for address in (OWN, SIX):
        name = endpoint(address, 40000)
        one = Checker(1, 1, 0, 1, name)
        took, error = one.wait(name, "Down", one.begun, 5)
        cases.check(f"{address}: a check that connects to itself has found nobody",
                    took is not None and not one.of(name, "Up") and error == "connection refused", one.changes)
        one.end()
    inside(NODE, lambda: ports(32768, 60999))


def descriptors(cases):
    """512 attempts at once need as many descriptors; here there are a few."""
    server, name = Server(FOUR_SERVER, 8041), endpoint(FOUR_SERVER, 8041)
    speak = silence(8042)
    silent = [endpoint(f"198.51.100.{host}", 8042) for host in range(20, 60)]
    for host in range(20, 60):
        sh(f"ip -n {SERVERS} addr add 198.51.100.{host}/24 dev eth0")
    one = Checker(1, 3, 0, 1, name, *silent, descriptors=24)
    time.sleep(8)
    text = one.metric('fairlead_node_health_attempts_total{result="not_tried"}')
    cases.check("without descriptors attempts are not made, which is told once and counted",
                text > 0 and len(one.logged("health.not_tried")) >= 1, (text, one.logged("health.not_tried")[:3]))
    first = {}
    for change in one.changes:
        if change[2] == "Down":
            first.setdefault(change[1], change[3])
    wrong = {error for error in first.values() if error != "no answer within 3 s"}
    cases.check("no server is down for that", not wrong and not one.of(name, "Down"), wrong)
    cases.check("and the others have their turn all the same", len(first) > 16, len(first))
    one.end()
    speak()
    server.stop()


def sleeps(cases):
    """The connection comes about while the daemon does not run, after the timeout has passed for it."""
    server, name = Server(FOUR_SERVER, 8051), endpoint(FOUR_SERVER, 8051)
    one = Checker(1, 2, 0, 1, name)
    one.wait(name, "Up", one.begun, 5)
    speak = silence(8051)
    time.sleep(1.1)  # an attempt has begun, and its first SYN is lost
    os.kill(one.process.pid, signal.SIGSTOP)
    before = len(server.seen)
    speak()
    deadline = time.monotonic() + 10
    sh(f"ip netns exec {NODE} sleep 4")
    pending = sh(f"ip netns exec {NODE} ss -Htn state established dst {FOUR_SERVER}:8051")
    os.kill(one.process.pid, signal.SIGCONT)
    time.sleep(2)
    cases.check("what the kernel knows counts, not when the daemon wakes up", bool(pending) and not one.of(name, "Down")
                and len(server.seen) > before and time.monotonic() < deadline, (pending, one.changes))
    one.end()
    server.stop()


def main():
    cases = Cases()
    build()
    try:
        for part in (begins, detects, retries, sources, resets, itself, descriptors, sleeps):
            part(cases)
    finally:
        remove()
    cases.finish()


if __name__ == "__main__":
    main()
