#include "node/ipvs/chunks.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

// In which order and in which parts many changes go to the kernel (libraries.md 2, "dest trash").
namespace fairlead::ipvs {
namespace {

Key key(int port) {
  return {*net::parse_address("192.0.2.100"), net::Protocol::kTcp,
          net::Port(static_cast<std::uint16_t>(port))};
}
net::Endpoint real(int host) {
  return {net::IpAddress::v4({10, 0, 0, static_cast<std::uint8_t>(host)}), net::Port(80)};
}
Destination weighing(std::uint32_t weight) { return {Method::kMasquerade, Weight(weight), 0, 0}; }

AddDestination add(int port, int host, std::uint32_t weight = 1) {
  return {key(port), real(host), weighing(weight)};
}
SetDestination set(int port, int host, std::uint32_t weight) {
  return {key(port), real(host), weighing(weight)};
}

std::vector<std::string> texts(const std::vector<Change>& changes) {
  std::vector<std::string> out;
  for (const Change& change : changes) out.push_back(to_string(change));
  return out;
}

void expect_order(const std::vector<Change>& given, const Table& actual, const std::vector<Change>& wanted) {
  EXPECT_EQ(texts(by_need(given, actual)), texts(wanted));
  EXPECT_EQ(by_need(given, actual), wanted);
}

TEST(ByNeed, EachServiceGetsItsFirstServerBeforeAnyGetsItsSecond) {
  expect_order({AddService{key(1), {}}, add(1, 1), add(1, 2), AddService{key(2), {}}, add(2, 1), add(2, 2)},
               {},
               {AddService{key(1), {}}, AddService{key(2), {}}, add(1, 1), add(2, 1), add(1, 2), add(2, 2)});
}

TEST(ByNeed, AServiceThatHasServersWaitsForOneThatHasNone) {
  const Table actual{{key(1), {{}, {{real(9), weighing(1)}}}}, {key(2), {}}};
  expect_order({add(1, 1), add(1, 2), add(2, 1), add(2, 2)}, actual,
               {add(2, 1), add(1, 1), add(2, 2), add(1, 2)});
}

// One with weight 0 serves nobody.
TEST(ByNeed, ServersWithoutAWeightCountForNothingAndComeLast) {
  const Table actual{{key(1), {{}, {{real(9), weighing(0)}}}}, {key(2), {{}, {{real(9), weighing(1)}}}}};
  expect_order({add(1, 1, 0), add(1, 2), add(2, 1)}, actual, {add(1, 2), add(2, 1), add(1, 1, 0)});
}

TEST(ByNeed, AWeightThatComesBackNeedsNoNewServerFirst) {
  const Table actual{{key(1), {{}, {{real(9), weighing(0)}}}}, {key(2), {}}};
  expect_order({add(1, 1), set(1, 9, 3), add(2, 1)}, actual, {set(1, 9, 3), add(2, 1), add(1, 1)});
}

// A server that is down gets no connection for the sake of others' new servers.
TEST(ByNeed, AWeightBecomesZeroBeforeOthersGetNewServers) {
  const Table actual{{key(1), {{}, {{real(8), weighing(1)}, {real(9), weighing(1)}}}}, {key(2), {}}};
  expect_order({add(2, 1), set(1, 9, 0)}, actual, {set(1, 9, 0), add(2, 1)});
}

TEST(ByNeed, AWeightBecomesZeroOnceWhatReplacesItIsThere) {
  const Table actual{{key(1), {{}, {{real(9), weighing(1)}}}}};
  expect_order({set(1, 9, 0), add(1, 1), add(1, 2)}, actual, {add(1, 1), add(1, 2), set(1, 9, 0)});
}

// Each one that is deleted makes those that are added later cost more.
TEST(ByNeed, DeletionsComeLast) {
  const Table actual{{key(1), {{}, {{real(9), weighing(1)}}}}, {key(2), {}}, {key(3), {}}};
  expect_order(
      {DeleteService{key(3)}, DeleteDestination{key(1), real(9)}, add(2, 1), SetService{key(2), {}}}, actual,
      {SetService{key(2), {}}, add(2, 1), DeleteDestination{key(1), real(9)}, DeleteService{key(3)}});
}

TEST(ChunkAfter, GrowsFourfoldAtMostWhileTheKernelIsQuick) {
  EXPECT_EQ(chunk_after(100, Microseconds(250)), 400U);
  EXPECT_EQ(chunk_after(100, Microseconds(0)), 400U);
  EXPECT_EQ(chunk_after(100, Milliseconds(10)), 200U);
  EXPECT_EQ(chunk_after(900, Microseconds(1)), kLargestChunk);
}

// 2.2 ms for each new server, with 100,000 in the trash.
TEST(ChunkAfter, ShrinksToWhatFitsIntoItsTime) {
  EXPECT_EQ(chunk_after(kFirstChunk, Microseconds(220'000)), kSmallestChunk);
  EXPECT_EQ(chunk_after(1000, Milliseconds(40)), 500U);
  EXPECT_EQ(chunk_after(kSmallestChunk, Seconds(9)), kSmallestChunk);
}

}  // namespace
}  // namespace fairlead::ipvs
