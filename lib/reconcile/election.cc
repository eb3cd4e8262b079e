#include "lib/reconcile/election.h"

#include <algorithm>
#include <utility>

#include "lib/base/overloaded.h"

namespace fairlead::reconcile {
namespace {

constexpr double kJitter = 1.2;  // of the retry period, at most, is added to a standby's
constexpr Seconds kStandstill{20};

Microseconds request_timeout(const ElectionConfig& config) { return Microseconds(config.renew_deadline) / 2; }

// By when a leader must have renewed, or stop. A round begins a retry period after the last success.
BootTime stop_at(const ElectionConfig& config, const Leader& leader) {
  return leader.renewed + std::min(config.retry_period + config.renew_deadline, config.lease_duration);
}

BootTime deadline_of(const ElectionConfig& config, const Turn& turn) {
  const auto* resting = std::get_if<Resting>(&turn);
  return resting != nullptr ? resting->until : std::get<Asked>(turn).sent + request_timeout(config);
}

// Of the role that has one now; const as the state is.
template <class State>
auto turn_of(State& state) -> decltype(&std::get<Standby>(state.role).turn) {
  if (auto* role = std::get_if<Standby>(&state.role)) return &role->turn;
  if (auto* role = std::get_if<Leader>(&state.role)) return &role->turn;
  if (auto* role = std::get_if<Resigning>(&state.role)) return &role->turn;
  return nullptr;
}

class Machine {
 public:
  Machine(const ElectionConfig& config, ElectionState& state, const ElectionMoment& at)
      : config_(config), state_(state), at_(at) {}

  std::vector<ElectionAction> take(ElectionEvent event) {
    if (!too_late(event)) {
      std::visit(
          Overloaded{[this](ElectionBegun) { begin(); }, [this](LeaseRead& e) { read(std::move(e.lease)); },
                     [this](LeaseMissing) { missing(); },
                     [this](LeaseWritten& e) { written(std::move(e.lease)); },
                     [this](LeaseConflict) { conflict(); }, [this](LeaseFailed& e) { failed(e.why); },
                     [this](ElectionTimePassed) { time_passed(); }, [this](ResignAsked) { resign(); }},
          event);
    }
    return std::move(actions_);
  }

 private:
  Standby* standby() { return std::get_if<Standby>(&state_.role); }
  Leader* leader() { return std::get_if<Leader>(&state_.role); }
  Resigning* resigning() { return std::get_if<Resigning>(&state_.role); }

  Turn* turn() { return turn_of(state_); }
  const Asked* asked() { return turn() == nullptr ? nullptr : std::get_if<Asked>(turn()); }

  template <class A>
  void act(A action) {
    actions_.emplace_back(std::move(action));
  }
  template <class A>
  void ask(LeaseRequest request, A action) {
    *turn() = Asked{request, at_.now};
    act(std::move(action));
  }
  // Until the next try: spread for a standby, without jitter for a leader.
  void rest() {
    const double stretch = standby() != nullptr ? 1 + kJitter * at_.random : 1;
    const auto period = static_cast<double>(Microseconds(config_.retry_period).count());
    *turn() = Resting{at_.now + Microseconds(static_cast<std::int64_t>(period * stretch))};
  }
  template <class A>
  void end(A last) {
    state_.role = ElectionEnded{};
    act(std::move(last));
  }

  // Whatever the event is: a leader that has not renewed in time stops before it looks at anything else.
  bool too_late(const ElectionEvent& event) {
    if (std::holds_alternative<ResignAsked>(event)) return false;
    if (const auto* role = leader(); role != nullptr && at_.now >= stop_at(config_, *role)) {
      const auto silent = std::chrono::floor<Seconds>(at_.now - role->renewed);
      end(LeadLost{"not renewed for " + std::to_string(silent.count()) + " s"});
      return true;
    }
    if (const auto* role = resigning(); role != nullptr && at_.now >= role->ends) {
      end(Resigned{"no answer in time"});
      return true;
    }
    return false;
  }

  void begin() {
    if (!std::holds_alternative<NotBegun>(state_.role)) return;
    state_.role = Standby{};
    ask(LeaseRequest::kRead, ReadLease{});
  }

  void time_passed() {
    if (turn() == nullptr || at_.now < deadline_of(config_, *turn())) return;
    if (asked() != nullptr) {
      act(AbandonRequest{});
      return failed("no answer within " + std::to_string(request_timeout(config_) / Milliseconds(1)) + " ms");
    }
    if (leader() != nullptr && holds_by_memory()) {
      return ask(LeaseRequest::kRenewal, UpdateLease{*state_.seen, record_over(state_.seen->record)});
    }
    ask(LeaseRequest::kRead, ReadLease{});
  }

  // The record of step 1: ours, and not run out.
  bool holds_by_memory() const { return state_.seen && is_me(state_.seen->record) && at_.now < expiry(); }
  bool is_me(const api::LeaseRecord& record) const { return record.holder == config_.identity; }
  BootTime expiry() const {
    return state_.seen_at + state_.seen->record.duration.value_or(config_.lease_duration);
  }

  // The record that makes us holder in place of this one.
  api::LeaseRecord record_over(const api::LeaseRecord& there) const {
    const std::string stamp = to_rfc3339_micro(at_.wall);
    api::LeaseRecord out{config_.identity, config_.lease_duration, there.acquired, stamp, there.transitions};
    if (is_me(there)) return out;
    out.acquired = stamp;
    if (out.transitions < INT32_MAX) ++out.transitions;
    return out;
  }

  void read(api::Lease lease) {
    if (asked() == nullptr || asked()->request != LeaseRequest::kRead) return;
    settle();
    const bool changed = !state_.seen || state_.seen->spec_text != lease.spec_text;
    if (changed) state_.seen_at = at_.now;
    state_.seen = std::move(lease);
    const auto& record = state_.seen->record;
    tell_holder(record.holder);
    const bool others = !record.holder.empty() && !is_me(record);
    if (resigning() != nullptr) return is_me(record) ? release() : end(Resigned{});
    if (others && leader() != nullptr) return end(LeadLost{"the Lease names " + record.holder});
    if (others && at_.now < expiry()) return rest();
    ask(LeaseRequest::kWrite, UpdateLease{*state_.seen, record_over(record)});
  }

  void release() {
    auto record = state_.seen->record;
    record.holder.clear();
    record.duration = Seconds(1);
    record.renewed = to_rfc3339_micro(at_.wall);
    ask(LeaseRequest::kWrite, UpdateLease{*state_.seen, std::move(record)});
  }

  void missing() {
    if (asked() == nullptr || asked()->request != LeaseRequest::kRead) return;
    settle();
    state_.seen.reset();
    tell_holder("");
    if (resigning() != nullptr) return end(Resigned{});
    const std::string stamp = to_rfc3339_micro(at_.wall);
    ask(LeaseRequest::kWrite, CreateLease{{config_.identity, config_.lease_duration, stamp, stamp, 0}});
  }

  // What was written stands in the Lease, or it never will.
  void settle() {
    if (auto* role = standby()) role->unsettled = false;
  }

  void written(api::Lease lease) {
    if (asked() == nullptr || asked()->request == LeaseRequest::kRead) return;
    const BootTime sent = asked()->sent;
    const bool mine = is_me(lease.record);
    if (mine == (resigning() != nullptr)) {
      return failed("the answer to our write names " +
                    (lease.record.holder.empty() ? "nobody" : lease.record.holder));
    }
    state_.seen = std::move(lease);
    state_.seen_at = sent;
    tell_holder(state_.seen->record.holder);
    if (resigning() != nullptr) return end(Resigned{});
    // Counted from when it was sent: an answer that took long, or that found us frozen, gives no more time.
    if (at_.now >= sent + config_.renew_deadline) return failed("the answer came too late");
    const bool begins = leader() == nullptr;
    state_.role = Leader{{}, sent};
    rest();
    if (begins) act(LeadTaken{});
  }

  void conflict() {
    if (asked() == nullptr || asked()->request == LeaseRequest::kRead) return;
    if (asked()->request == LeaseRequest::kRenewal) return take_slow_path();
    if (resigning() != nullptr) return ask(LeaseRequest::kRead, ReadLease{});
    rest();
  }

  void take_slow_path() {
    act(SlowPathTaken{});
    ask(LeaseRequest::kRead, ReadLease{});
  }

  void failed(const std::string& why) {
    if (asked() == nullptr) return;
    if (asked()->request == LeaseRequest::kRenewal) return take_slow_path();
    if (resigning() != nullptr) return end(Resigned{why});
    if (auto* role = standby(); role != nullptr && asked()->request == LeaseRequest::kWrite)
      role->unsettled = true;
    act(TryFailed{why});
    rest();
  }

  void tell_holder(const std::string& holder) {
    if (std::exchange(state_.holder, holder) != holder) act(HolderChanged{holder});
  }

  void resign() {
    if (resigning() != nullptr || std::holds_alternative<ElectionEnded>(state_.role)) return;
    const auto* role = standby();
    const bool writing = asked() != nullptr && asked()->request != LeaseRequest::kRead;
    const bool may_be_named = leader() != nullptr || (role != nullptr && (role->unsettled || writing));
    if (!may_be_named) return end(Resigned{});
    state_.role = Resigning{{}, at_.now + config_.renew_deadline};
    ask(LeaseRequest::kRead, ReadLease{});
  }

  const ElectionConfig& config_;
  ElectionState& state_;
  const ElectionMoment& at_;
  std::vector<ElectionAction> actions_;
};

}  // namespace

Result<ElectionConfig> make_election_config(ElectionConfig config) {
  const auto text = [](Seconds seconds) { return std::to_string(seconds.count()) + " s"; };
  const bool whole = config.retry_period >= Seconds(1);
  if (whole && config.lease_duration > config.renew_deadline &&
      config.renew_deadline * 10 > config.retry_period * 12) {
    return config;
  }
  return fail(Code::kInvalid, "the lease duration (" + text(config.lease_duration) +
                                  ") must be longer than the renew deadline (" + text(config.renew_deadline) +
                                  "), and that longer than 1.2 times the retry period (" +
                                  text(config.retry_period) + "), all at least 1 s");
}

std::vector<ElectionAction> step(const ElectionConfig& config, ElectionState& state, ElectionEvent event,
                                 const ElectionMoment& at) {
  return Machine(config, state, at).take(std::move(event));
}

bool awaits_answer(const ElectionState& state) {
  const Turn* turn = turn_of(state);
  return turn != nullptr && std::holds_alternative<Asked>(*turn);
}

std::optional<BootTime> next_deadline(const ElectionConfig& config, const ElectionState& state) {
  const Turn* turn = turn_of(state);
  if (turn == nullptr) return std::nullopt;
  const BootTime next = deadline_of(config, *turn);
  if (const auto* role = std::get_if<Leader>(&state.role)) return std::min(next, stop_at(config, *role));
  if (const auto* role = std::get_if<Resigning>(&state.role)) return std::min(next, role->ends);
  return next;
}

bool may_write(const ElectionConfig& config, const ElectionState& state, BootTime now) {
  const auto* role = std::get_if<Leader>(&state.role);
  return role != nullptr && now < role->renewed + config.renew_deadline;
}

bool moves(const ElectionConfig& config, const ElectionState& state, BootTime now) {
  const auto* role = std::get_if<Leader>(&state.role);
  return role == nullptr || now <= role->renewed + config.lease_duration + kStandstill;
}

}  // namespace fairlead::reconcile
