#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/apiserver/client.h"
#include "lib/apiserver/tls_context.h"
#include "lib/base/time.h"
#include "lib/net/address.h"
#include "lib/sys/loop.h"

// One HTTP exchange after the other with one server, over TLS. The seam behind which cpprestsdk is kept
// (libraries.md 1): nothing here or above knows of it.
namespace fairlead::apiserver {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string path;  // origin form, escaped, with query
  HttpHeaders headers;
  std::string content_type;  // empty: no body
  std::string body;
};

struct HttpFailure {
  enum class Kind {
    kTimeout,   // nothing arrived for the transport's `inactivity`
    kConnect,   // name or address not reachable
    kTls,       // handshake refused by either side, or our own files unusable
    kClosed,    // connection lost in the middle
    kProtocol,  // not HTTP, or a request that cannot be sent
  };
  Kind kind = Kind::kClosed;
  std::string text;
};

// All on the transport's loop, in this order: on_connected and on_head at most once, on_data any number of
// times, on_end exactly once. Any of them may destroy the Exchange.
struct ExchangeEvents {
  // Before on_head: the answer shows that connections can be made, since one was while the exchange ran.
  std::function<void()> on_connected;
  std::function<void(int status, const HttpHeaders& headers)> on_head;
  std::function<void(std::string bytes)> on_data;
  std::function<void(const std::optional<HttpFailure>& failure)> on_end;  // nullopt: the whole body was seen
};

// A running exchange. Destroying it cancels it; no event comes afterwards. On the loop's thread only.
class Exchange {
 public:
  Exchange() = default;
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
};

struct TransportConfig {
  net::IpAddress address;
  int port = 6443;
  TlsIdentity tls;
  Microseconds inactivity{};  // longest silence in any step, from connect to the last byte
};

// Bytes wait for the loop in memory, at most about 1 MiB an exchange; then the server is made to wait.
// Every connection has keepalive and TCP_USER_TIMEOUT of K-13. All on the loop's thread.
class Transport {
 public:
  Transport() = default;
  // Cancels what still runs and waits for it, at most half a second.
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // No event runs inside start().
  virtual std::unique_ptr<Exchange> start(HttpRequest request, ExchangeEvents events) = 0;
};

// REQUIRES: start_transport_runtime() was called.
std::unique_ptr<Transport> make_transport(sys::Loop& loop, TransportConfig config);

}  // namespace fairlead::apiserver
