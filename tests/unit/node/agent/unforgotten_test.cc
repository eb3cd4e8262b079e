#include "node/agent/unforgotten.h"

#include <gtest/gtest.h>

#include <cstdint>

// datapath.md 5: what connection tracking has to forget.
namespace fairlead::agent {
namespace {

const net::IpAddress kVip = *net::parse_address("192.0.2.100");
const ipvs::Key kDns{kVip, net::Protocol::kUdp, net::Port(53)};
const ipvs::Key kWeb{kVip, net::Protocol::kTcp, net::Port(80)};
const net::Endpoint kReal{*net::parse_address("192.0.2.21"), net::Port(53)};

TablePass did(std::vector<ipvs::Change> changes) {
  TablePass pass;
  pass.done = std::move(changes);
  return pass;
}

TablePass gone(std::set<ipvs::Server> servers) {
  TablePass pass;
  pass.departures.gone = std::move(servers);
  return pass;
}

TEST(Unforgotten, OfServersThatAreGoneThoseOfUdp) {
  EXPECT_EQ(after_pass({}, gone({{kDns, kReal}, {kWeb, kReal}})), (Unforgotten{{{kDns, kReal}}, {}}));
}

TEST(Unforgotten, AServerThatIsBackIsNotForgotten) {
  EXPECT_EQ(after_pass({{{kDns, kReal}}, {}}, did({ipvs::AddDestination{kDns, kReal, {}}})), Unforgotten{});
}

TEST(Unforgotten, NewServicesUntilTheyGo) {
  const Unforgotten before = after_pass({}, did({ipvs::AddService{kWeb, {}}}));
  EXPECT_EQ(before, (Unforgotten{{}, {kWeb}}));
  EXPECT_EQ(after_pass(before, TablePass{}), before);
  EXPECT_EQ(after_pass(before, did({ipvs::DeleteService{kWeb}})), Unforgotten{});
}

TEST(Unforgotten, AServiceThatWasRepairedIsNotNew) {
  TablePass pass = did({ipvs::AddService{kWeb, {}}});
  pass.repairs = pass.done;
  EXPECT_EQ(after_pass({}, pass), Unforgotten{});
}

TEST(Unforgotten, OfServersNoMoreThanThereMayBe) {
  std::set<ipvs::Server> many;
  for (std::uint32_t i = 0; i < kMostUnforgotten; ++i) {
    const auto byte = [i](int shift) { return static_cast<std::uint8_t>(i >> shift); };
    many.insert({kDns, {net::IpAddress::v4({10, byte(16), byte(8), byte(0)}), net::Port(53)}});
  }
  const Unforgotten full = after_pass({}, gone(many));
  EXPECT_EQ(full.servers.size(), kMostUnforgotten);
  EXPECT_EQ(after_pass(full, gone({{kDns, kReal}})), full);
}

}  // namespace
}  // namespace fairlead::agent
