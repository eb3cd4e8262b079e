#include "sim/controller/judge.h"

#include <algorithm>

#include "lib/api/virtual_ip.h"

namespace fairlead::sim::cluster {
namespace {

// From the answer to a question to the arrival of what is sent upon it, at most (ground.cc).
constexpr Milliseconds kRequest{50};
constexpr Milliseconds kLateRequest{6100};

std::set<std::string> uids_of(const std::vector<api::AddressOwner>& owners) {
  std::set<std::string> out;
  for (const auto& owner : owners) out.insert(owner.uid);
  return out;
}

bool meet(const std::set<std::string>& a, const std::set<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& one) { return b.contains(one); });
}

std::string text_of(const std::set<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : "+") + word;
  return out;
}

}  // namespace

void Judge::report(const std::string& promise, const std::string& what) {
  if (!breach_) breach_ = Breach{promise, what};
}

void Judge::changed(const Name& name, const json* before, const json* after, TimePoint now) {
  if (!one_history_) return;
  now_is_ = now;
  if (name.kind == "VRRPGroup") group_changed(name, before, after);
  if (name.kind == "AddressClaim") claim_changed(before, after);
  if (name.kind == "VirtualIP") note_virtual_ip(before, after);
  if (name.kind == "AddressPool") note_pool(name.key.name, after != nullptr);
}

// Who sends away a claim has asked just before whether a group lists the address.
void Judge::check_gone(const std::string& address) {
  const auto since = listed_since_.find(address);
  if (since == listed_since_.end() || !is_listed(address, std::nullopt)) return;
  if (!one_led_ && now_is_ - since->second <= (requests_are_late_ ? kLateRequest : kRequest)) return;
  report("I-13", address + " is listed by a group, and its claim goes");
}

void Judge::note_pool(const std::string& pool, bool there) {
  if (there) {
    pools_.insert(pool);
    return;
  }
  pools_.erase(pool);
  for (const auto& [address, from] : pool_of_) {
    if (from == pool) without_pool_.insert(address);
  }
}

void Judge::note_pool_of(const std::string& address, const api::AddressClaim* claim) {
  if (claim == nullptr) {
    pool_of_.erase(address);
    without_pool_.erase(address);
    return;
  }
  pool_of_[address] = claim->spec.pool;
  if (!pools_.contains(claim->spec.pool)) without_pool_.insert(address);
}

bool Judge::is_listed(const std::string& address, const std::optional<std::string>& uid) const {
  return std::any_of(now_.begin(), now_.end(), [&](const auto& group) {
    const auto found = group.second.find(address);
    return found != group.second.end() && (!uid || found->second.owners.contains(*uid));
  });
}

void Judge::note_virtual_ip(const json* before, const json* after) {
  if (before != nullptr) asking_.erase((*before)["metadata"]["uid"].get<std::string>());
  if (after == nullptr || (*after)["metadata"].contains("deletionTimestamp")) return;
  const auto virtual_ip = api::decode_virtual_ip(after->dump()).value;
  Uids& asked = asking_[virtual_ip.meta.uid];
  for (const auto& address : virtual_ip.spec.addresses) asked.insert(net::to_string(address));
}

// Of two that it has one goes, where it asks for none by name.
bool Judge::holds_another(const std::string& uid, const std::string& than) const {
  return std::any_of(claims_.begin(), claims_.end(),
                     [&](const auto& entry) { return entry.first != than && entry.second.contains(uid); });
}

void Judge::check_taken(const std::string& address, const Uids& had, const Uids& have) {
  for (const auto& uid : had) {
    const auto found = asking_.find(uid);
    if (have.contains(uid) || found == asking_.end()) continue;
    if (!found->second.empty() && !found->second.contains(address)) continue;
    if (found->second.empty() && holds_another(uid, address)) continue;
    if (without_pool_.contains(address) && !is_listed(address, uid)) continue;
    report("FC-03", "the claim of " + address + " goes from " + uid + ", which is there and asks for it");
  }
}

void Judge::group_changed(const Name& name, const json* before, const json* after) {
  ++checks_;
  const Listing had = before == nullptr ? Listing{} : now_[name.key.name];
  if (after == nullptr) {
    now_.erase(name.key.name);
    return;
  }
  const auto group = api::decode_vrrp_group(after->dump()).value;
  Listing has;
  for (const auto& address : group.spec.addresses) {
    const std::string text = net::to_string(address.address);
    const Uids owners = uids_of(address.owners);
    const auto known = had.find(text);
    const bool goes_on =
        known != had.end() && (known->second.owners == owners || meet(known->second.owners, owners));
    const Tenure* tenure = goes_on ? &known->second : interrupted(group, text, owners);
    has[text] = tenure != nullptr ? Tenure{tenure->number, owners} : begin(name, text, owners);
    last_[text] = {name.key.name, has[text]};
    if (known == had.end()) listed_since_[text] = now_is_;
  }
  now_[name.key.name] = has;
  versions_[{group.meta.uid, group.meta.generation}] = has;
  for (const auto& [address, tenure] : has) check_claim(address);
}

const Judge::Tenure* Judge::interrupted(const api::VRRPGroup& group, const std::string& address,
                                        const Uids& owners) const {
  const auto last = last_.find(address);
  if (last == last_.end() || last->second.first != group.meta.name) return nullptr;
  if (!meet(last->second.second.owners, owners)) return nullptr;
  for (const auto& [other, listing] : now_) {
    if (other != group.meta.name && listing.contains(address)) return nullptr;
  }
  const Tenure& before = last->second.second;
  const bool others = std::any_of(held_.begin(), held_.end(), [&](const auto& machine) {
    const auto found = machine.second.find(address);
    return found != machine.second.end() && found->second != before.number;
  });
  return others ? nullptr : &before;
}

Judge::Tenure Judge::begin(const Name& group, const std::string& address, const Uids& owners) {
  for (const auto& [other, listing] : now_) {
    if (other == group.key.name || !listing.contains(address)) continue;
    report("I-13", address + " goes to group " + group.key.name + " while group " + other + " lists it");
  }
  for (const auto& [machine, addresses] : held_) {
    if (!addresses.contains(address)) continue;
    report("I-13", address + " goes to " + text_of(owners) + " in group " + group.key.name + " while " +
                       machine + " may still hold it by an earlier plan");
  }
  newest_[address] = ++numbers_;
  return {numbers_, owners};
}

void Judge::check_claim(const std::string& address) {
  for (const auto& [group, listing] : now_) {
    const auto found = listing.find(address);
    if (found == listing.end() || (claims_[address].empty() && !one_led_)) continue;
    if (!claims_[address].empty() && named_[address] != group) {
      report("I-13", address + " is listed by group " + group + ", and its claim names " +
                         (named_[address].empty() ? "no group" : "group " + named_[address]));
    }
    for (const auto& owner : found->second.owners) {
      if (claims_[address].contains(owner)) continue;
      report("I-13", address + " is listed by group " + group + " for " + owner + ", and its claim names " +
                         (claims_[address].empty() ? "nobody" : text_of(claims_[address])));
    }
  }
}

void Judge::claim_changed(const json* before, const json* after) {
  ++checks_;
  const auto claim = api::decode_address_claim((after != nullptr ? after : before)->dump()).value;
  const std::string address = net::to_string(claim.spec.address);
  const Uids have = after == nullptr ? Uids{} : uids_of(api::holders_of(claim));
  check_taken(address, claims_[address], have);
  if (have.empty()) check_gone(address);
  note_pool_of(address, after != nullptr ? &claim : nullptr);
  claims_[address] = have;
  named_[address] = after == nullptr ? "" : api::group_named_by(claim);
  check_claim(address);
}

void Judge::check_order(const Machine& machine, const plan::Objects& before) {
  for (const auto& [name, group] : machine.held().groups) {
    const auto old = before.groups.find(name);
    if (old == before.groups.end() || old->second.meta.uid != group.meta.uid) continue;
    const bool back = group.meta.generation < old->second.meta.generation &&
                      group.spec.config_epoch <= old->second.spec.config_epoch;
    if (!back) continue;
    report("I-10", machine.name() + " goes back from generation " +
                       std::to_string(old->second.meta.generation) + " to " +
                       std::to_string(group.meta.generation) + " of group " + name);
  }
}

void Judge::applied(const Machine& machine, const plan::Objects& before) {
  ++checks_;
  check_order(machine, before);
  if (!one_history_) return;
  auto& held = held_[machine.name()];
  held.clear();
  if (machine.excused()) return;
  for (const auto& [name, group] : machine.held().groups) {
    if (machine.seat(group) == nullptr) continue;
    const auto& listing = versions_[{group.meta.uid, group.meta.generation}];
    for (const auto& [address, tenure] : listing) {
      held[address] = tenure.number;
      if (newest_[address] == tenure.number) continue;
      report("I-13", machine.name() + " takes up " + address + " by generation " +
                         std::to_string(group.meta.generation) + " of group " + name +
                         ", after it was given to others");
    }
  }
}

}  // namespace fairlead::sim::cluster
