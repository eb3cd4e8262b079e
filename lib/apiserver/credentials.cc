#include "lib/apiserver/credentials.h"

#include <cstdlib>

#include "lib/api/kubeconfig.h"
#include "lib/apiserver/read_file.h"
#include "lib/apiserver/tls_context.h"
#include "lib/base/text.h"
#include "lib/sys/yaml.h"

namespace fairlead::apiserver {
namespace {

constexpr Seconds kTokenReadAgain(60);
constexpr const char* kAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

Result<api::KubeconfigDocument> read_document(const std::string& path) {
  const auto text = read_file(path);
  if (!text) {
    return fail(text.error().code, "kubeconfig: " + text.error().message +
                                       "; give --kubeconfig or KUBECONFIG a file that this user may read");
  }
  auto documents = sys::yaml_to_json(*text);
  if (!documents) return fail(Code::kInvalid, "kubeconfig " + path + ": " + documents.error().message);
  if (documents->size() != 1)
    return fail(Code::kInvalid, "kubeconfig " + path + ": must be one YAML document");
  return api::KubeconfigDocument{folder_of(path), documents->front()};
}

ClientConfig config_of(const api::Kubeconfig& from) {
  ClientConfig out;
  out.servers = {{from.host, from.port}};
  out.ca_data = from.ca_data;
  out.ca_file = from.ca_file;
  out.client_certificate_data = from.certificate_data;
  out.client_certificate_file = from.certificate_file;
  out.client_key_data = from.key_data;
  out.client_key_file = from.key_file;
  out.token = from.token;
  out.token_file = from.token_file;
  out.namespace_name = from.namespace_name;
  out.tls_server_name = from.tls_server_name;
  return out;
}

// K-38: files of a KUBECONFIG list that do not exist are left out, but one must be there.
Result<ClientConfig> load_list(const std::vector<std::string>& paths) {
  std::vector<api::KubeconfigDocument> documents;
  for (const auto& path : paths) {
    auto document = read_document(path);
    if (!document && document.error().code == Code::kNotFound && paths.size() > 1) continue;
    if (!document) return document.error();
    documents.push_back(std::move(*document));
  }
  const auto names = "kubeconfig " + join(paths, ":");
  if (documents.empty()) return fail(Code::kNotFound, names + ": none of these files exists");
  const auto parsed = api::parse_kubeconfig(documents);
  if (!parsed) return fail(Code::kInvalid, names + ": " + parsed.error().message);
  return config_of(*parsed);
}

Result<ServerAddress> parse_server(const std::string& text) {
  const auto wrong = [&text] {
    return fail(Code::kInvalid,
                "API server \"" + text + "\": must be host:port, with [] around an IPv6 address");
  };
  ServerAddress out{text, 6443};
  if (is_literal_address(text)) return out;
  const auto url = api::parse_server_url("https://" + text);
  if (!url) return wrong();
  out.host = url->host;
  const bool has_port = text.back() != ']' && text.rfind(':') != std::string::npos;
  if (has_port) out.port = url->port;
  return out;
}

}  // namespace

TokenSource::TokenSource(std::string inline_token, std::string file)
    : file_(std::move(file)), token_(std::move(inline_token)) {}

const std::string& TokenSource::token(TimePoint now) {
  if (!changed_ && !token_.empty()) {  // the inline one comes first
    changed_ = now;
    next_read_ = now + kTokenReadAgain;
  }
  if (file_.empty() || now < next_read_) return token_;
  next_read_ = now + kTokenReadAgain;
  const auto text = read_file(file_);
  const auto token = text ? trim(*text) : std::string_view();
  problem_ = !text                   ? text.error().message
             : token.empty()         ? file_ + " is empty"
             : !api::is_token(token) ? file_ + " holds " + std::string(api::kNoTokenByte)
                                     : "";
  if (problem_.empty() && token != token_) {
    token_ = token;
    changed_ = now;
  }
  return token_;
}

Result<std::vector<ServerAddress>> parse_servers(const std::string& text) {
  std::vector<ServerAddress> out;
  for (const auto& part : split(text, ',')) {
    const auto trimmed = std::string(trim(part));
    if (trimmed.empty()) return fail(Code::kInvalid, "API servers \"" + text + "\": an entry is empty");
    const auto server = parse_server(trimmed);
    if (!server) return server.error();
    out.push_back(*server);
  }
  return out;
}

Result<ClientConfig> load_kubeconfig(const std::string& path) { return load_list({path}); }

Result<ClientConfig> in_cluster_config(const std::string& account) {
  const auto host = environment("KUBERNETES_SERVICE_HOST");
  const auto port_text = environment("KUBERNETES_SERVICE_PORT");
  if (host.empty()) {
    return fail(Code::kNotFound,
                "no API server known: give --kubeconfig, set KUBECONFIG, or run as a pod of the cluster");
  }
  long long port = 443;
  if (!port_text.empty() && !parse_integer(port_text, 1, 65535, port)) {
    return fail(Code::kInvalid, "KUBERNETES_SERVICE_PORT must be 1..65535, got \"" + port_text + "\"");
  }
  ClientConfig out;
  const bool bracketed = host.front() == '[' && host.back() == ']';
  out.servers = {{bracketed ? host.substr(1, host.size() - 2) : host, static_cast<int>(port)}};
  out.ca_file = account + "/ca.crt";
  out.token_file = account + "/token";
  for (const auto& path : {out.ca_file, out.token_file}) {
    if (const auto text = read_file(path); !text) {
      return fail(text.error().code,
                  text.error().message + "; mount the service account (automountServiceAccountToken: true)");
    }
  }
  if (const auto name = read_file(account + "/namespace"); name) out.namespace_name = trim(*name);
  return out;
}

Result<ClientConfig> find_config(const std::string& kubeconfig_flag, const std::string& servers) {
  const auto variable = environment("KUBECONFIG");
  std::vector<std::string> paths;
  for (const auto& path : split(variable, ':')) {
    if (!path.empty()) paths.push_back(path);
  }
  auto config = !kubeconfig_flag.empty() ? load_kubeconfig(kubeconfig_flag)
                : !paths.empty()         ? load_list(paths)
                                         : in_cluster_config(kAccount);
  if (!config || servers.empty()) return config;
  auto addresses = parse_servers(servers);
  if (!addresses) return addresses.error();
  config->servers = std::move(*addresses);
  return config;
}

TokenNode node_of_token(const ClientConfig& config) {
  TokenSource source(config.token, config.token_file);
  const auto claims = api::claims_of_token(source.token(sys::now()));
  return {claims.node_name, claims.node_uid};
}

}  // namespace fairlead::apiserver
