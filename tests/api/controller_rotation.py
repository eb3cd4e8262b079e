"""For controller_faults_test.py: its token and the API server's CA change while the controller runs (K-35, K-36)."""
import rotation


class Subject:
    """What rotation.py asks of a component."""

    def __init__(self, stage):
        self._stage, self.proxy, self.check = stage, stage.proxy, stage.check
        self.tokens = [stage.new_token() for _ in range(3)]

    def begin(self, kubeconfig):
        self._stage.start(kubeconfig=kubeconfig)
        self._stage.ready()

    def well(self):
        return self._stage.well() and self._stage.serves("steady")

    def log(self):
        return self._stage.controller.log()

    @staticmethod
    def _name(number):
        return f"rotated-{number}"

    def make(self, number):
        self._stage.vip(self._name(number), number)

    def served(self, number):
        return self._stage.serves("steady", self._name(number))

    def remove(self, number):
        self.check(f"and {self._name(number)} goes", self._stage.remove(self._name(number)), self._stage.left())

    def end(self):
        self.check("rotation: it ends well", self._stage.stop() == 0)


def credentials_change(stage):
    rotation.rotated(Subject(stage), stage.folder, stage.certificates, 100)
