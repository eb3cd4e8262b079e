#include "node/agent/forwarding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/overloaded.h"
#include "node/filter/guard.h"
#include "support/captured_log.h"
#include "support/fake_fence.h"

// The fixed orders of architecture.md 5 as the forwarding thread keeps them, over kernel tables in memory:
// add: guard -> IPVS -> ready; remove: address gone -> IPVS -> guard. And whose entries are touched (FN-34).
namespace fairlead::agent {
namespace {

using Journal = std::vector<std::string>;

// An IPVS table in memory with the kernel's answers.
class FakeIpvs : public kernel::Ipvs {
 public:
  explicit FakeIpvs(Journal& journal) : journal_(journal) {}
  Result<std::map<ipvs::Key, ipvs::Service>> services() override {
    if (broken) return fail(Code::kNotFound, "this kernel has no IPVS");
    std::map<ipvs::Key, ipvs::Service> out;
    for (const auto& [key, entry] : table) out.emplace(key, entry.service);
    return out;
  }
  Result<std::optional<ipvs::Service>> service(const ipvs::Key& key) override {
    if (broken) return fail(Code::kNotFound, "this kernel has no IPVS");
    const auto found = table.find(key);
    if (found == table.end()) return std::optional<ipvs::Service>();
    return std::optional(found->second.service);
  }
  Result<ipvs::Destinations> destinations(const ipvs::Key& key) override {
    const auto found = table.find(key);
    return found == table.end() ? ipvs::Destinations{} : found->second.destinations;
  }
  std::vector<Result<>> apply(const std::vector<ipvs::Change>& changes) override {
    std::vector<Result<>> out;
    for (const auto& change : changes) {
      journal_.push_back(ipvs::to_string(change));
      out.push_back(carry_out(change));
    }
    return out;
  }

  ipvs::Table table;
  bool broken = false;

 private:
  Result<> carry_out(const ipvs::Change& change) {
    return std::visit(Overloaded{
                          [&](const ipvs::AddService& c) -> Result<> {
                            if (!table.try_emplace(c.key, ipvs::Entry{c.service, {}}).second) {
                              return fail(Code::kConflict, "exists");
                            }
                            return Done{};
                          },
                          [&](const ipvs::SetService& c) -> Result<> {
                            table[c.key].service = c.service;
                            return Done{};
                          },
                          [&](const ipvs::DeleteService& c) -> Result<> {
                            table.erase(c.key);
                            return Done{};
                          },
                          [&](const ipvs::AddDestination& c) -> Result<> {
                            table[c.key].destinations[c.endpoint] = c.destination;
                            return Done{};
                          },
                          [&](const ipvs::SetDestination& c) -> Result<> {
                            table[c.key].destinations[c.endpoint] = c.destination;
                            return Done{};
                          },
                          [&](const ipvs::DeleteDestination& c) -> Result<> {
                            table[c.key].destinations.erase(c.endpoint);
                            return Done{};
                          },
                      },
                      change);
  }
  Journal& journal_;
};

// Takes every text; says "guard opens"/"guard closes" by whether the served port got in or out of it.
class FakeNft : public kernel::Nft {
 public:
  explicit FakeNft(Journal& journal) : journal_(journal) {}
  Result<> apply(const std::string& rules) override {
    ++tries;
    if (refuses) return fail(Code::kInvalid, "nft ended with 1");
    if (hangs) return fail(Code::kUnavailable, "nft: no end after 10000 ms");
    ++generation_;
    texts.push_back(rules);
    there = rules != filter::remove_text();
    journal_.push_back(there ? "guard changed" : "guard removed");
    return Done{};
  }
  Result<kernel::Generation> generation() override { return kernel::Generation(generation_); }
  Result<std::optional<kernel::TableTrace>> trace() override {
    if (!there) return std::optional<kernel::TableTrace>();
    return std::optional(kernel::TableTrace{filter::rule_count(), elements, generation_});
  }
  std::vector<std::string> texts;
  int elements = 0;  // what a trace shows: as many as the guard of the tests has
  bool there = false;
  bool refuses = false;
  bool hangs = false;
  int tries = 0;

 private:
  Journal& journal_;
  std::uint32_t generation_ = 1;
};

class FakeHost : public Host {
 public:
  api::Capabilities capabilities() override { return {true, {"rr", "wlc"}, true, "6.1"}; }
  std::vector<SysctlMismatch> mismatches() override { return {}; }
  Result<> forget_connections(const std::vector<plan::VirtualServerKey>&) override {
    if (keeps_connections) return fail(Code::kDenied, "conntrack: EPERM");
    return Done{};
  }
  bool keeps_connections = false;
};

const net::IpAddress kVip = *net::parse_address("192.0.2.100");
const net::IpAddress kOther = *net::parse_address("192.0.2.101");
const plan::VirtualServerKey kKey{kVip, net::Protocol::kTcp, net::Port(80)};
const net::Endpoint kReal{*net::parse_address("192.0.2.21"), net::Port(8080)};

class Forwarding : public testing::Test {
 protected:
  Forwarding() {
    ForwardingPorts ports;
    auto ipvs_port = std::make_unique<FakeIpvs>(journal);
    auto nft_port = std::make_unique<FakeNft>(journal);
    nft_port->elements = filter::element_count(filter::guard({kKey}));
    ipvs_fake = ipvs_port.get();
    nft_fake = nft_port.get();
    ports.ipvs = std::move(ipvs_port);
    ports.nft = std::move(nft_port);
    auto host_port = std::make_unique<FakeHost>();
    host_fake = host_port.get();
    ports.host = std::move(host_port);
    auto fence_port = std::make_unique<test::FakeFence>();
    fence_fake = fence_port.get();
    ports.fence = std::move(fence_port);
    ports.moved = [this] { ++moves; };
    agent =
        std::make_unique<ForwardingAgent>(loop, metrics, std::move(ports), [this](const ForwardingReport& r) {
          report = r;
          journal.push_back(r.ready.contains(kVip) ? "report: ready" : "report: not ready");
        });
  }

  static ForwardingOrder serving(std::uint64_t sequence) {
    ForwardingOrder order;
    order.sequence = sequence;
    order.vips = {kVip};
    order.virtual_servers[kKey] = {
        "group", api::Forwarding::kNat, api::Scheduler::kRr, {{kReal, {api::Weight(1)}}}};
    return order;
  }
  static std::set<plan::VirtualServerKey> keys_of(const ForwardingOrder& order) {
    std::set<plan::VirtualServerKey> out;
    for (const auto& [key, server] : order.virtual_servers) out.insert(key);
    return out;
  }
  static ForwardingOrder empty(std::uint64_t sequence) {
    ForwardingOrder order;
    order.sequence = sequence;
    return order;
  }
  static VrrpReport vrrp(std::uint64_t sequence, std::set<net::IpAddress> held) {
    VrrpReport out;
    out.sequence = sequence;
    out.held = std::move(held);
    return out;
  }
  std::ptrdiff_t at(const std::string& line) const {
    return std::find(journal.begin(), journal.end(), line) - journal.begin();
  }
  bool happened(const std::string& line) const {
    return std::find(journal.begin(), journal.end(), line) != journal.end();
  }

  Journal journal;
  sys::Loop loop;
  sys::Metrics metrics;
  FakeIpvs* ipvs_fake = nullptr;
  FakeNft* nft_fake = nullptr;
  FakeHost* host_fake = nullptr;
  test::FakeFence* fence_fake = nullptr;
  ForwardingReport report;
  int moves = 0;
  std::unique_ptr<ForwardingAgent> agent;
};

const filter::FencedGroup kFenced{
    {2, net::Family::kIPv4, vrrp::VirtualRouterId(51)}, "eth1", {kVip}, Milliseconds(833)};

// 10.2: no VIP is held before the vrrp thread has read this.
TEST_F(Forwarding, AnswersTheWishForAFenceOnceItWasTried) {
  agent->order(serving(1));
  EXPECT_EQ(report.fence, FenceReport{});
  auto wish = vrrp(1, {});
  wish.fenced = {kFenced};
  agent->held(wish);
  EXPECT_EQ(fence_fake->held, std::vector{kFenced});
  EXPECT_EQ(report.fence, (FenceReport{{kFenced}, {kFenced}, ""}));
}

// FN-32: a turn of several steps, each of which may wait, is no loop that hangs.
TEST_F(Forwarding, TellsAfterEachStepThatItStillMoves) {
  agent->order(serving(1));
  EXPECT_EQ(moves, 3);  // guard, IPVS, guard
  auto wish = vrrp(1, {});
  wish.fenced = {kFenced};
  agent->held(wish);
  EXPECT_EQ(moves, 4);
}

// Each waits for up to 10 s.
TEST_F(Forwarding, AfterAnUpdateOfTheGuardThatDoesNotEndNoOtherIsTriedInThatTurn) {
  agent->order(serving(1));
  const int before = nft_fake->tries;
  nft_fake->hangs = true;
  auto order = serving(2);
  order.virtual_servers[{kVip, net::Protocol::kTcp, net::Port(81)}] = order.virtual_servers[kKey];
  agent->order(order);
  EXPECT_EQ(nft_fake->tries, before + 1);
}

// Another hand may have been in the table.
TEST_F(Forwarding, AnUpdateOfTheGuardThatIsRefusedIsFollowedByTheWholeTable) {
  agent->order(serving(1));
  const int before = nft_fake->tries;
  nft_fake->refuses = true;
  auto order = serving(2);
  order.virtual_servers[{kVip, net::Protocol::kTcp, net::Port(81)}] = order.virtual_servers[kKey];
  agent->order(order);
  EXPECT_EQ(nft_fake->tries, before + 2);
}

// The fence that a dead run left keeps silent what else it left.
TEST_F(Forwarding, LeavesTheFenceAloneUntilThereIsAPlan) {
  agent->held(vrrp(0, {kVip}));
  EXPECT_EQ(fence_fake->applied, 0);
  agent->held(vrrp(1, {}));
  EXPECT_EQ(fence_fake->applied, 1);
}

TEST_F(Forwarding, AFenceThatTheKernelRefusesKeepsNoVipFromBeingReady) {
  fence_fake->fails = fail(Code::kNotFound, "no egress hook");
  agent->order(serving(1));
  auto wish = vrrp(1, {});
  wish.fenced = {kFenced};
  agent->held(wish);
  EXPECT_TRUE(report.ready.contains(kVip));
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(report.fence, (FenceReport{{kFenced}, {}, "no egress hook"}));
}

// architecture.md 5: guard -> IPVS -> eligible.
TEST_F(Forwarding, AddsTheGuardThenIpvsThenSaysReady) {
  agent->order(serving(1));
  ASSERT_TRUE(happened("guard changed"));
  EXPECT_LT(at("guard changed"), at("add service TCP 192.0.2.100:80"));
  EXPECT_LT(at("add service TCP 192.0.2.100:80"), at("report: ready"));
  EXPECT_FALSE(happened("report: not ready"));
  EXPECT_EQ(ipvs_fake->table.at(kKey).destinations.size(), 1U);
  EXPECT_EQ(report.usable_reals.at(kKey), 1);
}

// onNoEndpoints Reject: without a real server IPVS refuses, and the VIP is held.
TEST_F(Forwarding, AVirtualServerWithoutRealServersIsReadyToo) {
  auto order = serving(1);
  order.virtual_servers[kKey].reals.clear();
  agent->order(order);
  EXPECT_TRUE(report.ready.contains(kVip));
  EXPECT_EQ(report.usable_reals.at(kKey), 0);
}

// architecture.md 5: address gone (acknowledged) -> IPVS -> guard.
TEST_F(Forwarding, KeepsIpvsAndGuardOfAVipThatLeftUntilItsAddressIsGone) {
  agent->order(serving(1));
  agent->held(vrrp(1, {kVip}));
  agent->order(empty(2));
  agent->held(vrrp(1, {}));  // speaks of the plan before: proves nothing
  agent->held(vrrp(2, {kVip}));
  EXPECT_TRUE(ipvs_fake->table.contains(kKey));
  EXPECT_TRUE(nft_fake->there);

  agent->held(vrrp(2, {}));
  EXPECT_FALSE(ipvs_fake->table.contains(kKey));
  EXPECT_FALSE(nft_fake->there);
  EXPECT_LT(at("delete service TCP 192.0.2.100:80"), at("guard removed"));
}

TEST_F(Forwarding, WithoutAGuardThereIsNoServiceAndTheVipIsNotReady) {
  nft_fake->refuses = true;
  agent->order(serving(1));
  EXPECT_TRUE(ipvs_fake->table.empty());
  EXPECT_FALSE(report.ready.contains(kVip));
  EXPECT_FALSE(report.problems.empty());
}

TEST_F(Forwarding, WithoutIpvsInTheKernelTheVipIsNotReadyAndOthersAre) {
  ipvs_fake->broken = true;
  auto order = serving(1);
  order.vips.insert(kOther);  // Delegate: no virtual server
  agent->order(order);
  EXPECT_EQ(report.ready, std::set<net::IpAddress>{kOther});
  EXPECT_FALSE(report.problems.empty());
}

TEST_F(Forwarding, DelegateVipsAreReadyAtOnceAndNothingIsProgrammed) {
  ForwardingOrder order;
  order.sequence = 1;
  order.vips = {kOther};
  agent->order(order);
  EXPECT_EQ(report.ready, std::set<net::IpAddress>{kOther});
  EXPECT_TRUE(nft_fake->texts.empty());
  EXPECT_TRUE(ipvs_fake->table.empty());
}

// FN-34: never taken over.
TEST_F(Forwarding, AServiceOfSomebodyElseOnAWantedKeyIsLeftAloneAndNamed) {
  const ipvs::Entry foreign{{"wrr", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {}};
  ipvs_fake->table[kKey] = foreign;
  agent->order(serving(1));
  EXPECT_EQ(ipvs_fake->table.at(kKey), foreign);
  EXPECT_EQ(report.foreign, std::set<plan::VirtualServerKey>{kKey});
  EXPECT_FALSE(report.ready.contains(kVip));
}

// FN-36: what the checkpoint owns is adopted and corrected; what is no longer wanted goes.
TEST_F(Forwarding, WhatAnEarlierRunProgrammedIsCorrectedOrRemoved) {
  const plan::VirtualServerKey old{kOther, net::Protocol::kTcp, net::Port(443)};
  ipvs_fake->table[kKey] = {{"wlc", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {}};
  ipvs_fake->table[old] = {{"rr", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {}};
  auto order = serving(1);
  order.owned = {kKey, old};
  nft_fake->elements = filter::element_count(filter::guard({kKey, old}));
  agent->order(order);
  EXPECT_EQ(ipvs_fake->table.at(kKey).service.scheduler, "rr");
  EXPECT_EQ(ipvs_fake->table.at(kKey).destinations.size(), 1U);
  EXPECT_TRUE(report.ready.contains(kVip));
  EXPECT_TRUE(ipvs_fake->table.contains(old));  // its address may still be there
  agent->held(vrrp(1, {}));
  EXPECT_FALSE(ipvs_fake->table.contains(old));
}

// I-6: what is neither wanted nor ours is not touched, whatever happens to ours.
TEST_F(Forwarding, ForeignServicesAreEqualBeforeAndAfter) {
  const plan::VirtualServerKey theirs{kOther, net::Protocol::kUdp, net::Port(53)};
  const ipvs::Entry foreign{{"sh", ipvs::kNoFlags, Seconds(0), ipvs::kIPv4Host, ""}, {{kReal, {}}}};
  ipvs_fake->table[theirs] = foreign;
  agent->order(serving(1));
  agent->order(empty(2));
  agent->held(vrrp(2, {}));
  EXPECT_EQ(ipvs_fake->table, (ipvs::Table{{theirs, foreign}}));
}

TEST_F(Forwarding, TheSameOrderAgainChangesNothing) {
  agent->order(serving(1));
  const auto before = journal.size();
  agent->order(serving(2));
  EXPECT_EQ(Journal(journal.begin() + static_cast<std::ptrdiff_t>(before), journal.end()),
            Journal{"report: ready"});
}

// Issue F drains; until then a removed server goes at once, and a new one never waits for it.
TEST_F(Forwarding, AReplacedServerIsAddedBeforeTheOldOneIsDeleted) {
  agent->order(serving(1));
  auto order = serving(2);
  order.virtual_servers[kKey].reals = {
      {{*net::parse_address("192.0.2.22"), net::Port(8080)}, {api::Weight(1)}}};
  agent->order(order);
  EXPECT_LT(at("add server 192.0.2.22:8080 of TCP 192.0.2.100:80"),
            at("delete server 192.0.2.21:8080 of TCP 192.0.2.100:80"));
  EXPECT_TRUE(happened("delete server 192.0.2.21:8080 of TCP 192.0.2.100:80"));
}

// docs/messages.md: what repeats is one line per change.
TEST_F(Forwarding, OneLineOfConnectionsThatCannotBeForgottenHoweverManyServersCome) {
  test::CapturedLog log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  host_fake->keeps_connections = true;
  auto order = serving(1);
  for (std::uint16_t port = 81; port < 90; ++port) {
    ++order.sequence;
    order.virtual_servers[{kVip, net::Protocol::kTcp, net::Port(port)}] = order.virtual_servers[kKey];
    nft_fake->elements = filter::element_count(filter::guard(keys_of(order)));
    agent->order(order);
  }
  EXPECT_EQ(log.count("forwarding.connections_kept"), 1);
}

}  // namespace
}  // namespace fairlead::agent
