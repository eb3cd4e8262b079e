#include "controller/plan/senders.h"

#include <gtest/gtest.h>

#include "unit/controller/builders.h"

namespace fairlead::controller {
namespace {

using namespace testing;

TEST(Senders, AreTheAddressesOfAllReports) {
  EXPECT_EQ(senders(three_nodes().node_reports),
            (Senders{{ip("192.0.2.1"), "node-a"}, {ip("192.0.2.2"), "node-b"}, {ip("192.0.2.3"), "node-c"}}));
}

TEST(Senders, OfTwoNodesWithOneAddressTheFirstByName) {
  auto inputs = three_nodes();
  put(inputs.node_reports, report("node-0", "eth0", "192.0.2.1/24"));
  EXPECT_EQ(senders(inputs.node_reports).at(ip("192.0.2.1")), "node-0");
}

}  // namespace
}  // namespace fairlead::controller
