"""Step 7 of the demo: losses on this machine's own kernel, many times, without IPVS."""
import statistics
import time

from labkit import judge, loss, net, state
from labkit.agent import LabError
from labkit.cluster import controller_command
from labkit.figures import ALONE, GATE_MS, NAMES, OBJECTS, RUNS, ms
from labkit.lab import Lab
from labkit.narrate import Waiting, heading, output


class HostKernel:
    def step_7(self):
        heading(f"7. the same loss on this machine's own kernel, forwarding: Delegate, {RUNS} runs each")
        lab = Lab("host", self.host, net.HOST_KERNEL_LAYOUT, self.cluster, self.build, self.evidence, "127.0.0.1")
        try:
            self._delegate(lab)
        finally:
            lab.down()

    def _delegate(self, lab):
        lab.up()
        if self.host.wait("controller", 0) is not None:
            self.host.spawn("controller", controller_command(self.build, state.ROOT + "/controller.kubeconfig"),
                            state.ROOT + "/controller.log")
        for node in lab.layout.nodes:
            self.cluster.make_node(node, {"fairlead-lab": "host"})
            lab.prepare(node)
            lab.serve(node, 80)
            lab.start(node)
        self.kubectl(f"apply -f {OBJECTS}/delegate.yaml")
        self.write_meta(lab)
        with Waiting("for the address to be held"):
            held = lab.feed.wait(lambda _: lab.holder(ALONE), 60)
        if held is None:
            raise LabError(f"no node holds {ALONE} alone")
        # The strongest member reclaims: measure only once it has.
        time.sleep(3)
        master = lab.holder(ALONE)
        if master is None:
            raise LabError(f"no node holds {ALONE} alone")
        for how, key, what in (("kill", "takeover", "kill -9: to the first gratuitous ARP"),
                               ("carrier", "outage", "carrier down: outage")):
            figures, answers = [], []
            for i in range(1, RUNS + 1):
                lost = loss.lose(lab, ALONE, ALONE + ":80", master, how, f"{how}-{i}")
                figure = lost.takeover if how == "kill" else lost.outage()
                extra = (f"silence {ms(lost.outage())}, gone {ms(lost.gone)}, both answer {ms(lost.answer)}, "
                         if how == "kill" else "")
                answers.append(lost.answer)
                back = loss.give_back(lab, ALONE, master, how, f"{how}-{i}")
                output(f"{NAMES[how]}, run {i} of {RUNS}: {ms(figure)} ({extra}both {ms(lost.overlap)}, "
                       f"back after {ms(back)})")
                figures.append(figure)
                if back is None:
                    break
            whole = len(figures) == RUNS and None not in figures
            shown = f"median {statistics.median(figures):.1f} ms, worst {max(figures):.1f} ms" if whole else None
            self.table.add(f"host.{key}", f"this kernel, {what}, {RUNS} runs", shown,
                           f"worst at most {GATE_MS['host']} ms", whole and max(figures) <= GATE_MS["host"])
            if how == "kill":
                whole = len(answers) == RUNS and None not in answers
                self.table.add("host.answer", f"this kernel, kill -9: both nodes answer for the address, {RUNS} runs",
                               f"worst {ms(max(answers))}" if whole else None, "worst 0.0 ms", whole and max(answers) == 0)
        self.kubectl(f"delete -f {OBJECTS}/delegate.yaml --timeout=60s")
        if judge.missed(lab.feed.poll()):
            self.table.add("host.missed", "netwatch on this kernel missed nothing", "something", "nothing", False)
