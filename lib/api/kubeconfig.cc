#include "lib/api/kubeconfig.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "lib/base/text.h"

namespace fairlead::api {
namespace {

using nlohmann::json;

// A member of an object as a string; empty if it is not there or no string.
std::string text_of(const json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

bool has(const json& object, const char* name) {
  return object.is_object() && object.contains(name) && !object.at(name).is_null();
}

// One named entry ("clusters", "users", "contexts") and the folder of the file it is in.
struct Entry {
  json body;
  std::string folder;
};

struct Merged {
  std::string current_context;
  std::vector<std::pair<json, std::string>> files;  // document, folder
};

std::optional<Entry> find_entry(const Merged& merged, const char* list, const char* member,
                                const std::string& name) {
  for (const auto& [document, folder] : merged.files) {
    if (!has(document, list) || !document.at(list).is_array()) continue;
    for (const auto& item : document.at(list)) {
      if (text_of(item, "name") == name && has(item, member)) return Entry{item.at(member), folder};
    }
  }
  return std::nullopt;
}

Result<Merged> merge(const std::vector<KubeconfigDocument>& documents) {
  Merged merged;
  for (const auto& document : documents) {
    auto parsed = json::parse(document.json, nullptr, false);
    if (parsed.is_discarded() || !(parsed.is_object() || parsed.is_null())) {
      return fail(Code::kInvalid, "it is no kubeconfig: not a YAML mapping");
    }
    if (merged.current_context.empty()) merged.current_context = text_of(parsed, "current-context");
    merged.files.emplace_back(std::move(parsed), document.folder);
  }
  if (merged.current_context.empty()) {
    return fail(Code::kInvalid, "current-context is not set: choose one with kubectl config use-context");
  }
  return merged;
}

std::string file_of(const Entry& entry, const char* name) {
  auto path = text_of(entry.body, name);
  if (path.empty() || path.front() == '/' || entry.folder.empty()) return path;
  return entry.folder + "/" + path;
}

// Reads `<name>-data` (base64) and the file called `name`.
Result<> read_pair(const Entry& entry, const std::string& name, std::string& data, std::string& file) {
  file = file_of(entry, name.c_str());
  const auto encoded = text_of(entry.body, (name + "-data").c_str());
  auto decoded = decode_base64(encoded);
  if (!decoded) return fail(Code::kInvalid, name + "-data is not base64");
  data = std::move(*decoded);
  return Done{};
}

Result<> read_cluster(const Entry& cluster, Kubeconfig& out) {
  if (has(cluster.body, "proxy-url")) return fail(Code::kInvalid, "proxy-url is not supported");
  if (has(cluster.body, "insecure-skip-tls-verify") && cluster.body.at("insecure-skip-tls-verify") != false) {
    return fail(Code::kInvalid,
                "insecure-skip-tls-verify is not supported: give certificate-authority instead");
  }
  auto url = parse_server_url(text_of(cluster.body, "server"));
  if (!url) return url.error();
  out.host = url->host;
  out.port = url->port;
  out.tls_server_name = text_of(cluster.body, "tls-server-name");
  if (auto read = read_pair(cluster, "certificate-authority", out.ca_data, out.ca_file); !read) return read;
  if (out.ca_data.empty() && out.ca_file.empty()) {
    return fail(Code::kInvalid, "the cluster has no certificate-authority; the system's are not used");
  }
  return Done{};
}

Result<> read_user(const Entry& user, Kubeconfig& out) {
  for (const char* plugin : {"exec", "auth-provider"}) {
    if (has(user.body, plugin)) {
      return fail(Code::kInvalid,
                  std::string(plugin) +
                      " plugins are not run by daemons: give a token, a tokenFile or a client "
                      "certificate");
    }
  }
  if (has(user.body, "username")) return fail(Code::kInvalid, "user names with passwords are not supported");
  out.token = trim(text_of(user.body, "token"));
  if (!is_token(out.token)) return fail(Code::kInvalid, "the token holds " + std::string(kNoTokenByte));
  out.token_file = file_of(user, "tokenFile");
  if (auto read = read_pair(user, "client-certificate", out.certificate_data, out.certificate_file); !read) {
    return read;
  }
  if (auto read = read_pair(user, "client-key", out.key_data, out.key_file); !read) return read;
  const bool certificate = !out.certificate_data.empty() || !out.certificate_file.empty();
  const bool key = !out.key_data.empty() || !out.key_file.empty();
  if (certificate != key) return fail(Code::kInvalid, "client-certificate and client-key belong together");
  return Done{};
}

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

Result<Kubeconfig> parse_kubeconfig(const std::vector<KubeconfigDocument>& documents) {
  const auto merged = merge(documents);
  if (!merged) return merged.error();
  const auto& name = merged->current_context;
  const auto context = find_entry(*merged, "contexts", "context", name);
  if (!context) return fail(Code::kInvalid, "current-context \"" + name + "\" is not among its contexts");
  const auto cluster_name = text_of(context->body, "cluster");
  const auto cluster = find_entry(*merged, "clusters", "cluster", cluster_name);
  if (!cluster) return fail(Code::kInvalid, "cluster \"" + cluster_name + "\" is not among its clusters");

  Kubeconfig out;
  out.namespace_name = text_of(context->body, "namespace");
  if (const auto read = read_cluster(*cluster, out); !read) {
    return fail(Code::kInvalid, "cluster \"" + cluster_name + "\": " + read.error().message);
  }
  const auto user_name = text_of(context->body, "user");
  if (user_name.empty()) return out;  // anonymous
  const auto user = find_entry(*merged, "users", "user", user_name);
  if (!user) return fail(Code::kInvalid, "user \"" + user_name + "\" is not among its users");
  if (const auto read = read_user(*user, out); !read) {
    return fail(Code::kInvalid, "user \"" + user_name + "\": " + read.error().message);
  }
  return out;
}

Result<ServerUrl> parse_server_url(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  const auto wrong = [url] {
    return fail(Code::kInvalid, "server must be https://host:port, got \"" + std::string(url) + "\"");
  };
  if (url.substr(0, kScheme.size()) != kScheme) return wrong();
  auto rest = url.substr(kScheme.size());
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  ServerUrl out;
  const bool bracketed = !rest.empty() && rest.front() == '[';
  const auto host_end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && host_end == std::string_view::npos) return wrong();
  out.host = bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
  rest = host_end == std::string_view::npos ? "" : rest.substr(bracketed ? host_end + 1 : host_end);
  const auto fits = [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("/@?#[]").find(c) == std::string_view::npos;
  };
  if (out.host.empty() || !std::all_of(out.host.begin(), out.host.end(), fits)) return wrong();
  if (rest.empty()) return out;
  long long port = 0;
  if (rest.front() != ':' || !parse_integer(rest.substr(1), 1, 65535, port)) return wrong();
  out.port = static_cast<int>(port);
  return out;
}

bool is_token(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

TokenClaims claims_of_token(std::string_view token) {
  const auto parts = split(trim(token), '.');
  if (parts.size() != 3) return {};
  const auto payload = decode_base64(parts[1]);
  if (!payload) return {};
  const auto claims = json::parse(*payload, nullptr, false);
  if (!has(claims, "kubernetes.io") || !has(claims.at("kubernetes.io"), "node")) return {};
  const auto& node = claims.at("kubernetes.io").at("node");
  return {text_of(node, "name"), text_of(node, "uid")};
}

Result<std::string> decode_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    if (c == '=') {
      if (text.find_first_not_of("=\r\n \t", at) != std::string_view::npos) {
        return fail(Code::kInvalid, "base64 goes on behind its padding");
      }
      break;
    }
    if (c == '-') c = '+';
    if (c == '_') c = '/';
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return fail(Code::kInvalid, "not base64");
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<char>((bits >> count) & 0xff));
    }
  }
  return out;
}

}  // namespace fairlead::api
