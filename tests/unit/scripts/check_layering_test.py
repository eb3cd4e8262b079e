"""The layering check reports one violation of every kind, and accepts a tree that has none."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
import check_layering  # noqa: E402

HEADER = "#pragma once\n"

# A tree as it should be: every direction that is allowed, every library in its place.
CLEAN = {
    "lib/base/result.h": HEADER + "#include <variant>\n",
    "lib/net/address.h": HEADER + '#include "lib/base/result.h"\n',
    "lib/net/address.cc": '#include "lib/net/address.h"\n#include <arpa/inet.h>\n',
    "lib/api/view.h": HEADER + "#include <nlohmann/json_fwd.hpp>\n",
    "lib/api/virtual_ip.cc": '#include <nlohmann/json.hpp>\n#include <openssl/evp.h>\n#include "lib/net/address.h"\n',
    "lib/sys/loop.cc": "#include <boost/asio/post.hpp>\n#include <thread>\n",
    "lib/sys/log.cc": "#include <spdlog/async_logger.h>\n",
    "lib/sys/metrics.cc": "#include <prometheus/gauge.h>\n",
    "lib/apiserver/transport_cpprest.cc": '#include <cpprest/http_client.h>\n#include "lib/sys/loop.h"\n',
    "node/vrrp/machine.cc": '#include <chrono>\n#include "lib/net/address.h"\n// std::chrono::steady_clock::now()\n'
                            'const char* kText = "getenv(HOME) sys::log( using namespace";\n',
    "node/kernel/addresses.cc": '#include <netlink/route/addr.h>\n#include "node/vrrp/machine.h"\n',
    "node/agent/agent.cc": '#include "node/kernel/addresses.h"\n#include "lib/apiserver/client.h"\n',
    "node/main.cc": '#include <CLI/CLI.hpp>\n#include "node/agent/agent.h"\nusing namespace fairlead;\n',
    "controller/plan/place.cc": '#include "lib/api/virtual_ip.h"\n',
    "cli/main.cc": '#include "controller/plan/place.h"\n#include "node/plan/plan.h"\n',
}

# One violation of every kind: (file, content, what must be said about it).
VIOLATIONS = [
    ("lib/base/text.h", HEADER + '#include "lib/net/address.h"\n', "2: lib/base may not include lib/net"),
    ("lib/net/x.cc", '#include "lib/api/view.h"\n', "1: lib/net may not include lib/api"),
    ("node/vrrp/x.cc", '#include "lib/sys/loop.h"\n', "1: node/vrrp may not include lib/sys"),
    ("node/kernel/x.cc", '#include "node/agent/agent.h"\n', "1: node/kernel may not include node/agent"),
    ("node/agent/x.cc", '#include "node/main.h"\n', "1: node/agent may not include node:"),
    ("lib/sys/x.cc", '#include "node/vrrp/machine.h"\n', "1: lib/ may not include node/"),
    ("node/agent/y.cc", '#include "controller/plan/place.h"\n', "1: node/ may not include controller/"),
    ("controller/app/x.cc", '#include "node/plan/plan.h"\n', "1: controller/ may not include node/"),
    ("cli/x.cc", '#include "node/agent/agent.h"\n', "1: cli/ may not include node/agent"),
    ("node/vrrp/y.cc", '#include "machine.h"\n', "1: include \"machine.h\" is not the full path"),
    ("lib/api/x.cc", '#include "tests/support/fake.h"\n', "1: include \"tests/support/fake.h\" is not the full path"),
    ("node/ipvs/x.cc", "#include <thread>\n", "1: a pure folder may not use <thread>"),
    ("node/ipvs/x.cc", "#include <sys/socket.h>\n", "1: a pure folder may not use <sys/socket.h>"),
    ("lib/base/x.cc", "#include <arpa/inet.h>\n", "1: a pure folder may not use <arpa/inet.h>"),
    ("lib/reconcile/x.cc", "#include <fstream>\n", "1: a pure folder may not use <fstream>"),
    ("node/filter/x.cc", "auto t = std::chrono::steady_clock::now();\n", "1: a pure folder that reads a clock"),
    ("node/filter/x.cc", "auto t = time(nullptr);\n", "1: a pure folder that reads a clock"),
    ("controller/plan/x.cc", '\nauto e = std::getenv("HOME");\n', "2: a pure folder that reads the environment"),
    ("lib/reconcile/x.cc", "int d = rand();\n", "1: a pure folder that rolls dice"),
    ("lib/reconcile/x.cc", "std::random_device d;\n", "1: a pure folder that rolls dice"),
    ("node/plan/x.cc", 'auto f = std::fopen("/x", "r");\n', "1: a pure folder that touches the outside"),
    ("node/plan/x.cc", "void f() { sys::log(level); }\n", "1: a pure folder that logs"),
    ("lib/apiserver/client.cc", "#include <cpprest/json.h>\n", "1: <cpprest/json.h> belongs in lib/apiserver/transport"),
    ("node/wire/x.cc", "#include <boost/asio/post.hpp>\n", "1: <boost/asio/post.hpp> belongs in"),
    ("node/agent/x.cc", "#include <nlohmann/json.hpp>\n", "1: <nlohmann/json.hpp> belongs in"),
    ("lib/api/x.h", HEADER + "#include <nlohmann/json.hpp>\n", "2: <nlohmann/json.hpp> belongs in"),
    ("node/vrrp/x.cc", "#include <openssl/evp.h>\n", "1: <openssl/evp.h> belongs in"),
    ("lib/sys/x.cc", "#include <spdlog/spdlog.h>\n", "1: <spdlog/spdlog.h> belongs in"),
    ("lib/sys/log.h", HEADER + "#include <spdlog/spdlog.h>\n", "2: <spdlog/spdlog.h> belongs in"),
    ("node/agent/x.cc", "#include <prometheus/gauge.h>\n", "1: <prometheus/gauge.h> belongs in"),
    ("lib/apiserver/x.cc", "#include <yaml-cpp/yaml.h>\n", "1: <yaml-cpp/yaml.h> belongs in"),
    ("controller/app/x.cc", "#include <CLI/CLI.hpp>\n", "1: <CLI/CLI.hpp> belongs in */main.cc only"),
    ("lib/sys/x.cc", "#include <netlink/netlink.h>\n", "1: <netlink/netlink.h> belongs in"),
    ("node/vrrp/x.h", "#include <string>\n", "1: a header without #pragma once"),
    ("node/vrrp/x.h", "// #pragma once\n", "1: a header without #pragma once"),
    ("node/agent/x.cc", "using namespace std;\n", "1: using namespace"),
    ("node/agent/x.cc", "int x;\n" * 301, "301: 301 lines, 300 is the limit"),
    ("tests/unit/node/agent/x_test.cc", "int x;\n" * 301, "301: 301 lines, 300 is the limit"),
    ("tests/support/x.h", HEADER * 301, "301: 301 lines, 300 is the limit"),
    ("tests/netns/x_test.py", "x = 1\n" * 302, "301: 302 lines, 300 is the limit"),
    ("scripts/x.py", "x = 1\n" * 301, "301: 301 lines, 300 is the limit"),
    ("node/helpers/x.cc", "int x;\n", "1: node/helpers is no folder of the layout"),
    ("node/vrrp/x.cpp", "int x;\n", "1: sources end in .cc"),
]


def check(files):
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return check_layering.check(root)


class CheckLayering(unittest.TestCase):
    def test_accepts_a_tree_that_holds_every_rule(self):
        self.assertEqual(check(CLEAN), [])

    def test_reports_each_kind_of_violation_alone_with_file_and_line(self):
        for path, text, said in VIOLATIONS:
            with self.subTest(path=path, text=text[:60]):
                problems = check(CLEAN | {path: text})
                self.assertEqual(len(problems), 1, problems)
                self.assertTrue(problems[0].startswith(f"{path}:{said}"), problems[0])

    def test_reports_folders_that_include_each_other(self):
        problems = check(CLEAN | {"node/plan/a.cc": '#include "node/ipvs/b.h"\n',
                                  "node/ipvs/a.cc": '#include "node/plan/b.h"\n'})
        self.assertEqual(problems, ["folders in a ring: node/ipvs -> node/plan -> node/ipvs"])

    def test_a_file_of_exactly_three_hundred_lines_is_accepted(self):
        self.assertEqual(check({"node/agent/x.cc": "int x;\n" * 300, "tests/x_test.py": "x = 1\n" * 300}), [])

    def test_what_is_no_source_of_the_tests_may_be_longer(self):
        self.assertEqual(check({"tests/sim/corpus/x.scenario": "x\n" * 301}), [])


if __name__ == "__main__":
    unittest.main()
