#include "controller/status/denials.h"

#include <gtest/gtest.h>

#include "controller/status/conditions.h"
#include "controller/status/summary.h"
#include "controller/status/whole_round.h"
#include "unit/controller/builders.h"

// FC-18: what is told of writes that the API server goes on refusing. Which those are: app/refusals_test.cc.
namespace fairlead::controller {
namespace {

using namespace testing;

const api::ObjectKey kWeb{"shop", "web"};
const std::string kGroup = "192-0-2-0-24-v4-1";
const std::string kWhy = "403 exceeded quota";

// VirtualIP shop/web, served by node-a, and its RealServerSet.
Inputs served() {
  Inputs out = three_nodes();
  put_claimed(out, vip("web", "192.0.2.100"));
  auto served_by = group({kGroup, 1, {{"192.0.2.100", "web"}}, {{"node-a", 200}, {"node-b", 150}}});
  served_by.status.members = {entry("node-a", api::MemberState::kMaster),
                              entry("node-b", api::MemberState::kBackup)};
  put(out.groups, served_by);
  out.sets = desired(out).sets;
  return out;
}

Statuses statuses_of(const Inputs& inputs) { return summarize(inputs, desired(inputs), {}, {}).statuses; }

api::Condition of_type(const std::vector<api::Condition>& conditions, const std::string& type) {
  const auto* found = find_condition(conditions, type);
  return found == nullptr ? api::Condition{} : *found;
}
api::Condition degraded(const Inputs& inputs, const api::ObjectKey& virtual_ip) {
  return of_type(statuses_of(inputs).virtual_ips.at(virtual_ip).conditions, "Degraded");
}
std::string refuses(const std::string& what) {
  return "the API server refuses what we write of " + what + ": " + kWhy;
}

std::vector<std::string> notes_of(const std::vector<Notice>& notices) {
  std::vector<std::string> out;
  for (const auto& notice : notices) {
    if (notice.reason != "WriteRefused") continue;
    EXPECT_EQ(notice.type, api::EventType::kWarning);
    out.push_back(notice.regarding.kind + ": " + notice.note);
  }
  return out;
}
using Notes = std::vector<std::string>;

TEST(DenialsFC18, AreToldOfTheVirtualIPWhoseObjectItIs) {
  const std::vector<std::pair<Refusable, std::string>> cases{
      {{"virtualips", kWeb, false}, "this VirtualIP"},
      {{"addressclaims", {"", "v4-192-0-2-100"}, false}, "AddressClaim v4-192-0-2-100"},
      {{"realserversets", {"shop", "web-v4-0"}, false}, "RealServerSet shop/web-v4-0"},
      {{"realserversets", {"shop", "web-v4-0"}, true}, "the status of RealServerSet shop/web-v4-0"},
      {{"vrrpgroups", {"", kGroup}, true}, "the status of VRRPGroup " + kGroup},
      {{"vrrpgroups", {"", kGroup}, false}, "VRRPGroup " + kGroup}};
  for (const auto& [refused, what] : cases) {
    Inputs inputs = served();
    EXPECT_EQ(degraded(inputs, kWeb).reason, "Healthy");
    inputs.memory.refused = {{refused, kWhy}};
    const auto told = degraded(inputs, kWeb);
    EXPECT_EQ(told.status, api::ConditionStatus::kTrue) << what;
    EXPECT_EQ(told.reason, "WriteRefused") << what;
    EXPECT_EQ(told.message, refuses(what));
    EXPECT_EQ(statuses_of(inputs).virtual_ips.at(kWeb).state, "Degraded") << what;
  }
}

TEST(DenialsFC18, OfOthersAndOfItsOwnStatusAVirtualIPSaysNothing) {
  for (const auto& refused :
       {Refusable{"virtualips", {"shop", "other"}, false}, Refusable{"virtualips", kWeb, true},
        Refusable{"realserversets", {"other", "web-v4-0"}, false},
        Refusable{"vrrpgroups", {"", "another"}, false}}) {
    Inputs inputs = served();
    inputs.memory.refused = {{refused, kWhy}};
    EXPECT_EQ(degraded(inputs, kWeb).reason, "Healthy") << refused.plural;
  }
}

// Nothing of it is there yet: what it is to have is looked at.
TEST(DenialsFC18, AreToldOfAVirtualIPThatIsToComeIntoAGroupThatCannotBeMade) {
  Inputs inputs = three_nodes();
  put_claimed(inputs, vip("web", "192.0.2.100"));
  const auto wanted = desired(inputs);
  ASSERT_EQ(wanted.groups.size(), 1U);
  const auto key = wanted.groups.begin()->first;
  inputs.memory.refused = {{{"vrrpgroups", key, false}, kWhy}};
  EXPECT_EQ(degraded(inputs, kWeb).message, refuses("VRRPGroup " + key.name));
  EXPECT_EQ(statuses_of(inputs).virtual_ips.at(kWeb).state, "Pending");
  inputs.memory.refused = {{{"realserversets", {"shop", "web-v4-0"}, false}, kWhy}};
  EXPECT_EQ(degraded(inputs, kWeb).message, refuses("RealServerSet shop/web-v4-0"));
}

TEST(DenialsFC18, AreToldOfAVirtualIPThatCannotClaimAnAddress) {
  Inputs inputs = three_nodes();
  put(inputs.virtual_ips, vip("web", "192.0.2.100"));
  ASSERT_TRUE(desired(inputs).claims.contains({"", "v4-192-0-2-100"}));
  inputs.memory.refused = {{{"addressclaims", {"", "v4-192-0-2-100"}, false}, kWhy}};
  EXPECT_EQ(degraded(inputs, kWeb).message, refuses("AddressClaim v4-192-0-2-100"));
}

TEST(DenialsFC18, AreToldOfTheGroupToo) {
  Inputs inputs = served();
  inputs.memory.refused = {{{"vrrpgroups", {"", kGroup}, false}, kWhy}};
  const auto told = statuses_of(inputs).groups.at({"", kGroup});
  EXPECT_EQ(of_type(told.conditions, "Degraded").reason, "WriteRefused");
  EXPECT_EQ(of_type(told.conditions, "Degraded").message, refuses("VRRPGroup " + kGroup));
  EXPECT_EQ(told.state, "Degraded");
}

TEST(DenialsFC18, OfManyTheFirstAndHowManyMore) {
  EXPECT_EQ(denied_message({{"A", "403 no"}, {"B", "422 odd"}}),
            "the API server refuses what we write of A and 1 more object: 403 no");
  EXPECT_EQ(denied_message({{"A", "403 no"}, {"B", "422 odd"}, {"C", ""}}),
            "the API server refuses what we write of A and 2 more objects: 403 no");
}

TEST(DenialsFC18, OneEventTellsWhateverTheServerSaysNext) {
  Inputs inputs = served();
  const auto notes = [&] {
    const auto statuses = statuses_of(inputs);
    inputs.virtual_ips.at(kWeb).status = statuses.virtual_ips.at(kWeb);
    return notes_of(statuses.virtual_ip_notices.at(kWeb));
  };
  EXPECT_EQ(notes(), Notes{});
  const Refusable set{"realserversets", {"shop", "web-v4-0"}, false};
  inputs.memory.refused = {{set, kWhy}};
  EXPECT_EQ(notes(), Notes{"VirtualIP: " + refuses("RealServerSet shop/web-v4-0")});
  EXPECT_EQ(notes(), Notes{});
  inputs.memory.refused = {{set, "422 another word"}};
  EXPECT_EQ(notes(), Notes{});
  inputs.memory.refused.clear();
  EXPECT_EQ(notes(), Notes{});
  EXPECT_EQ(degraded(inputs, kWeb).reason, "Healthy");
  inputs.memory.refused = {{set, kWhy}};
  EXPECT_EQ(notes().size(), 1U) << "it has begun anew";
}

// The Service has one Event, its own, though its VirtualIP has one, too.
TEST(DenialsFC18, AServiceSaysInAcceptedWhatIsRefusedOfItsVirtualIP) {
  Inputs inputs = served();
  put(inputs.services, service("web", "192.0.2.100"));
  inputs.virtual_ips.at(kWeb).meta.owner_references = {{"v1", "Service", "web", "uid-web", true}};
  EXPECT_EQ(of_type(statuses_of(inputs).services.at(kWeb).conditions, "Accepted").reason, "Accepted");
  const Refusable set{"realserversets", {"shop", "web-v4-0"}, false};
  const std::string told = refuses("RealServerSet shop/web-v4-0");
  inputs.memory.refused = {{set, kWhy}};
  const auto statuses = statuses_of(inputs);
  const auto accepted = of_type(statuses.services.at(kWeb).conditions, "Accepted");
  EXPECT_EQ(accepted.status, api::ConditionStatus::kFalse);
  EXPECT_EQ(accepted.reason, "WriteRefused");
  EXPECT_EQ(accepted.message, told);
  EXPECT_EQ(notes_of(statuses.service_notices.at(kWeb)), Notes{"Service: " + told});
  EXPECT_EQ(notes_of(statuses.virtual_ip_notices.at(kWeb)), Notes{"VirtualIP: " + told});
  inputs.services.at(kWeb).conditions = statuses.services.at(kWeb).conditions;
  inputs.memory.refused = {{set, "422 another word"}};
  EXPECT_EQ(notes_of(statuses_of(inputs).service_notices.at(kWeb)), Notes{});
}

// It is served in it, and has what it asks for.
TEST(DenialsFC18, AServiceSaysNothingOfTheGroupThatServesIt) {
  Inputs inputs = served();
  put(inputs.services, service("web", "192.0.2.100"));
  inputs.virtual_ips.at(kWeb).meta.owner_references = {{"v1", "Service", "web", "uid-web", true}};
  inputs.memory.refused = {{{"vrrpgroups", {"", kGroup}, false}, kWhy}};
  const auto statuses = statuses_of(inputs);
  EXPECT_EQ(of_type(statuses.services.at(kWeb).conditions, "Accepted").reason, "Accepted");
  EXPECT_EQ(notes_of(statuses.service_notices.at(kWeb)), Notes{});
  EXPECT_EQ(of_type(statuses.virtual_ips.at(kWeb).conditions, "Degraded").reason, "WriteRefused");
}

// A quota of VirtualIPs: there is none that could say it. What the Service shows stays.
TEST(DenialsFC18, AServiceSaysThatItsVirtualIPCannotBeMade) {
  Inputs inputs = three_nodes();
  auto object = service("web", "192.0.2.100");
  object.ingress = {{"192.0.2.100", "Proxy"}};
  put(inputs.services, object);
  for (const bool of_status : {false, true}) {
    inputs.memory.refused = {{{"virtualips", kWeb, of_status}, kWhy}};
    const auto told = statuses_of(inputs).services.at(kWeb);
    EXPECT_EQ(of_type(told.conditions, "Accepted").reason, "WriteRefused");
    EXPECT_EQ(of_type(told.conditions, "Accepted").message,
              refuses(of_status ? "the status of its VirtualIP" : "its VirtualIP"));
    EXPECT_EQ(told.ingress, object.ingress);
  }
}

TEST(DenialsFC18, OfAStatusThatIsRefusedAnEventTellsOnce) {
  Inputs inputs = served();
  put(inputs.services, service("web", "192.0.2.100"));
  const Refused refused{{{"addresspools", {"", "public"}, true}, kWhy},
                        {{"services", kWeb, true}, kWhy},
                        {{"virtualips", kWeb, true}, kWhy},
                        {{"virtualips", {"shop", "gone"}, true}, kWhy},
                        {{"virtualips", kWeb, false}, kWhy},
                        {{"vrrpgroups", {"", kGroup}, true}, kWhy}};
  const auto notices = denied_notices(inputs, {}, refused);
  EXPECT_EQ(notes_of(notices),
            (Notes{"AddressPool: " + refuses("its status"), "Service: " + refuses("its status"),
                   "VirtualIP: " + refuses("its status")}));
  ASSERT_FALSE(notices.empty());
  EXPECT_EQ(notices[0].regarding,
            (api::EventSubject{"fairlead.dev/v1alpha1", "AddressPool", "public", "", "uid-public"}));
  EXPECT_EQ(denied_notices(inputs, refused, refused), std::vector<Notice>{});
}

TEST(DenialsFC18, OfAVirtualIPThatIsBeingDeletedAnEventTellsOnceThatItsFinalizerCannotGo) {
  Inputs inputs = served();
  const Refused refused{{{"virtualips", kWeb, false}, kWhy}, {{"vrrpgroups", {"", kGroup}, false}, kWhy}};
  EXPECT_EQ(denied_notices(inputs, {}, refused), std::vector<Notice>{}) << "conditions tell of these";
  inputs.virtual_ips.at(kWeb).meta.deleting = true;
  EXPECT_FALSE(statuses_of(inputs).virtual_ips.contains(kWeb));
  EXPECT_EQ(notes_of(denied_notices(inputs, {}, refused)), Notes{"VirtualIP: " + refuses("its finalizers")});
  EXPECT_EQ(denied_notices(inputs, refused, refused), std::vector<Notice>{});
}

// The shell alone knows when it is over.
TEST(DenialsFC18, ARoundRemembersThemForTheNext) {
  Inputs inputs = served();
  inputs.memory.refused = {{{"vrrpgroups", {"", kGroup}, false}, kWhy}};
  EXPECT_EQ(whole_round(inputs, {}, {}).memory.refused, inputs.memory.refused);
}

}  // namespace
}  // namespace fairlead::controller
