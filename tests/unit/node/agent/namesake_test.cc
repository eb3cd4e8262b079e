#include "node/agent/namesake.h"

#include <gtest/gtest.h>

namespace fairlead::agent {
namespace {

using Groups = std::map<api::ObjectKey, api::VRRPGroup>;

// What the API server shows of node-a in group "g": nothing, or an entry of that instance.
api::VRRPGroup group(const std::string& name, const std::string& instance, std::int64_t generation = 1) {
  api::VRRPGroup out;
  out.meta.name = name;
  out.meta.uid = "uid-" + name;
  api::MemberStatus other;
  other.node = "node-b";
  other.instance = "b1";
  out.status.members.push_back(other);
  if (instance.empty()) return out;
  api::MemberStatus entry;
  entry.node = "node-a";
  entry.instance = instance;
  entry.observed_generation = generation;
  out.status.members.push_back(entry);
  return out;
}

// FN-18: two live daemons of one name.
class TwoDaemons : public testing::Test {
 protected:
  void show(const std::vector<api::VRRPGroup>& shown, Seconds at = Seconds(0)) {
    Groups groups;
    for (const auto& one : shown) groups[api::key_of(one.meta)] = one;
    now = look_for_namesake(std::move(now), "node-a", "mine", groups, TimePoint(at));
  }
  Namesake now;
};

TEST_F(TwoDaemons, ThatOverwriteEachOtherAreNoticedAtTheSecondTime) {
  show({group("g", "mine")});
  show({group("g", "other")});
  EXPECT_EQ(now.living(), std::nullopt);
  show({group("g", "mine")});
  EXPECT_EQ(now.living(), std::nullopt);
  show({group("g", "other")});
  EXPECT_EQ(now.living(), "other");
}

TEST_F(TwoDaemons, AreNoticedWhenTheOtherWritesAgainBeforeWeDo) {
  show({group("g", "mine")});
  show({group("g", "other", 1)});
  show({group("g", "other", 1)});  // nothing new
  EXPECT_EQ(now.living(), std::nullopt);
  show({group("g", "other", 2)});
  EXPECT_EQ(now.living(), "other");
}

// What an ordinary restart finds.
TEST_F(TwoDaemons, AreNotWhatWasThereBeforeTheFirstEntryOfOurs) {
  show({group("g", "before", 1)});
  show({group("g", "before", 2)});  // its last words
  show({group("g", "before", 3)});
  show({group("g", "mine")});
  show({group("g", "mine")}, Seconds(1000));
  EXPECT_EQ(now.living(), std::nullopt);
  EXPECT_EQ(now.forgotten_at(), std::nullopt);
}

// Killed with writes on their way to every group, and replaced at once.
TEST_F(TwoDaemons, AreNotOneLastWordInEachGroup) {
  show({group("g", "mine"), group("h", "mine")});
  show({group("g", "before"), group("h", "before")});
  show({group("g", "mine"), group("h", "mine")});
  EXPECT_EQ(now.living(), std::nullopt);
}

TEST_F(TwoDaemons, AreOneAgainNinetySecondsAfterTheLastSign) {
  show({group("g", "mine")});
  show({group("g", "other", 1)}, Seconds(10));
  show({group("g", "other", 2)}, Seconds(20));
  EXPECT_EQ(now.forgotten_at(), TimePoint(Seconds(110)));
  show({group("g", "mine")}, Seconds(109));
  EXPECT_EQ(now.living(), "other");
  show({group("g", "mine")}, Seconds(110));
  EXPECT_EQ(now.living(), std::nullopt);
  EXPECT_EQ(now.forgotten_at(), std::nullopt);
}

TEST_F(TwoDaemons, StayTwoWhileTheyTakeTurnsEveryThirtySeconds) {
  for (int i = 0; i < 20; ++i) {
    show({group("g", i % 2 == 0 ? "mine" : "other")}, Seconds(30 * i));
    if (i > 3) {
      EXPECT_EQ(now.living(), "other") << i;
    }
  }
}

TEST_F(TwoDaemons, AreNotOursAndThatOfAnotherNode) {
  auto shown = group("g", "mine");
  for (int i = 0; i < 5; ++i) {
    shown.status.members.front().observed_generation = i;
    show({shown});
  }
  EXPECT_EQ(now.living(), std::nullopt);
}

TEST_F(TwoDaemons, OfAGroupThatIsGoneAreForgottenWithIt) {
  show({group("g", "mine")});
  show({group("g", "other", 1)});
  show({group("g", "other", 2)});
  ASSERT_EQ(now.living(), "other");
  show({});
  EXPECT_EQ(now.living(), std::nullopt);
}

// The entry was removed, by whomever: no sign of life.
TEST_F(TwoDaemons, AreNotAnEntryThatIsMissing) {
  show({group("g", "mine")});
  for (int i = 0; i < 5; ++i) show({group("g", i % 2 == 0 ? "" : "mine")});
  EXPECT_EQ(now.living(), std::nullopt);
}

}  // namespace
}  // namespace fairlead::agent
