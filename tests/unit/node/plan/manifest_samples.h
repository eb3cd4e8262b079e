#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "node/plan/manifests.h"

// Static manifests for the tests, as the shell hands them over.
namespace fairlead::plan {

inline const std::string kNode = "node-a";
using Texts = std::vector<std::string>;

// A group as a person writes it, for node-a and node-b; `more` stands inside spec.
inline std::string group_json(const std::string& name, int id, const std::string& address,
                              const std::string& more = "") {
  return R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VRRPGroup","metadata":{"name":")" + name +
         R"("},"spec":{"family":"IPv4","virtualRouterID":)" + std::to_string(id) +
         R"(,"interface":"eth0","addresses":[{"address":")" + address +
         R"(","forwarding":"Delegate"}],"members":[{"node":"node-a","priority":200},)" +
         R"({"node":"node-b","priority":100}])" + more + "}}";
}

inline std::string set_json(const std::string& name, const std::string& group_name,
                            const std::string& address, const std::string& more = "") {
  return R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RealServerSet","metadata":{"name":")" + name +
         R"("},"spec":{"group":")" + group_name + R"(","virtualServers":[{"address":")" + address +
         R"(","port":80,"reals":[{"address":"10.0.0.1","port":80}]}])" + more + "}}";
}

// Document number n begins on line 10 n + 1; its spec.virtualRouterID stands 4 lines below, the rest below
// that where the sample names it.
inline ManifestDocument document(const std::string& json, int number) {
  const int line = 10 * number + 1;
  SourceLines lines;
  lines.open("", line);
  for (const auto& [name, offset] : std::vector<std::pair<std::string, int>>{{"kind", 1}, {"metadata", 2}}) {
    lines.open(name, line + offset);
    lines.close();
  }
  lines.open("spec", line + 3);
  for (const auto& [name, offset] :
       std::vector<std::pair<std::string, int>>{{"virtualRouterID", 4}, {"addresses", 5}, {"members", 6}}) {
    lines.open(name, line + offset);
    lines.close();
  }
  lines.close();
  lines.close();
  return {json, lines};
}

inline ReadManifest read(const std::string& file, const std::vector<std::string>& documents) {
  std::vector<ManifestDocument> list;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    list.push_back(document(documents[i], static_cast<int>(i)));
  }
  return read_manifest(kNode, file, list);
}

inline Texts texts(const std::vector<ManifestProblem>& problems) {
  Texts out;
  for (const auto& problem : problems) out.push_back(to_string(problem));
  return out;
}

}  // namespace fairlead::plan
