#include "lib/api/entry_removal.h"

#include <gtest/gtest.h>

namespace fairlead::api {
namespace {

// From the last on: the place of one does not move before its turn.
TEST(EncodeEntryRemoval, TakesEntriesOutOfThatVersionOfTheObjectAlone) {
  EXPECT_EQ(encode_entry_removal("9", {0, 2}),
            R"([{"op":"replace","path":"/metadata/resourceVersion","value":"9"},)"
            R"({"op":"remove","path":"/status/members/2"},{"op":"remove","path":"/status/members/0"}])");
}

}  // namespace
}  // namespace fairlead::api
