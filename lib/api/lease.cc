#include "lib/api/lease.h"

#include <cassert>
#include <nlohmann/json.hpp>

#include "lib/api/json_view.h"
#include "lib/api/json_write.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr Kind kKind{"coordination.k8s.io/v1", "Lease"};

void read_record(const JsonView& spec, LeaseRecord& out) {
  if (!spec.object()) return;
  spec.at("holderIdentity").read(out.holder);
  std::int64_t seconds = 0;
  if (spec.at("leaseDurationSeconds").integer(1, INT32_MAX, seconds)) out.duration = Seconds(seconds);
  spec.at("acquireTime").read(out.acquired);
  spec.at("renewTime").read(out.renewed);
  spec.at("leaseTransitions").read(0, INT32_MAX, out.transitions);
}

void write_record(const LeaseRecord& record, json& spec) {
  spec["holderIdentity"] = record.holder;
  spec["leaseTransitions"] = record.transitions;
  if (record.duration) spec["leaseDurationSeconds"] = record.duration->count();
  if (!record.acquired.empty()) spec["acquireTime"] = record.acquired;
  if (!record.renewed.empty()) spec["renewTime"] = record.renewed;
}

void read_body(const JsonView& root, Lease& out) {
  root.at("kind").require();
  if (out.meta.resource_version.empty()) root.at("metadata").at("resourceVersion").problem("required");
  read_record(root.at("spec"), out.record);
}

}  // namespace

Decoded<Lease> decode_lease(std::string_view text) {
  auto out = decode_object<Lease>(text, kKind, read_body);
  if (!out.ok()) return out;
  const json document = json::parse(text);  // does not throw: it has been parsed just now
  const auto spec = document.find("spec");
  out.value.spec_text = spec == document.end() ? "" : dump(*spec);
  out.value.document = text;
  return out;
}

std::string encode_lease(const ObjectKey& key, const LeaseRecord& record) {
  json out = apply_frame(kKind, key);
  write_record(record, out["spec"]);
  return dump(out);
}

std::string encode_lease_update(const Lease& there, const LeaseRecord& record) {
  json out = json::parse(there.document);
  assert(out.is_object());
  if (!out["spec"].is_object()) out["spec"] = json::object();
  write_record(record, out["spec"]);
  return dump(out);
}

}  // namespace fairlead::api
