#include "controller/plan/patience.h"

#include "controller/plan/eligible.h"
#include "controller/plan/release.h"
#include "controller/plan/seats.h"

namespace fairlead::controller {
namespace {

// The first of the ends that are still to come.
class First {
 public:
  explicit First(TimePoint now) : now_(now) {}
  void add(TimePoint end) {
    if (end > now_ && (!first_ || end < *first_)) first_ = end;
  }
  std::optional<TimePoint> get() const { return first_; }

 private:
  TimePoint now_;
  std::optional<TimePoint> first_;
};

}  // namespace

std::optional<TimePoint> next_end(const Inputs& inputs, const Memory& memory) {
  First out(inputs.now);
  if (!memory.releasing_since.empty()) {
    for (const auto& [key, group] : inputs.groups) {
      for (const auto& release : open_releases(inputs, group)) {
        const auto since = memory.releasing_since.find({release.owner_uid, release.address});
        if (since != memory.releasing_since.end()) out.add(since->second + release_patience(group.spec));
      }
    }
  }
  for (const auto& [member, since] : memory.interface_missing_since) out.add(since + kMissingBeforeReplaced);
  if (const auto end = next_end(memory.vacancies)) out.add(*end);
  if (memory.begun) out.add(*memory.begun + kReadyBeforeItsPods);
  for (const auto& [node, since] : memory.recovering) {
    if (since) out.add(*since + kReadyBeforeItsPods);
  }
  return out.get();
}

}  // namespace fairlead::controller
