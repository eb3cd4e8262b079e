#pragma once

#include <optional>

#include "lib/base/result.h"
#include "node/filter/guard.h"
#include "node/kernel/nft.h"

namespace fairlead::agent {

// Keeps nft table inet fairlead at what is wanted. Its structure is replaced when it is new, damaged or of
// unknown content; else only elements change.
class ForwardingGuard {
 public:
  explicit ForwardingGuard(kernel::Nft& nft) : nft_(nft) {}

  // Makes the table hold `wanted`; an empty guard deletes the table. Runs nothing if the table holds that
  // already. Errors: as Nft::apply; the table is then as it was.
  Result<> hold(const filter::Guard& wanted);
  // Whether somebody changed the table since (FN-33); if so it was put back whole: true. Also tries again
  // what hold() could not do. Errors: as hold(), and as Nft::generation.
  Result<bool> check();

  // What the table is known to hold.
  const filter::Guard& held() const;

 private:
  Result<> replace();
  Result<> remember();

  kernel::Nft& nft_;
  std::optional<filter::Guard> wanted_;  // nullopt: hold() was not called yet, the table is let be
  std::optional<filter::Guard> held_;    // nullopt: unknown
  kernel::Generation generation_{0};
  std::optional<kernel::TableTrace> trace_;
};

}  // namespace fairlead::agent
