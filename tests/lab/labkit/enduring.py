"""Steps 5 and 6 of the demo: without the API server, and nothing left after kubectl delete."""
import signal
import time

from labkit import loss
from labkit.figures import GATE_MS, OBJECTS, WEB, ms
from labkit.narrate import Waiting, command, heading, output


class Enduring:
    def step_5(self):
        heading("5. the API server stopped: failover, restart from the checkpoint, and the status catches up")
        master, gate = self.lab.holder(WEB), GATE_MS[self.where]
        command("stop kube-apiserver")
        output(self.cluster.stop_api())
        self.lab.mark("api-stopped", self.lab.agent.clock()[0])
        command(f"kill -9 the fairlead-node of {master}")
        lost = loss.lose(self.lab, WEB, WEB + ":80", master, "kill", "d")
        output(f"first gratuitous ARP by {lost.successor} after {lost.takeover} ms")
        self.table.add("d.takeover", "no API server, kill -9: to the first gratuitous ARP", ms(lost.takeover),
                       f"at most {gate} ms", lost.takeover is not None and lost.takeover <= gate)
        command(f"start fairlead-node of {master} again")
        with Waiting(f"for {master} to come up from its checkpoint"):
            took = loss.give_back(self.lab, WEB, master, "kill", "d")
        answers, mine = self.lab.count("checkpoint", "tcp", WEB + ":80", 10)
        self.table.add("d.checkpoint", "no API server: the restarted daemon reclaims and serves",
                       f"{ms(took)}, {len(answers) - mine['failed']} of {len(answers)} answered",
                       f"by {master} within 40 s, 10 of 10", took is not None and mine["failed"] == 0)
        command(f"ip -n fairlead-seg link set {master} down    # so that the status has something to catch up with")
        lost = loss.lose(self.lab, WEB, WEB + ":80", master, "carrier", "e")
        self.table.add("e.outage", "no API server, carrier down: outage", ms(lost.outage()), f"at most {gate} ms",
                       lost.outage() is not None and 0 < lost.outage() <= gate)
        command("start kube-apiserver")
        with Waiting("the API server starts"):
            output(self.cluster.start_api())
        self.lab.mark("api-started", self.lab.agent.clock()[0])
        with Waiting("for the status to catch up"):
            self.observer.wait_steady({"web": lost.successor}, 60)
        self.check_masters("e.master", "API server back: the status catches up", {"web": WEB})
        self.check_return("e", master, "carrier")

    def step_6(self):
        heading("6. kubectl delete: nothing is left anywhere")
        done = [self.kubectl(f"delete -f {OBJECTS}/{n}.yaml --timeout=60s", timeout=200)[0]
                for n in ("service", "virtualip", "pool")]
        kinds = "virtualips,addressclaims,vrrpgroups,realserversets,addresspools"
        limit = time.monotonic() + 30
        while True:
            _, left = self.kubectl(f"get {kinds} -A --ignore-not-found -o name", key="delete.objects", quiet=True)
            if not left.strip() or time.monotonic() > limit:
                break
            time.sleep(0.5)
        command(f"kubectl get {kinds} -A -o name")
        output(left.strip() or "(nothing)")
        self.table.add("delete.objects", "kubectl delete: objects and finalizers left",
                       f"exit {' '.join(map(str, done))}, " + (left.strip().replace("\n", " ") or "none"),
                       "exit 0, none", not any(done) and not left.strip())
        self.check_leftovers("delete.kernel", "kubectl delete: addresses, IPVS services, nft tables left")
        codes = []
        for node in self.lab.layout.nodes:
            self.lab.kill(node, signal.SIGTERM)
            codes.append(self.lab.agent.wait(f"main-{node}", 20))
        self.host.signal("controller")
        codes.append(self.host.wait("controller", 20))
        self.lab.mark("exits", self.lab.agent.clock()[0], codes=codes)
        self.table.add("delete.exit", "SIGTERM: nodes and controller exit", " ".join(map(str, codes)), "0 0 0 0",
                       codes == [0, 0, 0, 0])

    def leftovers(self):
        script = "ip -o -4 address show; grep -E '^(TCP|UDP|SCTP|FWM)' /proc/net/ip_vs; nft list tables"
        left = []
        for name in self.lab.layout.addresses():
            shown = self.lab.agent.run(["sh", "-c", script], netns="fairlead-" + name, check=False).out
            self.evidence.line("leftovers.jsonl", machine=name, out=shown)
            for line in shown.splitlines():
                own = f" {self.lab.layout.addresses()[name]}/24 "
                harmless = line.startswith(("1: lo",)) and " 127.0.0.1/8 " in line or own in line or ": kube " in line
                if not harmless:
                    left.append(f"{name}: {line.strip()}")
        return left

    def check_leftovers(self, key, what):
        limit = time.monotonic() + 10
        while (left := self.leftovers()) and time.monotonic() < limit:
            time.sleep(0.5)
        command("ip address; cat /proc/net/ip_vs; nft list tables    # in every namespace")
        output("\n".join(left) or "(nothing of ours)")
        self.table.add(key, what, "; ".join(left)[:120] or "none", "none", not left)
