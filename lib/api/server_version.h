#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

// What an API server answers to GET /version. Pure.
namespace fairlead::api {

struct ServerVersion {
  int major = 0;
  int minor = 0;
  friend auto operator<=>(const ServerVersion&, const ServerVersion&) = default;
};

// The oldest that is supported: from it on the CRDs' rules know isIP(), and `ipMode` of a Service's status is
// kept.
inline constexpr ServerVersion kOldestServer{1, 31};

// "1.31".
std::string to_string(const ServerVersion& version);

// nullopt: it names none that we understand. Vendors add to the minor one: "31+".
std::optional<ServerVersion> decode_server_version(std::string_view json);

}  // namespace fairlead::api
