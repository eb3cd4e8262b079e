#pragma once

#include <optional>
#include <string>

#include "lib/apiserver/client.h"
#include "node/agent/entries.h"

namespace fairlead::agent {

// Who this daemon is: the node's name, its UID as the token has it (and a line in the log if the token is
// another node's), and an instance drawn at random, so that two daemons of one name are told apart (FN-18).
// Once per start.
// Without an API server the UID is not known.
Speaker make_speaker(const std::string& node_name, const std::optional<apiserver::ClientConfig>& api);

}  // namespace fairlead::agent
