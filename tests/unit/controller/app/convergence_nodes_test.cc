#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "unit/controller/app/cluster.h"
#include "unit/controller/app/members.h"

// Nodes that are cordoned, excluded, tainted, lost and back, in whatever order: kubernetes.md 6, FN-25, I-1.
namespace fairlead::controller {
namespace {

using namespace testing;

constexpr const char* kExclude = "node.kubernetes.io/exclude-from-external-load-balancers";

class Cluster {
 public:
  Cluster() : rounds(api) {
    fill(api);
    settle();
  }
  // Until controller and nodes have nothing to say any more.
  void settle() {
    for (int i = 0; i < 30; ++i) {
      report(api, alive);
      if (rounds.round(SIZE_MAX) == 0) return;
    }
    ADD_FAILURE() << "it does not come to rest";
  }
  json& node(const std::string& name) { return api.at({"Node", {"", name}}); }
  void set_ready(const std::string& name, bool ready) {
    node(name)["status"]["conditions"][0]["status"] = ready ? "True" : "False";
    if (ready) {
      alive.insert(name);
    } else {
      alive.erase(name);
    }
  }
  std::map<std::string, json> groups() const {
    std::map<std::string, json> out;
    for (const auto& [key, object] : api.objects()) {
      if (key.first == "VRRPGroup") out[key.second.name] = object;
    }
    return out;
  }
  std::set<std::string> masters() const {
    std::set<std::string> out;
    for (const auto& [name, group] : groups()) out.insert(master_of(group));
    return out;
  }

  FakeApi api;
  Rounds rounds;
  std::set<std::string> alive{"node-1", "node-2", "node-3", "node-4"};
};

json spec_of(const json& group) { return group["spec"]["members"]; }
std::set<std::string> members_of(const json& group) {
  std::set<std::string> out;
  for (const auto& member : spec_of(group)) out.insert(member["node"]);
  return out;
}

TEST(Nodes, ADrainedNodeIsMasterOfNothingAndGetsAllItHadBack) {
  Cluster cluster;
  ASSERT_TRUE(cluster.masters().contains("node-1"));
  const auto before = cluster.groups();
  cluster.node("node-1")["spec"]["unschedulable"] = true;
  cluster.settle();
  EXPECT_FALSE(cluster.masters().contains("node-1"));
  EXPECT_EQ(cluster.rounds.round(SIZE_MAX), 0U);
  cluster.node("node-1")["spec"]["unschedulable"] = false;
  cluster.settle();
  const auto after = cluster.groups();
  for (const auto& [name, group] : before) EXPECT_EQ(spec_of(after.at(name)), spec_of(group)) << name;
}

TEST(Nodes, AnExcludedNodeIsInNoGroupAndJoinsAgain) {
  Cluster cluster;
  cluster.node("node-1")["metadata"]["labels"][kExclude] = "";
  cluster.settle();
  for (const auto& [name, group] : cluster.groups()) {
    EXPECT_FALSE(members_of(group).contains("node-1")) << name;
    EXPECT_FALSE(group["metadata"]["labels"].contains("node.fairlead.dev/node-1")) << name;
  }
  cluster.node("node-1")["metadata"]["labels"].erase(kExclude);
  cluster.settle();
  for (const auto& [name, group] : cluster.groups()) {
    EXPECT_TRUE(members_of(group).contains("node-1")) << name;
  }
}

TEST(Nodes, WhoeverComesOrGoesChangesOnlyHisOwnSeat) {
  Cluster cluster;
  const auto before = cluster.groups();
  cluster.api.add(node_json("node-5"));
  cluster.api.add(report_json("node-5", 5));
  cluster.alive.insert("node-5");
  cluster.settle();
  auto after = cluster.groups();
  ASSERT_EQ(after.size(), before.size());
  for (const auto& [name, group] : before) {
    json rest = json::array();
    for (const auto& member : spec_of(after.at(name))) {
      if (member["node"] != "node-5") rest.push_back(member);
    }
    EXPECT_EQ(rest, spec_of(group)) << name;
    EXPECT_EQ(after.at(name)["spec"]["addresses"], group["spec"]["addresses"]) << name;
    EXPECT_EQ(master_of(after.at(name)), master_of(group)) << name;
  }
  cluster.alive.erase("node-5");
  cluster.api.remove({"Node", {"", "node-5"}});
  cluster.settle();
  after = cluster.groups();
  for (const auto& [name, group] : before) EXPECT_EQ(spec_of(after.at(name)), spec_of(group)) << name;
}

// FN-24, a rolling restart: every VIP moves while its node is worked on, and no other does.
TEST(Nodes, InARollingDrainOnlyTheGroupsOfTheDrainedNodeMove) {
  Cluster cluster;
  for (const std::string name : {"node-1", "node-2", "node-3", "node-4"}) {
    const auto before = cluster.groups();
    cluster.node(name)["spec"]["unschedulable"] = true;
    cluster.settle();
    for (const auto& [group, object] : cluster.groups()) {
      const std::string master = master_of(before.at(group));
      if (master != name) {
        EXPECT_EQ(master_of(object), master) << group;
      }
      EXPECT_NE(master_of(object), name) << group;
    }
    cluster.set_ready(name, false);
    cluster.settle();
    cluster.set_ready(name, true);
    cluster.node(name)["spec"]["unschedulable"] = false;
    cluster.settle();
  }
}

std::string group_of(const Cluster& cluster, const std::string& address) {
  std::string out;
  for (const auto& [name, group] : cluster.groups()) {
    for (const auto& listed : group["spec"]["addresses"]) {
      if (listed["address"] != address) continue;
      EXPECT_EQ(out, "") << "in two groups";
      out = name;
    }
  }
  return out;
}

// api.md, "Who is a member": a VirtualIP whose set of nodes changes moves; Release: and passes nobody over.
TEST(Nodes, AVirtualIPThatMovesIsNobodysUntilAllHaveLetGoAndKeepsItsClaimAndItsServers) {
  Cluster cluster;
  const std::string address = "192.0.2.104";  // of vip-4, which shares the group of vip-0
  const std::string before = group_of(cluster, address);
  ASSERT_EQ(before, group_of(cluster, "192.0.2.100"));
  std::vector<std::string> deleted;
  cluster.rounds.on_write([&](const Write& write) {
    if (write.verb == Verb::kDelete) deleted.push_back(write.key.name);
  });
  cluster.node("node-2")["metadata"]["labels"]["edge"] = "true";
  cluster.api.at({"VirtualIP", {"shop", "vip-4"}})["spec"]["placement"] = {
      {"nodeSelector", {{"matchLabels", {{"edge", "true"}}}}}};
  for (int i = 0; i < 3; ++i) cluster.rounds.round(SIZE_MAX);
  EXPECT_EQ(group_of(cluster, address), "");
  report(cluster.api, {"node-1", "node-2", "node-3"});  // node-4 has not let go yet
  for (int i = 0; i < 3; ++i) cluster.rounds.round(SIZE_MAX);
  EXPECT_EQ(group_of(cluster, address), "");
  cluster.settle();
  const std::string after = group_of(cluster, address);
  ASSERT_NE(after, "");
  EXPECT_NE(after, before);
  EXPECT_EQ(members_of(cluster.groups().at(after)), std::set<std::string>{"node-2"});
  EXPECT_EQ(group_of(cluster, "192.0.2.100"), before);
  const json set = cluster.api.at({"RealServerSet", {"shop", "vip-4-v4-0"}});
  EXPECT_EQ(set["spec"]["group"], after);
  EXPECT_EQ(deleted, std::vector<std::string>());
}

void disturb(Cluster& cluster, std::mt19937& random) {
  const std::string name = "node-" + std::to_string(1 + random() % 4);
  json& node = cluster.node(name);
  switch (random() % 6) {
    case 0:
      node["spec"]["unschedulable"] = random() % 2 == 0;
      break;
    case 1:
      node["metadata"]["labels"][kExclude] = "";
      break;
    case 2:
      if (node["metadata"].contains("labels")) node["metadata"]["labels"].erase(kExclude);
      break;
    case 3:
      node["spec"]["taints"] = {{{"key", "node.kubernetes.io/out-of-service"}, {"effect", "NoExecute"}}};
      break;
    case 4:
      if (node.contains("spec")) node["spec"].erase("taints");
      break;
    case 5:
      cluster.set_ready(name, random() % 2 == 0);
      break;
  }
}

bool was_sent_away(const json& before, const json& after, const std::string& node) {
  for (const auto& member : spec_of(after)) {
    if (member["node"] != node) continue;
    bool told_before = false;
    for (const auto& old : spec_of(before)) {
      if (old["node"] == node) told_before = old.value("handOver", false);
    }
    return member.value("handOver", false) && !told_before;
  }
  return true;
}

// However signals come, and however late nodes answer: no write leaves a group without a member, and none
// sends a living Master away unless another living member, which stays, has all in place.
TEST(Nodes, NoLivingMasterIsSentAwayBeforeAnotherIsReady) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    std::mt19937 random(seed);
    Cluster cluster;
    auto seen = cluster.groups();
    cluster.rounds.on_write([&](const Write& write) {
      if (write.target != Target::kVRRPGroup) return;
      for (const auto& [name, after] : cluster.groups()) {
        const json before = seen.contains(name) ? seen.at(name) : json();
        seen[name] = after;
        if (before.is_null()) continue;
        ASSERT_FALSE(spec_of(after).empty()) << name;
        const std::string master = master_of(before);
        if (!cluster.alive.contains(master) || !was_sent_away(before, after, master)) continue;
        bool ready = false;
        for (const auto& entry : before["status"]["members"]) {
          const std::string node = entry["node"];
          ready = ready || (node != master && cluster.alive.contains(node) &&
                            members_of(after).contains(node) && entry["programmed"] == true);
        }
        ASSERT_TRUE(ready) << name << " seed " << seed;
      }
    });
    for (int i = 0; i < 15; ++i) {
      disturb(cluster, random);
      cluster.rounds.round(random() % 5);
      if (random() % 2 == 0) report(cluster.api, cluster.alive);
      for (auto& [name, group] : cluster.groups()) seen[name] = group;
    }
    cluster.settle();
    ASSERT_EQ(cluster.rounds.round(SIZE_MAX), 0U) << seed;
  }
}

// What is to be done depends on what is, not on what came first.
TEST(Nodes, SignalsInAnyOrderEndInTheSame) {
  std::vector<std::string> names{"node-1", "node-2", "node-3"};
  std::optional<std::map<std::string, json>> first;
  do {
    Cluster cluster;
    for (const auto& name : names) {
      if (name == "node-1") cluster.node(name)["spec"]["unschedulable"] = true;
      if (name == "node-2") cluster.node(name)["metadata"]["labels"][kExclude] = "";
      if (name == "node-3")
        cluster.node(name)["spec"]["taints"] = {{{"key", "ToBeDeletedByClusterAutoscaler"}}};
      cluster.settle();
    }
    std::map<std::string, json> found;
    for (const auto& [name, group] : cluster.groups()) found[name] = group["spec"];
    if (!first) first = found;
    ASSERT_EQ(found, *first);
  } while (std::next_permutation(names.begin(), names.end()));
}

}  // namespace
}  // namespace fairlead::controller
