"""vrrp.md 8: a Master that dies while others change the addresses or the links of its node. Each address that comes puts the
kernel's next look at expired ones off, by up to a second; each link takes the lock (RTNL) that renewal, expiry and take-over need,
too. What failure-model.md 1.2 says of the fence holds all the same."""
import contextlib
import socket
import struct
import threading
import time

import foreign
from faults import FENCE_MS, Three
from measure import milliseconds
from routers import Fairlead
from world import batch, inside

ADDRESSES_A_SECOND = 20  # changes, of each family
LINKS_A_SECOND = 50      # pairs that are made and removed, at least
DELADDR = 21
KILL, STOP = "kill -9", "SIGSTOP"


class Addresses:
    """On eth2 of a place an address of each family comes, then goes, ADDRESSES_A_SECOND times a second in all."""

    def __init__(self, place):
        foreign.second_interface(place)
        with inside(place):
            self.index = socket.if_nametoindex("eth2")
        self.socket, self.count, self.longest = foreign.netlink(place), 0, 0

    def step(self):
        number, there = divmod(self.count, 2)
        for address in (f"198.51.100.{number % 250 + 1}", f"2001:db8:c::{number:x}"):
            family, length = (socket.AF_INET6, 128) if ":" in address else (socket.AF_INET, 32)
            packed = socket.inet_pton(family, address)
            body = struct.pack("=BBBBI", family, length, 0, 0, self.index)
            body += foreign.attribute(foreign.LOCAL, packed) + foreign.attribute(foreign.ADDRESS, packed)
            body += foreign.attribute(foreign.CACHEINFO, struct.pack("=IIII", 0, 600, 0, 0))
            body += foreign.attribute(foreign.FLAGS, struct.pack("=I", 2))  # nodad
            kind, flags = (DELADDR, 0) if there else (foreign.NEWADDR, foreign.CREATE)
            foreign.ask(self.socket, kind, foreign.ACK | flags, body)
        self.count += 1
        return 1 / ADDRESSES_A_SECOND

    def enough(self, seconds):
        # Beside all other stories, and a compiler, 8 to 13 of 20 a second were reached.
        return self.count >= 0.25 * ADDRESSES_A_SECOND * seconds


class Links:
    """Pairs of links are made in a place, as pods get them, and removed together."""
    AT_ONCE = 40

    def __init__(self, place):
        self.place, self.count, self.longest = place, 0, 0

    def step(self):
        batch(self.place, [f"link add c{n} group 7 type veth peer name d{n}" for n in range(self.AT_ONCE)])
        begun = time.monotonic()
        batch(self.place, ["link delete group 7"])  # one holding of the lock
        self.longest = max(self.longest, time.monotonic() - begun)
        self.count += self.AT_ONCE
        return 0

    def enough(self, seconds):
        return self.count >= LINKS_A_SECOND * seconds


@contextlib.contextmanager
def beside(work):
    """Step upon step, each begun so many seconds after the last as that says, until the end of the block."""
    going = threading.Event()

    def run():
        due = time.monotonic()
        while not going.wait(max(0, due - time.monotonic())):
            due = max(due, time.monotonic() - 1) + work.step()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        going.set()
        thread.join()


def died(how, family, kind):
    """kind: what goes on beside it, Addresses or Links."""
    def tell(story):
        three = Three(story, Fairlead, family)
        if not three.settle():
            return
        a, work, begun = three.programs["a"], kind(story.segment.of["a"]), time.monotonic()
        with beside(work):
            time.sleep(1.1)  # renewals, too
            died_at = time.monotonic_ns()
            (a.kill if how == KILL else a.freeze)()
            time.sleep(5)
        seconds = time.monotonic() - begun
        story.check("it went on all the while", work.enough(seconds),
                    f"{work.count} in {seconds:.1f} s, the longest removal {1000 * work.longest:.0f} ms")
        three.taken_over(died_at, how)
        last = three.own().adverts("a", "x", until=died_at + 50_000_000)[-1]["t"]
        gone = three.own().first(three.vip, "a", False, died_at)
        after = milliseconds(gone - last) if gone else None
        story.check(f"{how}: a's address is gone within {FENCE_MS} ms of its last beat (I-2)", after and after <= FENCE_MS, after)
        if how == STOP:
            a.thaw()
            time.sleep(0.6)
            story.check("thawed: a is Backup", a.state("g") == "Backup", a.state("g"))
        three.never_two(died_at, f"{how} (P-2)")
    return tell
