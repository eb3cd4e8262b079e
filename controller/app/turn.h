#pragma once

#include <functional>
#include <vector>

#include "controller/plan/changes.h"

// What of a round's writes is sent in that round. Pure.
namespace fairlead::controller {

// So many and no more: what changes meanwhile, a real server that fails first of all, is not to wait for the
// ten thousand objects that a cluster may ask for at once (FC-06). At 50 a second (K-33) these take two.
inline constexpr std::size_t kMostInOneTurn = 100;

struct Turn {
  std::vector<Write> writes;  // in their order, which makes any beginning of them safe (FC-01)
  bool more = false;          // others could be sent, too: another round is to follow at once
};

// Of several writes to one object the first, since the others were computed from what it changes; and of
// these the first `most` that may be tried.
Turn take_turn(std::vector<Write> writes, std::size_t most, const std::function<bool(const Write&)>& may_try);

}  // namespace fairlead::controller
