#pragma once

#include <string>
#include <vector>

#include "lib/api/node_state.h"
#include "node/plan/manifests.h"

// What is told of static manifests: pure.
namespace fairlead::agent {

// Refusals first, then remarks.
std::vector<std::string> file_problems(const plan::SettledManifests& settled);

// Every file that is in force or refused, by name.
std::vector<api::StateFile> state_files(const plan::SettledManifests& settled);

}  // namespace fairlead::agent
