#include "node/agent/prepare_host.h"

#include <array>
#include <iomanip>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "node/agent/host_finding.h"
#include "node/filter/guard_text.h"
#include "node/kernel/advertised_routes.h"
#include "node/kernel/ipvs.h"
#include "node/kernel/modules.h"
#include "node/kernel/nft.h"
#include "node/kernel/sysctl.h"

namespace fairlead::agent {
namespace {

constexpr std::string_view kIpvs = "ip_vs";
// What the finer fence needs of a kernel (node/filter/fence.h); only asked about, on the interface that every
// network namespace has.
constexpr std::string_view kFenceModule = "nft_fib_netdev";
constexpr const char* kFenceQuestion =
    "table netdev fairlead_question {\n"
    " chain out { type filter hook egress device \"lo\" priority 0; }\n"
    " chain in { type filter hook ingress device \"lo\" priority 0; fib daddr type local accept; }\n"
    "}\n";

// kind, name, wanted, found, done
using Row = std::array<std::string, 5>;

void print(const Row& row, std::ostream& out) {
  out << std::left << std::setw(7) << row[0] << ' ' << std::setw(46) << row[1] << ' ' << std::setw(7)
      << row[2] << ' ' << std::setw(10) << row[3] << ' ' << row[4] << '\n';
}

std::string text_of(kernel::ModuleState state) {
  switch (state) {
    case kernel::ModuleState::kBuiltIn:
      return "built in";
    case kernel::ModuleState::kLoaded:
      return "loaded";
    case kernel::ModuleState::kLoadable:
      return "not loaded";
    case kernel::ModuleState::kMissing:
      return "missing";
  }
  return "missing";
}

bool is_there(kernel::ModuleState state) {
  return state == kernel::ModuleState::kBuiltIn || state == kernel::ModuleState::kLoaded;
}

// Whether the kernel forwards although libkmod knows no such module: a kernel built in one piece, or a
// container without /lib/modules.
bool works_without_module(const std::string& name) {
  if (name.starts_with("ip_vs")) return kernel::open_ipvs()->services().has_value();
  if (name == kFenceModule) return kernel::check_rules(kFenceQuestion).has_value();
  return kernel::check_rules(filter::full_text({})).has_value();
}

// What there is of it after all that may be asked. `row` gets what was found and done.
HostFinding lacking(const kernel::WantedModule& module, kernel::ModuleState state, bool check_only,
                    Row& row) {
  const bool missing = state == kernel::ModuleState::kMissing;
  if (missing && !module.required) {
    row[4] = comes_with_ipvs(module.name) ? "not in this kernel; only its scheduler needs it"
                                          : "not in this kernel; only the finer fence needs it";
    return HostFinding::kGood;
  }
  if (missing && module.name == kIpvs) {
    row[4] = "WARNING: not in this kernel; all but forwarding: Delegate needs it";
    return HostFinding::kNoIpvs;
  }
  if (check_only) {
    row[4] = module.required ? "MISSING" : "would be loaded";
    return module.required ? HostFinding::kBad : HostFinding::kGood;
  }
  const auto loaded = kernel::load_module(module.name);
  row[4] = loaded ? "loaded" : loaded.error().message;
  return loaded || !module.required ? HostFinding::kGood : HostFinding::kBad;
}

HostFinding prepare_module(const kernel::WantedModule& module, bool check_only, std::ostream& out) {
  kernel::ModuleState state = kernel::module_state(module.name);
  const bool asked = module.required || module.name == kFenceModule;
  if (state == kernel::ModuleState::kMissing && asked && works_without_module(module.name)) {
    state = kernel::ModuleState::kBuiltIn;
  }
  Row row{"module", module.name, module.required ? "loaded" : "if any", text_of(state), "ok"};
  const auto found = is_there(state) ? HostFinding::kGood : lacking(module, state, check_only, row);
  print(row, out);
  return found;
}

// Why a setting that is not as wanted is left so; empty: it is not left.
std::string why_left_alone(const kernel::Sysctl& sysctl) {
  if (sysctl.name != kernel::kForwardIPv6) return "";
  const auto losing = kernel::losing_advertised_routes();
  return losing ? why_no_router(*losing) : losing.error().message;
}

HostFinding prepare_sysctl(const kernel::Sysctl& sysctl, bool check_only, std::ostream& out) {
  const auto found = kernel::read_sysctl(sysctl.name);
  Row row{"sysctl", sysctl.name, sysctl.wanted, found ? *found : "missing", "ok"};
  bool good = found && *found == sysctl.wanted;
  if (const std::string why = good ? "" : why_left_alone(sysctl); !why.empty()) {
    row[4] = why;
    print(row, out);
    return HostFinding::kNoNatOverIPv6;
  }
  if (!found && sysctl.optional) {
    good = true;
    row[4] = "not in this kernel; not needed";
  } else if (!good && check_only) {
    row[4] = "WRONG: " + sysctl.why;
  } else if (!good) {
    const auto written = kernel::write_sysctl(sysctl.name, sysctl.wanted);
    good = written.has_value();
    row[4] = good ? "set" : written.error().message;
  }
  print(row, out);
  return good ? HostFinding::kGood : HostFinding::kBad;
}

// What is absent because IPVS is, and is no other news.
void pass_over(const std::string& kind, const std::string& name, std::ostream& out) {
  print({kind, name, "", "missing", "comes with IPVS"}, out);
}

}  // namespace

bool prepare_host(bool check_only, std::ostream& out) {
  print({"kind", "name", "wanted", "found", check_only ? "check" : "done"}, out);
  HostFinding worst = HostFinding::kGood;
  bool no_ipvs = false;
  // Modules first: net.ipv4.vs.* and net.netfilter.* appear with them, and ip_vs before what comes with it.
  for (const auto& module : kernel::wanted_modules()) {
    if (no_ipvs && comes_with_ipvs(module.name)) {
      pass_over("module", module.name, out);
      continue;
    }
    const auto found = prepare_module(module, check_only, out);
    no_ipvs = no_ipvs || found == HostFinding::kNoIpvs;
    worst = worse(worst, found);
  }
  for (const auto& sysctl : kernel::wanted_sysctls()) {
    if (no_ipvs && comes_with_ipvs(sysctl.name)) {
      pass_over("sysctl", sysctl.name, out);
      continue;
    }
    worst = worse(worst, prepare_sysctl(sysctl, check_only, out));
  }
  out << conclusion(worst, check_only) << '\n';
  return is_success(worst, check_only);
}

}  // namespace fairlead::agent
