#include "node/agent/speaker.h"

#include <string>

#include "lib/sys/log.h"
#include "lib/sys/random_hex.h"

namespace fairlead::agent {

Speaker make_speaker(const std::string& node_name, const std::optional<apiserver::ClientConfig>& api) {
  const auto claim = api ? apiserver::node_of_token(*api) : apiserver::TokenNode{};
  const std::string uid = claim.name == node_name ? claim.uid : "";
  if (!claim.name.empty() && claim.name != node_name) {
    sys::log(sys::LogLevel::kWarning, "node.token_of_other_node",
             {{"node", node_name}, {"token", claim.name}});
  }
  return {{node_name, uid}, sys::random_hex(8), FAIRLEAD_VERSION};
}

}  // namespace fairlead::agent
