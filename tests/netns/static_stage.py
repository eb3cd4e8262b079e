"""A daemon on a folder of manifests, and what the stories of static_test.py have in common."""
from static_world import Daemon, Files, addresses, until

VIP, OTHER, MORE = "192.0.2.100", "192.0.2.110", "192.0.2.120"
APPLIED = 2.0  # s: 0.2 to be left alone, and what a busy machine takes
NOTICED = 7.0  # s: by the look every 5 s


class Stage:
    def __init__(self, cases, folder):
        self.cases, self.folder = cases, folder
        self.files = Files(folder + "/manifests")
        self.daemon = Daemon(folder, self.files)
        self.watch = None

    def check(self, name, ok, detail=""):
        return self.cases.check(name, ok, detail)

    def eventually(self, name, what, seconds=APPLIED):
        return self.check(name, until(what, seconds), "" if what() else (addresses(), self.daemon.status()[1]))

    def master(self, name):
        return self.daemon.group(name)["state"] == "Master"
