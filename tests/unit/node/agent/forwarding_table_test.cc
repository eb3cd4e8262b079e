#include "node/agent/forwarding_table.h"

#include <string>
#include <utility>

#include "unit/node/agent/forwarding_fixture.h"
#include "unit/node/agent/own_order.h"

// How real servers leave the kernel's table (api.md, `drainSeconds`; datapath.md 10.6 and 10.9), pass by
// pass.
namespace fairlead::agent {
namespace {

using testing::FakeIpvs;
using testing::Journal;
using testing::kKey;
using testing::kReal;
using testing::kVip;

constexpr Seconds kDrain{300};
const net::Endpoint kSecond{*net::parse_address("192.0.2.22"), net::Port(8080)};
const plan::VirtualServerKey kTls{kVip, net::Protocol::kTcp, net::Port(443)};
const plan::VirtualServerKey kDns{kVip, net::Protocol::kUdp, net::Port(53)};
const ipvs::Connections kBusy{2, 0, 0};

ipvs::Destination weight(std::uint32_t value) {
  return {ipvs::Method::kMasquerade, ipvs::Weight{value}, 0, 0};
}

class DrainingTable : public ::testing::Test {
 protected:
  // The real servers of each virtual server, with weight 1.
  using Wish = std::map<plan::VirtualServerKey, std::set<net::Endpoint>>;

  static testing::OwnOrder order_of(const Wish& wish) {
    testing::OwnOrder order;
    for (const auto& [key, reals] : wish) {
      plan::VirtualServerPlan& server = order.servers[key];
      server.scheduler = api::Scheduler::kRr;
      for (const auto& real : reals) server.reals.insert({real, {api::Weight(1)}});
    }
    return order;
  }
  TablePass pass(testing::OwnOrder order) {
    order.now = now;
    std::set<ipvs::Key> all;
    for (const auto& [key, server] : order.servers) all.insert(key);
    const auto done = table.pass(order, all);
    EXPECT_TRUE(done);
    return done ? *done : TablePass{};
  }
  TablePass look(const Wish& wish) { return pass(order_of(wish)); }
  // Two servers, of which the first is in use.
  void begin(const plan::VirtualServerKey& key) {
    look({{key, {kReal, kSecond}}});
    kernel.connections[{key, kReal}] = kBusy;
  }
  const ipvs::Destinations& there() const { return kernel.table.at(kKey).destinations; }

  Journal journal;
  FakeIpvs kernel{journal};
  ForwardingTable table{kernel};
  TimePoint now{Seconds(10'000)};
};

const ipvs::Destinations kDrained{{kReal, weight(0)}, {kSecond, weight(1)}};
const ipvs::Destinations kLeft{{kSecond, weight(1)}};

TEST_F(DrainingTable, ARemovedServerStaysWithoutWeightUntilItsConnectionsHaveEnded) {
  begin(kKey);
  look({{kKey, {kSecond}}});
  EXPECT_EQ(there(), kDrained);
  EXPECT_EQ(table.draining(), 1U);
  now += Seconds(20);
  EXPECT_TRUE(look({{kKey, {kSecond}}}).done.empty());
  kernel.connections.clear();
  EXPECT_EQ(look({{kKey, {kSecond}}}).done,
            (std::vector<ipvs::Change>{ipvs::DeleteDestination{kKey, kReal}}));
  EXPECT_EQ(there(), kLeft);
  EXPECT_EQ(table.draining(), 0U);
}

TEST_F(DrainingTable, AtItsDeadlineItGoesWithItsConnections) {
  begin(kKey);
  look({{kKey, {kSecond}}});
  now += kDrain - Microseconds(1);
  EXPECT_TRUE(table.due(now).empty());
  look({{kKey, {kSecond}}});
  EXPECT_EQ(there(), kDrained);
  now += Microseconds(1);
  EXPECT_EQ(table.due(now), std::set<ipvs::Key>{kKey});
  look({{kKey, {kSecond}}});
  EXPECT_EQ(there(), kLeft);
  EXPECT_TRUE(table.due(now).empty());
}

TEST_F(DrainingTable, OneThatComesBackDuringItsDrainIsSimplyBack) {
  begin(kKey);
  look({{kKey, {kSecond}}});
  now += Seconds(299);
  EXPECT_EQ(look({{kKey, {kReal, kSecond}}}).done,
            (std::vector<ipvs::Change>{ipvs::SetDestination{kKey, kReal, weight(1)}}));
  EXPECT_EQ(table.draining(), 0U);
  now += Seconds(10);
  EXPECT_TRUE(look({{kKey, {kReal, kSecond}}}).done.empty());
  // And once more: the whole time again.
  look({{kKey, {kSecond}}});
  now += Seconds(299);
  EXPECT_TRUE(look({{kKey, {kSecond}}}).done.empty());
}

// datapath.md 2: who connects then is refused at once.
TEST_F(DrainingTable, TheLastServerIsDrainedLikeAnyOther) {
  look({{kKey, {kReal}}});
  kernel.connections[{kKey, kReal}] = kBusy;
  look({{kKey, {}}});
  EXPECT_EQ(there(), (ipvs::Destinations{{kReal, weight(0)}}));
  kernel.connections.clear();
  look({{kKey, {}}});
  EXPECT_TRUE(there().empty());
  EXPECT_TRUE(table.present().contains(kKey));
}

// onUnhealthy Remove: its clients learn at once.
TEST_F(DrainingTable, OneThatItsChecksTookOutGoesAtOnce) {
  begin(kKey);
  testing::OwnOrder order = order_of({{kKey, {kSecond}}});
  order.taken_out[kKey] = {kReal};
  pass(order);
  EXPECT_EQ(there(), kLeft);
  EXPECT_EQ(table.draining(), 0U);
}

// api.md, `drainSeconds`.
TEST_F(DrainingTable, ItsTimeIsThatOfItsVirtualServer) {
  begin(kKey);
  testing::OwnOrder order = order_of({{kKey, {kSecond}}});
  order.servers.at(kKey).traffic.drain = Seconds(20);
  pass(order);
  now += Seconds(19);
  pass(order);
  EXPECT_EQ(there(), kDrained);
  now += Seconds(1);
  pass(order);
  EXPECT_EQ(there(), kLeft);
}

// A Pod that is gone cannot finish anything, and its address may be another Pod's by now.
TEST_F(DrainingTable, OneThatIsGoneOnceRemovedGoesAtOnce) {
  testing::OwnOrder order = order_of({{kKey, {kReal, kSecond}}});
  order.servers.at(kKey).reals.at(kReal) = {api::Weight(0), true};
  pass(order);
  kernel.connections[{kKey, kReal}] = kBusy;
  pass(order);
  EXPECT_EQ(there(), kDrained);  // in the plan it stays as long as it is there
  now += Seconds(10'000);
  EXPECT_TRUE(pass(order).done.empty());
  const TablePass left = look({{kKey, {kSecond}}});
  EXPECT_EQ(there(), kLeft);
  EXPECT_EQ(left.departures.gone, (std::set<ipvs::Server>{{kKey, kReal}}));
  EXPECT_TRUE(left.repairs.empty());
  EXPECT_EQ(table.draining(), 0U);
}

TEST_F(DrainingTable, AVirtualServerThatGoesTakesItsServersWithIt) {
  begin(kKey);
  look({{kKey, {kReal, kSecond}}, {kTls, {kReal}}});
  look({{kKey, {kSecond}}, {kTls, {kReal}}});
  look({{kTls, {kReal}}});
  EXPECT_FALSE(kernel.table.contains(kKey));
  EXPECT_EQ(table.draining(), 0U);
}

// architecture.md 5: address gone, then IPVS; nothing is drained for that.
TEST_F(DrainingTable, AServiceOfAVipStillHeldIsLeftAsItIsAndItsDeadlinesStand) {
  begin(kKey);
  look({{kKey, {kSecond}}});
  testing::OwnOrder leaving;
  leaving.still_held = {kVip};
  EXPECT_TRUE(pass(leaving).done.empty());
  EXPECT_EQ(there(), kDrained);
  now += kDrain;
  look({{kKey, {kSecond}}});  // the VIP is back
  EXPECT_EQ(there(), kLeft);
}

// datapath.md 10.9: killed between weight 0 and deletion, or before either.
TEST_F(DrainingTable, TheNextRunDrainsWhatItFindsForTheWholeTime) {
  begin(kKey);
  look({{kKey, {kSecond}}});
  const net::Endpoint third{*net::parse_address("192.0.2.23"), net::Port(8080)};
  kernel.table.at(kKey).destinations[third] = weight(1);
  kernel.connections[{kKey, third}] = kBusy;
  now += Seconds(200);
  ForwardingTable next(kernel);
  next.claim({kKey});
  testing::OwnOrder order = order_of({{kKey, {kSecond}}});
  const auto look_on = [&] {
    order.now = now;
    EXPECT_TRUE(next.pass(order, {kKey}));
  };
  look_on();
  const ipvs::Destinations all{{kReal, weight(0)}, {kSecond, weight(1)}, {third, weight(0)}};
  EXPECT_EQ(there(), all);
  now += kDrain - Seconds(1);
  look_on();
  EXPECT_EQ(there(), all);
  now += Seconds(1);
  look_on();
  EXPECT_EQ(there(), kLeft);
}

// FN-07: it never was ours to drain.
TEST_F(DrainingTable, AServerThatSomebodyElsePutThereGoesAtOnceAndIsARepair) {
  begin(kKey);
  const net::Endpoint odd{*net::parse_address("192.0.2.66"), net::Port(8080)};
  kernel.table.at(kKey).destinations[odd] = weight(5);
  kernel.connections[{kKey, odd}] = kBusy;
  const TablePass done = look({{kKey, {kReal, kSecond}}});
  EXPECT_FALSE(there().contains(odd));
  EXPECT_TRUE(done.departures.departing.empty());
  EXPECT_EQ(done.departures.gone, (std::set<ipvs::Server>{{kKey, odd}}));
}

TEST_F(DrainingTable, ADrainIsNoRepairButToUndoWhatOthersDoToItIs) {
  begin(kKey);
  const std::set<ipvs::Server> first{{kKey, kReal}};
  EXPECT_EQ(look({{kKey, {kSecond}}}).departures.departing, first);
  kernel.table.at(kKey).destinations.at(kReal) = weight(7);
  const TablePass undone = look({{kKey, {kSecond}}});
  EXPECT_EQ(there(), kDrained);
  EXPECT_EQ(undone.done.size(), 1U);
  EXPECT_TRUE(undone.departures.departing.empty());
  now += kDrain;
  EXPECT_EQ(look({{kKey, {kSecond}}}).departures, (Departures{first, first}));
}

// FN-07: what a foreign flush took is put back as the plan has it, without what had left.
TEST_F(DrainingTable, AFlushEndsTheDrains) {
  begin(kKey);
  look({{kKey, {kSecond}}});
  kernel.table.clear();
  look({{kKey, {kSecond}}});
  EXPECT_EQ(there(), kLeft);
  EXPECT_EQ(table.draining(), 0U);
}

// An address that a Pod left and another got is the other's business only.
TEST_F(DrainingTable, TheSameServerElsewhereServesOn) {
  begin(kKey);
  look({{kKey, {kReal, kSecond}}, {kTls, {kReal}}});
  look({{kKey, {kSecond}}, {kTls, {kReal}}});
  EXPECT_EQ(there(), kDrained);
  EXPECT_EQ(kernel.table.at(kTls).destinations, (ipvs::Destinations{{kReal, weight(1)}}));
}

// datapath.md 5: then connection tracking has to forget them.
TEST_F(DrainingTable, NamesThoseThatAreGone) {
  begin(kDns);
  EXPECT_TRUE(look({{kDns, {kSecond}}}).departures.gone.empty());
  now += kDrain;
  EXPECT_EQ(look({{kDns, {kSecond}}}).departures.gone, (std::set<ipvs::Server>{{kDns, kReal}}));
  EXPECT_EQ(pass(testing::OwnOrder{}).departures.gone, (std::set<ipvs::Server>{{kDns, kSecond}}));
}

// Deadlines run, though nothing may be changed meanwhile.
TEST_F(DrainingTable, WhileItIsPausedItsTimeRuns) {
  begin(kKey);
  testing::OwnOrder order = order_of({{kKey, {kSecond}}});
  order.paused = {kKey};
  EXPECT_TRUE(pass(order).done.empty());
  now += kDrain;
  look({{kKey, {kSecond}}});
  EXPECT_EQ(there(), kLeft);
}

}  // namespace
}  // namespace fairlead::agent
