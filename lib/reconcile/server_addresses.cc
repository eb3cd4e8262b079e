#include "lib/reconcile/server_addresses.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace fairlead::reconcile {
namespace {

constexpr Seconds kLookAgain(30);

}  // namespace

ServerAddresses::ServerAddresses(std::optional<net::IpAddress> given)
    : by_name_(!given.has_value()), current_(given) {
  if (given) known_ = {*given};
}

bool ServerAddresses::due(TimePoint now) const { return by_name_ && (!next_look_ || now >= *next_look_); }

void ServerAddresses::found(std::vector<net::IpAddress> addresses, TimePoint now) {
  assert(by_name_ && !addresses.empty());
  known_ = std::move(addresses);
  const bool stays = current_ && std::find(known_.begin(), known_.end(), *current_) != known_.end();
  if (!stays) current_ = known_.front();
  next_look_ = now + kLookAgain;
}

void ServerAddresses::not_found(TimePoint now) {
  if (current_) next_look_ = now + kLookAgain;
}

void ServerAddresses::failed(const net::IpAddress& address) {
  if (!by_name_ || current_ != address) return;
  const auto at = std::find(known_.begin(), known_.end(), address);
  assert(at != known_.end());
  const auto next = std::next(at);
  current_ = next == known_.end() ? known_.front() : *next;
  next_look_.reset();
}

}  // namespace fairlead::reconcile
