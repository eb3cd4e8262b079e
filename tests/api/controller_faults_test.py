#!/usr/bin/python3
"""The real controller between a proxy that misbehaves and a real API server (kubernetes.md 7: FC-01, FC-03, FC-07, FC-12, FC-18;
K-23, K-33 to K-36, K-39). $FAIRLEAD_BUILD: the build."""
import os
import sys
import tempfile

import apiserver
import controller_crash as crash
import controller_hidden as hidden
import controller_older as older
import controller_refused as refused
import controller_rotation as rotation
import controller_rounds as rounds
import controller_stale as stale
from controller_faults_stage import Stage
from fake_api_server import Certificates
from patience import until


def main():
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-controller-faults-") as folder, apiserver.api_server() as api:
        certificates = Certificates(folder)
        certificates.make("good", "kube-apiserver", "IP:127.0.0.1")
        stage = Stage(verdicts, api, folder, certificates)
        wanted = sys.argv[1:]  # parts by name, by hand

        def part(work):
            if not wanted or work.__name__ in wanted:
                work(stage)
        with stage.proxied():
            try:
                stage.cluster()
                part(crash.everywhere)
                stage.start()
                stage.vip("steady", 79)
                until(lambda: stage.serves("steady"))
                for work in (rounds.one_at_a_time, *refused.PARTS, stale.cut, stale.half_open, stale.conflict, stale.behind):
                    part(work)
                part(older.older_locks)
                part(older.older_server)
                part(stale.older_list)
                stage.stop()
                stage.start()
                stage.ready()
                part(hidden.older_lists)
                stage.stop()
                part(stale.streams)
                part(rotation.credentials_change)
            finally:
                log = stage.log()
                stage.stop()
                if os.environ.get("FAIRLEAD_SHOW_LOG"):
                    print(log, file=sys.stderr)
    verdicts.end()


if __name__ == "__main__":
    main()
