"""FRR's zebra and vrrpd in a namespace, one pair for all its VirtualRouters."""
import json
import os
import shutil
import signal
import subprocess

from world import batch, wait_for


class Frr:
    """zebra and vrrpd of the package, by hand, with a run directory of their own. Holds VIPs on macvlan interfaces, one
    for each VRID, family and parent; such an interface has its address always, and carrier while vrrpd is Master."""
    kind = "frr"
    DAEMONS = "/usr/lib/frr/"

    def __init__(self, world, namespace, name="frr"):
        self.world, self.namespace, self.node = world, namespace, name
        self.folder = f"{world.folder}/{namespace}-{name}"
        self.zebra = self.program = None

    @staticmethod
    def macvlan(router):
        return f"{router.interface}-{router.family}-{router.vrid}"

    def make_interfaces(self, routers):
        lines = []
        for router in routers:
            name, family = self.macvlan(router), 1 if router.family == 4 else 2
            lines += [f"link add {name} link {router.interface} type macvlan mode bridge",
                      f"link set {name} address 00:00:5e:00:{family:02x}:{router.vrid:02x} addrgenmode none"]
            lines += [f"address add {vip}/{router.prefix()} dev {name}" + (" nodad" if family == 2 else "")
                      for vip in router.vips]
            lines.append(f"link set {name} up")
        batch(self.namespace, lines)

    @staticmethod
    def statements(router):
        begin = f" vrrp {router.vrid}"
        word = "ip" if router.family == 4 else "ipv6"
        lines = [f"interface {router.interface}", f"{begin} version {router.version}", f"{begin} priority {router.priority}",
                 f"{begin} advertisement-interval {router.interval}"]
        lines.append(f"{begin} preempt" if router.preempt else f" no vrrp {router.vrid} preempt")
        return "\n".join(lines + [f"{begin} {word} {vip}" for vip in router.vips] + ["exit", "!", ""])

    def start(self, routers):
        os.makedirs(self.folder, exist_ok=True)
        shutil.chown(self.folder, "frr", "frr")
        if self.zebra is None:
            self.make_interfaces(routers)
        for name, text in (("zebra", "hostname frr\n"), ("vrrpd", "".join(self.statements(r) for r in routers))):
            with open(f"{self.folder}/{name}.conf", "w") as file:
                file.write(text)
        self.zebra = self.daemon("zebra")
        if not wait_for(lambda: os.path.exists(self.folder + "/zserv.api"), 10):
            raise RuntimeError("zebra does not listen: " + self.zebra.text())
        self.program = self.daemon("vrrpd")
        # A new interface has carrier until vrrpd is Backup on it: nobody is to take that for a holder.
        if not wait_for(lambda: self.begun(routers), 15, every=0.1):
            raise RuntimeError("vrrpd does not begin: " + self.program.text()[-2000:])
        return self

    def begun(self, routers):
        try:
            shown = self.shown()
        except (RuntimeError, ValueError):
            return False  # it does not answer yet
        return all(shown[r.interface, r.vrid][f"v{r.family}"]["status"] != "Initialize" for r in routers)

    def daemon(self, name):
        command = [self.DAEMONS + name, "-z", self.folder + "/zserv.api", "--vty_socket", self.folder,
                   "-i", f"{self.folder}/{name}.pid", "-f", f"{self.folder}/{name}.conf", "-u", "frr", "-g", "frr",
                   "--log", "stdout", "--log-level", "debug"]
        return self.world.spawn(self.namespace, command, f"{self.namespace}-{self.node}-{name}.log")

    def shown(self):
        """{(interface, vrid): what vrrpd says}."""
        done = subprocess.run(["vtysh", "--vty_socket", self.folder, "-c", "show vrrp json"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError("vtysh: " + done.stdout)
        return {(r["interface"], r["vrid"]): r for r in json.loads(done.stdout)}

    def state_of(self, router):
        return self.shown()[router.interface, router.vrid][f"v{router.family}"]["status"]

    def kill(self):
        self.program.end(signal.SIGKILL)
        self.zebra.end(signal.SIGKILL)

    def freeze(self):
        self.program.signal(signal.SIGSTOP)

    def thaw(self):
        self.program.signal(signal.SIGCONT)

    def stop(self):
        self.program.end(signal.SIGTERM)
        return self.zebra.end(signal.SIGTERM)
