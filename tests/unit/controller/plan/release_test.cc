#include "controller/plan/release.h"

#include <gtest/gtest.h>

#include "unit/controller/builders.h"

// api.md, Release.
namespace fairlead::controller {
namespace {

using namespace testing;

const Release kRelease{ip("192.0.2.100"), "uid-web", {"node-a", "node-b"}};

// A group that gave 192.0.2.100 of `web` up in its generation 2; nobody has reported that yet.
Inputs releasing_group() {
  Inputs inputs = three_nodes();
  auto emptied = group({"g", 1, {}, {{"node-a", 200}, {"node-b", 150}}});
  emptied.meta.generation = 2;
  emptied.meta.annotations[kReleasingAnnotation] = to_string({kRelease});
  emptied.status.members = {entry("node-a", api::MemberState::kBackup),
                            entry("node-b", api::MemberState::kBackup)};
  put(inputs.groups, emptied);
  return inputs;
}
api::VRRPGroup& the_group(Inputs& inputs) { return inputs.groups.at({"", "g"}); }

TEST(Release, TheNoteReadsBackAsItWasWritten) {
  const std::vector<Release> two{kRelease, {ip("192.0.2.101"), "uid-x", {"node-c"}}};
  EXPECT_EQ(to_string(two), "192.0.2.100 uid-web node-a,node-b; 192.0.2.101 uid-x node-c");
  EXPECT_EQ(parse_releases(to_string(two)), two);
}

TEST(Release, TheNoteNamesNodesOnce) {
  const std::set<std::string> both{"node-a", "node-b"};
  const std::vector<Release> all{{ip("192.0.2.100"), "uid-a", both},
                                 {ip("192.0.2.100"), "uid-b", both},
                                 {ip("192.0.2.101"), "uid-a", both},
                                 {ip("192.0.2.102"), "uid-c", {"node-a"}}};
  EXPECT_EQ(to_string(all),
            "192.0.2.100 uid-a,uid-b 192.0.2.101 uid-a node-a,node-b; 192.0.2.102 uid-c node-a");
  EXPECT_EQ(parse_releases(to_string(all)), all);
}

// The most that a group may give up at once, of the longest names; Kubernetes allows 256 KiB of annotations.
TEST(Release, TheLongestNoteFitsIntoAnObject) {
  std::set<std::string> nodes;
  for (int i = 10; i < 26; ++i) nodes.insert(std::to_string(i) + std::string(251, 'n'));
  std::vector<Release> all;
  for (int i = 0; i < 255 * 16; ++i) {
    const auto address = ip("2001:db8:1234:5678:9abc:def0:1234:" + std::to_string(1000 + i / 16));
    all.push_back({address, std::to_string(10000000 + i) + std::string(28, 'u'), nodes});
  }
  EXPECT_LT(to_string(all).size(), 256U * 1024 - 64 * 1024);
  EXPECT_EQ(parse_releases(to_string(all)), all);
}

// Those who wait for the same nodes stand together, and so it stays.
TEST(Release, TheNoteReadAndWrittenAgainIsTheSame) {
  const std::vector<Release> mixed{{ip("192.0.2.100"), "uid-a", {"node-a"}},
                                   {ip("192.0.2.101"), "uid-b", {"node-b"}},
                                   {ip("192.0.2.102"), "uid-c", {"node-a"}}};
  const std::string text = "192.0.2.100 uid-a 192.0.2.102 uid-c node-a; 192.0.2.101 uid-b node-b";
  EXPECT_EQ(to_string(mixed), text);
  EXPECT_EQ(to_string(parse_releases(text)), text);
}

TEST(Release, PartsThatCannotBeReadAreLeftOut) {
  EXPECT_TRUE(parse_releases("").empty());
  EXPECT_TRUE(parse_releases("nonsense; 192.0.2.300 uid node-a; 192.0.2.1 uid").empty());
  EXPECT_TRUE(parse_releases("192.0.2.1 uid 192.0.2.2 node-a").empty());
  EXPECT_EQ(parse_releases("garbage; 192.0.2.1 uid node-a").size(), 1U);
}

TEST(Release, EveryMemberIsWaitedForUntilItReportsTheGenerationWithout) {
  Inputs inputs = releasing_group();
  EXPECT_EQ(releasing(inputs).waiting, (std::set<std::string>{"uid-web"}));
  the_group(inputs).status.members[0].observed_generation = 2;
  EXPECT_EQ(open_releases(inputs, the_group(inputs)).front().nodes, (std::set<std::string>{"node-b"}));
  the_group(inputs).status.members[1].observed_generation = 2;
  EXPECT_TRUE(open_releases(inputs, the_group(inputs)).empty());
  EXPECT_EQ(releasing(inputs), Releasing{});
}

TEST(Release, AMemberWhoseNodeIsGoneIsNotWaitedForAndBlocksNothing) {
  Inputs inputs = releasing_group();
  the_group(inputs).status.members[0].observed_generation = 2;
  inputs.nodes.erase({"", "node-b"});
  EXPECT_EQ(releasing(inputs), Releasing{});
}

TEST(Release, AMemberWhoseNodeIsNotReadyIsPassedOverAndBlocksTheAddress) {
  Inputs inputs = releasing_group();
  the_group(inputs).status.members[0].observed_generation = 2;
  inputs.nodes.at({"", "node-b"}).ready = false;
  const auto out = releasing(inputs);
  EXPECT_TRUE(out.waiting.empty());
  EXPECT_EQ(out.passed.at("uid-web"), (std::set<std::string>{"node-b"}));
  EXPECT_EQ(out.blocked.at(ip("192.0.2.100")), (std::set<std::string>{"node-b"}));
}

TEST(Release, AStaleMemberIsPassedOver) {
  Inputs inputs = releasing_group();
  inputs.memory.stale_members = {{"g", "node-a"}, {"g", "node-b"}};
  EXPECT_TRUE(releasing(inputs).waiting.empty());
}

TEST(Release, AMemberThatDoesNotAnswerIsPassedOverAfterTheFencePlusElevenSeconds) {
  Inputs inputs = releasing_group();
  inputs.memory.releasing_since[{"uid-web", ip("192.0.2.100")}] = inputs.now;
  inputs.now += Milliseconds(1000 + 1100 + 10000 - 1);  // lifetime 1 s at 250 ms adverts
  EXPECT_FALSE(releasing(inputs).waiting.empty());
  inputs.now += Milliseconds(1);
  EXPECT_TRUE(releasing(inputs).waiting.empty());
  EXPECT_EQ(releasing(inputs).passed.at("uid-web").size(), 2U);
}

// failure-model.md 1.2, the table.
TEST(FenceLifetime, FollowsTheAdvertIntervalAndTheStrongestPriority) {
  const auto lifetime = [](int milliseconds) {
    auto spec = group({"g", 1, {}, {{"node-a", 200}, {"node-b", 100}}}).spec;
    spec.advert_interval = Milliseconds(milliseconds);
    return fence_lifetime(spec);
  };
  EXPECT_EQ(lifetime(1000), Seconds(2));
  EXPECT_EQ(lifetime(700), Seconds(1));
  EXPECT_EQ(lifetime(250), Seconds(1));
  EXPECT_EQ(lifetime(10), Seconds(1));
}

// As node/plan has it: a wish that no node grants must not keep a VirtualIP from being deleted for an hour.
TEST(FenceLifetime, AWishRaisesItUpToTheActiveDownIntervalOfTheWeakest) {
  auto spec = group({"g", 1, {}, {{"node-a", 200}, {"node-b", 100}}}).spec;
  spec.advert_interval = Milliseconds(1000);  // ADI 3.219 s and 3.609 s
  const auto lifetime = [&](int wanted) {
    spec.fence_lifetime = Seconds(wanted);
    return fence_lifetime(spec);
  };
  EXPECT_EQ(lifetime(1), Seconds(2));
  EXPECT_EQ(lifetime(3), Seconds(3));
  EXPECT_EQ(lifetime(3600), Seconds(3));
  spec.advert_interval = Milliseconds(250);
  EXPECT_EQ(lifetime(3600), Seconds(1));
}

// RFC 3768 6.1: Skew_Time of version 2 does not grow with the interval. A foreign peer may have priority 254.
TEST(FenceLifetime, KnowsVersion2AndForeignPeers) {
  auto spec = group({"g", 1, {}, {{"node-a", 50}, {"node-b", 50}}}).spec;
  spec.advert_interval = Milliseconds(2000);
  EXPECT_EQ(fence_lifetime(spec), Seconds(6));  // 6 s + 1.609 s - 1.1 s
  spec.version = 2;
  EXPECT_EQ(fence_lifetime(spec), Seconds(5));  // 6 s + 0.804 s - 1.1 s
  spec.version = 3;
  spec.foreign_peers = {{ip("192.0.2.9"), 255}};
  EXPECT_EQ(fence_lifetime(spec), Seconds(4));  // 6 s + 0.015 s - 1.1 s
}

}  // namespace
}  // namespace fairlead::controller
