// What the vrrp thread calls of lib/sys and lib/api, without the libraries behind them: a log that was not
// started writes nothing, and the name of a state is a label.

#include "lib/api/vrrp_group.h"
#include "lib/sys/log.h"

namespace fairlead {

void sys::log(LogLevel, std::string_view, std::initializer_list<Field>) {}

std::string_view api::to_string(MemberState state) {
  constexpr std::string_view kNames[] = {"Initialize", "Backup", "Master"};
  return kNames[static_cast<std::size_t>(state)];
}

}  // namespace fairlead
