#pragma once

#include <set>
#include <vector>

#include "lib/api/meta.h"

namespace fairlead::controller {

// Services whose endpoints have changed, until a round takes them up, in the order in which they did so:
// however many change in a second, each has its turn. Pure.
class Stirred {
 public:
  // A Service that waits keeps its place.
  void add(const api::ObjectKey& service);
  // All of them, oldest first; then none waits.
  std::vector<api::ObjectKey> take();
  // Taken up, and not all of it was written: they were first and are so again, in this order.
  void put_back(const std::vector<api::ObjectKey>& services);

  bool empty() const { return waiting_.empty(); }
  const std::set<api::ObjectKey>& all() const { return waiting_; }

 private:
  std::vector<api::ObjectKey> order_;
  std::set<api::ObjectKey> waiting_;  // the same
};

}  // namespace fairlead::controller
