#include "node/agent/forwarding_table.h"

#include <utility>

#include "lib/base/overloaded.h"
#include "lib/sys/loop.h"
#include "node/ipvs/desired.h"

// What ForwardingTable has the kernel do, and what becomes of it. What it reads: forwarding_table_reading.cc;
// what it decides: forwarding_table_decisions.cc.
namespace fairlead::agent {
ForwardingTable::ForwardingTable(kernel::Ipvs& ipvs) : ForwardingTable(ipvs, {sys::now, [] {}}) {}
ForwardingTable::ForwardingTable(kernel::Ipvs& ipvs, TurnClock clock)
    : ipvs_(ipvs), clock_(std::move(clock)) {}

void ForwardingTable::forget_everything() {
  pending_ = {};
  unanswered_.clear();
  decided_.clear();
  settled_.clear();
  underway_.clear();
  fallen_back_.clear();
  ours_.clear();
  present_.clear();
  foreign_.clear();
  failed_.clear();
  refused_.clear();
  drains_.clear();
}

std::set<ipvs::Key> ForwardingTable::carry_out(const TableOrder& order, TimePoint end, TablePass& pass,
                                               std::set<ipvs::Key>& touched) {
  std::set<ipvs::Key> again;
  while (!pending_.empty()) {
    const std::vector<ipvs::PendingChange> part = pending_.next();
    std::vector<ipvs::Change> changes;
    for (const ipvs::PendingChange& one : part) changes.push_back(one.change);
    const TimePoint begun = clock_.now();
    const auto results = ipvs_.apply(changes);
    const TimePoint ended = clock_.now();
    pending_.took(ended - begun);
    clock_.moved();
    if (pending_.is_slow()) gather_pending();
    std::set<ipvs::Key> not_added;
    for (std::size_t i = 0; i < part.size(); ++i) {
      const ipvs::Key& key = ipvs::key_of(changes[i]);
      touched.insert(key);
      if (results[i]) {
        note_done(part[i], pass);
        continue;
      }
      if (std::holds_alternative<ipvs::AddService>(changes[i])) not_added.insert(key);
      if (change_failed(order, changes[i], results[i].error())) again.insert(key);
    }
    // A NEW that meets somebody else's service must not be followed by our destinations.
    pending_.drop(not_added);
    if (ended >= end && !pending_.begins_with_new_service()) break;
  }
  return again;
}

// Where it cannot be asked the order of need has to do.
void ForwardingTable::gather_pending() {
  const auto order = ipvs_.order();
  pending_.gather(order ? *order : std::vector<ipvs::Key>());
  clock_.moved();
}

std::set<api::Scheduler> ForwardingTable::lacking() const {
  std::set<api::Scheduler> out = missing_;
  for (const api::Scheduler one : untried_) out.erase(one);
  return out;
}

// The kernel has taken a service with it.
void ForwardingTable::note_scheduler(const ipvs::Key& key, const std::string& name) {
  const auto plan = decided_.find(key);
  if (plan != decided_.end() && api::to_string(plan->second.scheduler) != name)
    fallen_back_.insert(key);
  else
    fallen_back_.erase(key);
  std::erase_if(missing_, [&](api::Scheduler one) { return api::to_string(one) == name; });
  std::erase_if(untried_, [&](api::Scheduler one) { return api::to_string(one) == name; });
}

bool ForwardingTable::service_failed(const TableOrder& order, const ipvs::Key& key,
                                     const ipvs::Service& service, const Error& error) {
  if (error.code == Code::kConflict && !ours_.contains(key)) {
    foreign_.insert(key);
    return false;
  }
  failed_[key] = error.message;
  if (error.code == Code::kUnavailable && !ours_.contains(key)) unanswered_.insert_or_assign(key, service);
  const auto server = order.servers.find(key);
  if (error.code == Code::kNotFound && server != order.servers.end()) {
    if (service.scheduler == api::to_string(ipvs::kFallbackScheduler)) return false;
    missing_.insert(server->second.scheduler);
    untried_.erase(server->second.scheduler);
    return true;  // with the fallback
  }
  return error.code == Code::kConflict || error.code == Code::kUnavailable;
}

bool ForwardingTable::change_failed(const TableOrder& order, const ipvs::Change& change, const Error& error) {
  const ipvs::Key& key = ipvs::key_of(change);
  const bool surprise =
      error.code == Code::kConflict || error.code == Code::kNotFound || error.code == Code::kUnavailable;
  return std::visit(
      Overloaded{
          [&](const ipvs::AddService& c) { return service_failed(order, key, c.service, error); },
          [&](const ipvs::SetService& c) {
            // Not found: the service (deleted meanwhile) or its scheduler; ask which.
            const auto still = ipvs_.service(key);
            if (still && *still) return service_failed(order, key, c.service, error);
            failed_[key] = error.message;
            return surprise;
          },
          [&](const ipvs::AddDestination& c) {
            refused_[key][c.endpoint] = error.message;
            return surprise;
          },
          [&](const ipvs::SetDestination& c) {
            refused_[key][c.endpoint] = error.message;
            return surprise;
          },
          [&](const ipvs::DeleteDestination&) {
            failed_[key] = error.message;
            return surprise;
          },
          [&](const ipvs::DeleteService&) {
            failed_[key] = error.message;
            return surprise;
          },
      },
      change);
}

void ForwardingTable::accept(const ipvs::Key& key, const net::Endpoint& endpoint) {
  const auto found = refused_.find(key);
  if (found == refused_.end()) return;
  found->second.erase(endpoint);
  if (found->second.empty()) refused_.erase(found);
}

void ForwardingTable::note_done(const ipvs::PendingChange& done, TablePass& pass) {
  const ipvs::Change& change = done.change;
  const ipvs::Key& key = ipvs::key_of(change);
  std::visit(Overloaded{
                 [&](const ipvs::AddService& c) {
                   ours_.insert(key);
                   present_.insert(key);
                   note_scheduler(key, c.service.scheduler);
                 },
                 [&](const ipvs::DeleteService&) {
                   ours_.erase(key);
                   present_.erase(key);
                   fallen_back_.erase(key);
                 },
                 [&](const ipvs::SetService& c) { note_scheduler(key, c.service.scheduler); },
                 [&](const ipvs::AddDestination& c) { accept(key, c.endpoint); },
                 [&](const ipvs::SetDestination& c) { accept(key, c.endpoint); },
                 [&](const ipvs::DeleteDestination&) {},
             },
             change);
  drains_.note(change, pass.departures);
  pass.done.push_back(change);
  if (done.cause == ipvs::Cause::kRepair) pass.repairs.push_back(change);
  if (done.cause == ipvs::Cause::kRestOfRepair) pass.rest_of_repairs.push_back(change);
}

}  // namespace fairlead::agent
