#include "controller/plan/backend_writes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "unit/controller/app/cluster.h"
#include "unit/controller/app/members.h"

// FC-05: what endpoints change is found without a look at everything, and is what a look at everything finds.
namespace fairlead::controller {
namespace {

using namespace testing;
using Services = std::set<api::ObjectKey>;
using InOrder = std::vector<api::ObjectKey>;

const std::vector<std::string> kNames = {"web", "one", "two", "three"};

// Four Services, each served, one of them by two slices; and what users ask besides. `two` has
// externalTrafficPolicy Local, `three` onNoEndpoints Withdraw.
struct Cluster {
  FakeApi api;
  Rounds rounds{api};
  Standing standing;
  Footings footings;

  Cluster() {
    fill(api);
    for (std::size_t i = 1; i < kNames.size(); ++i) {
      json service = service_json(kNames[i], "192.0.2." + std::to_string(114 + i));
      if (kNames[i] == "two") service["spec"]["externalTrafficPolicy"] = "Local";
      if (kNames[i] == "three")
        service["metadata"]["annotations"]["fairlead.dev/on-no-endpoints"] = "Withdraw";
      api.add(service);
      api.add(slice_json(kNames[i], "10.1.1." + std::to_string(i)));
    }
    auto second = slice_json("one", "10.1.2.1");
    second["metadata"]["name"] = "one-2";
    api.add(second);
    whole_round();
  }
  // Whole rounds, until nodes and controller have nothing to say any more.
  void whole_round() {
    for (int i = 0; i < 8; ++i) {
      EXPECT_TRUE(rounds.settle());
      report(api, {"node-1", "node-2", "node-3", "node-4"});
    }
    EXPECT_TRUE(rounds.settle());
    const Inputs inputs = api.inputs();
    const Desired decided = desired(inputs);
    standing = decided.standing;
    footings = decided.footings;
  }
};

json some_endpoints(std::mt19937& random) {
  json out = json::array();
  const unsigned count = random() % 5;
  for (unsigned i = 0; i < count; ++i) {
    json one{{"addresses", {"10.1.3." + std::to_string(1 + random() % 9)}},
             {"nodeName", "node-" + std::to_string(1 + random() % 2)}};
    const unsigned kind = random() % 4;
    if (kind == 0) one["conditions"] = {{"ready", false}, {"serving", true}, {"terminating", true}};
    if (kind == 1) one["conditions"] = {{"ready", false}};
    out.push_back(one);
  }
  return out;
}

// A slice changes, goes, comes, or becomes another Service's. Which Services are concerned.
Services stir(FakeApi& api, std::mt19937& random) {
  const std::string name = kNames[random() % kNames.size()];
  const std::string number = std::to_string(1 + random() % 2);
  const FakeApi::Key key{"EndpointSlice", {"shop", name + "-" + number}};
  Services out{{"shop", name}};
  if (!api.has(key)) {
    auto made = slice_json(name, "10.1.4." + number);
    made["metadata"]["name"] = name + "-" + number;
    api.add(made);
    return out;
  }
  auto& label = api.at(key)["metadata"]["labels"]["kubernetes.io/service-name"];
  out.insert({"shop", label});
  switch (random() % 6) {
    case 0:
      api.remove(key);
      break;
    case 1:
      label = kNames[random() % kNames.size()];
      out.insert({"shop", label});
      break;
    default:
      api.at(key)["endpoints"] = some_endpoints(random);
  }
  return out;
}

// With what belongs to whom kept.
Inputs kept(Inputs inputs) {
  inputs.kinship.emplace();
  for (const auto& [key, slice] : inputs.endpoint_slices) inputs.kinship->changed(key, &slice);
  for (const auto& [key, set] : inputs.sets) inputs.kinship->changed(key, &set);
  return inputs;
}

// Of a whole round, what is behind addresses that are served.
std::vector<Write> of_whole_round(const Inputs& inputs) {
  auto out = changes(inputs, desired(inputs), {});
  std::erase_if(out, [](const Write& write) { return write.step != Step::kRealServers; });
  return out;
}

bool writes_groups(const Inputs& inputs) {
  const auto writes = changes(inputs, desired(inputs), {});
  return std::any_of(writes.begin(), writes.end(),
                     [](const Write& write) { return write.target == Target::kVRRPGroup; });
}

std::set<api::ObjectKey> keys_of(const std::vector<Write>& writes) {
  std::set<api::ObjectKey> out;
  for (const auto& write : writes) out.insert(write.key);
  return out;
}

bool is_within(const Services& some, const Services& all) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

TEST(BackendWritesFC05, AreThoseOfAWholeRoundForWhateverBecomesOfSlices) {
  Cluster cluster;
  ASSERT_EQ(cluster.standing.size(), kNames.size());
  std::size_t written = 0;
  std::size_t whole = 0;
  std::mt19937 random(1);
  for (int turn = 0; turn < 300; ++turn) {
    Services services;
    for (unsigned count = 1 + random() % 3; count > 0; --count) services.merge(stir(cluster.api, random));
    const Inputs inputs = kept(cluster.api.inputs());
    if (shifts(inputs, cluster.footings, services)) {
      cluster.whole_round();
      ++whole;
      continue;
    }
    ASSERT_FALSE(writes_groups(inputs)) << "in turn " << turn;
    auto writes = backend_writes(inputs, cluster.standing, {services.begin(), services.end()});
    const std::set<api::ObjectKey> sets = keys_of(writes);
    ASSERT_TRUE(is_within(services_behind(inputs, cluster.standing, sets), services)) << "in turn " << turn;
    std::sort(writes.begin(), writes.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    ASSERT_EQ(writes, of_whole_round(inputs)) << "in turn " << turn;
    for (const auto& write : writes) ASSERT_TRUE(cluster.api.carry_out(write));
    written += writes.size();
  }
  EXPECT_GT(written, 100U);
  EXPECT_GT(whole, 20U);
}

TEST(BackendWritesFC05, OfServicesThatNobodyNamedAreNone) {
  Cluster cluster;
  cluster.api.at({"EndpointSlice", {"shop", "web-1"}})["endpoints"] = json::array();
  const Inputs inputs = cluster.api.inputs();
  EXPECT_TRUE(
      backend_writes(inputs, cluster.standing, InOrder{{"shop", "one"}, {"shop", "of-nobody"}}).empty());
  EXPECT_EQ(backend_writes(inputs, cluster.standing, InOrder{{"shop", "web"}}).size(), 1U);
}

TEST(BackendWritesFC05, AreInTheOrderOfTheServices) {
  Cluster cluster;
  for (const std::string name : {"web", "one"}) {
    cluster.api.at({"EndpointSlice", {"shop", name + "-1"}})["endpoints"] = json::array();
  }
  const Inputs inputs = cluster.api.inputs();
  const auto first_of = [&](const InOrder& services) {
    const auto writes = backend_writes(inputs, cluster.standing, services);
    EXPECT_EQ(writes.size(), 2U);
    return writes.empty() ? Services{} : services_behind(inputs, cluster.standing, {writes.front().key});
  };
  EXPECT_EQ(first_of({{"shop", "web"}, {"shop", "one"}}), (Services{{"shop", "web"}}));
  EXPECT_EQ(first_of({{"shop", "one"}, {"shop", "web"}}), (Services{{"shop", "one"}}));
}

// Whatever else has changed is the whole round's matter.
TEST(BackendWritesFC05, OfAVirtualIPThatIsGoingOrGoneAreNone) {
  Cluster cluster;
  cluster.api.at({"EndpointSlice", {"shop", "web-1"}})["endpoints"] = json::array();
  Inputs inputs = cluster.api.inputs();
  inputs.virtual_ips.at({"shop", "web"}).meta.deleting = true;
  EXPECT_TRUE(backend_writes(inputs, cluster.standing, InOrder{{"shop", "web"}}).empty());
  inputs.virtual_ips.erase({"shop", "web"});
  EXPECT_TRUE(backend_writes(inputs, cluster.standing, InOrder{{"shop", "web"}}).empty());
}

TEST(Standing, HasNobodyWhoIsRefusedOrWaits) {
  Cluster cluster;
  cluster.api.at({"VirtualIP", {"shop", "web"}})["spec"]["addresses"] = {"198.51.100.7"};
  const Inputs inputs = cluster.api.inputs();
  const auto standing = desired(inputs).standing;
  EXPECT_FALSE(standing.contains({"shop", "web"}));
  EXPECT_TRUE(standing.contains({"shop", "one"}));
}

}  // namespace
}  // namespace fairlead::controller
