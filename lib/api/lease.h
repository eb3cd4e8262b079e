#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/api/meta.h"

// coordination.k8s.io/v1 Lease, as far as an election reads and writes it (kubernetes.md 4).
namespace fairlead::api {

// Who leads, by what the Lease says.
struct LeaseRecord {
  std::string holder;               // empty: nobody
  std::optional<Seconds> duration;  // 1 s..2^31-1 s; absent: not said
  // RFC 3339 with six decimals; empty: not said. Of other machines' clocks, for people only: never parsed.
  std::string acquired;
  std::string renewed;
  std::int32_t transitions = 0;  // from one holder to another, from 0 on
  friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};

struct Lease {
  ObjectMeta meta;
  LeaseRecord record;
  std::string
      spec_text;  // the spec as compact JSON, fields unknown here included: a change of the record shows
  std::string document;  // as it was read
  friend bool operator==(const Lease&, const Lease&) = default;
};

// A Lease without a resourceVersion is a problem, too: without one an update would hit whatever is there.
Decoded<Lease> decode_lease(std::string_view json);

// Body of a POST.
std::string encode_lease(const ObjectKey& key, const LeaseRecord& record);

// Body of a PUT in place of `there`, on condition of its resourceVersion: its document with `record` written
// over, all else as it was, the fields that we do not know included.
// REQUIRES: `there` is what decode_lease() made, without a problem.
std::string encode_lease_update(const Lease& there, const LeaseRecord& record);

}  // namespace fairlead::api
