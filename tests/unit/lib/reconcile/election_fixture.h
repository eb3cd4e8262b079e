#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/reconcile/election.h"

// Builders for the tests of the election.
namespace fairlead::reconcile {

using Acts = std::vector<ElectionAction>;

inline const std::string kMe = "pod-a_1";
inline const std::string kOther = "pod-b_2";
inline const BootTime b0{Seconds(1000)};
inline const WallTime w0{Seconds(1'800'000'000)};

// The Lease as the API server shows it at this resourceVersion. The record's text differs with each value of
// it.
inline api::Lease lease_of(api::LeaseRecord record, const std::string& version) {
  api::Lease out;
  out.meta.name = "fairlead-controller";
  out.meta.namespace_name = "fairlead-system";
  out.meta.resource_version = version;
  out.spec_text = record.holder + "|" + std::to_string(record.duration.value_or(Seconds(0)).count()) + "|" +
                  record.acquired + "|" + record.renewed + "|" + std::to_string(record.transitions);
  out.record = std::move(record);
  out.document = "document at " + version;
  return out;
}

// A record of another replica, made by a clock that runs wherever it likes.
inline api::LeaseRecord other_record(const std::string& renewed, Seconds duration = Seconds(15)) {
  return {kOther, duration, "2001-01-01T00:00:00.000000Z", renewed, 4};
}
inline LeaseRead read_of(const api::LeaseRecord& record, const std::string& version) {
  return {lease_of(record, version)};
}

// A machine with its clocks. Random numbers are 0 unless said otherwise: tries of a standby are 2 s apart.
struct Replica {
  ElectionConfig config{kMe};
  ElectionState state{};
  BootTime now = b0;
  WallTime wall = w0;
  double random = 0;

  Acts step(ElectionEvent event) {
    return reconcile::step(config, state, std::move(event), {now, wall, random});
  }
  Acts after(Microseconds time, ElectionEvent event) {
    now += time;
    wall += time;
    return step(std::move(event));
  }
  Microseconds due_in() const { return next_deadline(config, state).value_or(BootTime::max()) - now; }
  bool gate() const { return may_write(config, state, now); }
  std::string stamp() const { return to_rfc3339_micro(wall); }
};

// A replica that took a free Lease at b0: leader, the Lease at version 2, its next round due at b0 + 2 s.
inline Replica leader() {
  Replica out;
  out.step(ElectionBegun{});
  out.step(read_of({"", Seconds(1), "", "2001-01-01T00:00:00.000000Z", 4}, "1"));
  out.step(LeaseWritten{lease_of({kMe, Seconds(15), out.stamp(), out.stamp(), 5}, "2")});
  return out;
}

// A leader whose renewal at b0 + 2 s runs.
inline Replica renewing() {
  auto out = leader();
  out.after(Seconds(2), ElectionTimePassed{});
  return out;
}

// The record of leader(), renewed at its time `now`.
inline api::LeaseRecord own_record(const Replica& replica) {
  return {kMe, Seconds(15), to_rfc3339_micro(w0), replica.stamp(), 5};
}

// The leader's request in a renewal at its time `now`: an update of the Lease at `version`.
inline UpdateLease renewal(const Replica& replica, const api::Lease& there) {
  return {there, own_record(replica)};
}

}  // namespace fairlead::reconcile
