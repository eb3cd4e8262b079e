"""One set of nodes with everything around them: namespaces, relay to the API server, real servers, netwatch, daemons."""
import json
import signal
import time

from labkit import judge, net
from labkit.agent import LabError
from labkit.evidence import Feed

REAL_PORT = 8080


class Lab:
    def __init__(self, name, agent, layout, cluster, build, evidence, upstream):
        """upstream: the API server's address as seen from where the agent runs. cluster None: no API server here."""
        self.name, self.agent, self.layout, self.cluster = name, agent, layout, cluster
        self.build, self.evidence, self.upstream = build, evidence, upstream
        self.run_dir = f"/run/fairlead-lab/{name}"
        self.feed = Feed(agent, f"{self.run_dir}/watch.jsonl", evidence, f"{name}-watch.jsonl")
        self.macs, self.server = {}, f"https://{layout.api_address()}:{cluster.port}" if cluster else ""

    def support(self, program):
        return f"{self.build}/support/{program}"

    def log(self, name):
        return f"{self.run_dir}/{name}.log"

    def mark(self, event, t, **more):
        self.evidence.line("events.jsonl", t=t, wall=time.time_ns(), lab=self.name, ev=event, **more)

    def up(self):
        self.agent.run(["rm", "-rf", self.run_dir])
        self.agent.run(["mkdir", "-p", self.run_dir])
        net.up(self.agent, self.layout)
        if self.cluster:
            self.agent.spawn(self.name + "-relay", [
                self.support("relay"), "fairlead-" + self.layout.kube,
                f"{self.layout.api_address()}:{self.cluster.port}", f"{self.upstream}:{self.cluster.port}"],
                self.log("relay"))
        for real in self.layout.reals:
            self.serve(real, REAL_PORT)
        places = ["fairlead-" + n for n in (*self.layout.nodes, self.layout.segment)]
        self.agent.spawn(self.name + "-netwatch", [
            self.support("netwatch"), self.feed.remote, "+fairlead-" + self.layout.client, *places],
            self.log("netwatch"))
        # the file appears with the program's first step
        limit = time.monotonic() + 20
        while True:
            try:
                if self.feed.wait(lambda e: next((x for x in e if x["ev"] == "ready"), None), 20) is None:
                    raise LabError("netwatch is not ready")
                break
            except LabError:
                if time.monotonic() > limit:
                    raise
                time.sleep(0.1)
        for node in self.layout.nodes:
            shown = self.agent.run(["ip", "-j", "link", "show", "dev", "eth1"], netns="fairlead-" + node)
            self.macs[node] = json.loads(shown.out)[0]["address"]

    def down(self):
        """Ends the programs and removes the namespaces; what they wrote is in the evidence folder afterwards."""
        for node in self.layout.nodes:
            self.try_stop(self.name + "-" + node, signal.SIGKILL)
        for program in ("netwatch", "relay"):
            self.try_stop(f"{self.name}-{program}", signal.SIGTERM)
        self.collect()
        net.down(self.agent, self.layout)
        self.agent.run(["rm", "-rf", self.run_dir])

    def try_stop(self, program, number):
        try:
            self.agent.signal(program, number)
            self.agent.wait(program, 10)
        except LabError:
            pass  # it was never started

    def collect(self):
        self.feed.poll()
        names = [*self.layout.nodes, "relay", "netwatch"]
        for name in names:
            try:
                self.evidence.write(f"logs/{self.name}-{name}.log", self.agent.read_all(self.log(name)))
            except LabError:
                pass  # it was never started

    def serve(self, machine, port):
        """A server on a machine that answers with the machine's name."""
        self.agent.spawn(f"{self.name}-server-{machine}", [self.support("realserver"), machine, str(port)],
                         self.log("server-" + machine), netns="fairlead-" + machine)

    # ---- daemons ----
    def node_command(self, node):
        return [f"{self.build}/node/fairlead-node", "--node-name", node, "--kubeconfig",
                f"{self.run_dir}/{node}.kubeconfig", "--state-dir", f"{self.run_dir}/{node}.state"]

    def prepare(self, node):
        text = self.cluster.kubeconfig_of("fairlead-node", self.server, node)
        self.agent.write(f"{self.run_dir}/{node}.kubeconfig", text)

    def start(self, node):
        self.agent.spawn(f"{self.name}-{node}", self.node_command(node), self.log(node), netns="fairlead-" + node)
        self.mark("start", self.agent.clock()[0], node=node)

    def kill(self, node, number=signal.SIGKILL, **more):
        t = self.agent.signal(f"{self.name}-{node}", number)
        self.mark("kill", t, node=node, signal=int(number), **more)
        return t

    def alive(self, node):
        return self.agent.wait(f"{self.name}-{node}", 0) is None

    # ---- links ----
    def cut(self, node, how, **more):
        """Pulls the cable (carrier) or detaches the switch port (port); when netwatch saw it happen."""
        before = len(self.feed.poll())
        if how == "carrier":
            net.carrier(self.agent, self.layout, node, "down")
            place, gone = "fairlead-" + node, lambda e: e["if"] == "eth1" and not e["carrier"]
        else:
            net.detach(self.agent, self.layout, node)
            place, gone = "fairlead-" + self.layout.segment, lambda e: e["if"] == node and e["master"] == 0
        return self._seen(before, place, gone, how + "-cut", node, **more)

    def mend(self, node, how, **more):
        before = len(self.feed.poll())
        if how == "carrier":
            net.carrier(self.agent, self.layout, node, "up")
            place, back = "fairlead-" + node, lambda e: e["if"] == "eth1" and e["carrier"]
        else:
            net.attach(self.agent, self.layout, node)
            place, back = "fairlead-" + self.layout.segment, lambda e: e["if"] == node and e["master"] != 0
        return self._seen(before, place, back, how + "-mended", node, **more)

    def _seen(self, before, place, matches, event, node, **more):
        def found(events):
            return next((e["t"] for e in events[before:] if e["ev"] == "link" and e["ns"] == place and matches(e)),
                        None)
        t = self.feed.wait(found, 10)
        if t is None:
            raise LabError(f"{event} of {node} was not seen by netwatch")
        self.mark(event, t, node=node, **more)
        return t

    # ---- prober ----
    def probe(self, name, target):
        self.agent.spawn(f"{self.name}-probe-{name}", [self.support("prober"), "watch", target],
                         f"{self.run_dir}/probe-{name}.jsonl", netns="fairlead-" + self.layout.client,
                         errlog=self.log("prober"))

    def probed(self, name):
        """Ends that prober; its own summary."""
        program = f"{self.name}-probe-{name}"
        self.agent.signal(program, signal.SIGTERM)
        if self.agent.wait(program, 20) != 0:
            raise LabError(f"the prober {name} failed: {self.agent.read_all(self.log('prober'))}")
        text = self.agent.read_all(f"{self.run_dir}/probe-{name}.jsonl")
        self.evidence.write(f"{self.name}-probe-{name}.jsonl", text)
        return json.loads(text.splitlines()[-1])

    def ask(self, name, vip, seconds=60):
        """Asks every 50 ms who has the address; netwatch hears who answers. Until asked(), at most for so many seconds."""
        path = f"{self.run_dir}/question-{name}"
        self.agent.write(path, judge.question(vip) + "\n")
        self.agent.spawn(f"{self.name}-ask-{name}", [self.support("flood"), "eth1", "20", str(seconds), path], self.log("ask"),
                         netns="fairlead-" + self.layout.client)

    def asked(self, name):
        self.agent.signal(f"{self.name}-ask-{name}", signal.SIGKILL)
        if self.agent.wait(f"{self.name}-ask-{name}", 10) != -signal.SIGKILL:
            raise LabError(f"who asks ({name}) ended by itself: {self.agent.read_all(self.log('ask'))}")

    def count(self, name, protocol, target, connections):
        """Counted connections from the client: (answers in order, summary)."""
        done = self.agent.run([self.support("prober"), "count", protocol, target, str(connections)],
                              netns="fairlead-" + self.layout.client, check=False, timeout=120)
        self.evidence.write(f"{self.name}-count-{name}.jsonl", done.out)
        lines = [json.loads(x) for x in done.out.splitlines()]
        if not lines or "summary" not in lines[-1]:
            raise LabError("the prober could not count: " + done.err.strip())
        return [x["from"] for x in lines[:-1]], lines[-1]

    def holder(self, vip):
        """The one node that lists the address, None if it is not exactly one."""
        self.feed.poll()
        names = [ns[len("fairlead-"):] for ns in self.feed.holders(vip)]
        return names[0] if len(names) == 1 else None

    def wait_holder(self, vip, node, seconds):
        """When the node alone lists the address; None when that does not come true."""
        def found(_):
            return True if self.feed.holders(vip) == ["fairlead-" + node] else None
        return self.feed.wait(found, seconds)
