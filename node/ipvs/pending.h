#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "lib/base/time.h"
#include "node/ipvs/changes.h"
#include "node/ipvs/chunks.h"

namespace fairlead::ipvs {

// Why a change was decided.
enum class Cause {
  kOrder,         // the plan asks for it
  kRepair,        // somebody else changed what had been carried out
  kRestOfRepair,  // the same, decided in an earlier turn
};

struct PendingChange {
  Change change;
  Cause cause = Cause::kOrder;
  friend bool operator==(const PendingChange&, const PendingChange&) = default;
};

// Gathered parts in a row that are about as slow as before: to gather was in vain.
inline constexpr int kInVain = 3;

// Changes that are decided and not carried out yet, in the order in which they shall be. A value without
// clocks: the caller measures.
class Pending {
 public:
  // What was decided now comes before what was pending: it is little, or as urgent. `changes`: in order.
  void add(std::vector<PendingChange> changes);
  // Takes the next ones off: new services alone, other changes without new services among them, in number
  // what chunk_after() made of the last ones of the sort. Empty: nothing is pending.
  std::vector<PendingChange> next();
  // For how long the kernel worked at what next() gave last.
  void took(Microseconds time);
  // New servers take long, and many wait: gather() may help.
  bool is_slow() const;
  // Has new servers go service by service, the last one of `order` first. `order`: the services as the kernel
  // lists them, which is how a flush deletes them. A new server is looked for among those that were deleted
  // lately, the youngest first; so each one is at hand when its turn comes, and costs what it does where
  // nothing was deleted. Where it turns out not to be so, the order of need is gone back to, and kept.
  void gather(const std::vector<Key>& order);
  // Forgets what is pending of these virtual servers.
  void drop(const std::set<Key>& keys);
  // The turn ends: repairs that are left are the rest of repairs, and the next turn begins with kFirstChunk
  // at most, for what the kernel's list of deleted destinations does to it by then nobody knows.
  void set_down();

  bool empty() const { return changes_.empty(); }
  bool contains(const Key& key) const { return counts_.contains(key); }
  // The next one is a new service: these are not left for another turn.
  bool begins_with_new_service() const;

 private:
  struct Waiting {
    PendingChange pending;
    std::int64_t place = 0;   // in the order of need
    std::size_t follows = 0;  // while gathered: how many services of the kernel's list are behind its own
  };
  // kNeed: as they were added. kGathered: since gather(). kNeedAgain: gathered in vain.
  enum class Order { kNeed, kGathered, kNeedAgain };
  // What the kernel got in one go, and for how long it worked at it.
  struct Part {
    Microseconds time{};
    std::size_t size = 1;
    // A change of this one took less than 1/`times` of what one of the other took.
    bool is_quicker_than(const Part& other, int times) const;
  };

  void judge(const Part& new_servers);
  void count_down(const Key& key);
  // Of each row of new servers, with the weights that become 0 once these are there.
  void sort_rows(const std::function<bool(const Waiting&, const Waiting&)>& before);

  std::deque<Waiting> changes_;
  std::int64_t first_place_ = 0;
  std::map<Key, std::size_t> counts_;  // of changes_, without zeros
  struct Pace {
    std::size_t chunk = kFirstChunk;
    std::size_t given = 0;  // by next() last; 0: it gave the other sort
  };
  Pace services_;
  Pace others_;
  Order order_ = Order::kNeed;
  bool new_servers_ = false;  // next() gave these alone
  int slow_parts_ = 0;        // of new servers, in a row
  Part before_;               // the last slow one that was not gathered
};

}  // namespace fairlead::ipvs
