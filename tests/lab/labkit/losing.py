"""Step 4 of the demo: the master lost in three ways, and back again."""
import time

from labkit import loss
from labkit.figures import ADVERT_MS, FENCE_MS, GATE_MS, NAMES, NOISE_MS, OVERLAP_MS, WEB, FRONT, ms
from labkit.narrate import Waiting, command, heading, output, say


class Losing:
    def step_4a(self):
        heading("4a. the master's daemon is killed with kill -9")
        master, gate, noise = self.lab.holder(WEB), GATE_MS[self.where], NOISE_MS[self.where]
        if self.sabotage:
            say(f"SABOTAGE: {self.sabotage.name}")
            self.sabotage.before_loss(self, master)
        command(f"kill -9 the fairlead-node of {master}")
        after = self.sabotage.after_loss if self.sabotage else None
        lost = loss.lose(self.lab, WEB, WEB + ":80", master, "kill", "a", after)
        output(f"first gratuitous ARP by {lost.successor} after {lost.takeover} ms; "
               f"prober lost {lost.probe['lost']} of {lost.probe['sent']}; both listed the address for {lost.overlap} ms, "
               f"and answered for {ms(lost.answer)}")
        self.check_takeover("a.takeover", lost, gate)
        self.table.add("a.outage", "kill -9: prober's longest silence", ms(lost.outage()), f"about 0, at most {gate} ms",
                       lost.outage() is not None and lost.outage() <= gate)
        self.table.add("a.gone", f"kill -9: address gone from {master} by itself", ms(lost.gone),
                       f"at most {FENCE_MS + noise} ms", lost.gone is not None and lost.gone <= FENCE_MS + noise)
        self.table.add("a.overlap", "kill -9: both nodes list the address", ms(lost.overlap),
                       f"at most {OVERLAP_MS + noise} ms", lost.overlap <= OVERLAP_MS + noise)
        self.table.add("a.answer", "kill -9: both nodes answer for the address", ms(lost.answer), "0.0 ms", lost.answer == 0)
        if self.sabotage and self.sabotage.name == "no-fence":
            return
        self.check_masters("a.master", "kill -9: kubectl names the new master", {"web": WEB})
        self.check_transition("a.said", "kill -9: outageMs against the takeover", lost.takeover, lost.successor)
        if self.sabotage:
            return
        self.check_return("a", master, "kill")

    def check_takeover(self, key, lost, gate):
        self.table.add(key, "kill -9: to the new master's first gratuitous ARP", ms(lost.takeover),
                       f"at most {gate} ms", lost.takeover is not None and lost.takeover <= gate)

    def check_return(self, phase, node, how):
        command(f"start fairlead-node of {node} again" if how == "kill" else f"mend the {how} of {node}")
        with Waiting(f"for {node} to be warm and to reclaim the address"):
            took = loss.give_back(self.lab, WEB, node, how, phase)
        self.table.add(f"{phase}.return", f"{NAMES[how]}: the node returns and reclaims", ms(took),
                       f"by {node} within 40 s", took is not None)
        self.check_masters(f"{phase}.return.master", f"{NAMES[how]}: kubectl names it again",
                           {"web": WEB, "front": FRONT})

    def step_4b(self):
        heading("4b. carrier down on the master's VIP interface")
        master, gate = self.lab.holder(WEB), GATE_MS[self.where]
        command(f"ip -n fairlead-seg link set {master} down    # the other end of its cable")
        lost = loss.lose(self.lab, WEB, WEB + ":80", master, "carrier", "b")
        output(f"first gratuitous ARP by {lost.successor} after {lost.takeover} ms; both listed the address for {lost.overlap} ms")
        self.table.add("b.outage", "carrier down: outage", ms(lost.outage()), f"at most {gate} ms",
                       lost.outage() is not None and 0 < lost.outage() <= gate)
        self.check_masters("b.master", "carrier down: kubectl names the new master", {"web": WEB})
        self.check_transition("b.said", "carrier down: outageMs against the outage", lost.outage(), lost.successor)
        self.check_return("b", master, "carrier")

    def step_4c(self):
        heading("4c. the master's bridge port detached: it sees nothing of it, so there are two while the split lasts")
        master, gate, noise = self.lab.holder(WEB), GATE_MS[self.where], NOISE_MS[self.where]
        command(f"ip -n fairlead-seg link set {master} nomaster")
        lost = loss.lose(self.lab, WEB, WEB + ":80", master, "port", "c")
        output(f"first gratuitous ARP by {lost.successor} after {lost.takeover} ms")
        self.table.add("c.outage", "port detached: outage", ms(lost.outage()), f"at most {gate} ms",
                       lost.outage() is not None and 0 < lost.outage() <= gate)
        holders = [h[len("fairlead-"):] for h in self.lab.feed.holders(WEB)]
        self.table.add("c.split", "port detached: two masters while split", " ".join(holders) or None,
                       f"{master} and another", len(holders) == 2 and master in holders)
        limit = time.monotonic() + 15
        while time.monotonic() < limit and self.observer.latest("web").get("state") != "Split":
            time.sleep(0.1)
        steady = self.observer.wait_steady({"web": lost.successor}, 15)
        said = self.virtual_ips("c.master", {"web": lost.successor}).get("web", {})
        self.table.add("c.master", "port detached: kubectl names the newer master, and the split",
                       f"{said.get('MASTER')} {said.get('STATE')}" + ("" if steady else ", not steady"),
                       f"{lost.successor} Split", steady and said.get("MASTER") == lost.successor
                       and said.get("STATE") == "Split")
        self.check_transition("c.said", "port detached: outageMs against the outage", lost.outage(), lost.successor)
        command(f"ip -n fairlead-seg link set {master} master br0")
        took = loss.give_back(self.lab, WEB, master, "port", "c")
        self.table.add("c.heal", "healed: one master again after", ms(took), f"at most {ADVERT_MS + noise} ms",
                       took is not None and took <= ADVERT_MS + noise)
        self.check_masters("c.return.master", "healed: kubectl names it", {"web": WEB, "front": FRONT})
