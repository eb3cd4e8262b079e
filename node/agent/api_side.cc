#include "node/agent/api_side.h"

#include <cstddef>
#include <utility>

#include "node/agent/notices.h"

namespace fairlead::agent {
namespace {

constexpr apiserver::RateLimit kNodeRate{5, 10};  // K-33
// Of these, when every group changes at once: status comes first.
constexpr apiserver::RateLimit kEventRate{1, 10};
constexpr std::size_t kLongestManager = 128;

}  // namespace

ApiSide::ApiSide(sys::Loop& loop, sys::Metrics& metrics, const apiserver::ClientConfig& config,
                 const Speaker& speaker, ReporterSources sources)
    : node_(speaker.node.name),
      client_(loop, metrics, config, kNodeRate, "fairlead-node/" FAIRLEAD_VERSION),
      events_(loop, metrics, client_,
              {"fairlead.dev/node", "fairlead-node-" + speaker.node.name + "-" + speaker.instance},
              kEventRate),
      queue_(loop, client_, api::cut_name("fairlead-node-" + speaker.node.name, kLongestManager)),
      reporter_(loop, queue_, speaker, std::move(sources)) {}

void ApiSide::vrrp(const VrrpReport& before, const VrrpReport& now) {
  for (const auto& notice : notices(node_, before, now)) events_.send(notice);
  reporter_.vrrp(now);
}

void ApiSide::plan(const PlanView& view, const std::map<api::ObjectKey, api::VRRPGroup>& groups) {
  VrrpReport now = plan_report(view, groups);
  for (const auto& notice : notices(node_, plan_told_, now)) events_.send(notice);
  plan_told_ = std::move(now);
  reporter_.changed();
}

}  // namespace fairlead::agent
