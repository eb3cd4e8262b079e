#include "controller/plan/vacancy.h"

namespace fairlead::controller {
namespace {

Vacancy unknown(const Attendance& seen) {
  Vacancy out;
  out.was_held = seen.said_withdrawn || seen.said_held;
  out.withdrawn = !seen.in_group && seen.said_withdrawn;
  return out;
}

Seconds hold_of(const Vacancy& vacancy) {
  return vacancy.withdrawn ? kServedBeforeBack : kVacantBeforeWithdrawn;
}

// It is to be held. While its status says otherwise that is remembered.
std::optional<Vacancy> held(Vacancy vacancy, const Attendance& seen) {
  vacancy.withdrawn = false;
  vacancy.since.reset();
  if (!seen.in_group && seen.said_withdrawn) return vacancy;
  return std::nullopt;
}

std::optional<Vacancy> while_withdrawn(Vacancy vacancy, const Attendance& seen, TimePoint now) {
  if (!seen.served) {
    vacancy.since.reset();
    return vacancy;
  }
  vacancy.since = vacancy.since.value_or(now);
  if (now - *vacancy.since >= kServedBeforeBack) return held(vacancy, seen);
  return vacancy;
}

std::optional<Vacancy> while_held(Vacancy vacancy, const Attendance& seen, TimePoint now) {
  if (seen.served) return held(vacancy, seen);
  vacancy.was_held = vacancy.was_held || seen.in_group;
  vacancy.since = vacancy.since.value_or(now);
  const bool too_long = now - *vacancy.since >= kVacantBeforeWithdrawn;
  if (seen.in_group && !too_long) return vacancy;
  vacancy.withdrawn = true;
  vacancy.since.reset();
  return vacancy;
}

}  // namespace

std::optional<Vacancy> next_vacancy(const std::optional<Vacancy>& known, const Attendance& seen,
                                    TimePoint now) {
  const Vacancy vacancy = known ? *known : unknown(seen);
  return vacancy.withdrawn ? while_withdrawn(vacancy, seen, now) : while_held(vacancy, seen, now);
}

std::optional<TimePoint> next_end(const Vacancies& vacancies) {
  std::optional<TimePoint> out;
  for (const auto& [uid, vacancy] : vacancies) {
    if (!vacancy.since) continue;
    const TimePoint end = *vacancy.since + hold_of(vacancy);
    if (!out || end < *out) out = end;
  }
  return out;
}

}  // namespace fairlead::controller
