#include "node/agent/forwarding_problems.h"

#include <algorithm>

#include "lib/base/text.h"
#include "node/agent/problem.h"

namespace fairlead::agent {
namespace {

constexpr std::size_t kNamedAtMost = 5;  // a message is for people: the first few, then how many more

std::string list(std::vector<std::string> names) {
  const std::size_t count = names.size();
  if (count > kNamedAtMost) names.resize(kNamedAtMost);
  std::string text = join(names, ", ");
  if (count > kNamedAtMost) text += " and " + std::to_string(count - kNamedAtMost) + " more";
  return text;
}

std::string list(const std::set<plan::VirtualServerKey>& keys) {
  std::vector<std::string> names;
  for (const auto& key : keys) names.push_back(plan::to_string(key));
  return list(std::move(names));
}

class Conditions {
 public:
  void add(const std::string& type, const std::string& reason, const std::string& message) {
    all_.push_back(problem(type, reason, message));
  }
  void degraded(const std::string& reason, const std::string& message) { add("Degraded", reason, message); }
  std::vector<api::Condition> take() { return std::move(all_); }

 private:
  std::vector<api::Condition> all_;
};

// nft says so when an expression's module cannot be loaded.
bool module_missing(const Error& error) {
  return error.code == Code::kInvalid && error.message.find("No such file or directory") != std::string::npos;
}

void add_guard(const Error& error, Conditions& out) {
  const std::string hint = "; run `fairlead-node prepare-host`";
  if (module_missing(error))
    out.degraded("ModuleMissing", error.message + hint);
  else
    out.degraded("GuardUnavailable", error.message);
}

void add_refusals(const ForwardingFaults& faults, Conditions& out) {
  std::vector<std::string> services;
  for (const auto& [key, why] : faults.failed) services.push_back(plan::to_string(key) + " (" + why + ")");
  if (!services.empty()) out.degraded("ServiceRefused", "not programmed: " + list(std::move(services)));
  std::vector<std::string> servers;
  for (const auto& [key, endpoints] : faults.refused) {
    for (const auto& [endpoint, why] : endpoints) servers.push_back(why);
  }
  if (!servers.empty()) out.degraded("ServerRefused", list(std::move(servers)));
}

// What this node does not carry out, so that it is never elected for it.
void add_looping(const ForwardingFaults& faults, Conditions& out) {
  std::vector<std::string> looping;
  for (const auto& [key, real] : faults.looping) {
    looping.push_back(plan::to_string(key) + " (" + net::to_string(real.address) + ")");
  }
  if (looping.empty()) return;
  out.degraded("NotYetSupported",
               list(std::move(looping)) +
                   ": DirectRouting to a real server that is this node itself needs loop protection, which "
                   "is not built yet; take the server out, or the node out of the group");
}

void add_mismatches(const ForwardingFaults& faults, Conditions& out) {
  if (faults.mismatches.empty()) return;
  std::vector<std::string> names;
  for (const auto& one : faults.mismatches) {
    std::string text =
        one.name + " is " + (one.found.empty() ? "missing" : one.found) + ", must be " + one.wanted;
    const auto turned = faults.turned_back.find(one.name);
    if (turned != faults.turned_back.end()) {
      text +=
          " (it was right before: something sets it, " + std::to_string(turned->second) + " times by now)";
    }
    names.push_back(std::move(text));
  }
  out.degraded("HostNotPrepared", list(std::move(names)) + "; run `fairlead-node prepare-host`");
}

void add_not_tried(const ForwardingFaults& faults, Conditions& out) {
  std::vector<std::string> checks;
  for (const auto& [key, why] : faults.not_tried) checks.push_back(health::to_string(key) + ": " + why);
  if (checks.empty()) return;
  out.degraded("HealthCheckNotTried",
               "this node cannot check, and keeps what it knew: " + list(std::move(checks)));
}

}  // namespace

std::vector<api::Condition> conditions_of(const ForwardingFaults& faults) {
  Conditions out;
  if (faults.table) out.degraded("IPVSUnavailable", faults.table->message);
  if (faults.guard) add_guard(*faults.guard, out);
  if (!faults.foreign.empty()) {
    out.degraded("ForeignService",
                 list(faults.foreign) + " exists in IPVS and is not ours: left out until it is deleted");
  }
  if (!faults.fought_over.empty()) {
    out.degraded("ConflictWithKubeProxy",
                 list(faults.fought_over) +
                     ": another program undoes our IPVS entries again and again; if "
                     "kube-proxy runs in ipvs mode, put the pool into its ipvs.excludeCIDRs");
  }
  add_looping(faults, out);
  add_refusals(faults, out);
  add_not_tried(faults, out);
  add_mismatches(faults, out);
  if (faults.full_conntrack) {
    out.degraded("ConntrackNearlyFull", "connection tracking is near its limit of " +
                                            std::to_string(faults.full_conntrack->limit) +
                                            ": at the limit new connections are dropped, of this host, too; "
                                            "raise net.netfilter.nf_conntrack_max");
  }
  if (!faults.missing_schedulers.empty()) {
    std::vector<std::string> names;
    for (const auto one : faults.missing_schedulers) names.emplace_back(api::to_string(one));
    out.add("Programmed", "UnsupportedScheduler",
            "this kernel has no scheduler " + list(std::move(names)) + "; wlc is used");
  }
  return out.take();
}

std::map<std::string, std::size_t> problem_counts(const ForwardingFaults& faults) {
  std::map<std::string, std::size_t> counts = {{"IPVSUnavailable", faults.table ? 1 : 0},
                                               {"ForeignService", faults.foreign.size()},
                                               {"ConflictWithKubeProxy", faults.fought_over.size()},
                                               {"NotYetSupported", faults.looping.size()},
                                               {"ServiceRefused", faults.failed.size()},
                                               {"HealthCheckNotTried", faults.not_tried.size()},
                                               {"HostNotPrepared", faults.mismatches.size()},
                                               {"ConntrackNearlyFull", faults.full_conntrack ? 1 : 0},
                                               {"UnsupportedScheduler", faults.missing_schedulers.size()}};
  if (faults.guard) counts[module_missing(*faults.guard) ? "ModuleMissing" : "GuardUnavailable"] = 1;
  for (const auto& [key, endpoints] : faults.refused) counts["ServerRefused"] += endpoints.size();
  std::erase_if(counts, [](const auto& one) { return one.second == 0; });
  return counts;
}

}  // namespace fairlead::agent
