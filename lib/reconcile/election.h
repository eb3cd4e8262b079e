#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/api/lease.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

// Who of several replicas leads, by a Lease (kubernetes.md 4). A pure machine: what happened goes in, what to
// do comes out. Leading is no safety: the Lease is no fence, and two leaders must be harmless (FC-02).
namespace fairlead::reconcile {

// Local time that counts suspend and that nobody can set: CLOCK_BOOTTIME. Clocks of other machines, and the
// wall clock of this one, decide nothing here (FC-10).
struct BootClock;
using BootTime = std::chrono::time_point<BootClock, Microseconds>;

struct ElectionConfig {
  std::string identity;        // of this process, and of no other one ever
  Seconds lease_duration{15};  // that others wait after our last sign of life
  Seconds renew_deadline{10};  // that a leader may go on without a successful renewal
  Seconds retry_period{2};     // between tries
};

// Errors: kInvalid, where not lease_duration > renew_deadline > 1.2 x retry_period, all 1 s at least: a
// leader could not renew in time.
Result<ElectionConfig> make_election_config(ElectionConfig config);

// ---- events: answers belong to the request sent last ----
struct ElectionBegun {};
// The Lease was read.
struct LeaseRead {
  api::Lease lease;
};
// It is not there.
struct LeaseMissing {};
// It was created or updated: as it is now.
struct LeaseWritten {
  api::Lease lease;
};
// Refused with 409: somebody else wrote first.
struct LeaseConflict {};
// Any other answer, or none.
struct LeaseFailed {
  std::string why;
};
// now has reached next_deadline().
struct ElectionTimePassed {};
// Stop, and let go of the Lease. No write of a worker is on its way any more.
struct ResignAsked {};
using ElectionEvent = std::variant<ElectionBegun, LeaseRead, LeaseMissing, LeaseWritten, LeaseConflict,
                                   LeaseFailed, ElectionTimePassed, ResignAsked>;

// ---- actions: the first three are requests, and each ends the one that still runs ----
struct ReadLease {
  friend bool operator==(ReadLease, ReadLease) = default;
};
struct CreateLease {
  api::LeaseRecord record;
  friend bool operator==(const CreateLease&, const CreateLease&) = default;
};
// On condition that it is `there` still, by its resourceVersion.
struct UpdateLease {
  api::Lease there;
  api::LeaseRecord record;
  friend bool operator==(const UpdateLease&, const UpdateLease&) = default;
};
// The running request has had its time.
struct AbandonRequest {
  friend bool operator==(AbandonRequest, AbandonRequest) = default;
};
// The Lease names another holder than it did when we last looked; empty: nobody.
struct HolderChanged {
  std::string holder;
  friend bool operator==(const HolderChanged&, const HolderChanged&) = default;
};
// A renewal did not go through at once; the Lease is read first.
struct SlowPathTaken {
  friend bool operator==(SlowPathTaken, SlowPathTaken) = default;
};
// A try failed, not because somebody else leads.
struct TryFailed {
  std::string why;
  friend bool operator==(const TryFailed&, const TryFailed&) = default;
};
struct LeadTaken {
  friend bool operator==(LeadTaken, LeadTaken) = default;
};
// Nothing follows. All work is to be given up at once.
struct LeadLost {
  std::string why;
  friend bool operator==(const LeadLost&, const LeadLost&) = default;
};
// The end after ResignAsked. Nothing follows.
struct Resigned {
  std::string kept;  // why the Lease may name us still; empty: it does not
  friend bool operator==(const Resigned&, const Resigned&) = default;
};
using ElectionAction = std::variant<ReadLease, CreateLease, UpdateLease, AbandonRequest, HolderChanged,
                                    SlowPathTaken, TryFailed, LeadTaken, LeadLost, Resigned>;

// ---- state ----
enum class LeaseRequest {
  kRenewal,  // an update of the Lease as we wrote it last, without reading it first
  kRead,
  kWrite,
};
// A request runs since then.
struct Asked {
  LeaseRequest request = LeaseRequest::kRead;
  BootTime sent{};
};
struct Resting {
  BootTime until{};
};
using Turn = std::variant<Resting, Asked>;

struct NotBegun {};
struct Standby {
  Turn turn;
  bool unsettled = false;  // a write of ours had no answer: the Lease may name us
};
struct Leader {
  Turn turn;
  BootTime renewed{};  // when the last write that succeeded was sent: the Lease is not older than that
};
struct Resigning {
  Turn turn;
  BootTime ends{};
};
struct ElectionEnded {};

struct ElectionState {
  std::variant<NotBegun, Standby, Leader, Resigning, ElectionEnded> role;
  std::optional<api::Lease> seen;  // the last one
  BootTime seen_at{};              // when its record was first seen to be as it is
  std::string holder;              // told last by HolderChanged
};

struct ElectionMoment {
  BootTime now{};
  WallTime wall{};    // for the record only
  double random = 0;  // in [0, 1), new for each step
};

// Total: any event in any state; an answer that nobody waits for changes nothing.
std::vector<ElectionAction> step(const ElectionConfig& config, ElectionState& state, ElectionEvent event,
                                 const ElectionMoment& at);

// True while the request sent last is to be answered; one that runs beyond is nobody's any more.
bool awaits_answer(const ElectionState& state);

// When ElectionTimePassed is due; nullopt: never.
std::optional<BootTime> next_deadline(const ElectionConfig& config, const ElectionState& state);

// The gate before every write: we lead, and the Lease was renewed less than renew_deadline ago, so that
// nobody else can hold it for lease_duration - renew_deadline yet. Says no to a leader that was frozen,
// before any timer of its has run.
bool may_write(const ElectionConfig& config, const ElectionState& state, BootTime now);

// False for a leader that should have stopped long ago: its election has come to a standstill.
bool moves(const ElectionConfig& config, const ElectionState& state, BootTime now);

}  // namespace fairlead::reconcile
