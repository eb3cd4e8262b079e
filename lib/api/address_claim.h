#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/api/meta.h"
#include "lib/api/vrrp_group.h"
#include "lib/net/address.h"

// AddressClaim (fairlead.dev/v1alpha1, cluster; written by the controller alone): an address that is given
// away. Its name comes from the address and its spec is only ever made, never changed, so that the API server
// is the lock of allocation. api.md; kubernetes.md 1, "Claim names", "Claim life", "Sharing".
namespace fairlead::api {

// The one VRRPGroup that may take the address in. An annotation and no field, since a CRD that is older than
// the controller would drop a field that it does not know, without a word.
inline constexpr const char* kClaimGroupAnnotation = "fairlead.dev/group";

struct AddressClaimSpec {
  net::IpAddress address;
  std::string pool;         // name of the AddressPool it came from; empty: it was in none (FC-14)
  std::string sharing_key;  // empty: not shared
  AddressOwner owner;       // the VirtualIP that it was made for
  friend bool operator==(const AddressClaimSpec&, const AddressClaimSpec&) = default;
};

struct AddressClaim {
  ObjectMeta meta;
  AddressClaimSpec spec;
  std::vector<AddressOwner> status_holders;  // status.holders; empty as long as the owner alone holds it
  friend bool operator==(const AddressClaim&, const AddressClaim&) = default;
};

// "v4-203-0-113-10"; of IPv6 "v6-" and the 32 hex digits, so that two spellings cannot be two locks.
std::string address_claim_name(const net::IpAddress& address);

// Who has the address: status.holders, else the owner.
std::vector<AddressOwner> holders_of(const AddressClaim& claim);

// Empty: it names none, as those that an older controller made, or whose address nobody could be given yet;
// or what it names cannot be the name of a group.
std::string group_named_by(const AddressClaim& claim);

// Every check of the CRD's schema again; and the name must be that of the address.
Decoded<AddressClaim> decode_address_claim(std::string_view json);
std::string encode_address_claim(const AddressClaim& object);  // body of a POST: metadata.name, group, spec
std::string encode_address_claim_group(const AddressClaim& object);   // apply body: the group alone
std::string encode_address_claim_status(const AddressClaim& object);  // apply body: status.holders

}  // namespace fairlead::api
