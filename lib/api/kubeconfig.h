#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

// kubectl's configuration file and the claims of a service account's token: the credentials' formats.
namespace fairlead::api {

// One file of a KUBECONFIG list, already turned from YAML into JSON.
struct KubeconfigDocument {
  std::string folder;  // relative paths in the file start here; empty: they stay as they are
  std::string json;
};

// What the current context says (subset of K-38). Of each pair, the `_data` (PEM, base64 undone) comes
// before the file.
struct Kubeconfig {
  std::string host;  // no brackets
  int port = 443;
  std::string ca_data;
  std::string ca_file;
  std::string certificate_data;
  std::string certificate_file;
  std::string key_data;
  std::string key_file;
  std::string token;
  std::string token_file;
  std::string namespace_name;
  std::string tls_server_name;
  friend bool operator==(const Kubeconfig&, const Kubeconfig&) = default;
};

// Merges the documents as kubectl does (of two entries of one name the first counts, so does the first
// current-context) and reads the current context.
//
// Refused, because a daemon must not do it or because we cannot: exec and auth-provider plugins, user names
// with passwords, insecure-skip-tls-verify, proxies, servers that are not https, clusters without a CA.
// Errors: kInvalid, one sentence that names the entry.
Result<Kubeconfig> parse_kubeconfig(const std::vector<KubeconfigDocument>& documents);

// Reads "https://host[:port]" ("[...]" around an IPv6 address; a path is refused). Errors: kInvalid.
struct ServerUrl {
  std::string host;
  int port = 443;
  friend bool operator==(const ServerUrl&, const ServerUrl&) = default;
};
Result<ServerUrl> parse_server_url(std::string_view url);

// Whether an HTTP header can carry it: with a line break in it the rest would be a header of its own.
bool is_token(std::string_view text);
constexpr std::string_view kNoTokenByte = "a space, a line break or another byte that no token has";

// The node that a service account's token is bound to (claims kubernetes.io.node.name and .uid).
struct TokenClaims {
  std::string node_name;
  std::string node_uid;
  friend bool operator==(const TokenClaims&, const TokenClaims&) = default;
};
// Reads the token's payload; its signature is the API server's business. Anything else gives empty claims.
TokenClaims claims_of_token(std::string_view token);

// Undoes base64 (RFC 4648 4 or 5, padding optional, white space ignored). Errors: kInvalid.
Result<std::string> decode_base64(std::string_view text);

}  // namespace fairlead::api
