#pragma once

#include "unit/controller/builders.h"

namespace fairlead::controller::testing {

// `web` holds 192.0.2.100 in a group of all three nodes.
inline Inputs with_web() {
  Inputs inputs = three_nodes();
  put_claimed(inputs, vip("web", "192.0.2.100"));
  put(inputs.groups, group({"192-0-2-0-24-v4-1",
                            1,
                            {{"192.0.2.100", "web"}},
                            {{"node-a", 200}, {"node-b", 150}, {"node-c", 100}}}));
  return inputs;
}
inline api::VirtualIP& web(Inputs& inputs) { return inputs.virtual_ips.at({"shop", "web"}); }

}  // namespace fairlead::controller::testing
