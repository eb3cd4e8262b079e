#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lib/sys/yaml.h"
#include "unit/controller/fake_api.h"

// tests/cases/translate/<name>/in.yaml: objects of a cluster. out.yaml: what the controller makes of them,
// once it has nothing left to write: groups and sets, what it wrote of VirtualIPs, Services and pools, and
// its Events. A document of kind Settings says with which of its flags the controller runs; one of kind Pass
// that what stands before it comes to rest, and so many seconds pass. FAIRLEAD_WRITE_CASES=1 writes the
// out.yaml files anew; read the difference before committing it.
namespace fairlead::controller {
namespace {

using namespace testing;
namespace fs = std::filesystem;

// FAIRLEAD_TREE: the checkout, from tests/CMakeLists.txt (__FILE__ may be relative to the build).
fs::path cases_folder() { return fs::path(FAIRLEAD_TREE) / "tests/cases/translate"; }

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

std::vector<json> documents(const std::string& yaml) {
  std::vector<json> out;
  const auto texts = sys::yaml_to_json(yaml);
  if (!texts) ADD_FAILURE() << texts.error().message;
  if (!texts) return out;
  for (const auto& text : *texts) {
    json object = json::parse(text);
    if (!object.is_null()) out.push_back(std::move(object));
  }
  return out;
}

// What of an object is the controller's doing.
json outcome_of(json object) {
  auto& meta = object["metadata"];
  for (const std::string field :
       {"resourceVersion", "generation", "uid", "creationTimestamp", "managedFields"})
    meta.erase(field);
  object.erase("apiVersion");
  if (object.contains("status")) {
    object["status"].erase("members");
    for (auto& condition : object["status"]["conditions"]) {
      condition.erase("lastTransitionTime");
      condition.erase("observedGeneration");
    }
  }
  const std::string kind = object["kind"];
  if (kind == "Service" || kind == "AddressPool") object.erase("spec");
  return object;
}

std::vector<json> outcome(const FakeApi& api, const std::vector<Notice>& notices) {
  std::vector<json> out;
  for (const auto& [key, object] : api.objects()) {
    const std::set<std::string> read_only{"Node", "NodeReport", "EndpointSlice", "Namespace"};
    if (!read_only.contains(key.first)) out.push_back(outcome_of(object));
  }
  for (const auto& notice : notices) {
    out.push_back({{"kind", "Event"},
                   {"regarding", notice.regarding.kind + " " + notice.regarding.name},
                   {"type", notice.type == api::EventType::kNormal ? "Normal" : "Warning"},
                   {"reason", notice.reason},
                   {"note", notice.note}});
  }
  return out;
}

void emit(const json& value, int indent, std::string& out);

void emit_entry(const json& value, int indent, std::string& out) {
  const bool nested = value.is_structured() && !value.empty();
  if (nested) {
    out += '\n';
    emit(value, indent, out);
  } else {
    out += " " + value.dump() + "\n";
  }
}

// Block style with JSON scalars, which are YAML.
void emit(const json& value, int indent, std::string& out) {
  const std::string space(static_cast<std::size_t>(indent), ' ');
  if (value.is_array()) {
    for (const auto& item : value) {
      std::string inner;
      emit_entry(item, indent + 2, inner);
      const bool nested = item.is_structured() && !item.empty();
      out += space + "-" + (nested ? " " + inner.substr(static_cast<std::size_t>(indent) + 3) : inner);
    }
    return;
  }
  for (const auto& [name, item] : value.items()) {
    out += space + name + ":";
    emit_entry(item, item.is_array() ? indent : indent + 2, out);
  }
}

std::string yaml_of(const std::vector<json>& objects) {
  std::string out;
  for (const auto& object : objects) {
    if (!out.empty()) out += "---\n";
    emit(object, 0, out);
  }
  return out;
}

Settings settings_of(const json& document) {
  Settings out;
  out.default_controller = document.value("defaultController", false);
  if (document.value("foreignAnnotations", false)) out.foreign_annotations = api::ForeignAnnotations::kRead;
  return out;
}

class TranslateCase : public ::testing::TestWithParam<std::string> {};

TEST_P(TranslateCase, MakesOfItsInputWhatStandsInItsOutput) {
  const fs::path folder = cases_folder() / GetParam();
  FakeApi api;
  Rounds rounds(api);
  for (const auto& object : documents(text_of(folder / "in.yaml"))) {
    if (object["kind"] == "Settings") {
      rounds.set(settings_of(object));
    } else if (object["kind"] == "Pass") {
      ASSERT_TRUE(rounds.settle());
      rounds.pass(Seconds(object["seconds"].get<int>()));
    } else {
      api.add(object);
    }
  }
  ASSERT_TRUE(rounds.settle());
  const auto found = outcome(api, rounds.notices());
  if (std::getenv("FAIRLEAD_WRITE_CASES") != nullptr) std::ofstream(folder / "out.yaml") << yaml_of(found);
  const auto wanted = documents(text_of(folder / "out.yaml"));
  EXPECT_EQ(yaml_of(found), yaml_of(wanted));
}

std::vector<std::string> case_names() {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(cases_folder())) out.push_back(entry.path().filename());
  std::sort(out.begin(), out.end());
  return out;
}

INSTANTIATE_TEST_SUITE_P(Cases, TranslateCase, ::testing::ValuesIn(case_names()), [](const auto& about) {
  std::string name = about.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(TranslateCases, AreThere) { EXPECT_GE(case_names().size(), 10U); }

}  // namespace
}  // namespace fairlead::controller
