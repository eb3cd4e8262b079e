#!/usr/bin/python3
"""The instruments are put to keepalived, which has no fence: they must report its left-over address and its two
owners after kill -9 and under SIGSTOP, or nobody should believe them when they report none for us.
failure-model: honest harness."""
import os
import shutil
import signal
import time

import common
from labkit import judge, loss
from labkit.cases import Cases

VIP = "203.0.113.10"
CONFIG = """global_defs {{
  router_id {node}
  vrrp_version 3
}}
vrrp_instance one {{
  state BACKUP
  interface eth1
  virtual_router_id 51
  priority {priority}
  advert_int 0.25
  virtual_ipaddress {{
    {vip}/32
  }}
}}
"""


def start(lab, node, priority):
    folder = lab.run_dir
    lab.agent.write(f"{folder}/{node}.conf", CONFIG.format(node=node, priority=priority, vip=VIP))
    lab.agent.spawn(f"test-{node}", ["keepalived", "-n", "-l", "-P", "-f", f"{folder}/{node}.conf",
                                     "-p", f"{folder}/{node}.pid", "-r", f"{folder}/{node}.vrrp.pid"],
                    lab.log(node), netns="fairlead-" + node)


def processes(lab, node):
    """Child first: when the parent dies first, the child is asked to leave politely."""
    pids = []
    for name in (f"{node}.vrrp.pid", f"{node}.pid"):
        with open(f"{lab.run_dir}/{name}") as file:
            pids.append(int(file.read()))
    return pids


def strike(lab, node, number):
    """Sends a signal to all of a node's keepalived at once; when."""
    pids = processes(lab, node)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    t = time.monotonic_ns()
    if number != signal.SIGSTOP:
        for pid in pids:
            os.kill(pid, number)
    return t


class Struck:
    """A lab whose kill strikes keepalived's two processes."""

    def __init__(self, lab):
        self.lab = lab

    def __getattr__(self, name):
        return getattr(self.lab, name)

    def kill(self, node, **_):
        return strike(self.lab, node, signal.SIGKILL)


def check(lab, cases):
    for node, priority in (("t1", 200), ("t2", 150), ("t3", 100)):
        start(lab, node, priority)
        lab.serve(node, 80)
    held = lab.wait_holder(VIP, "t1", 15)
    cases.check("keepalived: the strongest holds the address", held)
    time.sleep(1)

    lost = loss.lose(lab, VIP, VIP + ":80", "t1", "carrier", "carrier")
    cases.check("keepalived, carrier down: an outage of 0.4 to 1.5 s is measured",
                lost.outage() and 400 <= lost.outage() <= 1500, lost.outage())
    cases.check("keepalived, carrier down: the next one took over", lost.successor == "t2", lost.successor)
    cases.check("keepalived returns", loss.give_back(lab, VIP, "t1", "carrier", "carrier", 15) is not None)

    lost = loss.lose(lab, VIP, VIP + ":80", "t1", "port", "port")
    cases.check("keepalived, port detached: two masters are reported",
                lab.feed.holders(VIP) == ["fairlead-t1", "fairlead-t2"], lab.feed.holders(VIP))
    back = loss.give_back(lab, VIP, "t1", "port", "port", 15)
    cases.check("keepalived, healed: one master again", back is not None and back < 1000, back)
    time.sleep(0.5)

    begun = strike(lab, "t1", signal.SIGSTOP)
    lab.feed.wait(lambda _: len(lab.feed.holders(VIP)) > 1 or None, 5)
    time.sleep(2)
    both = judge.milliseconds(judge.overlap(lab.feed.poll(), VIP, begun, time.monotonic_ns()))
    cases.check("keepalived frozen: two owners are reported", both > 1500, both)
    for pid in processes(lab, "t1"):
        os.kill(pid, signal.SIGCONT)
    cases.check("keepalived thawed: one owner", lab.wait_holder(VIP, "t1", 15))
    time.sleep(0.5)

    lost = loss.lose(Struck(lab), VIP, VIP + ":80", "t1", "kill", "kill")
    cases.check("keepalived, kill -9: the take-over is seen", lost.successor == "t2" and lost.takeover < 1500,
                (lost.successor, lost.takeover))
    cases.check("keepalived, kill -9: its left-over address is reported", lost.gone is None, lost.gone)
    cases.check("keepalived, kill -9: its two owners are reported", lost.overlap > 4000, lost.overlap)
    cases.check("keepalived, kill -9: that both answer is reported", lost.answer is not None and lost.answer > 4000, lost.answer)
    for node in ("t2", "t3"):
        for pid in processes(lab, node):
            os.kill(pid, signal.SIGKILL)


def main():
    cases = Cases()
    if os.geteuid() != 0 or not shutil.which("keepalived"):
        cases.skip("positive control", "needs root and keepalived")
        cases.finish()
    with common.lab() as lab:
        check(lab, cases)
    cases.finish()


if __name__ == "__main__":
    main()
