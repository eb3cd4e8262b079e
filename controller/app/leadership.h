#pragma once

#include <functional>
#include <memory>
#include <string>

#include "controller/app/controller.h"
#include "controller/app/pages.h"
#include "lib/apiserver/client.h"
#include "lib/apiserver/elector.h"
#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"

namespace fairlead::controller {

// Which Lease, and by which rules.
struct Election {
  api::ObjectKey lease;
  reconcile::ElectionConfig config;
};

// Whether this replica leads, and all that follows: the controller computes and writes only while it does, no
// write leaves unless the Lease is held with time to spare, and who lost the Lease ends. On the loop's
// thread; all that is given must outlive it.
class Leadership {
 public:
  // How the program ends.
  enum class End { kStopped, kLost };
  struct World {
    sys::Loop& loop;
    sys::Metrics& metrics;
    apiserver::Client& client;
    Pages& pages;
    Controller& controller;
  };

  // Without `election` this replica leads from now on. on_end comes once, perhaps inside stop().
  Leadership(const World& world, const Election* election, std::function<void(End)> on_end);

  // Ends in order: no further write, then the Lease is let go of; called again, at once.
  void stop();

 private:
  void heard(const reconcile::ElectionAction& news);
  void holder_changed(const std::string& holder);
  void try_failed(const std::string& why);
  void taken();
  void lost(const std::string& why);
  void resigned(const std::string& kept);
  void let_go();
  void tick();
  void end(End how);

  World world_;
  std::string lease_;  // "namespace/name"
  std::function<void(End)> on_end_;
  sys::Gauge& leader_;
  sys::Counter& transitions_;
  sys::Counter& slow_path_;
  sys::Counter& errors_;
  std::string told_;  // why a try failed, as logged last
  TimePoint failed_at_{};
  bool stopping_ = false;
  bool letting_go_ = false;
  sys::Timer tick_;
  sys::Timer patience_;
  std::unique_ptr<apiserver::Elector> elector_;  // last: it calls back into the members above
};

}  // namespace fairlead::controller
