#include "controller/status/foreign_writers.h"

#include <gtest/gtest.h>

#include "controller/plan/desired.h"
#include "controller/plan/remember.h"
#include "unit/controller/builders.h"

// K-26.
namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kWeb{"shop", "web"};

api::StatusReply refused_for(const std::vector<std::string>& messages) {
  api::StatusReply out;
  out.code = 409;
  for (const auto& message : messages) out.causes.push_back({"FieldManagerConflict", message, ".status"});
  return out;
}

TEST(ForeignWritersK26, TheManagersOfARefusedApplyAreNamedOnce) {
  EXPECT_EQ(
      foreign_managers(refused_for({R"(conflict with "somebody" with subresource "status" using v1)",
                                    R"(conflict with "else" using v1)", R"(conflict with "else" using v1)"})),
      "else, somebody");
  EXPECT_EQ(foreign_managers(refused_for({"conflict"})), "another writer");
}

TEST(ForeignWritersK26, AnyOtherRefusalIsNone) {
  api::StatusReply reply;
  reply.code = 409;
  reply.causes.push_back({"FieldValueInvalid", R"(not "this")", ".status"});
  EXPECT_EQ(foreign_managers(reply), "");
}

TEST(ForeignWritersK26, AreForgottenOnceTheStatusNeedsNoWrite) {
  std::map<api::ObjectKey, std::string> writers{{kWeb, "somebody"}, {{"shop", "other"}, "somebody"}};
  Write of_web{};
  of_web.target = Target::kService;
  of_web.key = kWeb;
  Write of_vip{};
  of_vip.key = {"shop", "other"};
  EXPECT_TRUE(forget_settled({of_web, of_vip}, writers));
  EXPECT_EQ(writers, (std::map<api::ObjectKey, std::string>{{kWeb, "somebody"}}));
  EXPECT_FALSE(forget_settled({of_web, of_vip}, writers)) << "no other round for nothing";
}

TEST(ForeignWritersK26, AreOfTheVirtualIPMadeForThatServiceAlone) {
  Inputs inputs = three_nodes();
  auto object = vip("web", "192.0.2.100");
  put(inputs.virtual_ips, object);
  put(inputs.services, service("web", "192.0.2.100"));
  inputs.memory.foreign_writers[kWeb] = "somebody";
  EXPECT_EQ(desired(inputs).decisions.at(kWeb).foreign_writers, "");
  inputs.virtual_ips.at(kWeb).meta.owner_references = {{"v1", "Service", "web", "uid-web", true}};
  EXPECT_EQ(desired(inputs).decisions.at(kWeb).foreign_writers, "somebody");
  EXPECT_EQ(remember(inputs, desired(inputs)).foreign_writers, inputs.memory.foreign_writers);
  inputs.services.clear();
  EXPECT_TRUE(remember(inputs, desired(inputs)).foreign_writers.empty());
}

}  // namespace
}  // namespace fairlead::controller
