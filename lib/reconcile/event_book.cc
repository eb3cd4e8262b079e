#include "lib/reconcile/event_book.h"

#include <algorithm>
#include <utility>

#include "lib/api/vrrp_group.h"
#include "lib/base/earlier.h"

namespace fairlead::reconcile {
namespace {

constexpr std::size_t kLongestName = 200;
constexpr double kObjectRate =
    1.0 / static_cast<double>(std::chrono::duration_cast<Seconds>(EventBook::kObjectInterval).count());

// Makes room for one more: of `entries` the one unused for longest goes.
template <class Entries>
void make_room(Entries& entries) {
  if (entries.size() < EventBook::kMostRemembered) return;
  entries.erase(std::min_element(entries.begin(), entries.end(),
                                 [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
}

}  // namespace

EventBook::Taken EventBook::take(const api::Notice& notice, const Moment& moment) {
  const auto at = running_.find(notice);
  if (at != running_.end() && moment.now < at->second.last + kSeriesEnds) {
    Running& running = at->second;
    const bool second_time = !running.event.series;
    running.event.series = api::EventSeries{second_time ? 2 : running.event.series->count + 1, moment.wall};
    running.last = moment.now;
    running.unwritten = !second_time;
    if (!second_time) return Counted{};
    running.written = moment.now;
    return Write{running.event, false};
  }
  if (!may_write(notice.regarding, moment.now)) return Refused{};
  if (at != running_.end()) running_.erase(at);
  make_room(running_);
  api::Event event{name_of(notice, moment.wall), moment.wall, reporter_, notice, std::nullopt};
  running_[notice] = {event, moment.now, moment.now, false};
  return Write{std::move(event), true};
}

std::vector<EventBook::Write> EventBook::due(const Moment& moment) {
  std::vector<Write> out;
  for (auto at = running_.begin(); at != running_.end();) {
    Running& running = at->second;
    const bool ended = moment.now >= running.last + kSeriesEnds;
    if (running.unwritten && (ended || moment.now >= running.written + kSeriesRefreshed)) {
      out.push_back({running.event, false});
      running.written = moment.now;
      running.unwritten = false;
    }
    at = ended ? running_.erase(at) : std::next(at);
  }
  return out;
}

std::optional<TimePoint> EventBook::next_due() const {
  std::optional<TimePoint> out;
  for (const auto& [notice, running] : running_) {
    out = earlier(out, running.last + kSeriesEnds);
    if (running.unwritten) out = earlier(out, running.written + kSeriesRefreshed);
  }
  return out;
}

bool EventBook::may_write(const api::EventSubject& subject, TimePoint now) {
  auto at = budgets_.find(subject);
  if (at == budgets_.end()) {
    make_room(budgets_);
    at = budgets_.emplace(subject, Budget{TokenBucket(kObjectRate, kObjectBurst), now}).first;
  }
  at->second.last = now;
  return at->second.bucket.take(now);
}

// Unique: of two processes that tell the same, and of the same told again later.
std::string EventBook::name_of(const api::Notice& notice, WallTime time) const {
  return api::cut_name(notice.regarding.name, kLongestName) + "." +
         api::short_hash(notice.regarding.uid + notice.reason + notice.note + reporter_.instance +
                         to_rfc3339_micro(time));
}

}  // namespace fairlead::reconcile
