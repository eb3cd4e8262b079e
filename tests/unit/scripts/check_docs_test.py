"""The check of docs/messages.md and docs/metrics.md reports what is missing, empty or out of date."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
import check_docs  # noqa: E402

CODE = """
#include "lib/sys/log.h"
// sys::log(LogLevel::kInfo, "in.a_comment", {}); and "fairlead_in_a_comment"
void f() {
  sys::log(sys::LogLevel::kInfo, "vrrp.became_active", {{"group", name(1, 2)}});
  sys::log(failed ? sys::LogLevel::kError : sys::LogLevel::kInfo,
           gone ? "address.gone" : "address.there", {});
  double y = std::log(2.0) + log(x);
  metrics.counter("fairlead_adverts_total", "Adverts.", {});
}
"""
MESSAGES = """# Messages
### `vrrp.became_active`
We are it.
### `address.gone`
Gone.
### `address.there`
There.
"""
METRICS = """| name | type |
|---|---|
| `fairlead_adverts_total` | counter | adverts |
"""


RULES = "".join(f"| {row} | 6.4.1 | - | a rule | done | `tests/unit` | `Initialize.Starts`; opposite: `Initialize.Waits` |\n"
                for row in check_docs.LEDGER)
CLIENT = "".join(f"| {row} | a rule | done | `tests/unit` | `Initialize.Starts` |\n" for row in check_docs.CLIENT_RULES)
SERVICES = "".join(f"| {row} | a rule | `Initialize.Starts` |\n" for row in check_docs.SERVICE_RULES).replace(
    "| SV-10 | a rule |", "| SV-10 | `fairlead.dev/quorum`, `quorum` | a rule |")
ANNOTATIONS = 'constexpr Annotation kAll[] = {{"quorum", "quorum", Form::kNumber}};\n'
FLAGS = "| `--help` | | what there is |\n| `--quick` | off | faster |\n"
FLAG_CODE = 'void f() { app.add_flag("--quick", quick, "Faster than --slow"); }  // "--in-a-comment"\n'
TESTS = "TEST(Initialize, Starts) {}\nTEST(Initialize, Waits) {}\n"


# A layer: a script that runs, and a file beside it of which it imports the name `one`.
SCRIPT = """import stories
def main():
    stories.one()
if __name__ == "__main__":
    main()
"""
STORIES = """TABLE = ("the table's case",)
UNUSED = ("the unused case",)
def one():
    def tell():
        check("the first case", TABLE)
    return Judge(tell).judged()
def two():
    def tell():
        check("the second case")
    return two
class Judge:
    def judged(self):
        check("the judged case")
    def forgotten(self):
        check("the forgotten case")
"""


# Each file with one reason, and node/agent/a.cc with some of its own.
REASONS = """
void g() {
  out.push_back(problem("LinkDown", "NoCarrier", text));
  // problem("InAComment", "x", text)
  out.degraded(
      "HostNotPrepared", text);
  out.add("Programmed", "UnsupportedScheduler", text);
  told({subject, api::EventType::kNormal, "BecameMaster", "Elect", note});
}
constexpr const char* kDuplicateNode = "DuplicateNode";
constexpr const char* kOther = "Another";
"""
TOLD = ["LinkDown", "HostNotPrepared", "UnsupportedScheduler", "BecameMaster", "DuplicateNode"] + [
    f"Of{number}" for number in range(len(check_docs.REASON_FILES))]
CONDITIONS = "# Conditions\n| `Ready` | a state, no reason |\n\n## Reasons\n" + "".join(f"| `{name}` | it is so | mend it |\n" for name in TOLD)


def check(code=CODE, messages=MESSAGES, metrics=METRICS, rules=RULES, tests=TESTS, script=SCRIPT, mode=0o755, client=CLIENT,
          conditions=CONDITIONS, reasons=REASONS, services=SERVICES, annotations=ANNOTATIONS, flags=FLAGS, flag_code=FLAG_CODE, returned='return "Of%d";'):
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for path, text in (("node/agent/a.cc", code), ("docs/messages.md", messages), ("docs/metrics.md", metrics),
                           ("docs/rfc9568.md", rules), ("docs/kubernetes-client.md", client), ("tests/unit/node/vrrp/machine_test.cc", tests),
                           ("tests/netns/layer_test.py", script), ("tests/netns/stories.py", STORIES),
                           ("docs/conditions.md", conditions), ("docs/services.md", services),
                           ("docs/controller.md", flags), ("controller/main.cc", flag_code),
                           (check_docs.ANNOTATION_TABLE, annotations), ("node/agent/b.cc", reasons),
                           *((file, returned.replace("%d", str(n))) for n, file in enumerate(check_docs.REASON_FILES))):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        (root / "tests/netns/layer_test.py").chmod(mode)
        return check_docs.check(root)


class CheckDocs(unittest.TestCase):
    def test_a_reason_that_the_page_lacks_is_told_wherever_it_comes_from(self):
        for name in TOLD:
            page = CONDITIONS.replace(f"| `{name}` | it is so | mend it |\n", "")
            told = check(conditions=page)
            self.assertEqual(len(told), 1, told)
            self.assertIn(f"reason {name} is not in docs/conditions.md", told[0])

    def test_a_row_of_a_reason_that_is_nowhere_is_told(self):
        self.assertEqual(check(conditions=CONDITIONS + "| `Gone` | it is so | mend it |\n"),
                         ["docs/conditions.md: reason Gone is nowhere in the code"])

    def test_a_reason_needs_one_row_that_says_what_it_means_and_what_to_do(self):
        self.assertEqual(check(conditions=CONDITIONS + "| `LinkDown` | it is so | mend it |\n"),
                         ["docs/conditions.md: reason LinkDown is there twice"])
        self.assertEqual(check(conditions=CONDITIONS.replace("| `LinkDown` | it is so | mend it |", "| `LinkDown` | it is so | |")),
                         ["docs/conditions.md: of reason LinkDown something is left empty"])

    def test_a_file_that_should_have_reasons_and_has_none_is_told(self):
        told = check(returned="")
        self.assertEqual(sum("no reason is found there" in line for line in told), len(check_docs.REASON_FILES))

    def test_accepts_pages_that_name_what_the_code_names(self):
        self.assertEqual(check(), [])

    def test_reports_an_event_without_a_paragraph_also_when_a_condition_chooses_it(self):
        self.assertEqual(check(messages=MESSAGES.replace("`vrrp.became_active`", "`other`").replace("### `other`\n", "")),
                         ["node/agent/a.cc:5: event vrrp.became_active is not in docs/messages.md"])
        self.assertEqual(check(messages=MESSAGES.replace("### `address.there`\n", "")),
                         ["node/agent/a.cc:6: event address.there is not in docs/messages.md"])

    def test_reports_a_heading_without_text(self):
        self.assertEqual(check(messages=MESSAGES.replace("Gone.\n", "\n")),
                         ["docs/messages.md: event address.gone has no text"])

    def test_reports_a_metric_without_a_row_and_a_row_without_text(self):
        self.assertEqual(check(metrics=""),
                         ["node/agent/a.cc:9: metric fairlead_adverts_total is not in docs/metrics.md"])
        self.assertEqual(check(metrics="| `fairlead_adverts_total` | | |\n"),
                         ["docs/metrics.md: metric fairlead_adverts_total has no text"])

    def test_reports_a_metric_whose_name_is_put_together(self):
        self.assertEqual(check('metrics.counter("fairlead_" + name, "Things.", {});', "", ""),
                         ["node/agent/a.cc: a metric's name is put together; write it whole"])

    def test_finds_the_events_that_a_file_logs_by_a_function_of_its_own(self):
        code = ('void A::log_change(std::string_view event, int x) { sys::log(LogLevel::kInfo, event, {{"x", x}}); }\n'
                'void f() { log_change(up ? "link.up" : "link.down", 1); }\n')
        self.assertEqual(check(code, "### `link.up`\nUp.\n", ""),
                         ["node/agent/a.cc:2: event link.down is not in docs/messages.md"])

    def test_reports_what_the_code_no_longer_has(self):
        self.assertEqual(check(messages=MESSAGES + "### `old.event`\nText.\n"),
                         ["docs/messages.md: event old.event is nowhere in the code"])
        self.assertEqual(check(metrics=METRICS + "| `fairlead_old` | gauge | x |\n"),
                         ["docs/metrics.md: metric fairlead_old is nowhere in the code"])

    def test_reports_an_event_that_is_no_literal_or_has_no_dot(self):
        said = "node/agent/a.cc:1: the event is not a literal of the form \"part.what\""
        self.assertEqual(check("sys::log(LogLevel::kInfo, event, {});", "", ""), [said])
        self.assertEqual(check("log(level, \"Something happened\", {});", "", ""), [said])

    def test_reports_a_test_of_a_rule_that_is_not_there(self):
        self.assertEqual(check(tests=""), [f"docs/rfc9568.md: there is no test Initialize.{name}" for name in ("Starts", "Waits")]
                         + [f"docs/{page}.md: there is no test Initialize.Starts" for page in ("kubernetes-client", "services")])

    def test_holds_the_page_of_services_to_the_same(self):
        row = SERVICES.splitlines(keepends=True)[0]
        self.assertEqual(check(services=SERVICES.replace(row, "")), ["docs/services.md: there is no row SV-01"])
        self.assertEqual(check(services=SERVICES.replace(row, row.replace("`Initialize.Starts`", "soon"))),
                         ["docs/services.md: the row SV-01 names no test and no reason"])

    def test_reports_an_annotation_that_only_the_code_or_only_the_page_has(self):
        self.assertEqual(check(annotations=ANNOTATIONS.replace("}};", '},\n  {"drain-seconds",\n "drainSeconds", Form::kNumber}};')),
                         ["docs/services.md: there is no row of the annotation drain-seconds"])
        self.assertEqual(check(annotations=""),
                         ["docs/services.md: the annotation quorum is nowhere in lib/api/service_request.cc"])

    def test_reports_a_flag_that_only_the_code_or_only_the_page_has(self):
        self.assertEqual(check(flags=FLAGS.replace("--quick", "--slow")),
                         ["docs/controller.md: there is no row of the flag --quick",
                          "docs/controller.md: the flag --slow is nowhere in controller/*.cc"])
        self.assertEqual(check(flags=""), [f"docs/controller.md: there is no row of the flag {name}" for name in ("--help", "--quick")])

    def test_reports_a_row_that_is_missing_or_there_twice(self):
        row = RULES.splitlines(keepends=True)[3]
        self.assertEqual(check(rules=RULES.replace(row, "")), ["docs/rfc9568.md: there is no row VR-004"])
        self.assertEqual(check(rules=RULES + row), ["docs/rfc9568.md: the row VR-004 is there twice or unknown"])
        self.assertEqual(check(rules=RULES + row.replace("VR-004", "VR-200")),
                         ["docs/rfc9568.md: the row VR-200 is there twice or unknown"])

    def test_reports_a_row_without_a_test_and_without_a_reason(self):
        for cell, good in (("later", False), ("not applicable: no", False), ("", False), ("; opposite: `Initialize.Waits`", False),
                           ("not applicable: a node is no router and sends none", True)):
            found = check(rules=RULES.replace("`Initialize.Starts`; opposite: `Initialize.Waits`", cell, 1))
            self.assertEqual(found, [] if good else ["docs/rfc9568.md: the row VR-001 names no test and no reason"], cell)

    def test_reports_a_row_that_names_code_for_a_test(self):
        for cell, wrong in (("`node/vrrp/machine.cc`; opposite: `Initialize.Waits`", "no test and no reason"),
                            ("`Initialize.Starts`; opposite: `node/vrrp/machine.cc`", "no test of the opposite and no reason")):
            found = check(rules=RULES.replace("`Initialize.Starts`; opposite: `Initialize.Waits`", cell, 1))
            self.assertIn(f"docs/rfc9568.md: the row VR-001 names {wrong}", found)

    def test_reports_a_row_without_a_test_of_the_opposite_and_without_a_reason(self):
        for rest, good in (("", False), ("; opposite: ", False), ("; opposite: later", False), ("; opposite: none, no need", False),
                           ("; opposite: none, every value there is is compared with the exact one", True),
                           ("; opposite: `tests/unit/node/vrrp/machine_test.cc`", True)):
            found = check(rules=RULES.replace("; opposite: `Initialize.Waits`", rest, 1))
            self.assertEqual(found, [] if good else [
                "docs/rfc9568.md: the row VR-001 names no test of the opposite and no reason"], rest)

    def test_reports_a_test_that_is_to_show_a_rule_and_its_opposite(self):
        self.assertEqual(check(rules=RULES.replace("`Initialize.Waits`", "`Initialize.Starts`", 1)),
                         ["docs/rfc9568.md: the row VR-001 names Initialize.Starts for both sides"])
        case = "`tests/unit/node/vrrp/machine_test.cc::Initialize, {}`"
        row = f"{case.format('Starts')}; opposite: {case.format('Waits')}"
        self.assertEqual(check(rules=RULES.replace("`Initialize.Starts`; opposite: `Initialize.Waits`", row, 1)), [])

    def test_holds_the_rules_of_the_client_to_their_tests_of_one_kind(self):
        page = "docs/kubernetes-client.md"
        row = CLIENT.splitlines(keepends=True)[7]
        self.assertEqual(check(client=CLIENT.replace(row, "")), [f"{page}: there is no row K-08"])
        self.assertEqual(check(client=CLIENT + row), [f"{page}: the row K-08 is there twice or unknown"])
        self.assertEqual(check(client=CLIENT + row.replace("K-08", "K-43")), [f"{page}: the row K-43 is there twice or unknown"])
        for cell, problems in (("later", ["the row K-08 names no test and no reason"]), ("`Initialize.Ends`", ["there is no test Initialize.Ends"]),
                               ("not applicable: there is one version of each group", [])):
            found = check(client=CLIENT.replace(row, row.replace("`Initialize.Starts`", cell)))
            self.assertEqual(found, [f"{page}: {problem}" for problem in problems], cell)

    def test_reports_a_script_that_is_named_without_its_case(self):
        self.assertEqual(self.named("tests/netns/layer_test.py"), ["docs/rfc9568.md: tests/netns/layer_test.py is named without a case"])

    def test_reports_a_file_or_a_case_that_is_not_there(self):
        for cell, problem in (("tests/unit/node/vrrp/machine_test.cc", None),
                              ("tests/unit/node/vrrp/machine_test.cc::Initialize, Starts", None),
                              ("tests/unit/node/vrrp/machine_test.cc::it ends",
                               "tests/unit/node/vrrp/machine_test.cc has no case \"it ends\""),
                              ("tests/netns/none.py::it ends", "there is no tests/netns/none.py")):
            found = check(rules=RULES.replace("`Initialize.Starts`", f"`{cell}`", 1))
            self.assertEqual(found, [f"docs/rfc9568.md: {problem}"] if problem else [], cell)

    def named(self, cell, **change):
        return check(rules=RULES.replace("`Initialize.Starts`", f"`{cell}`", 1), **change)

    def test_accepts_a_case_that_a_run_of_the_layer_comes_to(self):
        for cell in ("tests/netns/layer_test.py::stories.one()", "tests/netns/stories.py::the first case",
                     "tests/netns/stories.py::the table's case", "tests/netns/stories.py::the judged case"):
            self.assertEqual(self.named(cell), [], cell)
        taken = SCRIPT.replace("import stories", "from stories import one").replace("stories.one", "one")
        self.assertEqual(self.named("tests/netns/stories.py::the first case", script=taken), [])

    def test_reports_a_case_in_a_def_a_method_or_a_table_that_nothing_uses(self):
        for words in ("the second case", "the forgotten case", "the unused case"):
            self.assertEqual(self.named(f"tests/netns/stories.py::{words}"), [
                f"docs/rfc9568.md: no executable test beside it comes to tests/netns/stories.py, \"{words}\""])

    def test_reports_a_test_that_is_not_executable_and_what_only_it_imports(self):
        for file, words in (("tests/netns/layer_test.py", "stories.one()"), ("tests/netns/stories.py", "the first case")):
            self.assertEqual(self.named(f"{file}::{words}", mode=0o644),
                             [f"docs/rfc9568.md: no executable test beside it comes to {file}, \"{words}\""])
        words = "tests/netns/stories.py::the first case"
        self.assertEqual(len(self.named(words, script=SCRIPT.replace("    stories.one()", "    pass"))), 1)


if __name__ == "__main__":
    unittest.main()
