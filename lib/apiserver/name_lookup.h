#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/address.h"
#include "lib/sys/loop.h"

namespace fairlead::apiserver {

// Asks the system's resolver (getaddrinfo: hosts file, DNS) for the addresses of one name. That may take
// half a minute and cannot be stopped, so each question has a thread of its own, and nobody waits for it.
class NameLookup {
 public:
  // On the loop, never inside ask(): the addresses in the resolver's order, at least one, each once. Errors:
  // kUnavailable, with the name and the resolver's words.
  using OnDone = std::function<void(Result<std::vector<net::IpAddress>>)>;

  NameLookup(sys::Loop& loop, std::string name, OnDone on_done);
  // The answer of a question that is still open is dropped. On the loop's thread, before its end.
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  // Does nothing while a question is open.
  void ask();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::string name_;
  bool asking_ = false;
};

}  // namespace fairlead::apiserver
