#!/usr/bin/python3
"""Rights (kubernetes.md 6, S-5, S-6) against a real API server with RBAC and admission: the two accounts may do what the table
says and nothing else; the real controller and the real node, under their own accounts, use all of it, by the audit log; the
admission policies let through what they should and refuse the rest, saying what is allowed. $FAIRLEAD_BUILD: the build. Needs
root, for namespaces."""
import json
import os
import sys
import tempfile

import apiserver
import rights_external as external
import rights_policies as policies
import rights_run as components
import rights_table as table
from node_world import Link
from rights_world import AUDIT_POLICY, POLICIES, Accounts, Judge

# An API server before 1.32 is so by itself, and does not know these words.
OLDER = "" if apiserver.older_than(32) else " --feature-gates=WatchList=false,StrictIPCIDRValidation=false"


def without_binding(judge, services):
    """FC-13: the way out, should a policy be wrong."""
    services.pool("public", ["192.0.2.96/28"])
    services.until_judged("192.0.2.100")
    where = f"{POLICIES}/validatingadmissionpolicybindings/fairlead-external-ips"
    services.api.request("DELETE", where)
    services.until_judged("192.0.2.100", False)
    judge.allowed("with its binding a policy is off", services.try_post(["192.0.2.100"]))
    code, text = services.api.kubectl("apply", "-k", "manifests")
    services.until_judged("192.0.2.100")
    judge.refused("and on again with the manifests", services.try_post(["192.0.2.100"]), "192.0.2.100 is of AddressPool public")
    judge.verdicts.add("which are applied again without a word", code == 0, text)


def main():
    if os.geteuid() != 0:
        sys.exit("SKIPPED: needs root, for namespaces")
    verdicts = apiserver.Verdicts()
    with tempfile.TemporaryDirectory(prefix="fairlead-rights-") as folder:
        with open(folder + "/policy", "w") as file:
            json.dump(AUDIT_POLICY, file)
        audit = f"{folder}/audit"
        flags = f"--audit-policy-file={folder}/policy --audit-log-path={audit}"
        with apiserver.api_server(flags, ["validatingadmissionpolicy-status-controller"]) as api, Link():
            run = components.Run(api, folder)
            judge, accounts, services = Judge(verdicts), Accounts(api), external.Services(api)
            try:
                run.node_world.path.open()
                group = components.serves(verdicts, run)
                components.set_status(verdicts, run, group)
                components.events(verdicts, run, group)
                components.service(verdicts, run)
                components.sharing(verdicts, run)
                components.claims(verdicts, run)
                components.removal(verdicts, run)
                verdicts.add("both end well", run.stop() == [0, 0])
                api.restart(flags + OLDER)
                components.lists(verdicts, run)
                logs, codes = run.logs(), run.stop()
                verdicts.add("and again", codes == [0, 0], f"{codes} {logs}")
                table.used(verdicts, audit)
                table.granted(verdicts, accounts)
                services.until_judged("192.0.2.100")
                external.spellings(judge, services)
                services.drop_pool("public")
                services.until_judged("192.0.2.100", False)
                x = accounts.node("node-x")
                y = policies.reports(judge, accounts, x)
                policies.token_of_a_pod(judge, accounts)
                policies.entries(judge, accounts, x, y)
                policies.claims(judge, accounts)
                table.refused(judge, accounts, x)
                for part in (external.parameter_missing, external.inside, external.ways, external.older, external.cannot_fail,
                             without_binding):
                    part(judge, services)
                policies.typed(verdicts, api)
                external.no_kind(judge, services, lambda: api.restart(flags))
            finally:
                run.stop()
                run.node_world.path.cut()
    verdicts.end()


if __name__ == "__main__":
    main()
