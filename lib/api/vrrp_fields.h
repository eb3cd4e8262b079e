#pragma once

#include <string>
#include <vector>

#include "lib/api/json_view.h"
#include "lib/api/vrrp_group.h"

// Internal to lib/api: the VRRP settings that AddressPool.spec.vrrp and VRRPGroup.spec have in common.
namespace fairlead::api {

// 2 or 3.
void read_version(const JsonView& view, int& out);
// 10..40950 in steps of 10; version 2: in steps of 1000. Where it is absent, `out` is raised to the 1 s that
// version 2 needs.
void read_advert_interval(const JsonView& view, int version, Milliseconds& out);
void read_preempt_delay(const JsonView& view, Seconds& out);
void read_checksum(const JsonView& view, Checksum& out);
void read_transport(const JsonView& view, Transport& out);
void read_link_up_delay(const JsonView& view, Milliseconds& out);

}  // namespace fairlead::api
