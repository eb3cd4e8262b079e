#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "node/plan/manifests.h"

// Internal to node/plan: what no two manifests of a node may both have.
namespace fairlead::plan {

// `subject` says what, and is the same text for the same thing: "the name VRRPGroup gw", "virtual router 51
// (IPv4) on eth0", "192.0.2.10", "TCP 192.0.2.10:80".
struct ManifestClaim {
  std::string subject;
  std::string file;
  int line = 0;
  std::string object;  // "VRRPGroup gw"
  std::string path;
};

using FilesByName = std::map<std::string, const ManifestFile*>;

// Every claim of the files, in their order. Of groups that do not list `node` their names alone.
std::vector<ManifestClaim> claims(const std::string& node, const FilesByName& files);

// Each claim that an earlier one of another object, or of the same name, has made already, and that one.
std::vector<std::pair<ManifestClaim, ManifestClaim>> collisions(const std::string& node,
                                                                const FilesByName& files);

// Says of `claim` that `holder` has it: "gw.yaml:3: VRRPGroup gw: spec...: 192.0.2.10 is also in b.yaml:7
// ...".
ManifestProblem refusal(const ManifestClaim& claim, const ManifestClaim& holder);

}  // namespace fairlead::plan
