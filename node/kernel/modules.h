#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"

namespace fairlead::kernel {

enum class ModuleState {
  kBuiltIn,
  kLoaded,
  kLoadable,  // a file for this kernel exists
  kMissing,
};

// A module that the data path needs or can use.
struct WantedModule {
  std::string name;
  bool required = true;  // false: forwarding goes on without it
};
const std::vector<WantedModule>& wanted_modules();

ModuleState module_state(const std::string& name);
// Errors: kNotFound, kDenied (no SYS_MODULE), kInternal. A module that is there already succeeds.
Result<> load_module(const std::string& name);

}  // namespace fairlead::kernel
