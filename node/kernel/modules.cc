#include "node/kernel/modules.h"

#include <libkmod.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace fairlead::kernel {
namespace {

struct Unref {
  void operator()(kmod_ctx* context) const { kmod_unref(context); }
  void operator()(kmod_module* module) const { kmod_module_unref(module); }
};
using Context = std::unique_ptr<kmod_ctx, Unref>;
using Module = std::unique_ptr<kmod_module, Unref>;

// One context for the process: reading the index is what costs. Used on one thread at a time.
kmod_ctx* context() {
  static const Context kept = [] {
    const char* const no_configuration = nullptr;
    Context made(kmod_new(nullptr, &no_configuration));
    if (made) {
      kmod_set_log_priority(made.get(), 0);
      kmod_load_resources(made.get());
    }
    return made;
  }();
  return kept.get();
}

Module module_named(const std::string& name) {
  kmod_module* module = nullptr;
  if (context() == nullptr || kmod_module_new_from_name(context(), name.c_str(), &module) < 0) return nullptr;
  return Module(module);
}

}  // namespace

const std::vector<WantedModule>& wanted_modules() {
  static const std::vector<WantedModule> kWanted = {
      {"nf_conntrack", true}, {"nf_nat", true},
      {"nf_tables", true},    {"nft_chain_nat", true},
      {"nft_nat", true},      {"nft_ct", true},
      {"nft_fib_inet", true}, {"nft_reject_inet", true},
      {"nft_limit", true},    {"nft_fib_netdev", false},
      {"ip_vs", true},        {"ip_vs_wlc", true},
      {"ip_vs_rr", false},    {"ip_vs_wrr", false},
      {"ip_vs_lc", false},    {"ip_vs_sed", false},
      {"ip_vs_nq", false},    {"ip_vs_sh", false},
      {"ip_vs_mh", false},    {"ip_vs_dh", false},
      {"ip_vs_lblc", false},  {"ip_vs_lblcr", false},
      {"ip_vs_fo", false},    {"ip_vs_ovf", false},
      {"ip_vs_twos", false},  {"nf_conntrack_netlink", false},
  };
  return kWanted;
}

ModuleState module_state(const std::string& name) {
  const Module module = module_named(name);
  if (!module) return ModuleState::kMissing;
  switch (kmod_module_get_initstate(module.get())) {
    case KMOD_MODULE_BUILTIN:
      return ModuleState::kBuiltIn;
    case KMOD_MODULE_LIVE:
    case KMOD_MODULE_COMING:
      return ModuleState::kLoaded;
    default:
      return kmod_module_get_path(module.get()) == nullptr ? ModuleState::kMissing : ModuleState::kLoadable;
  }
}

Result<> load_module(const std::string& name) {
  const Module module = module_named(name);
  if (!module) return fail(Code::kInternal, "load module " + name + ": libkmod has no context");
  const int result = kmod_module_probe_insert_module(module.get(), 0, nullptr, nullptr, nullptr, nullptr);
  if (result == 0 || result == -EEXIST) return Done{};
  const Code code = result == -EPERM ? Code::kDenied : result == -ENOENT ? Code::kNotFound : Code::kInternal;
  return fail(code, "load module " + name + ": " + std::strerror(-result));
}

}  // namespace fairlead::kernel
