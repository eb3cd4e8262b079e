"""A master lost, measured from outside: by kill -9 of its daemon, by carrier down, by its switch port detached."""
import dataclasses
import random
import time

from labkit import judge


@dataclasses.dataclass
class Loss:
    node: str
    how: str            # kill, carrier, port
    t: int              # when, monotonic ns of the lab
    successor: object   # the node of the first gratuitous ARP; None: there was none
    takeover: object    # ms from t to that ARP
    gone: object        # ms from t to the address gone from the lost node; None: it never went
    overlap: float      # ms both listed the address, up to the end of the measurement
    answer: object      # ms both answered for it; None: one of them was never heard. Of `kill` only
    probe: dict         # the prober's summary

    def outage(self):
        """ms without answers; None when the prober ended in the dark."""
        return None if self.probe["open"] else self.probe["outage_ms"]


def lose(lab, vip, target, node, how, phase, after_loss=None):
    """Takes the master away and watches until the address is gone from it (not for `port`) and 0.5 s more."""
    lab.probe(phase, target)
    if how == "kill":
        lab.ask(phase, vip)
    time.sleep(0.4 + random.uniform(0, 0.25))  # anywhere between two adverts
    t = lab.kill(node, phase=phase) if how == "kill" else lab.cut(node, how, phase=phase)
    if after_loss:
        after_loss(lab, node)
    others = {n: m for n, m in lab.macs.items() if n != node}
    first = lab.feed.wait(lambda e: judge.first_garp(e, vip, t, others), 6)
    gone = None
    if how != "port":
        gone = lab.feed.wait(lambda e: judge.address_gone(e, vip, node, t), 6)
    time.sleep(0.5)
    probe = lab.probed(phase)
    events = lab.feed.poll()
    end = events[-1]["t"]
    answer = None
    if how == "kill":
        lab.asked(phase)
        answer = judge.milliseconds(judge.both_answer(events, vip, node, t, end, lab.macs))
    lab.mark("measured", end, phase=phase)
    return Loss(node, how, t, first[1] if first else None, judge.milliseconds(first[0] - t) if first else None,
                judge.milliseconds(gone - t) if gone else None,
                judge.milliseconds(judge.overlap(events, vip, t, end)), answer, probe)


def give_back(lab, vip, node, how, phase, seconds=40):
    """The node returns; ms until it alone lists the address again, None if that does not come true."""
    begun = lab.agent.clock()[0]
    if how == "kill":
        lab.start(node)
    else:
        begun = lab.mend(node, how)
    lab.mark("returning", begun, node=node, phase=phase)
    alone = lab.wait_holder(vip, node, seconds)
    lab.mark("returned", lab.feed.events[-1]["t"], node=node, phase=phase)
    if alone is None:
        return None
    mine = [e["t"] for e in lab.feed.events if e["ev"] == "addr" and e["addr"].split("/")[0] == vip
            and e["op"] in ("add", "del") and e["t"] >= begun]
    return judge.milliseconds(max(mine, default=begun) - begun)
