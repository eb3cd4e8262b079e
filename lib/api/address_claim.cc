#include "lib/api/address_claim.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "lib/api/json_view.h"
#include "lib/api/json_write.h"
#include "lib/api/manifest.h"
#include "lib/api/net_fields.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr Kind kKind{kFairleadVersion, "AddressClaim"};
constexpr std::size_t kMaxHolders = 64;

enum class OwnerKind { kVirtualIP };
constexpr Word<OwnerKind> kOwnerKinds[] = {{"VirtualIP", OwnerKind::kVirtualIP}};

void read_name(const JsonView& view, std::string& out) {
  view.require();
  view.read(out);
  if (view.present() && out.empty()) view.problem("must not be empty");
}

void read_owner(const JsonView& view, AddressOwner& out) {
  view.require();
  if (!view.object()) return;
  OwnerKind kind = OwnerKind::kVirtualIP;
  view.at("kind").read<OwnerKind>(kOwnerKinds, kind);
  read_name(view.at("namespace"), out.namespace_name);
  read_name(view.at("name"), out.name);
  read_name(view.at("uid"), out.uid);
}

void read_holders(const JsonView& list, std::vector<AddressOwner>& out) {
  std::set<std::string> seen;
  for (const auto& item : list.items(kMaxHolders)) {
    AddressOwner holder;
    read_owner(item, holder);
    if (!seen.insert(holder.uid).second) item.problem("must be listed once, got " + item.show() + " again");
    out.push_back(std::move(holder));
  }
}

void read_body(const JsonView& root, AddressClaim& out) {
  const JsonView spec = root.at("spec");
  spec.require();
  if (spec.object()) {
    spec.at("address").require();
    const bool known = read_virtual_address(spec.at("address"), out.spec.address);
    spec.at("pool").read(out.spec.pool);
    spec.at("sharingKey").read(out.spec.sharing_key);
    read_owner(spec.at("owner"), out.spec.owner);
    const std::string name = address_claim_name(out.spec.address);
    if (known && out.meta.name != name) {
      spec.at("address").problem("must be the address that metadata.name is made of (then that is " + name +
                                 "), got " + spec.at("address").show());
    }
  }
  const JsonView status = root.at("status");
  if (status.object()) read_holders(status.at("holders"), out.status_holders);
}

json owner_json(const AddressOwner& owner) {
  return {
      {"kind", "VirtualIP"}, {"namespace", owner.namespace_name}, {"name", owner.name}, {"uid", owner.uid}};
}

void add_group(const AddressClaim& claim, json& out) {
  const std::string group = group_named_by(claim);
  if (!group.empty()) out["metadata"]["annotations"][kClaimGroupAnnotation] = group;
}

}  // namespace

std::string address_claim_name(const net::IpAddress& address) {
  if (address.is_v4()) {
    std::string text = net::to_string(address);
    std::replace(text.begin(), text.end(), '.', '-');
    return "v4-" + text;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "v6-";
  for (const std::uint8_t byte : address.bytes()) {
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

std::vector<AddressOwner> holders_of(const AddressClaim& claim) {
  return claim.status_holders.empty() ? std::vector{claim.spec.owner} : claim.status_holders;
}

std::string group_named_by(const AddressClaim& claim) {
  const auto found = claim.meta.annotations.find(kClaimGroupAnnotation);
  return found == claim.meta.annotations.end() || !is_object_name(found->second) ? "" : found->second;
}

Decoded<AddressClaim> decode_address_claim(std::string_view text) {
  return decode_object<AddressClaim>(text, kKind, read_body);
}

std::string encode_address_claim(const AddressClaim& object) {
  json out = apply_frame(kKind, key_of(object.meta));
  add_group(object, out);
  out["spec"] = {{"address", net::to_string(object.spec.address)}, {"owner", owner_json(object.spec.owner)}};
  if (!object.spec.pool.empty()) out["spec"]["pool"] = object.spec.pool;
  if (!object.spec.sharing_key.empty()) out["spec"]["sharingKey"] = object.spec.sharing_key;
  return dump(out);
}

std::string encode_address_claim_group(const AddressClaim& object) {
  json out = apply_frame(kKind, object.meta);
  add_group(object, out);
  return dump(out);
}

std::string encode_address_claim_status(const AddressClaim& object) {
  json out = apply_frame(kKind, object.meta);
  json holders = json::array();
  for (const auto& holder : object.status_holders) holders.push_back(owner_json(holder));
  out["status"]["holders"] = std::move(holders);
  return dump(out);
}

}  // namespace fairlead::api
