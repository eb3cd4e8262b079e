#include "node/plan/manifests.h"

#include <utility>

#include "lib/api/manifest.h"
#include "lib/base/overloaded.h"
#include "node/plan/manifest_claims.h"

namespace fairlead::plan {
namespace {

// What a file's object is to the rest of the program: nothing of what an API server or a person added to
// its metadata counts.
void give_identity(api::ObjectMeta& meta) {
  api::ObjectMeta out;
  out.name = std::move(meta.name);
  out.uid = kManifestUid;
  meta = std::move(out);
}

std::vector<api::Problem> problems_of(const api::VRRPGroup& group) {
  std::vector<api::Problem> out;
  for (auto& found : check(group)) out.push_back(std::move(found.problem));
  return out;
}

std::vector<api::Problem> problems_of(const api::RealServerSet& set) {
  std::vector<api::Problem> out;
  if (set.spec.slice_count != 1) {
    out.push_back({"spec.slice.count", "must be 1 in a static manifest, got " +
                                           std::to_string(set.spec.slice_count) +
                                           ": a server set of a file is whole by itself"});
  }
  for (auto& found : check(set)) out.push_back(std::move(found.problem));
  return out;
}

void add(api::VRRPGroup group, const SourceLines& lines, ManifestFile& out) {
  out.groups.push_back({std::move(group), lines});
}

void add(api::RealServerSet set, const SourceLines& lines, ManifestFile& out) {
  out.sets.push_back({std::move(set), lines});
}

// Adds the document's object to `content`, or what is wrong with it to `problems`.
void read_document(const std::string& file, const ManifestDocument& document, ManifestFile& content,
                   std::vector<ManifestProblem>& problems) {
  auto decoded = api::decode_manifest(document.json);
  const std::string& name = api::meta_of(decoded.value).name;
  const std::string object = name.empty() ? "" : std::string(api::kind_of(decoded.value)) + " " + name;
  // What check() finds is said of sound values only.
  if (decoded.ok()) {
    decoded.problems = std::visit([](const auto& value) { return problems_of(value); }, decoded.value);
  }
  for (auto& problem : decoded.problems) {
    // To find a line goes through the object: those that are not told stand where it begins.
    const std::string path = problems.size() < kMostTold ? problem.path : "";
    problems.push_back({file, document.lines.line_of(path), object, std::move(problem)});
  }
  if (!decoded.problems.empty()) return;
  std::visit(
      [&](auto& value) {
        give_identity(value.meta);
        add(std::move(value), document.lines, content);
      },
      decoded.value);
}

}  // namespace

std::string to_string(const ManifestProblem& problem) {
  std::string out = problem.file;
  if (problem.line > 0) out += ":" + std::to_string(problem.line);
  if (!problem.object.empty()) out += ": " + problem.object;
  return out + ": " + api::to_string({problem.problem});
}

ReadManifest read_manifest(const std::string& node, const std::string& file,
                           const std::vector<ManifestDocument>& documents) {
  ReadManifest out;
  ManifestFile content;
  for (const auto& document : documents) read_document(file, document, content, out.problems);
  for (const auto& [claim, earlier] : collisions(node, {{file, &content}})) {
    out.problems.push_back(refusal(claim, earlier));
  }
  if (out.problems.empty()) out.content = std::move(content);
  return out;
}

Objects objects_of(const ManifestFiles& files) {
  Objects out;
  for (const auto& [name, file] : files) {
    for (const auto& group : file.groups) out.groups.insert({group.object.meta.name, group.object});
    for (const auto& set : file.sets) out.sets.insert({api::key_of(set.object.meta), set.object});
  }
  return out;
}

MergedObjects merge(const Objects& from_api, const Objects& from_files) {
  MergedObjects out{from_files, {}};
  for (const auto& [name, group] : from_api.groups) {
    if (!out.objects.groups.insert({name, group}).second) out.displaced.insert({name, version_of(group)});
  }
  // The API server's have a namespace, those of files have none.
  out.objects.sets.insert(from_api.sets.begin(), from_api.sets.end());
  return out;
}

MadePlan make_plan(const NodeIdentity& node, const MergedObjects& objects, const Passwords& passwords,
                   const Plan& previous) {
  auto out = make_plan(node, objects.objects.groups, objects.objects.sets, passwords, previous);
  for (const auto& [name, version] : objects.displaced) {
    out.plan.not_run.insert_or_assign(name, version);
    out.problems.push_back({"VRRPGroup",
                            {"", name},
                            Refusal::kStaticConflict,
                            {"metadata.name", "a file of this node has a group of this name"}});
  }
  return out;
}

}  // namespace fairlead::plan
