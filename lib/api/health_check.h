#pragma once

#include <optional>
#include <string_view>

#include "lib/base/time.h"
#include "lib/net/endpoint.h"

// How a real server is checked (api.md, VirtualIP `healthChecks` and `onUnhealthy`; datapath.md 9).
namespace fairlead::api {

enum class CheckKind { kTcp, kHttp, kHttps, kUdp, kDns, kPing, kSmtp, kGrpc };
std::string_view to_string(CheckKind kind);  // "tcp", "http", ...

struct HealthCheck {
  CheckKind kind = CheckKind::kTcp;
  Seconds interval{5};  // 1..86400: from one check of a server to the next
  Seconds timeout{3};   // 1..3600: of one attempt
  int retries = 1;      // 0..100: attempts that may fail after the first, before a live server counts as down
  Seconds retry_delay{1};                        // 0..3600: before each of them
  std::optional<net::Port> port;                 // absent: the real server's
  std::optional<net::IpAddress> source_address;  // absent: the kernel's choice
  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

// What becomes of a real server whose checks do not pass.
enum class OnUnhealthy {
  kDrain,   // weight 0: no new connections, those it has go on
  kRemove,  // taken out: its clients learn at once
};
std::string_view to_string(OnUnhealthy action);  // "Drain", "Remove"

}  // namespace fairlead::api
