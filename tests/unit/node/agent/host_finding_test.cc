#include "node/agent/host_finding.h"

#include <gtest/gtest.h>

namespace fairlead::agent {
namespace {

TEST(HostFinding, TheWorstOfAllCounts) {
  EXPECT_EQ(worse(HostFinding::kGood, HostFinding::kNoIpvs), HostFinding::kNoIpvs);
  EXPECT_EQ(worse(HostFinding::kBad, HostFinding::kNoIpvs), HostFinding::kBad);
  EXPECT_EQ(worse(HostFinding::kNoNatOverIPv6, HostFinding::kGood), HostFinding::kNoNatOverIPv6);
  EXPECT_EQ(worse(HostFinding::kNoNatOverIPv6, HostFinding::kNoIpvs), HostFinding::kNoIpvs);
  EXPECT_EQ(worse(HostFinding::kGood, HostFinding::kGood), HostFinding::kGood);
}

// A DaemonSet whose VIPs are all Delegate is to start on such a kernel.
TEST(HostFinding, WithoutIpvsThePreparationSucceedsAndTheCheckForNatDoesNot) {
  EXPECT_TRUE(is_success(HostFinding::kNoIpvs, false));
  EXPECT_FALSE(is_success(HostFinding::kNoIpvs, true));
  EXPECT_NE(conclusion(HostFinding::kNoIpvs, false).find("forwarding: Delegate alone"), std::string::npos);
}

// A node that forwards no IPv6 must not stay down for what would cost it its default route.
TEST(HostFinding, WithoutNatOverIPv6AloneBothSucceedWithAWarning) {
  for (const bool check_only : {false, true}) {
    EXPECT_TRUE(is_success(HostFinding::kNoNatOverIPv6, check_only));
    EXPECT_NE(conclusion(HostFinding::kNoNatOverIPv6, check_only).find("but for NAT over IPv6"),
              std::string::npos);
  }
}

TEST(HostFinding, NamesWhatKeepsTheRoutesOfRouterAdvertisements) {
  EXPECT_EQ(why_no_router({}), "");
  EXPECT_EQ(why_no_router({"eth0", "eth1.5"}),
            "left alone, only NAT over IPv6 needs it: eth0, eth1.5 would lose the routes of router "
            "advertisements; to have it, first set net.ipv6.conf.eth0.accept_ra=2 "
            "net.ipv6.conf.eth1/5.accept_ra=2");
}

TEST(HostFinding, AnythingElseThatIsMissingIsAFailure) {
  for (const bool check_only : {false, true}) {
    EXPECT_TRUE(is_success(HostFinding::kGood, check_only));
    EXPECT_FALSE(is_success(HostFinding::kBad, check_only));
  }
  EXPECT_EQ(conclusion(HostFinding::kBad, false),
            "this host could not be prepared; VIPs with forwarding: Delegate work nevertheless");
}

TEST(HostFinding, WhatComesWithIpvsIsAbsentWithIt) {
  for (const std::string name : {"ip_vs", "ip_vs_wlc", "net.ipv4.vs.conntrack"})
    EXPECT_TRUE(comes_with_ipvs(name)) << name;
  for (const std::string name : {"nf_tables", "net.ipv4.ip_forward"})
    EXPECT_FALSE(comes_with_ipvs(name)) << name;
}

}  // namespace
}  // namespace fairlead::agent
