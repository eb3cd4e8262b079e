#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/api/real_server_set.h"
#include "lib/api/vrrp_group.h"
#include "lib/base/source_lines.h"
#include "node/plan/holding.h"
#include "node/plan/make_plan.h"

// Static manifests: VRRPGroups and RealServerSets that stand in files on the node itself. A file is taken as
// a whole or not at all: while its newest version cannot be used, the last good one stays in force (I-8).
namespace fairlead::plan {

// One document of a file, as JSON text.
struct ManifestDocument {
  std::string json;
  SourceLines lines;
};

// Something wrong with a file. Of the whole file: line 0, no object, no path.
struct ManifestProblem {
  std::string file;  // its name in the folder
  int line = 0;
  std::string object;  // "VRRPGroup gw"; empty: not known
  api::Problem problem;
  friend bool operator==(const ManifestProblem&, const ManifestProblem&) = default;
};
// "gw.yaml:12: VRRPGroup gw: spec.members[1].priority: must be 1..255, got 300".
std::string to_string(const ManifestProblem& problem);

// An object, and where in its file each part of it stands.
template <class T>
struct Written {
  T object;
  SourceLines lines;
  friend bool operator==(const Written&, const Written&) = default;
};

// What one file says. The objects have kManifestUid, no generation and no namespace: names of RealServerSets
// are names of the node.
struct ManifestFile {
  std::vector<Written<api::VRRPGroup>> groups;
  std::vector<Written<api::RealServerSet>> sets;
  friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};
using ManifestFiles = std::map<std::string, ManifestFile>;  // by name

// A file as it is now: its content, or every problem that keeps it from being used.
struct ReadManifest {
  std::optional<ManifestFile> content;  // neither this nor problems: nobody could look at it yet
  std::vector<ManifestProblem> problems;
};

// Decodes the documents of a file, and judges them as check() does and against each other, for the member
// `node`. A set that is one slice of several is refused: slices are the controller's.
ReadManifest read_manifest(const std::string& node, const std::string& file,
                           const std::vector<ManifestDocument>& documents);

constexpr std::size_t kMostTold = 100;  // problems of one file

struct SettledManifests {
  ManifestFiles in_force;
  // Of files whose newest version is not in force; at most 100 a file, and one that says how many more.
  std::vector<ManifestProblem> refusals;
  // Of what is in force and does nothing, or not what it seems to: a file without objects, a server set whose
  // group no file has, an address that waits for a server set, a group that does not list `node`. As many at
  // most.
  std::vector<ManifestProblem> remarks;
};

// What is in force when `before` was, and the folder now shows `shown`. No two files may have an object of
// one name, one virtual router ID on an interface and family, one address or one virtual server. Of two that
// do, the one goes without its newest version that did not have it before; of two new ones that whose name
// comes later. The refusal names both. A file that is not shown is gone.
SettledManifests settle(const std::string& node, const ManifestFiles& before,
                        const std::map<std::string, ReadManifest>& shown);

Objects objects_of(const ManifestFiles& files);

// What the API server's objects and the node's own files make together. A group of a file displaces one of
// its name; what else they share is settled by make_plan(), which takes the files first.
struct MergedObjects {
  Objects objects;
  std::map<std::string, Version> displaced;
};
MergedObjects merge(const Objects& from_api, const Objects& from_files);

// make_plan() of both. A displaced group is told by kStaticConflict, and run nothing of.
MadePlan make_plan(const NodeIdentity& node, const MergedObjects& objects, const Passwords& passwords,
                   const Plan& previous);

}  // namespace fairlead::plan
