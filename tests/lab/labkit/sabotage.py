"""Spoils one promise from outside the product, so that the demo can be seen to notice."""
import threading
import time

from labkit.agent import LabError

NAMES = ("no-fence", "no-garp", "wrong-status")


class Sabotage:
    def __init__(self, name, vip):
        self.name, self.vip = name, vip

    def before_loss(self, demo, master):
        if self.name == "no-garp":
            # Gratuitous ARP for the address dies in the switch.
            demo.lab.agent.run(["nft", "-f", "-"], netns="fairlead-" + demo.lab.layout.segment, stdin=f"""
                table bridge sabotage {{
                  chain forward {{
                    type filter hook prerouting priority 0
                    arp saddr ip {self.vip} arp daddr ip {self.vip} drop
                  }}
                }}""")
        if self.name == "wrong-status":
            # The node about to be lost stays master on paper.
            threading.Thread(target=self._write_wrong_status, args=(demo.cluster, master), daemon=True).start()

    def after_loss(self, lab, node):
        if self.name == "no-fence":
            # The dead daemon's address lives for ever, and nothing silences it.
            lab.agent.run(["ip", "address", "change", self.vip + "/32", "dev", "eth1", "valid_lft", "forever",
                           "preferred_lft", "forever"], netns="fairlead-" + node)
            lab.agent.run(["nft", "delete", "table", "netdev", "fairlead_fence"], netns="fairlead-" + node)

    def _write_wrong_status(self, cluster, wrong):
        path = "/apis/fairlead.dev/v1alpha1/namespaces/shop/virtualips/web/status"
        while True:
            try:
                cluster.api("PATCH", path, {"status": {"master": wrong}}, "application/merge-patch+json")
            except LabError:
                return  # the cluster is being taken down
            time.sleep(0.1)
