#pragma once

#include <cstddef>
#include <vector>

#include "lib/base/time.h"
#include "node/ipvs/changes.h"

// Many changes, carried out in parts: the kernel's list of deleted destinations may make each new one cost
// 2 ms instead of 2 us (libraries.md 2, "dest trash"), and nobody may wait for all of them.
namespace fairlead::ipvs {

// The same changes, in an order of need that may be cut off after any of them:
//   1. new services; 2. changed services, and servers that get another weight than 0;
//   3. weights that become 0, of services that get no new server (drained, or down);
//   4. new servers, breadth first: no service gets one that it can do without while another, further behind
//      in its count of servers with a weight, waits; those with weight 0 come last. Weights that become 0
//      follow the last new server of their service;
//   5. deleted servers; 6. deleted services.
// Every prefix is as safe as one of Decision::changes. `actual`: the table that the changes are for.
std::vector<Change> by_need(const std::vector<Change>& changes, const Table& actual);

// How many changes go to the kernel in one send.
inline constexpr std::size_t kFirstChunk = 100;
inline constexpr std::size_t kSmallestChunk = 10;
inline constexpr std::size_t kLargestChunk = 1000;  // about 2.5 ms of the global genl lock (libraries.md 2)
inline constexpr Milliseconds kChunkTime{20};       // what a send shall take

// The size of the next chunk after one of `size` took so long: within the limits above, at most four times as
// many as the last time. REQUIRES: size > 0
std::size_t chunk_after(std::size_t size, Microseconds took);

}  // namespace fairlead::ipvs
