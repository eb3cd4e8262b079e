#include "node/plan/order.h"

#include <gmock/gmock.h>

namespace fairlead::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const api::ObjectKey kKey{"", "g"};

struct Row {
  std::string situation;
  Version held;
  Version offered;
  Scope scope;
  Ruling ruling;
};

// api.md, Release: plans are ordered per UID. Invariant I-10.
TEST(PlanOrder, WithinOneUidAVersionNeverGoesBackButForAHigherConfigEpoch) {
  const std::vector<Row> table{
      {"newer generation", {"u", 5, 1}, {"u", 6, 1}, Scope::kPart, Ruling::kTake},
      {"the same again", {"u", 5, 1}, {"u", 5, 1}, Scope::kPart, Ruling::kTake},
      {"older generation", {"u", 5, 1}, {"u", 4, 1}, Scope::kPart, Ruling::kRefuseOlder},
      {"older generation in a full list", {"u", 5, 1}, {"u", 4, 1}, Scope::kWhole, Ruling::kRefuseOlder},
      {"older generation, higher epoch", {"u", 5, 1}, {"u", 4, 2}, Scope::kPart, Ruling::kTake},
      {"older generation, lower epoch", {"u", 5, 2}, {"u", 4, 1}, Scope::kPart, Ruling::kRefuseOlder},
      {"newer generation, lower epoch", {"u", 5, 2}, {"u", 6, 1}, Scope::kPart, Ruling::kTake},
      {"new UID, old may still exist", {"u", 5, 1}, {"v", 1, 1}, Scope::kPart, Ruling::kRefuseOther},
      {"new UID, old is gone", {"u", 5, 1}, {"v", 1, 1}, Scope::kWhole, Ruling::kTake},
  };
  for (const auto& row : table) {
    const Offer offer{{{kKey, row.offered}}, {}, row.scope};
    EXPECT_THAT(accept({{kKey, row.held}}, offer), ElementsAre(Pair(kKey, row.ruling))) << row.situation;
  }
}

TEST(PlanOrder, WhatIsNewIsTaken) {
  const Offer offer{{{kKey, {"u", 1, 1}}}, {}, Scope::kPart};
  EXPECT_THAT(accept({}, offer), ElementsAre(Pair(kKey, Ruling::kTake)));
}

// K-19: no removal until all caches have synced.
TEST(PlanOrder, OnlyAFullListRemoves) {
  const std::map<api::ObjectKey, Version> held{{kKey, {"u", 1, 1}}};
  EXPECT_THAT(accept(held, {{}, {}, Scope::kPart}), ElementsAre(Pair(kKey, Ruling::kKeep)));
  EXPECT_THAT(accept(held, {{}, {}, Scope::kWhole}), ElementsAre(Pair(kKey, Ruling::kDrop)));
}

// K-17: an object that fails to decode keeps its last good version and harms no other.
TEST(PlanOrder, AnUnreadableObjectKeepsTheVersionHeld) {
  const std::map<api::ObjectKey, Version> held{{kKey, {"u", 1, 1}}};
  EXPECT_THAT(accept(held, {{}, {kKey}, Scope::kWhole}), ElementsAre(Pair(kKey, Ruling::kKeep)));
  EXPECT_THAT(accept({}, {{}, {kKey}, Scope::kWhole}), IsEmpty());
}

}  // namespace
}  // namespace fairlead::plan
