#include "node/agent/manifest_state.h"

#include <map>
#include <utility>

namespace fairlead::agent {

std::vector<std::string> file_problems(const plan::SettledManifests& settled) {
  std::vector<std::string> out;
  for (const auto* list : {&settled.refusals, &settled.remarks}) {
    for (const auto& problem : *list) out.push_back(plan::to_string(problem));
  }
  return out;
}

std::vector<api::StateFile> state_files(const plan::SettledManifests& settled) {
  std::map<std::string, api::StateFile> out;
  for (const auto& [name, file] : settled.in_force) {
    out[name].groups = static_cast<int>(file.groups.size());
    out[name].server_sets = static_cast<int>(file.sets.size());
  }
  for (const auto& problem : settled.refusals) {
    out[problem.file].state = settled.in_force.contains(problem.file) ? "Older" : "Refused";
    out[problem.file].problems.push_back(plan::to_string(problem));
  }
  for (const auto& problem : settled.remarks) {
    out[problem.file].problems.push_back(plan::to_string(problem));
  }
  std::vector<api::StateFile> list;
  for (auto& [name, file] : out) {
    file.name = name;
    list.push_back(std::move(file));
  }
  return list;
}

}  // namespace fairlead::agent
