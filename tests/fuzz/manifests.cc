// F-10: YAML of any bytes, read as the manifests of one file, and settled beside another. What is in force
// holds together, whatever is offered; a file is taken as a whole or told why not; every problem has a line
// of the text.
//
// Input: the text of the file new.yaml; behind a first byte 0xff, if there is one, that of old.yaml, which
// was there before.

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/sys/yaml.h"
#include "node/plan/manifest_claims.h"
#include "node/plan/manifests.h"
#include "tests/fuzz/input.h"

namespace fairlead::plan {
namespace {

using fuzz::require;

const std::string kNode = "lb1";
// A fixed group of ours, with which the others may collide.
const std::string kGood =
    R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VRRPGroup","metadata":{"name":"good"},
        "spec":{"family":"IPv4","virtualRouterID":51,"interface":"eth0","addresses":[{"address":"192.0.2.1"}],
                "members":[{"node":"lb1","priority":200}]}})";

ReadManifest read(const std::string& name, std::string_view text) {
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  auto yaml = sys::read_yaml(text);
  require(yaml.documents.empty() || yaml.problems.empty(), "documents or problems");
  ReadManifest out;
  for (auto& problem : yaml.problems) {
    require(problem.line >= 0 && problem.line <= lines + 1, "a line of the text");
    out.problems.push_back({name, problem.line, "", {"", problem.message}});
  }
  if (!out.problems.empty()) return out;
  std::vector<ManifestDocument> documents;
  for (auto& document : yaml.documents) {
    documents.push_back({std::move(document.json), std::move(document.lines)});
  }
  out = read_manifest(kNode, name, documents);
  require(out.content.has_value() == out.problems.empty(), "a file is taken as a whole or told why not");
  for (const auto& problem : out.problems) {
    require(problem.line >= 1 && problem.line <= lines + 1, "a line of the text");
    require(!to_string(problem).empty() && !problem.problem.message.empty(), "a problem says what");
  }
  return out;
}

bool holds_together(const ManifestFiles& files) {
  FilesByName all;
  for (const auto& [name, file] : files) all[name] = &file;
  return collisions(kNode, all).empty();
}

void check(const SettledManifests& settled, const std::map<std::string, ReadManifest>& shown) {
  require(holds_together(settled.in_force), "what is in force holds together");
  for (const auto& file : shown) {
    const std::string& name = file.first;
    const ReadManifest& read = file.second;
    const auto in_force = settled.in_force.find(name);
    const bool newest =
        read.content && in_force != settled.in_force.end() && in_force->second == *read.content;
    const bool told = std::any_of(settled.refusals.begin(), settled.refusals.end(),
                                  [&](const auto& problem) { return problem.file == name; });
    require(newest || told, "a version that is not in force is told of");
  }
  const auto again = settle(kNode, settled.in_force, shown);
  require(again.in_force == settled.in_force, "settling again changes nothing");
}

void run(std::string_view text) {
  const auto cut = text.find('\xff');
  const auto old = cut == std::string_view::npos ? std::string_view() : text.substr(cut + 1);
  std::map<std::string, ReadManifest> shown;
  shown["good.yaml"] = read_manifest(kNode, "good.yaml", {{kGood, {}}});
  shown["old.yaml"] = read("old.yaml", old);
  const auto before = settle(kNode, {}, shown);
  check(before, shown);
  shown["new.yaml"] = read("new.yaml", text.substr(0, cut));
  const auto after = settle(kNode, before.in_force, shown);
  check(after, shown);
  require(after.in_force.contains("good.yaml"), "another file harms this one not");
  const auto made = make_plan({kNode, ""}, merge({}, objects_of(after.in_force)), {}, Plan{});
  require(made.plan.groups.contains("good"), "its group is in the plan");
}

}  // namespace
}  // namespace fairlead::plan

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fairlead::plan::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
