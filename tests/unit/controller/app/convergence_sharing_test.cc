#include <gtest/gtest.h>

#include <random>

#include "unit/controller/app/cluster.h"

// One address for several VirtualIPs (api.md, sharingKey), against an API server in memory.
namespace fairlead::controller {
namespace {

using namespace testing;

const FakeApi::Key kClaim{"AddressClaim", {"", "v4-192-0-2-100"}};

json sharer_json(const std::string& name, int port, int second) {
  json out = vip_json(name, "192.0.2.100", second);
  out["spec"]["sharingKey"] = "mail";
  out["spec"]["ports"] = {{{"port", port}}};
  return out;
}
constexpr std::ptrdiff_t kOfTheCluster = 7;  // a pool, three nodes and their reports
// Behind them five that can share, and one whose port is taken.
std::vector<json> sharers() {
  std::vector<json> out{pool_json()};
  for (int i = 1; i <= 3; ++i) {
    out.push_back(node_json("node-" + std::to_string(i)));
    out.push_back(report_json("node-" + std::to_string(i), i));
  }
  for (int i = 0; i < 5; ++i) out.push_back(sharer_json("sharer-" + std::to_string(i), 1000 + i, i));
  out.push_back(sharer_json("conflict", 1000, 20));
  return out;
}

std::set<std::string> names_of(const json& owners) {
  std::set<std::string> out;
  for (const auto& owner : owners) out.insert(owner["name"]);
  return out;
}
// Who has the address in a group, over all groups; an owner in a group is a holder of the claim.
std::set<std::string> owners(const FakeApi& api) {
  std::set<std::string> out;
  int groups = 0;
  for (const auto& [key, object] : api.objects()) {
    if (key.first != "VRRPGroup") continue;
    for (const auto& address : object["spec"]["addresses"]) {
      ++groups;
      out.merge(names_of(address["owners"]));
    }
  }
  EXPECT_LE(groups, 1);
  return out;
}
std::set<std::string> holders(const FakeApi& api) {
  if (!api.has(kClaim)) return {};
  const json& claim = api.objects().at(kClaim);
  const json none = json::array();
  const json& listed = claim.contains("status") ? claim["status"]["holders"] : none;
  return listed.empty() ? std::set<std::string>{claim["spec"]["owner"]["name"]} : names_of(listed);
}
void expect_owners_hold_the_claim(const FakeApi& api) {
  const auto held = holders(api);
  for (const auto& name : owners(api)) EXPECT_TRUE(held.contains(name)) << name;
}

TEST(SharedAddress, AllThatFitHaveItInWhateverOrderTheyComeAndTwoControllersAgree) {
  std::mt19937 random(17);
  for (int i = 0; i < 30; ++i) {
    auto objects = sharers();
    // A report that comes before its Node would be swept, and no daemon is here to write it again.
    std::shuffle(objects.begin() + kOfTheCluster, objects.end(), random);
    FakeApi api;
    Rounds one(api);
    Rounds two(api);
    for (auto* rounds : {&one, &two})
      rounds->on_write([&](const Write&) { expect_owners_hold_the_claim(api); });
    std::vector<Write> kept;
    for (const auto& object : objects) {
      api.add(object);
      if (random() % 3 == 0) kept = two.plan();
      one.round(random() % 5);
      if (random() % 2 == 0) two.carry_out(kept, random() % 5);
    }
    ASSERT_TRUE(one.settle());
    EXPECT_EQ(two.round(SIZE_MAX), 0U);
    EXPECT_EQ(owners(api).size(), 5U);
    EXPECT_EQ(owners(api), holders(api));
  }
}

TEST(SharedAddress, TheyGoOneByOneAndWithTheLastTheAddressIsReleased) {
  FakeApi api;
  for (const auto& object : sharers()) api.add(object);
  Rounds rounds(api);
  ASSERT_TRUE(rounds.settle());
  for (int i = 0; i < 4; ++i) {
    report_all(api, "node-1");
    const FakeApi::Key key{"VirtualIP", {"shop", "sharer-" + std::to_string(i)}};
    api.remove(key);
    ASSERT_TRUE(rounds.settle());
    EXPECT_FALSE(api.has(key)) << "nobody has to let go of anything";
    EXPECT_FALSE(owners(api).contains(key.second.name));
    EXPECT_EQ(owners(api), holders(api));
  }
  EXPECT_EQ(owners(api), (std::set<std::string>{"sharer-4", "conflict"}));  // its port has become free
  for (const std::string name : {"sharer-4", "conflict"}) {
    api.remove({"VirtualIP", {"shop", name}});
    ASSERT_TRUE(rounds.settle());
  }
  EXPECT_TRUE(api.has(kClaim)) << "no member has reported";
  report_all(api, "node-1");
  ASSERT_TRUE(rounds.settle());
  EXPECT_FALSE(api.has(kClaim));
}

}  // namespace
}  // namespace fairlead::controller
