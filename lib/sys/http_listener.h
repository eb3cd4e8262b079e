#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/net/endpoint.h"

namespace fairlead::sys {

struct HttpReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// A small plain-HTTP/1.1 GET listener (Boost.Beast) on a thread of its own: /metrics, /state, /healthz,
// /readyz. At most 64 connections: one more takes the place of the one that has asked nothing for the
// longest. 5 s per read or write, request head at most 8 KiB, keep-alive. TLS and authentication come with
// issue H; until then bind to loopback unless told otherwise.
class HttpListener {
 public:
  // Runs on the listener's thread; must not block: answer from atomics or a ready snapshot.
  using Route = std::function<HttpReply()>;

  // Binds and starts the thread. Errors: kUnavailable (address in use), kDenied.
  static Result<std::unique_ptr<HttpListener>> start(const net::Endpoint& address,
                                                     std::map<std::string, Route> routes);
  ~HttpListener();  // stops and joins
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  net::Endpoint address() const;  // the bound one (port 0 asked: the port given)

 private:
  struct State;
  explicit HttpListener(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::sys
