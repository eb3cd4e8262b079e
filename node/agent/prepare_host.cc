#include "node/agent/prepare_host.h"

#include <array>
#include <iomanip>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "node/filter/guard.h"
#include "node/kernel/ipvs.h"
#include "node/kernel/modules.h"
#include "node/kernel/nft.h"
#include "node/kernel/sysctl.h"

namespace fairlead::agent {
namespace {

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

bool prepare_module(const kernel::WantedModule& module, bool check_only, std::ostream& out) {
  kernel::ModuleState state = kernel::module_state(module.name);
  const bool asked = module.required || module.name == kFenceModule;
  if (state == kernel::ModuleState::kMissing && asked && works_without_module(module.name)) {
    state = kernel::ModuleState::kBuiltIn;
  }
  Row row{"module", module.name, module.required ? "loaded" : "if any", text_of(state), "ok"};
  bool good = true;
  if (!is_there(state)) {
    if (!module.required && state == kernel::ModuleState::kMissing) {
      row[4] = module.name.starts_with("ip_vs_") ? "not in this kernel; only its scheduler needs it"
                                                 : "not in this kernel; only the finer fence needs it";
    } else if (check_only) {
      good = !module.required;
      row[4] = good ? "would be loaded" : "MISSING";
    } else {
      const auto loaded = kernel::load_module(module.name);
      good = loaded || !module.required;
      row[4] = loaded ? "loaded" : loaded.error().message;
    }
  }
  print(row, out);
  return good;
}

bool prepare_sysctl(const kernel::Sysctl& sysctl, bool check_only, std::ostream& out) {
  const auto found = kernel::read_sysctl(sysctl.name);
  Row row{"sysctl", sysctl.name, sysctl.wanted, found ? *found : "missing", "ok"};
  bool good = found && *found == sysctl.wanted;
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
  return good;
}

}  // namespace

bool prepare_host(bool check_only, std::ostream& out) {
  print({"kind", "name", "wanted", "found", check_only ? "check" : "done"}, out);
  bool good = true;
  // Modules first: net.ipv4.vs.* and net.netfilter.* appear with them.
  for (const auto& module : kernel::wanted_modules()) good = prepare_module(module, check_only, out) && good;
  for (const auto& sysctl : kernel::wanted_sysctls()) good = prepare_sysctl(sysctl, check_only, out) && good;
  if (good)
    out << "this host is prepared for NAT forwarding\n";
  else if (check_only)
    out << "this host is not prepared: run fairlead-node prepare-host as root\n";
  else
    out << "this host could not be prepared; VIPs with forwarding: Delegate work nevertheless\n";
  return good;
}

}  // namespace fairlead::agent
