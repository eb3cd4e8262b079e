#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/time.h"

namespace fairlead::agent {

class VirtualRouter;

// Which virtual routers a turn must look at: of hundreds few are due, and few have changed. vrrp thread only.
class Agenda {
 public:
  // A router's place in it, for as long as it lives. The agenda must outlive it.
  class Place {
   public:
    Place(Agenda& agenda, VirtualRouter& router);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // A call may have changed what the router has to tell, or when it is due.
    void touch();
    // When it is due next; nothing: never, as at the begin.
    void put(std::optional<TimePoint> due);

   private:
    friend Agenda;

    Agenda& agenda_;
    VirtualRouter& router_;
    const std::uint64_t number_;
    std::optional<TimePoint> due_;
    bool touched_ = false;
  };

  // Those that are due by then as they were put: in the order in which they fall due, else of their birth.
  std::vector<VirtualRouter*> due(TimePoint by) const;
  // When the first is; nothing if none ever is.
  std::optional<TimePoint> next() const;
  // Those that were touched since the last forget_touched(), each once.
  std::vector<VirtualRouter*> touched() const;
  void forget_touched();

 private:
  // Addresses of objects are no order: another run would have another one.
  using Key = std::pair<TimePoint, std::uint64_t>;
  std::map<Key, VirtualRouter*> queue_;
  std::vector<Place*> touched_;
  std::uint64_t born_ = 0;
};

}  // namespace fairlead::agent
