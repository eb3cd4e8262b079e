#include "controller/plan/put_back.h"

#include <utility>

#include "lib/api/replacement.h"

namespace fairlead::controller {

namespace {

// To a group of ours operators may add, but for its labels (docs/vrrp.md).
std::string patch_of(const Write& write, const std::string& answer) {
  switch (write.target) {
    case Target::kVirtualIP:
    case Target::kRealServerSet:
      return api::spec_replacement(write.body, answer);
    case Target::kVRRPGroup:
      return api::node_label_removal(write.body, answer);
    case Target::kAddressClaim:
    case Target::kAddressPool:
    case Target::kService:
    case Target::kNodeReport:
    case Target::kNode:
      return "";
  }
  return "";
}

}  // namespace

std::optional<Write> put_back(const Write& write, const std::string& answer) {
  if (write.verb != Verb::kApply || write.resource_version.empty()) return std::nullopt;
  const auto meta = api::decode_meta(answer);
  if (!meta.ok() || meta.value.resource_version != write.resource_version) return std::nullopt;
  std::string patch = patch_of(write, answer);
  if (patch.empty()) return std::nullopt;
  return Write{
      write.step, Verb::kPutBack, write.target, write.key, write.resource_version, std::move(patch), {}, {}};
}

}  // namespace fairlead::controller
