#include "node/plan/manifest_claims.h"

#include <algorithm>

namespace fairlead::plan {
namespace {

// Collects the claims of one object.
class Claiming {
 public:
  Claiming(std::string file, const SourceLines& lines, std::string object, std::vector<ManifestClaim>& out)
      : file_(std::move(file)), lines_(lines), object_(std::move(object)), out_(out) {
    add("the name " + object_, "metadata.name");
  }
  void add(std::string subject, const std::string& path) {
    out_.push_back({std::move(subject), file_, lines_.line_of(path), object_, path});
  }

 private:
  std::string file_;
  const SourceLines& lines_;
  std::string object_;
  std::vector<ManifestClaim>& out_;
};

// A link-local address is another on every interface.
std::string subject_of(const net::IpAddress& address, const std::string& interface) {
  return net::to_string(address) + (address.is_link_local() ? " on " + interface : "");
}

void add_claims(const std::string& node, const api::VRRPGroup& group, Claiming& claiming) {
  const auto& spec = group.spec;
  const auto self = std::find_if(spec.members.begin(), spec.members.end(),
                                 [&](const auto& member) { return member.node == node; });
  if (self == spec.members.end()) return;
  const std::string& interface = self->interface.empty() ? spec.interface : self->interface;
  claiming.add("virtual router " + std::to_string(spec.virtual_router_id) + " (" +
                   std::string(net::to_string(spec.family)) + ") on " + interface,
               "spec.virtualRouterID");
  for (std::size_t i = 0; i < spec.addresses.size(); ++i) {
    claiming.add(subject_of(spec.addresses[i].address, interface),
                 "spec.addresses[" + std::to_string(i) + "].address");
  }
  for (std::size_t i = 0; i < spec.excluded_addresses.size(); ++i) {
    claiming.add(subject_of(spec.excluded_addresses[i].address, interface),
                 "spec.excludedAddresses[" + std::to_string(i) + "].address");
  }
}

void add_claims(const api::RealServerSet& set, Claiming& claiming) {
  for (std::size_t i = 0; i < set.spec.virtual_servers.size(); ++i) {
    const auto& server = set.spec.virtual_servers[i];
    claiming.add(
        "virtual server " + to_string(VirtualServerKey{server.address, server.protocol, server.port}),
        "spec.virtualServers[" + std::to_string(i) + "]");
  }
}

std::string place(const ManifestClaim& claim) {
  return claim.line > 0 ? claim.file + ":" + std::to_string(claim.line) : claim.file;
}

}  // namespace

std::vector<ManifestClaim> claims(const std::string& node, const FilesByName& files) {
  std::vector<ManifestClaim> out;
  for (const auto& [name, file] : files) {
    for (const auto& group : file->groups) {
      Claiming claiming(name, group.lines, "VRRPGroup " + group.object.meta.name, out);
      add_claims(node, group.object, claiming);
    }
    for (const auto& set : file->sets) {
      Claiming claiming(name, set.lines, "RealServerSet " + set.object.meta.name, out);
      add_claims(set.object, claiming);
    }
  }
  return out;
}

std::vector<std::pair<ManifestClaim, ManifestClaim>> collisions(const std::string& node,
                                                                const FilesByName& files) {
  std::vector<std::pair<ManifestClaim, ManifestClaim>> out;
  std::map<std::string, ManifestClaim> holders;
  for (auto& claim : claims(node, files)) {
    const auto [holder, first] = holders.insert({claim.subject, claim});
    if (!first) out.emplace_back(std::move(claim), holder->second);
  }
  return out;
}

ManifestProblem refusal(const ManifestClaim& claim, const ManifestClaim& holder) {
  return {claim.file,
          claim.line,
          claim.object,
          {claim.path, claim.subject + " is also in " + place(holder) + " (" + holder.object + ")"}};
}

}  // namespace fairlead::plan
