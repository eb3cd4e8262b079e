#pragma once

#include <ostream>

namespace fairlead::agent {

// `fairlead-node prepare-host [--check]`: loads the modules (libkmod) and sets the sysctls of this network
// namespace that NAT forwarding needs, and prints wanted, found and set as a table. With `check_only` it
// changes nothing. False (exit code 1) if something required is missing or wrong afterwards; but for IPVS,
// whose absence is a warning and no more: see is_success().
bool prepare_host(bool check_only, std::ostream& out);

}  // namespace fairlead::agent
