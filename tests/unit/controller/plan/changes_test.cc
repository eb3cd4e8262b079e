#include "controller/plan/changes.h"

#include <gtest/gtest.h>

#include "unit/controller/plan/with_web.h"

// kubernetes.md 3: what the writes are made of. Their order: app/convergence_release_test.cc.
namespace fairlead::controller {
namespace {

using namespace testing;

TEST(Changes, OfAReleasedVirtualIPOnlyOurFinalizerGoes) {
  Inputs inputs = three_nodes();
  auto object = vip("web", "192.0.2.100");
  object.meta.deleting = true;
  object.meta.finalizers.insert(object.meta.finalizers.begin(), "example.com/theirs");
  put(inputs.virtual_ips, object);
  const auto writes = changes(inputs, desired(inputs), {});
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0].verb, Verb::kMergePatch);
  EXPECT_NE(writes[0].body.find("example.com/theirs"), std::string::npos);
  EXPECT_EQ(writes[0].body.find("fairlead.dev/release"), std::string::npos);
}

// Event IPReleased: what another shares is not free.
TEST(Changes, TheReleaseOfASharedAddressSaysWhoKeepsIt) {
  Inputs inputs = three_nodes();
  auto object = vip("web", "192.0.2.100");
  object.meta.deleting = true;
  object.status.addresses = {"192.0.2.100", "2001:db8::1:1"};
  put(inputs.virtual_ips, object);
  put(inputs.virtual_ips, vip("api", "192.0.2.100"));
  auto claim = claim_for("192.0.2.100", "web");
  claim.status_holders = {{"shop", "web", "uid-web"}, {"shop", "api", "uid-api"}};
  put(inputs.claims, claim);
  const auto note = [&] {
    for (const auto& write : changes(inputs, desired(inputs), {})) {
      if (write.step == Step::kRemoveFinalizers) return write.notices.at(0).note;
    }
    return std::string();
  };
  EXPECT_EQ(note(), "192.0.2.100, which VirtualIP shop/api shares and keeps; 2001:db8::1:1");
  inputs.virtual_ips.erase({"shop", "api"});
  EXPECT_EQ(note(), "192.0.2.100; 2001:db8::1:1");
}

// K-25, K-27: every write is guarded by the resourceVersion it was computed from; that of an object which is
// not there by one that no object has, so that it never writes over what another leader made.
TEST(Changes, EveryWriteCarriesAResourceVersion) {
  Inputs inputs = with_web();
  inputs.groups.begin()->second.spec.preempt_delay = Seconds(1);
  const auto writes = changes(inputs, desired(inputs), {});
  EXPECT_EQ(writes.size(), 2U);
  for (const auto& write : writes) {
    const bool exists = write.target != Target::kRealServerSet;
    EXPECT_EQ(write.resource_version, exists ? "17" : "");
    const std::string guard = exists ? "\"resourceVersion\":\"17\"" : "\"resourceVersion\":\"1\"";
    EXPECT_NE(write.body.find(guard), std::string::npos) << write.body;
  }
}

// K-27, FC-02: an apply of what is gone makes it anew, whatever resourceVersion it carries, and so a leader
// that is behind would bring back a group that another one has deleted. Not so with a UID: that is a
// conflict.
TEST(Changes, EveryApplyOfWhatIsThereNamesItsUid) {
  Inputs inputs = with_web();
  inputs.groups.begin()->second.spec.preempt_delay = Seconds(1);
  inputs.sets = desired(inputs).sets;
  for (auto& [key, set] : inputs.sets) {
    set.meta.uid = "uid-set";
    set.meta.resource_version = "17";
    set.spec.virtual_servers.clear();
  }
  const auto writes = changes(inputs, desired(inputs), {});
  EXPECT_EQ(writes.size(), 2U);
  for (const auto& write : writes) {
    const std::string uid = write.target == Target::kVRRPGroup ? "uid-192-0-2-0-24-v4-1" : "uid-set";
    EXPECT_NE(write.body.find("\"uid\":\"" + uid + "\""), std::string::npos) << write.body;
  }
}

// FC-03: what is deleted is the object that was seen.
TEST(Changes, ADeletionIsBoundToUidAndResourceVersion) {
  Inputs inputs = three_nodes();
  put(inputs.groups, group({"192-0-2-0-24-v4-1", 1, {}, {{"node-a", 200}}}));
  const auto writes = changes(inputs, desired(inputs), {});
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0].verb, Verb::kDelete);
  EXPECT_NE(writes[0].body.find("\"uid\":\"uid-192-0-2-0-24-v4-1\""), std::string::npos);
  EXPECT_NE(writes[0].body.find("\"resourceVersion\":\"17\""), std::string::npos);
}

TEST(Changes, ALabelOfAMemberThatLeftIsTakenOff) {
  Inputs inputs = with_web();
  auto& labels = inputs.groups.begin()->second.meta.labels;
  inputs.sets = desired(inputs).sets;
  EXPECT_TRUE(changes(inputs, desired(inputs), {}).empty());
  labels["node.fairlead.dev/node-x"] = "";
  EXPECT_EQ(changes(inputs, desired(inputs), {}).size(), 1U);
  labels.erase("node.fairlead.dev/node-x");
  labels["somebody/else"] = "";
  EXPECT_TRUE(changes(inputs, desired(inputs), {}).empty());
}

}  // namespace
}  // namespace fairlead::controller
