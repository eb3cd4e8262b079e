"""The tutorial's steps, told of one pair of nodes: what a reader of it types and sees, each a check."""
import time

import frames
import lan
import nodes
from measure import MS, Ownership, milliseconds
from pair import PREEMPTION_MS
from world import BUILD, Program, Watch, wait_for

ENOUGH = 20            # requests that have to succeed in a row where none may fail
TAKE_OVER_SECONDS = 3  # after a polite stop: Skew_Time of priority 95 is 0.63 s, and the guest is emulated
# A program starts, sees its servers answer (in up to 6 s) and waits for one Active_Down_Interval of 3.6 s; eight of them do so at
# once on the guest's one processor.
RECLAIM_SECONDS = 60
INTERVAL_MS = 1000     # between adverts
OUTRANKED_NS = 10**9   # whoever was master has heard of the stronger one by then
# A refused connection is a failure at once: the rest of the interval, then so many pauses.
SOONEST = nodes.RETRIES * nodes.BETWEEN
LATEST = nodes.INTERVAL + nodes.RETRIES * nodes.BETWEEN
LATE_SECONDS = 3       # what an emulated processor may add
USED_PORTS = 3         # of either sort that are used again
KNOWN_SECONDS = 60     # IPVS keeps a connection whose client has closed it for 120 s


class Pair:
    """`kinds`: {"one": name of a kind, "two": ...}. Host one has priority 100. `late`: Stalls of ordinary threads."""

    def __init__(self, story, kinds, late):
        self.story, self.late, self.lan, self.kinds = story, late, lan.Lan(story.world, story.tag), kinds
        watched = [self.lan.of["one"], "+" + self.lan.of["two"], "+" + self.lan.of["client"]]
        story.watch = Watch(story.world, "watch-" + story.tag, watched)
        self.ownership = Ownership(story.watch, self.lan)
        self.nodes = {host: nodes.KINDS[kinds[host]](story.world, self.lan.of[host], host) for host in lan.HOSTS}
        for host, kind in kinds.items():
            if kind == "fairlead":
                log = f"{story.world.folder}/{story.tag}-{host}-prepare.log"
                prepared = Program(self.lan.of[host], [BUILD + "/node/fairlead-node", "prepare-host"], log)
                story.check(f"{host}: prepare-host", prepared.child.wait(60) == 0, prepared.text()[-500:] if prepared.child.returncode else "")

    def start(self, host):
        self.nodes[host].start([nodes.router(host)])

    def holders(self):
        return self.ownership.holders(lan.VIP)

    def check(self, name, ok, detail=""):
        return self.story.check(name, ok, detail)

    def alone(self, host, what, seconds):
        return self.story.eventually(what, lambda: self.holders() == [host], seconds)

    def listed(self, host, both, when):
        """`ip address show` on a host."""
        own = lan.HOSTS[host] + "/24"
        wanted = [own, self.nodes[host].vip] if both else [own]
        shown = self.lan.addresses(host)
        self.check(f"{when}: ip address show on {host} lists {'both addresses' if both else 'its own alone'}", shown == wanted, shown)

    def serves(self, client, what, names=tuple(lan.SERVERS), seconds=90):
        """So many requests, of which none fails; each of the named servers answers its share of them, and no other does."""
        begun = time.monotonic_ns()
        wait_for(lambda: len(client.since(begun)) >= ENOUGH, seconds)
        answers = client.since(begun)[:ENOUGH]
        counted = {name: answers.count(name) for name in lan.SERVERS}
        share = ENOUGH // len(names)
        self.check(what, len(answers) == ENOUGH and all(abs(counted[n] - (share if n in names else 0)) <= 1 for n in counted) and None not in answers,
                   f"{counted}, {answers.count(None)} failed {client.why(begun) or ''}")

    def handed_over(self, since):
        """One has outranked two since then. What a program does takes as long as it gets no processor, which is measured: of that the
        guest has a part of one, and what carries one's advert to two waits for it, too."""
        own = self.ownership
        taken = own.first(lan.VIP, "one", True, since)
        gone = own.first(lan.VIP, "two", False, since)
        heard = next((e["t"] for e in own.adverts("one", "two", since=since) if e["priority"]), None)
        if not (taken and gone and heard):
            self.check("started again: two hears of it and gives the VIP up", False, (taken, heard, gone))
            return

        def lasted(begin, end):
            return f"{milliseconds(end - begin)} ms, {self.late.total(begin, end):.1f} of them no processor"
        # The second one comes an interval later: half of it tells the two apart.
        self.check("started again: the first advert of one reaches two",
                   heard - taken <= (INTERVAL_MS / 2 + self.late.total(taken, heard)) * MS, lasted(taken, heard))
        self.check(f"started again: two gives the VIP up within {PREEMPTION_MS} ms of it",
                   0 < gone - heard <= (PREEMPTION_MS + self.late.total(heard, gone)) * MS, lasted(heard, gone))

    def checked(self, host, server):
        """It is in the host's table because it answered there."""
        return lan.weight(self.lan.of[host], server) > 0 and self.nodes[host].checked()

    def weights(self, server):
        return {host: lan.weight(self.lan.of[host], server) for host in lan.HOSTS}


def begins(pair, client):
    for host in lan.HOSTS:
        pair.start(host)
    if not pair.alone("one", "one, of priority 100, becomes master", RECLAIM_SECONDS):
        for node in pair.nodes.values():
            print(node.program.text()[-3000:], flush=True)
        return False
    up = pair.story.eventually("both real servers are in the table of either node",
                               lambda: all(pair.checked(h, s) for h in lan.HOSTS for s in lan.SERVERS), RECLAIM_SECONDS)
    pair.listed("one", True, "at first")
    pair.listed("two", False, "at first")
    wanted = {(lan.VIP, lan.PORT, "rr"): {(address, lan.PORT): ("Route", 1) for address in lan.SERVERS.values()}}
    for host in lan.HOSTS:
        found = lan.table(pair.lan.of[host])
        pair.check(f"{host}: port 80, rr, direct routing, both servers of weight 1", found == wanted, found)
    # The two halves of keepalived begin side by side: the first requests may find one of them at work.
    pair.story.eventually("the VIP answers", lambda: len(client.requests) > 3 and None not in client.since(client.requests[-3][0]), 10)
    client.macs.clear()
    pair.serves(client, "the VIP serves, the two servers by turns")
    macs = {lan.mac(name): name for name in lan.ALL}
    seen = {macs.get(m, m) for m in client.macs}
    pair.check("and answer the client themselves", seen == set(lan.SERVERS), sorted(seen))
    return up


def advertises(pair):
    """RFC 3768 5.3, RFC 2338 5.3.6: what is on the wire, byte by byte; each second."""
    said = pair.ownership.adverts("one", "client")[-6:]
    wanted = frames.message(lan.HOSTS["one"], frames.GROUP4, version=2, vrid=51, priority=100, interval=1, addresses=(lan.VIP,),
                            password=nodes.PASSWORD[:8]).hex()
    pair.check("VRRPv2, VRID 51, priority 100, 1 s, PASS with eight bytes of the password", said and {e["hex"] for e in said} == {wanted},
               sorted({e["hex"] for e in said}))
    # Whoever was ready first may have been master until then.
    taken = pair.ownership.first(lan.VIP, "one", True, 0)
    late = pair.ownership.adverts("two", "client", since=taken + OUTRANKED_NS)
    pair.check("two, of priority 95, says nothing", not late, len(late))


def master_stops(pair, client):
    begun = time.monotonic_ns()
    code = pair.nodes["one"].stop()
    pair.check("one stops when it is told to", code == 0, code)
    pair.alone("two", "one stopped: two has the VIP", TAKE_OVER_SECONDS)
    taken = pair.ownership.first(lan.VIP, "two", True, begun)
    pair.check(f"within {TAKE_OVER_SECONDS} s", taken and milliseconds(taken - begun) <= 1000 * TAKE_OVER_SECONDS,
               f"{milliseconds(taken - begun)} ms" if taken else None)
    pair.listed("two", True, "one stopped")
    pair.listed("one", False, "one stopped")
    time.sleep(1)
    pair.serves(client, "one stopped: the VIP serves, the two servers by turns")


def master_returns(pair, client):
    begun = time.monotonic_ns()
    pair.start("one")
    pair.alone("one", "started again: one reclaims the VIP", RECLAIM_SECONDS)
    pair.listed("one", True, "started again")
    pair.listed("two", False, "started again")
    nobody = pair.ownership.nobody(lan.VIP, begun, time.monotonic_ns())
    pair.check("started again: the VIP is never without a master", nobody <= 200, f"{nobody} ms without")
    pair.handed_over(begun)
    pair.story.eventually("started again: its servers are up", lambda: all(pair.checked("one", s) for s in lan.SERVERS), LATEST)
    pair.serves(client, "started again: the VIP serves, the two servers by turns")
    failed = client.since(begun).count(None)
    pair.check("started again: clients notice little", failed <= 5, f"{failed} of {len(client.since(begun))} requests failed")


def server_stops(pair, client):
    begun, out = time.monotonic(), {}
    pair.lan.stop_server("first")

    def noted():
        for host, weight in pair.weights("first").items():
            if weight == 0:
                out.setdefault(host, round(time.monotonic() - begun, 1))
        return len(out) == len(lan.HOSTS)
    wait_for(noted, LATEST + LATE_SECONDS, every=0.1)
    pair.check(f"a server stopped: both nodes have it out within {SOONEST} to {LATEST} s",
               len(out) == 2 and all(SOONEST - 0.5 <= t <= LATEST + LATE_SECONDS for t in out.values()), out)
    time.sleep(1)
    pair.serves(client, "after that not one request fails", ("second",))
    used_ports(pair, client, begun)


def used_ports(pair, client, stopped):
    """A client that comes from a port with which IPVS still knows a connection of the server that has gone: Fairlead's hosts have
    expire_nodest_conn. Of keepalived's it is printed alone."""
    known = [port for when, port, _ in client.ports if when >= (stopped - KNOWN_SECONDS) * 10**9]
    refused = [port for when, port, answer in client.ports if answer is None and when >= stopped * 10**9][-USED_PORTS:]
    served = [port for when, port, answer in client.ports if answer == "first" and port in known][-USED_PORTS:]
    answers = {port: client.ask_again(port) for port in refused + served}
    told = f"{sum(name == 'second' for name, _ in answers.values())} of {len(answers)} served, {[why for name, why in answers.values() if not name]}"
    if pair.kinds["one"] != "fairlead":
        print(f"  {pair.story.title}: from ports of the stopped server's connections: {told}", flush=True)
        return
    pair.check("from ports of the stopped server's connections: the other serves",
               len(answers) == 2 * USED_PORTS and all(name == "second" for name, _ in answers.values()), told)


def server_returns(pair, client):
    pair.lan.start_server("first")
    pair.story.eventually("the server is back: both nodes take it in again",
                          lambda: all(w > 0 for w in pair.weights("first").values()), nodes.INTERVAL + nodes.TIMEOUT + LATE_SECONDS)
    pair.serves(client, "the server is back: the two serve by turns")


def tell(kinds, late):
    def story(story):
        pair = Pair(story, kinds, late)
        with lan.Client(pair.lan) as client:
            if not begins(pair, client):
                return
            advertises(pair)
            for step in (master_stops, master_returns, server_stops, server_returns):
                step(pair, client)
        for host, node in pair.nodes.items():
            code = node.stop()
            pair.check(f"{host} stops in the end", code == 0, code)
        pair.check("and the VIP is nowhere", wait_for(lambda: pair.holders() == [], 5), pair.holders())
    return story
