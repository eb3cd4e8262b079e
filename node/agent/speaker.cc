#include "node/agent/speaker.h"

#include <sys/random.h>

#include <array>
#include <string_view>

#include "lib/sys/log.h"
#include "lib/sys/loop.h"

namespace fairlead::agent {
namespace {

std::string random_instance() {
  std::array<unsigned char, 8> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return "t" + std::to_string(sys::wall_now().time_since_epoch().count());
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) {
    out += kHex[byte >> 4];
    out += kHex[byte & 0xf];
  }
  return out;
}

}  // namespace

Speaker make_speaker(const std::string& node_name, const std::optional<apiserver::ClientConfig>& api) {
  const auto claim = api ? apiserver::node_of_token(*api) : apiserver::TokenNode{};
  const std::string uid = claim.name == node_name ? claim.uid : "";
  if (!claim.name.empty() && claim.name != node_name) {
    sys::log(sys::LogLevel::kWarning, "node.token_of_other_node",
             {{"node", node_name}, {"token", claim.name}});
  }
  return {{node_name, uid}, random_instance(), FAIRLEAD_VERSION};
}

}  // namespace fairlead::agent
