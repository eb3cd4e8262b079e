#include "lib/api/checkpoint.h"

#include <openssl/evp.h>

#include <array>
#include <cassert>
#include <nlohmann/json.hpp>

#include "lib/api/json_view.h"
#include "lib/api/json_write.h"
#include "lib/api/net_fields.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

constexpr std::string_view kHead = R"({"version":1,"sha256":")";
constexpr std::string_view kMiddle = R"(","payload":)";
constexpr std::string_view kTail = "}\n";
constexpr std::size_t kDigits = 64;
constexpr std::size_t kMaxItems = 1'000'000;

std::string sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const int ok = EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  assert(ok == 1);
  if (ok != 1) return {};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 0xf];
  }
  return out;
}

// What `encoded` (an apply body) leaves to the API server, but a plan is ordered by.
json with_identity(const std::string& encoded, const ObjectMeta& meta) {
  json out = json::parse(encoded);
  json& metadata = out["metadata"];
  metadata.erase("resourceVersion");
  metadata["uid"] = meta.uid;
  metadata["generation"] = meta.generation;
  metadata["creationTimestamp"] = time_text(meta.creation_timestamp);
  return out;
}

// To the lists "groups" and "sets" of `out`.
void add_objects(const std::vector<VRRPGroup>& groups, const std::vector<RealServerSet>& sets, json& out) {
  for (const auto& group : groups) {
    out["groups"].push_back(with_identity(encode_vrrp_group(group), group.meta));
  }
  for (const auto& set : sets) {
    out["sets"].push_back(with_identity(encode_real_server_set(set), set.meta));
  }
}

json service_json(const OwnedService& service) {
  return {{"address", net::to_string(service.address)},
          {"protocol", net::to_string(service.protocol)},
          {"port", service.port.value()}};
}

// The members called so; of what is no object, none.
json only(std::initializer_list<const char*> names, const json& value) {
  json out = json::object();
  for (const char* name : names) {
    const auto found = value.is_object() ? value.find(name) : value.end();
    if (found != value.end()) out[name] = *found;
  }
  return out;
}

void read_services(const JsonView& list, std::set<OwnedService>& out) {
  for (const auto& item : list.items(kMaxItems)) {
    OwnedService service;
    item.at("address").require();
    item.at("port").require();
    read_address(item.at("address"), service.address);
    read_protocol(item.at("protocol"), service.protocol);
    read_port(item.at("port"), 0, service.port);
    out.insert(service);
  }
}

// The objects of a list, each decoded as if it had come from the API server.
template <class T>
void read_objects(const json& payload, const char* field, Decoded<T> (*decode)(std::string_view),
                  Decoded<Checkpoint>& out, std::vector<T>& objects) {
  const auto list = payload.find(field);
  if (list == payload.end() || !list->is_array()) {
    out.problems.push_back({field, "must be a list"});
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    auto decoded = decode(dump((*list)[i]));
    for (auto& problem : decoded.problems) {
      problem.path = std::string(field) + "[" + std::to_string(i) + "]." + problem.path;
      out.problems.push_back(std::move(problem));
    }
    objects.push_back(std::move(decoded.value));
  }
}

void read_manifests(const json& payload, Decoded<Checkpoint>& out) {
  const auto list = payload.find("manifests");
  if (list == payload.end()) return;  // of a version that knew none
  if (!list->is_array()) {
    out.problems.push_back({"manifests", "must be a list"});
    return;
  }
  for (const json& item : *list) {
    CheckpointManifest manifest;
    const JsonDocument own(only({"file"}, item), "manifests[]", out.problems);
    own.root().at("file").require();
    own.root().at("file").read(manifest.file);
    read_objects<VRRPGroup>(item, "groups", decode_vrrp_group, out, manifest.groups);
    read_objects<RealServerSet>(item, "sets", decode_real_server_set, out, manifest.sets);
    out.value.manifests.push_back(std::move(manifest));
  }
}

void read_payload(const json& payload, Decoded<Checkpoint>& out) {
  const JsonDocument own(only({"node", "nodeUID", "written", "ownedAddresses", "ownedServices"}, payload), "",
                         out.problems);
  const JsonView root = own.root();
  root.at("node").require();
  root.at("node").read(out.value.node);
  root.at("nodeUID").read(out.value.node_uid);
  root.at("written").read(out.value.written);
  read_objects<VRRPGroup>(payload, "groups", decode_vrrp_group, out, out.value.groups);
  read_objects<RealServerSet>(payload, "sets", decode_real_server_set, out, out.value.sets);
  read_manifests(payload, out);
  for (const auto& item : root.at("ownedAddresses").items(kMaxItems)) {
    net::IpAddress address;
    if (read_address(item, address)) out.value.owned_addresses.insert(address);
  }
  read_services(root.at("ownedServices"), out.value.owned_services);
}

// The payload's bytes, or a problem.
std::string_view payload_of(std::string_view text, std::vector<Problem>& problems) {
  const std::size_t frame = kHead.size() + kDigits + kMiddle.size() + kTail.size();
  const auto refuse = [&](std::string message) {
    problems.push_back({"", std::move(message)});
    return std::string_view();
  };
  if (text.size() > kLargestCheckpoint)
    return refuse("must be at most 64 MB, got " + std::to_string(text.size()));
  if (!text.starts_with(kHead)) return refuse("is no checkpoint of version 1");
  if (text.size() < frame || !text.ends_with(kTail)) return refuse("is cut off");
  if (text.substr(kHead.size() + kDigits, kMiddle.size()) != kMiddle) return refuse("is damaged");
  const auto payload = text.substr(frame - kTail.size(), text.size() - frame);
  if (sha256(payload) != text.substr(kHead.size(), kDigits)) return refuse("is damaged: wrong checksum");
  return payload;
}

}  // namespace

std::string encode_checkpoint(const Checkpoint& checkpoint) {
  json payload{{"node", checkpoint.node},
               {"nodeUID", checkpoint.node_uid},
               {"written", time_text(checkpoint.written)},
               {"groups", json::array()},
               {"sets", json::array()},
               {"manifests", json::array()},
               {"ownedAddresses", json::array()},
               {"ownedServices", json::array()}};
  add_objects(checkpoint.groups, checkpoint.sets, payload);
  for (const auto& manifest : checkpoint.manifests) {
    json one{{"file", manifest.file}, {"groups", json::array()}, {"sets", json::array()}};
    add_objects(manifest.groups, manifest.sets, one);
    payload["manifests"].push_back(std::move(one));
  }
  for (const auto& address : checkpoint.owned_addresses) {
    payload["ownedAddresses"].push_back(net::to_string(address));
  }
  for (const auto& service : checkpoint.owned_services) {
    payload["ownedServices"].push_back(service_json(service));
  }
  const std::string text = dump(payload);
  std::string out(kHead);
  out += sha256(text);
  out += kMiddle;
  out += text;
  out += kTail;
  return out;
}

Decoded<Checkpoint> decode_checkpoint(std::string_view text) {
  Decoded<Checkpoint> out;
  const auto bytes = payload_of(text, out.problems);
  if (!out.problems.empty()) return out;
  const json payload = json::parse(bytes, nullptr, false);
  if (!payload.is_object()) {
    out.problems.push_back({"payload", "must be a JSON object"});
    return out;
  }
  read_payload(payload, out);
  return out;
}

}  // namespace fairlead::api
