#include "controller/app/turn.h"

#include <set>
#include <utility>

namespace fairlead::controller {

Turn take_turn(std::vector<Write> writes, std::size_t most,
               const std::function<bool(const Write&)>& may_try) {
  Turn out;
  std::set<std::pair<Target, api::ObjectKey>> touched;
  for (auto& write : writes) {
    if (touched.contains({write.target, write.key})) continue;
    if (out.writes.size() == most) {
      out.more = true;
      break;
    }
    if (!may_try(write)) continue;
    touched.insert({write.target, write.key});
    out.writes.push_back(std::move(write));
  }
  return out;
}

}  // namespace fairlead::controller
