#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lib/apiserver/client.h"
#include "lib/reconcile/election.h"

namespace fairlead::apiserver {

// Carries out an election (lib/reconcile/election.h) over one Lease: from construction on it tries to lead.
// Its requests have connections of their own and wait for no token bucket; on which server, and with which
// token, is the Client's business. All on the loop's thread; loop, metrics and client must outlive it.
class Elector {
 public:
  // Of the actions, those that are no requests: HolderChanged, SlowPathTaken, TryFailed, LeadTaken, LeadLost,
  // Resigned. Called on the loop, never inside the constructor; may call resign(), must not destroy the
  // Elector.
  using OnNews = std::function<void(const reconcile::ElectionAction&)>;

  // `lease` need not exist.
  Elector(Client& client, api::ObjectKey lease, reconcile::ElectionConfig config, OnNews on_news);
  ~Elector();
  Elector(const Elector&) = delete;
  Elector& operator=(const Elector&) = delete;

  // The gate before every write (reconcile::may_write), by the clock as it is now.
  bool may_write() const;
  // False: the election has come to a standstill (reconcile::moves).
  bool moves() const;
  // Lets go of the Lease: ends with Resigned. REQUIRES: no write is on its way any more.
  void resign();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fairlead::apiserver
