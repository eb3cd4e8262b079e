#include "controller/plan/absences.h"

#include <gtest/gtest.h>

#include "controller/plan/release.h"
#include "unit/controller/plan/hiding.h"

// FC-03: before something is freed, what the caches do not show is asked for.
namespace fairlead::controller {
namespace {

using namespace testing;

api::OwnerReference owner(const std::string& kind, const std::string& name) {
  return {kind == "Service" ? "v1" : "fairlead.dev/v1alpha1", kind, name, "uid-" + name, true};
}

TEST(AbsencesFC03, AnAddressIsFreedOnceItsVirtualIPIsFoundGone) {
  Inputs inputs = holding({{"192.0.2.100", "web"}, {"192.0.2.101", "other"}});
  put(inputs.virtual_ips, vip("other", "192.0.2.101"));
  const auto writes = changes(inputs, desired(inputs), {});
  const auto* write = write_of(writes, Target::kVRRPGroup);
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->absences, std::vector<Absence>{kWeb});
}

// A list may be older than what was seen before it: then it shows one that had the name before.
TEST(AbsencesFC03, AnotherOfItsNameIsNoWordForIt) {
  Inputs inputs = holding({{"192.0.2.100", "web"}});
  auto object = vip("web", "192.0.2.101");
  object.meta.uid = "uid-of-another";
  put(inputs.virtual_ips, object);
  const auto writes = changes(inputs, desired(inputs), {});
  const auto* write = write_of(writes, Target::kVRRPGroup);
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->absences, std::vector<Absence>{kWeb});
  EXPECT_EQ(write_of(writes, Target::kAddressClaim)->absences, std::vector<Absence>{});
}

TEST(AbsencesFC03, AnAddressThatAnotherSpecAskedForGoesIfThatIsWhatItStillAsksFor) {
  Inputs inputs = holding({{"192.0.2.100", "web"}});
  put(inputs.virtual_ips, vip("web", "192.0.2.101"));
  const auto& there = inputs.groups.at({"", kGroup});
  EXPECT_EQ(absences_of(inputs, ReleaseNotes(inputs), {}, &there, nullptr), std::vector<Absence>{kUnchanged});
}

// Who comes to share an address takes nothing from who has it.
TEST(AbsencesFC03, WhoKeepsTheAddressIsNotAskedFor) {
  Inputs inputs = holding({{"192.0.2.100", "web"}});
  const auto& there = inputs.groups.at({"", kGroup});
  auto wanted = there;
  wanted.spec.addresses.at(0).owners.push_back({"shop", "other", "uid-other"});
  EXPECT_EQ(absences_of(inputs, ReleaseNotes(inputs), {}, &there, &wanted), std::vector<Absence>{});
}

TEST(AbsencesFC03, OneThatIsBeingDeletedIsNotAskedFor) {
  Inputs inputs = holding({{"192.0.2.100", "web"}});
  auto object = vip("web", "192.0.2.100");
  object.meta.deleting = true;
  put(inputs.virtual_ips, object);
  const auto deleting = changes(inputs, desired(inputs), {});
  const auto* write = write_of(deleting, Target::kVRRPGroup);
  ASSERT_NE(write, nullptr);
  EXPECT_TRUE(write->absences.empty());
}

TEST(AbsencesFC03, AGroupGoesOnceAllItsOwnersAreFoundGone) {
  Inputs inputs = holding({{"192.0.2.100", "web"}, {"192.0.2.101", "other"}});
  const auto& there = inputs.groups.at({"", kGroup});
  const Absence other{Target::kVirtualIP, {"shop", "other"}, "uid-other"};
  EXPECT_EQ(absences_of(inputs, ReleaseNotes(inputs), {}, &there, nullptr),
            (std::vector<Absence>{other, kWeb}));
  EXPECT_TRUE(absences_of(inputs, ReleaseNotes(inputs), {}, &there, &there).empty());
}

TEST(AbsencesFC03, OfAServicesVirtualIPTheServiceIsAskedFor) {
  Inputs inputs = holding({{"192.0.2.100", "web"}});
  auto object = vip("web", "192.0.2.100");
  object.meta.owner_references = {owner("Service", "web")};
  put(inputs.virtual_ips, object);
  const Absence service_gone{Target::kService, {"shop", "web"}, "uid-web"};
  const auto writes = changes(inputs, desired(inputs), {});
  EXPECT_EQ(write_of(writes, Target::kVirtualIP)->absences, std::vector<Absence>{service_gone});
  EXPECT_EQ(write_of(writes, Target::kVRRPGroup)->absences, (std::vector<Absence>{kUnchanged, service_gone}));
}

// A Service has no generation: its version has to be the one that the caches show.
TEST(AbsencesFC03, AServiceThatIsOursNoMoreIsAskedForToo) {
  Inputs inputs = holding({{"192.0.2.100", "web"}});
  auto object = vip("web", "192.0.2.100");
  object.meta.owner_references = {owner("Service", "web")};
  put(inputs.virtual_ips, object);
  put(inputs.services, service("web", ""));
  auto& cached = inputs.services.begin()->second;
  cached.type = "ClusterIP";
  cached.meta.resource_version = "7";
  const Absence unchanged{Target::kService, {"shop", "web"}, "uid-web", "7"};
  EXPECT_EQ(absences_of(inputs, object), std::vector<Absence>{unchanged});
  const auto writes = changes(inputs, desired(inputs), {});
  EXPECT_EQ(write_of(writes, Target::kVirtualIP)->absences, std::vector<Absence>{unchanged});
  EXPECT_EQ(write_of(writes, Target::kVRRPGroup)->absences, (std::vector<Absence>{kUnchanged, unchanged}));
  cached.meta.uid = "uid-of-one-before";
  EXPECT_EQ(absences_of(inputs, object),
            (std::vector<Absence>{{Target::kService, {"shop", "web"}, "uid-web"}}));
  const auto shown = [](const std::string& version) {
    return R"({"kind":"Service","metadata":{"namespace":"shop","name":"web","uid":"uid-web",)"
           R"("resourceVersion":")" +
           version + R"("}})";
  };
  EXPECT_TRUE(confirms(unchanged, 200, shown("7")));
  EXPECT_FALSE(confirms(unchanged, 200, shown("8")));
}

TEST(AbsencesFC03, ASetGoesOnceItsVirtualIPIsFoundGone) {
  Inputs inputs = three_nodes();
  api::RealServerSet set;
  set.meta = meta("web-v4-0", "shop");
  set.meta.owner_references = {owner("VirtualIP", "web")};
  put(inputs.sets, set);
  const auto writes = changes(inputs, desired(inputs), {});
  const auto* write = write_of(writes, Target::kRealServerSet);
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->verb, Verb::kDelete);
  EXPECT_EQ(write->absences, std::vector<Absence>{kWeb});
  inputs.poisoned_virtual_ips[{"shop", "web"}] = {meta("web", "shop"), {}};
  EXPECT_TRUE(absences_of(inputs, set).empty());
}

TEST(AbsencesFC03, AMemberGoesOnceItsNodeIsFoundGone) {
  Inputs inputs = holding({{"192.0.2.100", "web"}});
  put(inputs.virtual_ips, vip("web", "192.0.2.100"));
  auto& there = inputs.groups.begin()->second;
  there.spec.members.push_back({"node-x", "uid-node-x", 100, ""});
  there.meta.labels[api::node_label("node-x")] = "";
  there.meta.labels[api::node_label("node-y")] = "";  // out, and has not said so
  const Absence node_y{Target::kNode, {"", "node-y"}, ""};
  const auto writes = changes(inputs, desired(inputs), {});
  const auto* write = write_of(writes, Target::kVRRPGroup);
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->absences, (std::vector<Absence>{kNodeX, node_y}));
  put(inputs.nodes, node("node-x"));
  put(inputs.nodes, node("node-y"));
  EXPECT_EQ(absences_of(inputs, ReleaseNotes(inputs), {}, &there, nullptr), std::vector<Absence>{kUnchanged});
}

TEST(AbsencesFC03, AnAddressAGroupDoesNotWaitForIsTheNextOnesOnceThatNodeIsFoundGone) {
  Inputs inputs = releasing_by_node_x();
  put_claimed(inputs, vip("web", "192.0.2.100"));
  const auto writes = changes(inputs, desired(inputs), {});
  int groups = 0;
  for (const auto& write : writes) {
    if (write.target != Target::kVRRPGroup) continue;
    ++groups;
    EXPECT_EQ(write.absences, std::vector<Absence>{kNodeX}) << write.key.name;
  }
  EXPECT_EQ(groups, 1);  // the note goes, and the address comes
}

TEST(AbsencesFC03, AFinalizerGoesOnceTheNodesNotWaitedForAreFoundGone) {
  Inputs inputs = releasing_by_node_x();
  auto old = vip("old", "192.0.2.100");
  old.meta.deleting = true;
  put(inputs.virtual_ips, old);
  const auto writes = changes(inputs, desired(inputs), {});
  ASSERT_FALSE(writes.empty());
  const auto& last = writes.back();
  ASSERT_EQ(last.step, Step::kRemoveFinalizers);
  EXPECT_EQ(last.absences, std::vector<Absence>{kNodeX});
}

TEST(AbsencesFC03, AReportGoesOnceItsNodeIsFoundGone) {
  Inputs inputs = three_nodes();
  put(inputs.node_reports, report("node-x", "eth0", "192.0.2.9/24"));
  const auto writes = changes(inputs, desired(inputs), {});
  const auto* write = write_of(writes, Target::kNodeReport);
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->absences, std::vector<Absence>{kNodeX});
}

TEST(AbsencesFC03, OnlyTheApiServersOwnWordForItCounts) {
  const auto status = [](const std::string& reason, const std::string& name) {
    return R"({"kind":"Status","apiVersion":"v1","code":404,"reason":")" + reason +
           R"(","details":{"name":")" + name + R"("}})";
  };
  EXPECT_TRUE(confirms(kWeb, 404, status("NotFound", "web")));
  EXPECT_FALSE(confirms(kWeb, 404, status("NotFound", "other")));
  EXPECT_FALSE(confirms(kWeb, 404, status("Gone", "web")));
  EXPECT_FALSE(confirms(kWeb, 404, R"({"kind":"Status","apiVersion":"v1","code":404,"reason":"NotFound"})"));
  EXPECT_FALSE(confirms(kWeb, 404, "404 page not found\n"));
  EXPECT_FALSE(confirms(kWeb, 404, ""));
  EXPECT_FALSE(confirms(kWeb, 503, status("NotFound", "web")));
}

TEST(AbsencesFC03, OneWithAnotherUidIsAnotherOne) {
  const auto object = [](const std::string& name, const std::string& uid) {
    return R"({"kind":"VirtualIP","metadata":{"namespace":"shop","name":")" + name + R"(","uid":")" + uid +
           R"("}})";
  };
  EXPECT_TRUE(confirms(kWeb, 200, object("web", "uid-of-the-next")));
  EXPECT_FALSE(confirms(kWeb, 200, object("web", "uid-web")));
  EXPECT_FALSE(confirms(kWeb, 200, object("web", "")));
  EXPECT_FALSE(confirms(kWeb, 200, object("other", "uid-of-the-next")));
  EXPECT_FALSE(confirms(kWeb, 200, "OK"));
  EXPECT_FALSE(confirms({Target::kVirtualIP, {"shop", "web"}, ""}, 200, object("web", "uid-web")));
}

}  // namespace
}  // namespace fairlead::controller
