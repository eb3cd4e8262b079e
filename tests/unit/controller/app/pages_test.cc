#include "controller/app/pages.h"

#include <gtest/gtest.h>

#include "lib/sys/loop.h"

namespace fairlead::controller {
namespace {

// kubernetes.md 4, "Health".
TEST(Healthz, FailsForAnElectionThatStandsStillAndForALoopThatDoes) {
  Pages pages;
  auto routes = pages.health_routes();
  const auto status = [&routes] { return routes.at("/healthz")().status; };
  pages.beat(sys::now());
  EXPECT_EQ(status(), 200);
  pages.set_electing(false);
  EXPECT_EQ(status(), 503);
  pages.set_electing(true);
  EXPECT_EQ(status(), 200);
  pages.beat(sys::now() - Seconds(11));
  EXPECT_EQ(status(), 503);
}

}  // namespace
}  // namespace fairlead::controller
