#include "node/kernel/fence_filter.h"

#include <linux/netfilter.h>
#include <linux/netlink.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "lib/sys/loop.h"
#include "node/kernel/fence_calls.h"
#include "node/kernel/fence_filter_messages.h"
#include "node/kernel/fence_filter_rules.h"
#include "node/kernel/genl_socket.h"
#include "node/kernel/kept_fence.h"
#include "node/kernel/nft_trace.h"

namespace fairlead::kernel {
namespace {

NftTableName table_name() { return {NFPROTO_NETDEV, std::string(kFenceTable)}; }

Result<> commit(GenlSocket& socket, NftTransaction& transaction, std::uint32_t first) {
  if (transaction.empty()) return Done{};
  transaction.finish();
  const auto outcome = socket.transact(transaction.batch(), first, transaction.barrier());
  if (!outcome) return outcome.error();
  if (!outcome->failed.empty()) {
    const auto& [sequence, error] = *outcome->failed.begin();
    if (sequence == first && error == ERESTART) {
      return fail(Code::kConflict, "table netdev fairlead_fence: others committed meanwhile");
    }
    Error why = errno_error("table netdev fairlead_fence, " + transaction.what(sequence), error);
    if (error != EOPNOTSUPP) return why;
    return fail(Code::kNotFound, why.message + ": it needs the egress hook of Linux 5.16 or newer");
  }
  if (!outcome->complete) {
    return fail(Code::kUnavailable, "table netdev fairlead_fence: no answer from the kernel");
  }
  return Done{};
}

// Whether it was there.
Result<bool> remove_over(GenlSocket& socket) {
  if (const auto generation = read_generation(socket); !generation) {
    if (generation.error().code == Code::kNotFound) return false;
    return generation.error();
  }
  const auto trace = read_trace(socket, table_name());
  if (!trace) return trace.error();
  if (!*trace) return false;
  const std::uint32_t first = socket.next_sequence();
  NftTransaction transaction(NFPROTO_NETDEV, first);
  append_fence_removal(transaction);
  if (auto removed = commit(socket, transaction, first); !removed) return removed.error();
  return true;
}

class KernelFenceCalls : public FenceCalls {
 public:
  explicit KernelFenceCalls(std::function<Microseconds()> idle) : idle_(std::move(idle)) {}

  Result<> change(const filter::FenceTable& from, const filter::FenceTable& to,
                  const FenceMoment& moment) override {
    if (auto ready = open(); !ready) return ready;
    const std::uint32_t first = socket_->next_sequence();
    NftTransaction transaction(NFPROTO_NETDEV, first, moment.generation);
    append_fence_changes(transaction, from, to, moment.idle);
    return commit(*socket_, transaction, first);
  }

  Result<> replace(const filter::FenceTable& to, const std::optional<FenceMoment>& moment) override {
    if (auto ready = open(); !ready) return ready;
    const std::uint32_t first = socket_->next_sequence();
    NftTransaction transaction(NFPROTO_NETDEV, first, moment ? moment->generation : std::nullopt);
    append_fence(transaction, to, moment ? std::optional(moment->idle) : std::nullopt);
    return commit(*socket_, transaction, first);
  }

  Result<> remove() override {
    // Over the socket that made it: a process without a descriptor left gets no other.
    if (auto removed = socket_ ? remove_over(*socket_) : remove_fence_filter(); !removed) {
      return removed.error();
    }
    return Done{};
  }

  Result<Generation> generation() override {
    if (auto ready = open(); !ready) return ready.error();
    return read_generation(*socket_);
  }

  Result<std::optional<TableTrace>> trace() override {
    if (auto ready = open(); !ready) return ready.error();
    return read_trace(*socket_, table_name());
  }

  TimePoint now() override { return sys::now(); }
  Microseconds idle() override { return idle_(); }

 private:
  Result<> open() {
    if (socket_) return Done{};
    auto opened = GenlSocket::open(NETLINK_NETFILTER);
    if (!opened) return without_nf_tables(opened.error());
    socket_ = std::make_unique<GenlSocket>(*std::move(opened));
    return Done{};
  }

  std::function<Microseconds()> idle_;
  std::unique_ptr<GenlSocket> socket_;
};

}  // namespace

std::unique_ptr<FenceFilter> open_fence_filter(std::function<Microseconds()> idle) {
  return std::make_unique<KeptFence>(std::make_unique<KernelFenceCalls>(std::move(idle)));
}

Result<bool> remove_fence_filter() {
  auto socket = GenlSocket::open(NETLINK_NETFILTER);
  if (!socket) {
    const Error error = without_nf_tables(socket.error());
    if (error.code == Code::kNotFound) return false;
    return error;
  }
  return remove_over(*socket);
}

}  // namespace fairlead::kernel
