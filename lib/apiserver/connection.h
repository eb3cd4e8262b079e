#pragma once

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/apiserver/credentials.h"
#include "lib/apiserver/name_lookup.h"
#include "lib/apiserver/transport.h"
#include "lib/reconcile/server_addresses.h"
#include "lib/reconcile/server_health.h"
#include "lib/sys/metrics.h"

namespace fairlead::apiserver {

// The API server in use: which of the servers, at which address, with which credentials, and whether it is
// well (ServerHealth). Changes of that are logged once each: api.unreachable, api.denied, api.recovered
// (K-35, K-36, K-39). An exchange that cannot connect is tried once at each address that a name has (K-13).
// On the loop.
class Connection {
 public:
  Connection(sys::Loop& loop, sys::Metrics& metrics, ClientConfig config, std::string user_agent);

  // Each has connections of its own, and its own idea of how long silence may last.
  enum class Lane { kShort, kWatch, kLease };

  // Adds credentials and the usual headers. Must outlive the Exchange; no event runs inside.
  std::unique_ptr<Exchange> start(Lane lane, HttpRequest request, ExchangeEvents events);

  // An own deadline has struck; told by the owner of the exchange, which transport and server did not notice.
  void saw_timeout();

  // The token that start() would send now.
  const std::string& token();

 private:
  class Held;

  std::shared_ptr<Transport> transport(Lane lane);
  void saw_answer(int status, bool fresh);
  void saw_failure(const HttpFailure& failure);
  // Says what has changed; `reason` of what is not well.
  void show(const std::string& reason);
  void next_server();
  void use_server(std::size_t index);
  // The name is resolved in the background, if it is due.
  void look_up();
  void looked_up(const Result<std::vector<net::IpAddress>>& found);
  void fail_waiting(HttpFailure failure);
  // What came of a connection to that address was nothing.
  void no_use(const std::optional<net::IpAddress>& address);
  void cut_watches();
  void tick();
  std::string endpoint() const;
  std::string client_certificate() const;

  sys::Loop& loop_;
  sys::Metrics& metrics_;
  ClientConfig config_;
  std::string user_agent_;
  TokenSource token_;
  std::string token_trouble_;  // as logged last
  std::size_t server_ = 0;     // index in config_.servers
  reconcile::ServerAddresses addresses_{std::nullopt};
  std::unique_ptr<NameLookup> lookup_;                    // nullptr: the server is known by its address
  std::array<std::shared_ptr<Transport>, 3> transports_;  // by lane; made when needed
  std::string certificate_in_use_;
  reconcile::ServerHealth health_;
  std::string trouble_;  // why no answer came, the last time
  reconcile::ServerHealth::Is shown_ = reconcile::ServerHealth::Is::kUnknown;
  int failures_ = 0;         // in a row; while no connection can be made those that live do not count
  std::set<Held*> watches_;  // that run
  std::set<Held*> waiting_;  // for an address
  sys::Timer timer_;
  sys::Timer fail_next_;
};

}  // namespace fairlead::apiserver
