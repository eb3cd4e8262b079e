#include "lib/api/managed_fields.h"

#include <gtest/gtest.h>

#include <vector>

// FC-04: who else writes our fields is named, by metadata.managedFields.
namespace fairlead::api {
namespace {

constexpr const char* kSpecOfOurs =
    R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RealServerSet","metadata":{"name":"web","labels":{"a":"b"},
        "finalizers":["fairlead.dev/release"]},
        "spec":{"group":"g","servers":[{"address":"10.0.0.1","port":80},{"address":"10.0.0.2","port":80}]}})";

struct Entry {
  std::string manager;
  std::string time;
  std::string fields;
  std::string subresource{};
};

std::string object(const std::vector<Entry>& entries) {
  std::string out = R"({"items":[{"metadata":{"name":"web","managedFields":[)";
  for (const auto& entry : entries) {
    out += R"({"manager":")" + entry.manager + R"(","operation":"Update","time":"2026-01-01T00:00:)" +
           entry.time + R"(Z","subresource":")" + entry.subresource + R"(","fieldsV1":)" + entry.fields +
           "},";
  }
  out.back() = ']';
  return out + "}}]}";
}

std::string owner(const std::vector<Entry>& entries) {
  return other_owner(object(entries), {kSpecOfOurs, "", "fairlead-controller"});
}

const std::string kGroup = R"({"f:spec":{"f:group":{}}})";

TEST(OtherOwnerFC04, IsWhoHasAFieldOfOurs) {
  EXPECT_EQ(owner({{"fairlead-controller", "05", kGroup}, {"argocd", "02", kGroup}}), "argocd");
  EXPECT_EQ(owner({{"fairlead-controller", "05", kGroup}}), "");
  EXPECT_EQ(owner({{"argocd", "02", R"({"f:spec":{"f:other":{}}})"}}), "") << "no field that we write";
  EXPECT_EQ(owner({{"argocd", "02", R"({"f:metadata":{"f:annotations":{".":{},"f:x":{}}}})"}}), "");
}

TEST(OtherOwnerFC04, IsTheOneThatWroteLast) {
  EXPECT_EQ(owner({{"kubectl", "07", kGroup}, {"argocd", "09", kGroup}, {"helm", "08", kGroup}}), "argocd");
}

TEST(OtherOwnerFC04, IsOfTheSubresourceThatWeWrite) {
  const std::string state = R"({"f:status":{"f:state":{}}})";
  const std::string group = object({{"kubectl", "03", state, "status"}, {"argocd", "04", kGroup}});
  const FieldsWritten status{R"({"status":{"state":"Ready"}})", "status", "fairlead-controller"};
  EXPECT_EQ(other_owner(group, status), "kubectl");
  EXPECT_EQ(owner({{"kubectl", "03", kGroup, "status"}}), "");
}

// Nodes apply their entries of status.members, and are in nobody's way.
TEST(OtherOwnerFC04, WhoHasAnotherItemOfAListIsNone) {
  const FieldsWritten entry{R"({"status":{"members":[{"node":"a","up":1}]}})", "status",
                            "fairlead-controller"};
  const auto of = [&](const std::string& keys) {
    return other_owner(object({{"x", "03",
                                R"({"f:status":{"f:members":{"k:{\"node\":\")" + keys +
                                    R"(\"}":{".":{},"f:node":{},"f:up":{}}}}})",
                                "status"}}),
                       entry);
  };
  EXPECT_EQ(of("b"), "");
  EXPECT_EQ(of("a"), "x");
}

TEST(OtherOwnerFC04, WholeListsAndItemsThatAreTheirOwnKeyCount) {
  EXPECT_EQ(owner({{"x", "03", R"({"f:spec":{"f:servers":{}}})"}}), "x");
  EXPECT_EQ(
      owner({{"x", "03", R"({"f:metadata":{"f:finalizers":{".":{},"v:\"fairlead.dev/release\"":{}}}})"}}),
      "x");
  EXPECT_EQ(owner({{"x", "03", R"({"f:metadata":{"f:finalizers":{".":{},"v:\"example.com/mine\"":{}}}})"}}),
            "");
}

TEST(OtherOwnerFC04, NobodyIsNamedByWhatCannotBeRead) {
  const FieldsWritten ours{kSpecOfOurs, "", "fairlead-controller"};
  for (
      const std::string text :
      {"", "no JSON", "[]", "{}", R"({"items":[]})", R"({"items":[7]})",
       R"({"items":[{"metadata":{"managedFields":7}}]})", R"({"metadata":{"managedFields":[7,null]}})",
       R"({"metadata":{"managedFields":[{"manager":"x"}]}})",
       R"({"metadata":{"managedFields":[{"manager":7,"fieldsV1":{"f:spec":{"f:group":{}}}}]}})",
       R"({"metadata":{"managedFields":[{"manager":"x","fieldsV1":{"f:spec":{"k:{":{},"v:":{},"":{},"f:":{}}}}]}})"}) {
    EXPECT_EQ(other_owner(text, ours), "") << text;
  }
  EXPECT_EQ(other_owner(object({{"x", "03", kGroup}}), {"no JSON", "", "fairlead-controller"}), "");
}

TEST(OtherOwnerFC04, ANameIsCutToWhatTheAPIServerAllows) {
  EXPECT_EQ(owner({{std::string(5000, 'x'), "03", kGroup}}), std::string(128, 'x'));
}

}  // namespace
}  // namespace fairlead::api
