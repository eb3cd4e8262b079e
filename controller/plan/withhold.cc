#include "controller/plan/withhold.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "controller/plan/backends.h"

namespace fairlead::controller {
namespace {

std::optional<Refusal> nothing_to_serve(const Ground& ground, const api::VirtualIP& virtual_ip,
                                        const net::IpAddress& address) {
  const std::string problem = service_problem(ground.inputs, virtual_ip);
  if (problem.empty() || virtual_ip.spec.forwarding == api::Forwarding::kDelegate) return std::nullopt;
  const auto behind = backends(ground.inputs, ground.belongings, virtual_ip, address);
  if (!behind.virtual_servers.empty()) return std::nullopt;
  return Refusal{Reason::kNoEndpoints, problem};
}

// Whether some real server behind one of these addresses takes new connections. Health checks are the nodes'.
bool is_served(const Ground& ground, const api::VirtualIP& virtual_ip,
               const std::vector<net::IpAddress>& addresses) {
  const auto& spec = virtual_ip.spec;
  const api::ObjectKey service{virtual_ip.meta.namespace_name, spec.service.value_or("")};
  const auto* footing = spec.service ? find(ground.footings, service) : nullptr;
  return std::any_of(addresses.begin(), addresses.end(), [&](const auto& address) {
    const auto family = address.family();
    if (footing != nullptr) return footing->served.contains(family);
    return std::any_of(spec.servers.begin(), spec.servers.end(), [&](const auto& server) {
      return server.address.family() == family && server.weight.value() > 0;
    });
  });
}

bool says_withdrawn(const api::VirtualIPStatus& status) {
  return std::any_of(status.conditions.begin(), status.conditions.end(), [](const auto& condition) {
    return condition.type == "Ready" && condition.reason == to_string(Reason::kWithdrawn);
  });
}

std::optional<Vacancy> vacancy_of(const Ground& ground, const api::VirtualIP& virtual_ip,
                                  const std::vector<net::IpAddress>& addresses) {
  const auto& known = ground.inputs.memory.vacancies;
  const auto before = known.find(virtual_ip.meta.uid);
  const Attendance seen{is_served(ground, virtual_ip, addresses),
                        holds_any(ground.tenures, virtual_ip.meta.uid), says_withdrawn(virtual_ip.status),
                        !virtual_ip.status.addresses.empty()};
  return next_vacancy(before == known.end() ? std::nullopt : std::optional(before->second), seen,
                      ground.inputs.now);
}

Refusal withdrawn(const Ground& ground, const api::VirtualIP& virtual_ip, const Vacancy& vacancy) {
  std::string why = service_problem(ground.inputs, virtual_ip);
  if (why.empty()) why = "no real server is ready";
  return {vacancy.was_held ? Reason::kWithdrawn : Reason::kNoEndpoints,
          why + ", and onNoEndpoints is Withdraw: no node holds the address until one has been ready for " +
              std::to_string(kServedBeforeBack.count()) + " s"};
}

// By VirtualIP: it goes with all of its addresses, or stays with all.
void note_vacancies(const Ground& ground, const Seating& seating, Desired& out) {
  for (auto& [key, decision] : out.decisions) {
    const auto* virtual_ip = find(ground.inputs.virtual_ips, key);
    if (virtual_ip == nullptr || decision.addresses.empty()) continue;
    if (virtual_ip->spec.on_no_endpoints != api::OnNoEndpoints::kWithdraw) continue;
    if (seating.frozen.contains(virtual_ip->meta.uid)) continue;
    const auto vacancy = vacancy_of(ground, *virtual_ip, decision.addresses);
    if (!vacancy) continue;
    out.vacancies.insert({virtual_ip->meta.uid, *vacancy});
    if (vacancy->withdrawn) decision.not_placed = withdrawn(ground, *virtual_ip, *vacancy);
  }
}

}  // namespace

void withhold_unserved(const Ground& ground, Seating& seating, Desired& out) {
  auto& all = seating.claims.granted;
  note_vacancies(ground, seating, out);
  for (auto& [address, wishes] : all) {
    std::erase_if(wishes, [&](const Wish& wish) {
      if (seating.frozen.contains(wish.uid)) return false;
      if (is_withdrawn(out, wish.uid)) return true;
      auto problem = nothing_to_serve(ground, ground.inputs.virtual_ips.at(wish.virtual_ip), wish.address);
      if (!problem) return false;
      out.decisions[wish.virtual_ip].not_placed = std::move(problem);
      return true;
    });
  }
  std::erase_if(all, [](const auto& entry) { return entry.second.empty(); });
}

bool is_withdrawn(const Desired& desired, const std::string& uid) {
  const auto known = desired.vacancies.find(uid);
  return known != desired.vacancies.end() && known->second.withdrawn;
}

}  // namespace fairlead::controller
