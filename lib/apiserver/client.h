#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"

// The Kubernetes API server as Fairlead talks to it. transport_cpprest.cc alone sees cpprestsdk
// (libraries.md 1); everything here runs on, and calls back on, one Loop thread.
namespace fairlead::apiserver {

struct ServerAddress {
  std::string host;  // literal address or name; no brackets
  int port = 6443;
};

// Where the API server is and who we are. Files are read again while running (K-35, K-36).
struct ClientConfig {
  std::vector<ServerAddress> servers;   // tried in order, failover after failures (K-39)
  std::string ca_file;                  // one of ca_file and ca_data
  std::string ca_data;                  // PEM
  std::string client_certificate_file;  // optional pair
  std::string client_key_file;
  std::string client_certificate_data;  // PEM; comes before the files
  std::string client_key_data;
  std::string token_file;  // optional; token (inline) comes first, the file is then re-read
  std::string token;
  std::string namespace_name;  // of the service account or context; empty: "default"
  std::string tls_server_name;
};

// Reads a kubeconfig's current context (subset K-38). Errors: kInvalid, kNotFound, kDenied; the message
// names the file and what to do.
Result<ClientConfig> load_kubeconfig(const std::string& path);
// KUBERNETES_SERVICE_HOST/_PORT and the files of a service account, token, ca.crt and namespace, in its
// folder (K-37).
Result<ClientConfig> in_cluster_config(const std::string& account);
// Flag, then $KUBECONFIG, then in-cluster; `servers` ("host:port,host:port", may be empty) replaces the
// addresses found.
Result<ClientConfig> find_config(const std::string& kubeconfig_flag, const std::string& servers);

// "node/instance" facts of the bearer token's claims (kubernetes.io.node.name and .uid); empty if absent.
struct TokenNode {
  std::string name;
  std::string uid;
};
TokenNode node_of_token(const ClientConfig& config);

struct ApiRequest {
  std::string method = "GET";  // GET, POST, PATCH, DELETE, PUT
  std::string path;            // origin form, escaped, with query
  std::string content_type;    // empty for no body; "application/apply-patch+yaml" for apply
  std::string body;
  std::string kind;  // for metrics only: "virtualips"
};

struct ApiResponse {
  int status = 0;
  std::string body;
};

struct RateLimit {
  double per_second = 50;  // K-33: controller 50/s burst 100, node 5/s burst 10
  int burst = 100;
};

// Sends requests. Each waits for its turn in the token bucket; 429 and 5xx with Retry-After are retried
// up to 10 times for GET and apply (K-33, K-34); 401 re-reads the token once (K-35). Any other answer of
// the server, 409 and 404 too, is a response, not an Error. Errors: kUnavailable (connect, time-out 15 s,
// reset), kDenied (TLS refused, CA or certificate wrong), kInternal. The library below may send a request
// again, of any method, when a pooled connection breaks: make POSTs with fixed names, and take 409
// AlreadyExists as perhaps our own. Changes of the server's health are logged here, once each.
class Client {
 public:
  using OnDone = std::function<void(Result<ApiResponse>)>;

  Client(sys::Loop& loop, sys::Metrics& metrics, ClientConfig config, RateLimit limit,
         std::string user_agent);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // on_done runs on the loop exactly once, never inside send(); not at all after ~Client.
  void send(ApiRequest request, OnDone on_done);

  // From now on a request that writes (any but GET) leaves only while `open` says so; asked on the loop
  // before each try, one that waited for its turn or is repeated included. Else it ends with kConflict and is
  // counted.
  void set_write_gate(std::function<bool()> open);

  // Server-side apply (K-26): PATCH <path>?fieldManager=<manager>&force=<force>.
  void apply(const std::string& path, const std::string& kind, const std::string& manager, bool force,
             std::string body, OnDone on_done);

  // An object of this kind cannot be read: counted, and logged as api.bad_answer.
  void count_unreadable(const std::string& kind, const std::string& detail);

  struct State;
  State& state() { return *state_; }  // for reflector.cc and elector.cc only

 private:
  std::shared_ptr<State> state_;
};

// First thing in main of every program that uses a Client (one pool thread, SSL_CERT_FILE).
void start_transport_runtime();

}  // namespace fairlead::apiserver
