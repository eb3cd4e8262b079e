#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/reconcile/watch_decoder.h"

namespace fairlead::reconcile {

// The state of a kind while a watch-list brings it (K-08): a store of its own, which takes the old one's
// place only when the server says that it is whole. Pure.
class InitialEvents {
 public:
  // ADDED, MODIFIED or DELETED; others are none of its business.
  void take(WatchEvent event);
  // Something came that cannot be used. It may have been any object: it stands among them as an empty
  // document, so that the state is not taken for whole.
  void take_unusable() { ++unusable_; }

  // In order of namespace and name. Nothing is left here.
  std::vector<std::string> hand_over();

 private:
  std::map<std::pair<std::string, std::string>, std::string> by_name_;
  int unusable_ = 0;
};

}  // namespace fairlead::reconcile
