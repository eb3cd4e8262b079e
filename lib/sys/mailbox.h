#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "lib/sys/loop.h"

namespace fairlead::sys {

// Carries values from any thread to one consumer's loop. Bounded by the number of keys: a value put
// under a key that still waits replaces the older one (newest wins). Values of one key arrive in order;
// values of different keys arrive together, in key order.
//
// put() holds a lock only to move one value; it never waits for the consumer. `deliver` runs on the
// consumer's loop. The mailbox must outlive its producers; destroy it after the loop has stopped.
template <class Key, class Value>
class Mailbox {
 public:
  using Deliver = std::function<void(std::map<Key, Value>)>;

  Mailbox(Loop& consumer, Deliver deliver) : consumer_(consumer), shared_(std::make_shared<Shared>()) {
    shared_->deliver = std::move(deliver);
  }

  void put(Key key, Value value) {
    {
      const std::scoped_lock lock(shared_->mutex);
      const bool waiting = !shared_->pending.empty();
      shared_->pending.insert_or_assign(std::move(key), std::move(value));
      if (waiting) return;
    }
    consumer_.post([shared = shared_] {
      std::map<Key, Value> taken;
      {
        const std::scoped_lock lock(shared->mutex);
        taken.swap(shared->pending);
      }
      if (!taken.empty()) shared->deliver(std::move(taken));
    });
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::map<Key, Value> pending;
    Deliver deliver;
  };
  Loop& consumer_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace fairlead::sys
