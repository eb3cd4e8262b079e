#include "node/ipvs/pending.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

// Changes that wait for their turn.
namespace fairlead::ipvs {
namespace {

Key key(int port) {
  return {*net::parse_address("192.0.2.100"), net::Protocol::kTcp,
          net::Port(static_cast<std::uint16_t>(port))};
}
PendingChange service(int port) { return {AddService{key(port), {}}, Cause::kOrder}; }
PendingChange server(int port, int host, Cause cause = Cause::kOrder) {
  const auto address =
      net::IpAddress::v4({10, 0, static_cast<std::uint8_t>(host / 256), static_cast<std::uint8_t>(host)});
  return {AddDestination{key(port), {address, net::Port(80)}, {}}, cause};
}
std::vector<PendingChange> servers(int port, int count) {
  std::vector<PendingChange> out;
  for (int host = 0; host < count; ++host) out.push_back(server(port, host));
  return out;
}

// A new service that meets somebody else's must not be followed by our servers (FN-34).
TEST(Pending, NewServicesGoAlone) {
  Pending pending;
  pending.add({service(1), service(2), server(1, 1), server(2, 1)});
  EXPECT_TRUE(pending.begins_with_new_service());
  EXPECT_EQ(pending.next(), (std::vector<PendingChange>{service(1), service(2)}));
  EXPECT_FALSE(pending.begins_with_new_service());
  EXPECT_EQ(pending.next(), (std::vector<PendingChange>{server(1, 1), server(2, 1)}));
  EXPECT_TRUE(pending.next().empty());
}

TEST(Pending, WhatWasDecidedLaterComesFirst) {
  Pending pending;
  pending.add({server(1, 1), server(1, 2)});
  pending.add({server(2, 1)});
  EXPECT_EQ(pending.next(), (std::vector<PendingChange>{server(2, 1), server(1, 1), server(1, 2)}));
}

TEST(Pending, OfWhatIsDroppedNothingIsLeft) {
  Pending pending;
  pending.add({service(1), server(1, 1), server(2, 1), server(3, 1)});
  pending.drop({key(1)});
  pending.drop({key(3), key(4)});
  EXPECT_FALSE(pending.contains(key(1)));
  EXPECT_TRUE(pending.contains(key(2)));
  EXPECT_EQ(pending.next(), (std::vector<PendingChange>{server(2, 1)}));
  EXPECT_FALSE(pending.contains(key(2)));
  EXPECT_TRUE(pending.empty());
}

TEST(Pending, AServiceIsPendingUntilItsLastChangeIsTaken) {
  Pending pending;
  pending.add(servers(1, static_cast<int>(kFirstChunk) + 1));
  EXPECT_EQ(pending.next().size(), kFirstChunk);
  EXPECT_TRUE(pending.contains(key(1)));
  EXPECT_EQ(pending.next().size(), 1U);
  EXPECT_FALSE(pending.contains(key(1)));
}

TEST(Pending, PartsGrowAndShrinkWithTheTimeTheyTake) {
  Pending pending;
  pending.add(servers(1, 3000));
  EXPECT_EQ(pending.next().size(), 100U);
  pending.took(Microseconds(300));
  EXPECT_EQ(pending.next().size(), 400U);
  pending.took(Milliseconds(880));  // 2.2 ms each
  EXPECT_EQ(pending.next().size(), kSmallestChunk);
}

TEST(Pending, APartThatIsSmallForWantOfChangesTellsOnlyOfSlowness) {
  Pending pending;
  pending.add(servers(1, 50));
  EXPECT_EQ(pending.next().size(), 50U);
  pending.took(Microseconds(100));
  pending.add(servers(1, 300));
  EXPECT_EQ(pending.next().size(), 100U);
  pending.took(Milliseconds(20));
  pending.drop({key(1)});
  pending.add(servers(1, 50));
  EXPECT_EQ(pending.next().size(), 50U);
  pending.took(Milliseconds(100));
  pending.add(servers(1, 50));
  EXPECT_EQ(pending.next().size(), kSmallestChunk);
}

// How quickly the kernel takes new services tells nothing of new servers.
TEST(Pending, NewServicesHaveAPaceOfTheirOwn) {
  Pending pending;
  std::vector<PendingChange> services;
  for (int port = 1; port <= 150; ++port) services.push_back(service(port));
  pending.add(servers(1, 500));
  pending.add(services);
  EXPECT_EQ(pending.next().size(), 100U);
  pending.took(Microseconds(0));
  EXPECT_EQ(pending.next().size(), 50U);
  pending.took(Microseconds(0));
  EXPECT_EQ(pending.next().size(), kFirstChunk);
}

// Meanwhile others may have deleted 100,000 servers.
TEST(Pending, ATurnBeginsWithAPartThatIsNotLarge) {
  Pending pending;
  pending.add(servers(1, 3000));
  EXPECT_EQ(pending.next().size(), kFirstChunk);
  pending.took(Microseconds(100));
  EXPECT_EQ(pending.next().size(), 400U);
  pending.set_down();
  EXPECT_EQ(pending.next().size(), kFirstChunk);
}

std::vector<Key> keys_of(const std::vector<PendingChange>& changes) {
  std::vector<Key> out;
  for (const PendingChange& one : changes) out.push_back(key_of(one.change));
  return out;
}
// One server for each of three services, then a second one for each.
std::vector<PendingChange> breadth_first() {
  return {server(1, 1), server(2, 1), server(3, 1), server(1, 2), server(2, 2), server(3, 2)};
}

// What the kernel deleted last it finds first (libraries.md 2, "dest trash").
TEST(Pending, GatheredServersGoServiceByServiceFromTheLastOfTheKernelsList) {
  Pending pending;
  pending.add(breadth_first());
  pending.gather({key(3), key(1), key(2)});
  EXPECT_EQ(pending.next(), (std::vector<PendingChange>{server(2, 1), server(2, 2), server(1, 1),
                                                        server(1, 2), server(3, 1), server(3, 2)}));
}

TEST(Pending, AServiceThatTheKernelDoesNotListIsGatheredBehindTheOthers) {
  Pending pending;
  pending.add(breadth_first());
  pending.gather({key(2)});
  EXPECT_EQ(keys_of(pending.next()), (std::vector<Key>{key(2), key(2), key(1), key(3), key(1), key(3)}));
}

// The order of need holds for everything else: before new servers their services, deletions at the end.
TEST(Pending, WhatIsNoNewServerKeepsItsPlaceWhenServersAreGathered) {
  const auto weighing = [](int port, std::uint32_t weight) {
    return PendingChange{SetDestination{key(port),
                                        {net::IpAddress::v4({10, 0, 0, 9}), net::Port(80)},
                                        {Method::kMasquerade, Weight(weight)}},
                         Cause::kOrder};
  };
  const PendingChange deleted{DeleteService{key(9)}, Cause::kOrder};
  Pending pending;
  pending.add({weighing(2, 5), weighing(2, 0), server(1, 1), server(2, 1), weighing(1, 0), deleted});
  pending.gather({key(1), key(2)});
  EXPECT_EQ(pending.next(), (std::vector<PendingChange>{weighing(2, 5), weighing(2, 0), server(2, 1),
                                                        server(1, 1), weighing(1, 0), deleted}));
}

TEST(Pending, NewServersThatTakeLongAreSlowIfManyWait) {
  Pending pending;
  pending.add(servers(1, 300));
  EXPECT_FALSE(pending.is_slow());
  pending.took(Milliseconds(1) * static_cast<int>(pending.next().size()));
  EXPECT_TRUE(pending.is_slow());
  pending.took(Microseconds(2) * static_cast<int>(pending.next().size()));
  EXPECT_FALSE(pending.is_slow());
  std::vector<PendingChange> last;
  while (!pending.empty()) last = pending.next();
  pending.add(std::move(last));  // few
  pending.next();
  pending.took(Seconds(1));
  EXPECT_FALSE(pending.is_slow());
}

// A hundred servers for each of three services, breadth first.
std::vector<PendingChange> hundred_each() {
  std::vector<PendingChange> out;
  for (int host = 0; host < 100; ++host) {
    for (int port = 1; port <= 3; ++port) out.push_back(server(port, host));
  }
  return out;
}

TEST(Pending, ServersThatAreSlowThoughGatheredGoByNeedAgain) {
  Pending pending;
  pending.add(hundred_each());
  pending.took(Milliseconds(10) * static_cast<int>(pending.next().size()));
  ASSERT_TRUE(pending.is_slow());
  pending.gather({key(1), key(2), key(3)});
  for (int part = 0; part < kInVain; ++part) {
    const auto given = pending.next();
    ASSERT_EQ(keys_of(given), std::vector<Key>(kSmallestChunk, key(3))) << part;
    pending.took(Milliseconds(10) * static_cast<int>(given.size()));
  }
  EXPECT_FALSE(pending.is_slow());
  // 100 went before, of the third service 33; then 30 more of it.
  EXPECT_EQ(pending.next().front(), server(2, 33));
  pending.took(Seconds(1));
  EXPECT_FALSE(pending.is_slow());
}

// In a virtual machine, or where others take the processors, whatever is quick takes longer than it should.
TEST(Pending, GatheredServersThatAreMuchQuickerThanBeforeStayGathered) {
  Pending pending;
  pending.add(hundred_each());
  pending.took(Milliseconds(5) * static_cast<int>(pending.next().size()));
  pending.gather({key(1), key(2), key(3)});
  std::vector<Key> rest;
  while (!pending.empty()) {
    const auto given = pending.next();
    for (const Key& one : keys_of(given)) rest.push_back(one);
    pending.took(Microseconds(500) * static_cast<int>(given.size()));
  }
  EXPECT_TRUE(std::is_sorted(rest.rbegin(), rest.rend()));
}

// A processor that was busy elsewhere for a moment says nothing of the kernel's list.
TEST(Pending, OneSlowPartIsNotInVain) {
  Pending pending;
  pending.add(breadth_first());
  pending.add(servers(4, 500));
  pending.took(Seconds(1) * static_cast<int>(pending.next().size()));
  pending.gather({key(1), key(2), key(3), key(4)});
  for (int part = 0; part < 2 * kInVain; ++part) {
    EXPECT_EQ(key_of(pending.next().front().change), key(4));
    pending.took(part % 2 == 0 ? Seconds(1) : Seconds(0));
  }
  std::vector<Key> rest;
  while (!pending.empty()) {
    for (const Key& one : keys_of(pending.next())) rest.push_back(one);
  }
  std::erase(rest, key(4));
  EXPECT_EQ(rest, (std::vector<Key>{key(3), key(3), key(2), key(2), key(1), key(1)}));
}

// A repair that takes many turns is one repair: it must not look like a fight.
TEST(Pending, ARepairThatIsLeftForAnotherTurnIsTheRestOfOne) {
  Pending pending;
  pending.add({server(1, 1, Cause::kRepair), server(2, 1, Cause::kOrder)});
  pending.set_down();
  pending.add({server(3, 1, Cause::kRepair)});
  EXPECT_EQ(pending.next(),
            (std::vector<PendingChange>{server(3, 1, Cause::kRepair), server(1, 1, Cause::kRestOfRepair),
                                        server(2, 1, Cause::kOrder)}));
}

}  // namespace
}  // namespace fairlead::ipvs
