#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "lib/base/time.h"
#include "lib/net/address.h"

namespace fairlead::reconcile {

// Which address of one API server to connect to, and when its name has to be resolved. Pure: `now` is the
// loop's time. Connections go to an address and never to a name, so that K-13 holds for each of them.
class ServerAddresses {
 public:
  // `given`: the server is known by this address, which is never resolved. Else by a name.
  explicit ServerAddresses(std::optional<net::IpAddress> given);

  // To connect to; none while the name was never resolved.
  const std::optional<net::IpAddress>& current() const { return current_; }
  // How many there are to try.
  std::size_t count() const { return known_.size(); }
  // The name is to be resolved now: it never was, 30 s have passed, or an address was of no use.
  bool due(TimePoint now) const;

  // The resolver's answer, in its order of preference. The current one stays while it is among them: its
  // connections are of use. REQUIRES: not empty; known by a name.
  void found(std::vector<net::IpAddress> addresses, TimePoint now);
  // It had no answer; what is known is used further.
  void not_found(TimePoint now);
  // `address` did not answer: if it is the current one, the next has its turn, after the last the first.
  void failed(const net::IpAddress& address);

 private:
  bool by_name_;
  std::vector<net::IpAddress> known_;
  std::optional<net::IpAddress> current_;
  std::optional<TimePoint> next_look_;  // none: at once
};

}  // namespace fairlead::reconcile
