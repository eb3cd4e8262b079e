#include <utility>

#include "node/agent/forwarding_table.h"
#include "node/ipvs/desired.h"
#include "node/kernel/patience.h"

// What ForwardingTable decides: at what to look, what is to be changed for it, and what has been settled.
namespace fairlead::agent {
namespace {

constexpr int kAttempts = 3;
// A dump tells a service in a quarter of the time that asking for it alone takes (libraries.md 2).
constexpr std::size_t kDumpIsFasterFrom = 4;

using Servers = std::map<ipvs::Key, plan::VirtualServerPlan>;

const ipvs::Key& key_of(const ipvs::Key& key) { return key; }
const ipvs::Key& key_of(const Servers::value_type& one) { return one.first; }

// Those of `keys` that are not ordered, in their order. Side by side, as both are sorted: of thousands that
// stay none is looked for.
template <class Keys>
std::vector<ipvs::Key> not_ordered(const Keys& keys, const Servers& ordered) {
  std::vector<ipvs::Key> out;
  auto at = ordered.begin();
  for (const auto& one : keys) {
    while (at != ordered.end() && at->first < key_of(one)) ++at;
    if (at == ordered.end() || key_of(one) < at->first) out.push_back(key_of(one));
  }
  return out;
}

}  // namespace

Result<TablePass> ForwardingTable::pass(const TableOrder& order, const std::set<ipvs::Key>& look_at) {
  Look look{look_at, true};
  std::erase_if(look.keys,
                [&](const ipvs::Key& key) { return pending_.contains(key) && !differs(order, key); });
  return work(order, std::move(look));
}

Result<TablePass> ForwardingTable::follow(const TableOrder& order) {
  std::set<ipvs::Key> keys;
  auto decided = decided_.begin();
  for (const auto& [key, server] : order.servers) {
    while (decided != decided_.end() && decided->first < key) ++decided;
    const bool as_decided = decided != decided_.end() && decided->first == key && decided->second == server;
    if (!as_decided || failed_.contains(key) || refused_.contains(key)) keys.insert(keys.end(), key);
  }
  return work(order, look_for(order, std::move(keys)));
}

Result<TablePass> ForwardingTable::go_on(const TableOrder& order) { return work(order, std::nullopt); }

ForwardingTable::Look ForwardingTable::look_for(const TableOrder& order, std::set<ipvs::Key> keys) const {
  const bool all = keys.size() * kDumpIsFasterFrom >= order.servers.size();
  return {std::move(keys), all};
}

bool ForwardingTable::differs(const TableOrder& order, const ipvs::Key& key) const {
  const auto wanted = order.servers.find(key);
  const auto decided = decided_.find(key);
  if (wanted == order.servers.end()) return decided != decided_.end();
  return decided == decided_.end() || !(decided->second == wanted->second);
}

bool ForwardingTable::follows(const Servers& servers) const {
  if (pending()) return false;
  for (const auto& [key, server] : servers) {
    const auto decided = decided_.find(key);
    const bool same = decided != decided_.end() && decided->second == server;
    if (!same && !foreign_.contains(key)) return false;
  }
  return true;
}

Result<TablePass> ForwardingTable::work(const TableOrder& order, std::optional<Look> look) {
  TablePass result;
  std::optional<TimePoint> end;
  std::set<ipvs::Key> touched;
  hold_back(order.paused);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (look) {
      const auto decided = decide(order, *look, result);
      if (!decided && attempt == 0) return decided.error();
      if (!decided) {
        result.broken_off = decided.error();
        break;
      }
      touched.insert(decided->begin(), decided->end());
    }
    // What it took to read does not count: else where that takes long nearly nothing would be done.
    if (!end) end = clock_.now() + kernel::kPatience;
    std::set<ipvs::Key> again = carry_out(order, *end, result, touched);
    if (again.empty()) break;
    look = look_for(order, std::move(again));
  }
  settle(order, touched);
  return result;
}

// The services of all that are compared, the destinations of those that are looked at: of the others nobody
// knows what is there, so nothing is wanted.
ipvs::Table ForwardingTable::wished(const TableOrder& order, const Look& look) const {
  ipvs::Table desired;
  const std::set<api::Scheduler> missing = lacking();
  for (const ipvs::Key& key : look.keys) {
    const auto server = order.servers.find(key);
    if (server != order.servers.end())
      desired.emplace(key, ipvs::desired_entry(key, server->second, missing));
  }
  if (!look.all_services) return desired;
  for (const auto& [key, server] : order.servers) {
    if (!look.keys.contains(key)) desired[key].service = ipvs::desired_service(key, server, missing);
  }
  return desired;
}

// Returns those that are wholly decided: what was pending of them is not any more.
Result<std::set<ipvs::Key>> ForwardingTable::decide(const TableOrder& order, const Look& look,
                                                    TablePass& pass) {
  forget_what_left(order);
  ipvs::Table desired = wished(order, look);
  const auto actual = read(order, look, desired, pass);
  if (!actual) return actual.error();
  clock_.moved();
  std::set<ipvs::Key> decided = look.keys;
  std::erase_if(decided, [&](const ipvs::Key& key) { return !order.servers.contains(key); });
  const std::set<api::Scheduler> missing = lacking();
  for (auto& [key, entry] : desired) {
    if (actual->contains(key)) continue;
    entry = ipvs::desired_entry(key, order.servers.at(key), missing);  // what is not there has none
    decided.insert(key);
  }
  ipvs::Ownership whose{{}, order.still_held};
  for (const auto& [key, entry] : *actual) {
    if (ours_.contains(key)) whose.owned.insert(key);
  }
  const ipvs::Decision decision = ipvs::changes(*actual, desired, whose);
  const auto is_wanted = [&](const ipvs::Key& key) { return order.servers.contains(key); };
  std::erase_if(foreign_, [&](const auto& key) { return desired.contains(key) || !is_wanted(key); });
  foreign_.insert(decision.foreign.begin(), decision.foreign.end());
  std::erase_if(failed_, [&](const auto& one) {
    return desired.contains(one.first) || actual->contains(one.first) ||
           !(is_wanted(one.first) || ours_.contains(one.first));
  });
  std::erase_if(refused_,
                [&](const auto& one) { return decided.contains(one.first) || !is_wanted(one.first); });
  queue(order, decision.changes, *actual, decided, pass.departures);
  return decided;
}

void ForwardingTable::queue(const TableOrder& order, const std::vector<ipvs::Change>& changes,
                            const ipvs::Table& actual, const std::set<ipvs::Key>& decided,
                            const Departures& departures) {
  pending_.drop(decided);
  std::vector<ipvs::PendingChange> queued;
  std::set<ipvs::Key> held_back;
  for (const ipvs::Change& change : ipvs::by_need(changes, actual)) {
    const ipvs::Key& key = ipvs::key_of(change);
    if (order.paused.contains(key)) {
      held_back.insert(key);
      continue;
    }
    // What begins to leave, or goes for having left, is no repair.
    const auto server = ipvs::server_of(change);
    const bool departs = server && departures.departing.contains(*server);
    queued.push_back({change, departs ? ipvs::Cause::kOrder : cause_of(order, change)});
  }
  pending_.add(std::move(queued));
  for (const ipvs::Key& key : decided) {
    if (foreign_.contains(key))
      decided_.erase(key);
    else if (!held_back.contains(key)) {
      if (settled_.contains(key) && differs(order, key)) underway_.insert(key);
      decided_.insert_or_assign(key, order.servers.at(key));
    }
  }
}

// A change of what had been carried out, and is wanted as it was, undoes what others did: also when it had to
// wait for the end of a back-off. But what the plan asked for last may take several tries, and a scheduler
// that was missing takes the place of the fallback once it is there.
ipvs::Cause ForwardingTable::cause_of(const TableOrder& order, const ipvs::Change& change) const {
  const ipvs::Key& key = ipvs::key_of(change);
  const auto server = order.servers.find(key);
  const bool as_before = server != order.servers.end() && !differs(order, key) && settled_.contains(key);
  if (!as_before || underway_.contains(key)) return ipvs::Cause::kOrder;
  const auto* set = std::get_if<ipvs::SetService>(&change);
  const bool comes_back = set != nullptr && fallen_back_.contains(key) &&
                          set->service.scheduler == api::to_string(server->second.scheduler);
  return comes_back ? ipvs::Cause::kOrder : ipvs::Cause::kRepair;
}

// What is dropped is found again: by the next order, or if it had been carried out before by the audit.
void ForwardingTable::hold_back(const std::set<ipvs::Key>& paused) {
  for (const ipvs::Key& key : paused) {
    if (pending_.contains(key) && !settled_.contains(key)) decided_.erase(key);
  }
  pending_.drop(paused);
}

// Deletions of what left are decided anew each time: by then a VIP may be held again.
void ForwardingTable::forget_what_left(const TableOrder& order) {
  std::set<ipvs::Key> left;
  for (const ipvs::Key& key : not_ordered(decided_, order.servers)) left.insert(key);
  for (const ipvs::Key& key : not_ordered(ours_, order.servers)) left.insert(key);
  pending_.drop(left);
  for (const ipvs::Key& key : left) decided_.erase(key);
  for (const ipvs::Key& key : not_ordered(settled_, order.servers)) {
    settled_.erase(key);
    underway_.erase(key);
  }
}

std::vector<ipvs::Key> ForwardingTable::leaving(const TableOrder& order) const {
  return not_ordered(ours_, order.servers);
}

// After a turn. What surprised to the end counts as failed or refused: follow() looks at it again.
void ForwardingTable::settle(const TableOrder& order, const std::set<ipvs::Key>& touched) {
  for (const ipvs::Key& key : touched) {
    const bool whole = decided_.contains(key) && present_.contains(key) && !pending_.contains(key);
    if (!whole || !order.servers.contains(key)) continue;
    settled_.insert(key);
    if (!failed_.contains(key) && !refused_.contains(key)) underway_.erase(key);
  }
  pending_.set_down();
}

}  // namespace fairlead::agent
