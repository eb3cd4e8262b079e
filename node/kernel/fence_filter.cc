#include "node/kernel/fence_filter.h"

#include <linux/netfilter.h>
#include <linux/netlink.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "node/kernel/fence_filter_messages.h"
#include "node/kernel/fence_filter_rules.h"
#include "node/kernel/genl_socket.h"
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
    Error why = errno_error("table netdev fairlead_fence, " + transaction.what(sequence), error);
    if (error != EOPNOTSUPP) return why;
    return fail(Code::kNotFound, why.message + ": it needs the egress hook of Linux 5.16 or newer");
  }
  if (!outcome->complete) {
    return fail(Code::kUnavailable, "table netdev fairlead_fence: no answer from the kernel");
  }
  return Done{};
}

class KernelFenceFilter : public FenceFilter {
 public:
  explicit KernelFenceFilter(std::function<Microseconds()> idle) : idle_(std::move(idle)) {}

  Result<> apply(const std::vector<filter::FencedGroup>& groups) override {
    wanted_ = filter::fence_table(groups);
    if (held_ && *held_ == *wanted_) return Done{};
    if (!held_ || held_->empty() || wanted_->empty()) return replace(false);
    const std::uint32_t first = socket_->next_sequence();
    NftTransaction transaction(NFPROTO_NETDEV, first);
    append_fence_changes(transaction, *held_, *wanted_, idle_());
    // Falls back to the whole table: another hand, or the end of an interface, may have changed it.
    if (!commit(*socket_, transaction, first)) return replace(true);
    remember();
    return Done{};
  }

  Result<bool> repair() override {
    if (!wanted_) return false;
    if (!held_ || *held_ != *wanted_) {
      if (auto replaced = replace(true); !replaced) return replaced.error();
      return false;
    }
    if (held_->empty()) return false;
    const auto generation = read_generation(*socket_);
    if (!generation) return generation.error();
    if (trace_ && *generation == generation_) return false;
    const auto trace = read_trace(*socket_, table_name());
    if (!trace) return trace.error();
    if (*trace && is_whole(**trace)) {
      generation_ = *generation;
      trace_ = **trace;
      return false;
    }
    if (auto replaced = replace(true); !replaced) return replaced.error();
    return true;
  }

 private:
  Result<> open() {
    if (socket_) return Done{};
    auto opened = GenlSocket::open(NETLINK_NETFILTER);
    if (!opened) return without_nf_tables(opened.error());
    socket_ = std::make_unique<GenlSocket>(*std::move(opened));
    return Done{};
  }

  Result<> replace(bool beating) {
    if (wanted_->empty()) {
      if (auto removed = remove_fence_filter(); !removed) return removed.error();
      held_ = *wanted_;
      return Done{};
    }
    if (auto ready = open(); !ready) return ready;
    const std::uint32_t first = socket_->next_sequence();
    NftTransaction transaction(NFPROTO_NETDEV, first);
    append_fence(transaction, *wanted_, beating ? std::optional(idle_()) : std::nullopt);
    if (auto committed = commit(*socket_, transaction, first); !committed) return committed;
    remember();
    return Done{};
  }

  // What the kernel shows now. The generation is read first: what comes after it will show as another one.
  // Where it cannot be told, repair() looks again.
  void remember() {
    held_ = *wanted_;
    trace_.reset();
    const auto generation = read_generation(*socket_);
    if (!generation) return;
    const auto trace = read_trace(*socket_, table_name());
    if (!trace || !*trace || !is_whole(**trace)) return;
    generation_ = *generation;
    trace_ = **trace;
  }

  bool is_whole(const TableTrace& trace) const {
    if (trace_) return trace == *trace_;
    return trace.rules == filter::rule_count(*held_) && trace.elements == filter::element_count(*held_);
  }

  std::function<Microseconds()> idle_;
  std::unique_ptr<GenlSocket> socket_;
  std::optional<filter::FenceTable> wanted_;  // nullopt: apply() was not called yet
  std::optional<filter::FenceTable> held_;    // nullopt: never committed
  Generation generation_{0};
  std::optional<TableTrace> trace_;
};

}  // namespace

std::unique_ptr<FenceFilter> open_fence_filter(std::function<Microseconds()> idle) {
  return std::make_unique<KernelFenceFilter>(std::move(idle));
}

Result<bool> remove_fence_filter() {
  auto socket = GenlSocket::open(NETLINK_NETFILTER);
  if (!socket) {
    const Error error = without_nf_tables(socket.error());
    if (error.code == Code::kNotFound) return false;
    return error;
  }
  if (const auto generation = read_generation(*socket); !generation) {
    if (generation.error().code == Code::kNotFound) return false;
    return generation.error();
  }
  const auto trace = read_trace(*socket, table_name());
  if (!trace) return trace.error();
  if (!*trace) return false;
  const std::uint32_t first = socket->next_sequence();
  NftTransaction transaction(NFPROTO_NETDEV, first);
  append_fence_removal(transaction);
  if (auto removed = commit(*socket, transaction, first); !removed) return removed.error();
  return true;
}

}  // namespace fairlead::kernel
