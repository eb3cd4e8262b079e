"""For controller_faults_test.py and node_faults_test.py: token and CA change while the component runs (K-35, K-36), in time and too
late. Nothing is lost, it is not restarted, and what it cannot do is said once.

A subject has `proxy`, `check(name, ok, detail)`, `tokens`, three that differ, `begin(kubeconfig)`, `well()`: it runs, is alive, and
what it served is served; `log()`, `make(number)`: something new; `served(number)`, in the end; `remove(number)` and `end()`.
"""
import os
import time

from fake_api_server import Certificates
from fault_proxy import revoked
from patience import until

TOKEN_READ_AGAIN = 60  # seconds (K-35)
TRIED_AGAIN = 60  # 30 s, stretched up to twofold (K-18)
LEFT_ALONE = 10  # a fault lasts so long
TROUBLE = ("api.denied", "api.forbidden", "api.bad_answer")


def replace(path, text):
    """As a volume of Kubernetes does it: whole or not at all."""
    with open(path + ".new", "w") as file:
        file.write(text)
    os.replace(path + ".new", path)


class Rotation:
    def __init__(self, subject, folder, certificates):
        self.subject, self.certificates = subject, certificates
        self.authority, self.token = certificates.path("authority.crt"), certificates.path("token")
        os.makedirs(folder + "/next")
        self.next = Certificates(folder + "/next")
        self.next.make("good", "kube-apiserver", "IP:127.0.0.1")
        self.trust(certificates)
        replace(self.token, subject.tokens[0])
        self.sent, self.renewed = [], 0.0  # tokens, as they came; when the second was in the file
        subject.proxy.faults.append(lambda asked: self.sent.append(asked.headers.get("Authorization", "").removeprefix("Bearer ")) is not None)

    def trust(self, *authorities):
        texts = []
        for each in authorities:
            with open(each.path("ca.crt")) as file:
                texts.append(file.read())
        replace(self.authority, "".join(texts))

    def said(self, *words):
        return sum(self.subject.log().count(" " + word + " ") for word in words)

    def goes_on(self, name, number, seconds=40):
        """Something new is served, and the rest still is."""
        self.subject.make(number)
        done = until(lambda: self.subject.served(number), seconds)
        self.subject.check(name, done and self.subject.well(), self.subject.log()[-1500:])
        self.subject.remove(number)

    def denied(self, name, number, words, mend):
        """What was begun too late: said once, all is held, and nothing that came meanwhile is lost once `mend` was called."""
        subject = self.subject
        before, begun_at = self.said("api.denied"), len(subject.log())
        said = until(lambda: self.said("api.denied") > before, 60)
        subject.make(number)
        time.sleep(LEFT_ALONE)
        lines = [line for line in subject.log().splitlines() if " api.denied " in line][before:]
        subject.check(f"{name}: said once, with what to do", said and len(lines) == 1 and all(word in lines[0] for word in words), lines)
        subject.check(f"{name}: it runs, is alive, and what was served is", subject.well(), subject.log()[-1500:])
        mend()
        begun = time.monotonic()
        done = until(lambda: subject.served(number), TRIED_AGAIN + 40)
        print(f"{name}: served {time.monotonic() - begun:.1f} s after it was put right", flush=True)
        subject.check(f"{name}: put right, it goes on by itself, and what came meanwhile is served", done and subject.well(), subject.log()[-1500:])
        cut, _, rest = subject.log()[begun_at:].rpartition(" api.denied ")  # the cut before the denial may heal on its own
        once = rest.count("api.recovered") == 1 and cut.count("api.recovered") <= 1
        subject.check(f"{name}: that is said once, too", self.said("api.denied") == before + 1 and once, subject.log()[-2500:])
        subject.remove(number)

    def renew(self):
        replace(self.token, self.subject.tokens[1])
        self.renewed = time.monotonic()

    def authority_in_time(self, number):
        before = self.said(*TROUBLE)
        self.trust(self.certificates, self.next)
        self.subject.proxy.restart("good", self.next)
        self.goes_on("CA rotated: both are trusted, the server comes back with a certificate of the new one", number)
        self.trust(self.next)
        self.subject.proxy.restart("good", self.next)
        self.goes_on("CA rotated: the old one is trusted no more", number + 1)
        self.subject.check("CA rotated in time: no line tells of trouble", self.said(*TROUBLE) == before, self.subject.log()[-3000:])

    def authority_too_late(self, number):
        self.subject.proxy.restart("good", self.certificates)
        self.denied("a server with a certificate of a CA not trusted", number, ("certificate verify failed", "check the CA"),
                    lambda: self.trust(self.certificates))

    def token_in_time(self, number):
        """The second token is in the file since renew()."""
        before, refused = self.said(*TROUBLE), []
        time.sleep(max(0.0, self.renewed + TOKEN_READ_AGAIN + 1 - time.monotonic()))
        self.subject.proxy.faults.append(revoked(self.subject.tokens[0], lambda: refused.append(1)))
        self.goes_on("token rotated: the new one is sent before the old one is refused", number)
        self.subject.check("token rotated in time: nobody is refused, no line tells of trouble", not refused and self.said(*TROUBLE) == before and
                           self.sent[-1] == self.subject.tokens[1], f"{len(refused)} {self.subject.log()[-3000:]}")

    def token_too_late(self, number):
        refused = []
        self.subject.proxy.faults.append(revoked(self.subject.tokens[1], lambda: refused.append(1)))
        self.subject.proxy.restart("good", self.certificates)
        self.denied("a token that is refused", number, ("401", "check token"), lambda: replace(self.token, self.subject.tokens[2]))
        print(f"refused {len(refused)} times", flush=True)
        self.subject.check("a token that is refused: it does not spin", 0 < len(refused) < 100, len(refused))


def rotated(subject, folder, certificates, number):
    """Ten numbers from `number` on are its own."""
    rotation = Rotation(subject, folder, certificates)
    subject.begin(subject.proxy.kubeconfig({"tokenFile": "token"}, "authority.crt"))
    try:
        rotation.renew()
        rotation.authority_in_time(number)
        rotation.authority_too_late(number + 2)
        rotation.token_in_time(number + 3)
        rotation.token_too_late(number + 4)
    finally:
        subject.proxy.faults = []
        subject.end()
