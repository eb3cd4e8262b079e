#include "controller/plan/stirred.h"

#include <gtest/gtest.h>

// FC-05, FC-06: under a stream of changes that is faster than writes, each Service has its turn.
namespace fairlead::controller {
namespace {

using Keys = std::vector<api::ObjectKey>;

const api::ObjectKey kOne{"shop", "one"};
const api::ObjectKey kTwo{"shop", "two"};
const api::ObjectKey kThree{"shop", "a-three"};

TEST(Stirred, AreTakenInTheOrderOfTheirFirstChange) {
  Stirred stirred;
  EXPECT_TRUE(stirred.empty());
  for (const auto& service : {kTwo, kOne, kTwo, kThree}) stirred.add(service);
  EXPECT_EQ(stirred.all(), (std::set<api::ObjectKey>{kOne, kTwo, kThree}));
  EXPECT_EQ(stirred.take(), (Keys{kTwo, kOne, kThree}));
  EXPECT_TRUE(stirred.empty());
  EXPECT_TRUE(stirred.take().empty());
}

TEST(Stirred, WhatIsPutBackIsFirstAgain) {
  Stirred stirred;
  for (const auto& service : {kThree, kTwo}) stirred.add(service);
  stirred.put_back({kTwo, kOne});
  EXPECT_EQ(stirred.take(), (Keys{kTwo, kOne, kThree}));
  stirred.put_back({});
  EXPECT_TRUE(stirred.empty());
}

}  // namespace
}  // namespace fairlead::controller
