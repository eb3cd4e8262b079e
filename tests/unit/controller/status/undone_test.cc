#include <gtest/gtest.h>

#include "controller/status/conditions.h"
#include "controller/status/summary.h"
#include "unit/controller/builders.h"

// FC-04: what is told of somebody who undoes what we write. How he is found out: app/reverts_test.cc.
namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kWeb{"shop", "web"};

// VirtualIP shop/web, served by node-a, and its RealServerSet.
Inputs served() {
  Inputs out = three_nodes();
  put_claimed(out, vip("web", "192.0.2.100"));
  auto served_by =
      group({"192-0-2-0-24-v4-1", 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}}});
  served_by.status.members = {entry("node-a", api::MemberState::kMaster),
                              entry("node-b", api::MemberState::kBackup)};
  put(out.groups, served_by);
  out.sets = desired(out).sets;
  return out;
}

const api::Condition& degraded_of(const std::vector<api::Condition>& conditions) {
  return *find_condition(conditions, "Degraded");
}

TEST(UndoneFC04, IsToldOfTheVirtualIPWhoseObjectItIs) {
  for (const std::pair<std::string, std::string>& object :
       {std::pair<std::string, std::string>{"virtualips", "web"}, {"realserversets", "web-v4-0"}}) {
    Inputs inputs = served();
    EXPECT_EQ(degraded_of(summarize(inputs, desired(inputs), {}, {}).statuses.virtual_ips.at(kWeb).conditions)
                  .reason,
              "Healthy");
    inputs.memory.fought = {{{object.first, {"shop", object.second}}, "argocd"}};
    const auto status = summarize(inputs, desired(inputs), {}, {}).statuses.virtual_ips.at(kWeb);
    EXPECT_EQ(degraded_of(status.conditions).reason, "ForeignStatusWriter") << object.first;
    EXPECT_EQ(status.state, "Degraded");
    EXPECT_TRUE(degraded_of(status.conditions).message.starts_with("\"argocd\" undoes what we write of "));
    inputs.memory.fought = {{{object.first, {"other", object.second}}, "argocd"}};
    EXPECT_EQ(degraded_of(summarize(inputs, desired(inputs), {}, {}).statuses.virtual_ips.at(kWeb).conditions)
                  .reason,
              "Healthy");
  }
}

TEST(UndoneFC04, IsToldOfTheGroupAndOfAllThatItServes) {
  Inputs inputs = served();
  inputs.memory.fought = {{{"vrrpgroups", {"", "192-0-2-0-24-v4-1"}}, "argocd"}};
  const auto statuses = summarize(inputs, desired(inputs), {}, {}).statuses;
  const auto& of_group = statuses.groups.at({"", "192-0-2-0-24-v4-1"});
  EXPECT_EQ(degraded_of(of_group.conditions).reason, "ForeignStatusWriter");
  EXPECT_EQ(of_group.state, "Degraded");
  const auto& message = degraded_of(statuses.virtual_ips.at(kWeb).conditions).message;
  EXPECT_NE(message.find("\"argocd\" undoes what we write of VRRPGroup 192-0-2-0-24-v4-1"), std::string::npos)
      << message;
}

TEST(UndoneFC04, IsToldOfTheAddressClaimOfWhatItHolds) {
  Inputs inputs = served();
  inputs.memory.fought = {{{"addressclaims", {"", "v4-192-0-2-100"}}, ""}};
  const auto status = summarize(inputs, desired(inputs), {}, {}).statuses.virtual_ips.at(kWeb);
  EXPECT_EQ(
      degraded_of(status.conditions).message,
      "somebody undoes what we write of AddressClaim v4-192-0-2-100 again and again, and now we write once "
      "a minute: whoever takes a field away, or goes by our name, is not named");
}

// Of a pool nothing but its status is ours: whoever undoes that is told of there.
TEST(UndoneFC04, IsToldOfThePoolWithAnEventAndBesideWhatElseIsAmiss) {
  Inputs inputs = served();
  const api::ObjectKey key{"", "public"};
  const auto now = [&] { return summarize(inputs, desired(inputs), {}, {}).statuses; };
  EXPECT_EQ(degraded_of(now().pools.at(key).conditions).reason, "Healthy");
  EXPECT_TRUE(now().pool_notices.at(key).empty());
  inputs.memory.fought = {{{"addresspools", key}, "argocd"}};
  const std::string message =
      "\"argocd\" undoes what we write of this AddressPool again and again, and now we write once a minute";
  const auto degraded = degraded_of(now().pools.at(key).conditions);
  EXPECT_EQ(degraded.status, api::ConditionStatus::kTrue);
  EXPECT_EQ(degraded.reason, "ForeignStatusWriter");
  EXPECT_EQ(degraded.message, message);
  const auto notices = now().pool_notices.at(key);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0], (Notice{{"fairlead.dev/v1alpha1", "AddressPool", "public", "", "uid-public"},
                                api::EventType::kWarning,
                                "ForeignStatusWriter",
                                "Summarize",
                                message}));
  const auto writes = changes(inputs, desired(inputs), now());
  const auto written = std::find_if(writes.begin(), writes.end(),
                                    [](const Write& write) { return write.target == Target::kAddressPool; });
  ASSERT_NE(written, writes.end());
  EXPECT_EQ(written->notices, notices) << "told once the status is written";
  inputs.pools.at(key).status = now().pools.at(key);
  EXPECT_TRUE(now().pool_notices.at(key).empty()) << "told once";
  inputs.pools.at(key).spec.addresses = {*net::parse_range("192.0.2.100-192.0.2.100")};
  EXPECT_EQ(degraded_of(now().pools.at(key).conditions).message,
            message + "; also PoolExhausted: no address is left");
}

TEST(UndoneFC04, IsToldOfAPoolThatCannotBeReadToo) {
  Inputs inputs = served();
  const api::ObjectKey key{"", "odd"};
  auto object = pool("odd", "198.51.100.0/24");
  inputs.poisoned_pools.insert({key, {object.meta, {{"spec", "is odd"}}, object}});
  const auto now = [&] { return summarize(inputs, desired(inputs), {}, {}).statuses.pools.at(key); };
  EXPECT_EQ(find_condition(now().conditions, "Degraded"), nullptr);
  inputs.memory.fought = {{{"addresspools", key}, ""}};
  EXPECT_EQ(degraded_of(now().conditions).reason, "ForeignStatusWriter");
  EXPECT_EQ(find_condition(now().conditions, "Accepted")->reason, "InvalidSpec");
}

// The Event is about the message: a name that is found out, or another one, is news.
TEST(UndoneFC04, AnEventTellsAndTellsAgainWhoItIsOnceThatIsKnown) {
  Inputs inputs = served();
  const auto notes = [&] {
    std::vector<std::string> out;
    const auto statuses = summarize(inputs, desired(inputs), {}, {}).statuses;
    for (const auto& notice : statuses.virtual_ip_notices.at(kWeb)) {
      if (notice.reason == "ForeignStatusWriter") out.push_back(notice.note);
    }
    inputs.virtual_ips.at(kWeb).status = statuses.virtual_ips.at(kWeb);
    return out;
  };
  EXPECT_TRUE(notes().empty());
  inputs.memory.fought = {{{"realserversets", {"shop", "web-v4-0"}}, ""}};
  EXPECT_EQ(notes().size(), 1U);
  EXPECT_TRUE(notes().empty());
  inputs.memory.fought = {{{"realserversets", {"shop", "web-v4-0"}}, "argocd"}};
  EXPECT_EQ(notes(),
            std::vector<std::string>{"\"argocd\" undoes what we write of RealServerSet shop/web-v4-0 "
                                     "again and again, and now we write once a minute"});
}

TEST(UndoneFC04, SeveralWritersAreNamedEachWithWhatHeUndoes) {
  EXPECT_EQ(
      undone_message({{"A", "kubectl"}, {"B", "argocd"}, {"C", "kubectl"}}),
      "\"argocd\" undoes what we write of B, and \"kubectl\" undoes what we write of A, C again and again, "
      "and now we write once a minute");
}

}  // namespace
}  // namespace fairlead::controller
