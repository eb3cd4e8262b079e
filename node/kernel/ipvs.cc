#include "node/kernel/ipvs.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "lib/sys/loop.h"
#include "node/kernel/genl_socket.h"
#include "node/kernel/ipvs_message.h"
#include "node/kernel/patience.h"

namespace fairlead::kernel {
namespace {

constexpr std::size_t kBatchSize = 1000;  // about 2.5 ms of the global genl lock (libraries.md 2)
constexpr int kDumpAttempts = 30;
constexpr int kQueryAttempts = 3;

// errno of one change as the port's contract has it, from an IPVS that is there.
Result<> outcome_of(const ipvs::Change& change, int error) {
  const bool deletes = std::holds_alternative<ipvs::DeleteService>(change) ||
                       std::holds_alternative<ipvs::DeleteDestination>(change);
  if (deletes && (error == ESRCH || error == ENOENT)) return Done{};
  return errno_error(ipvs::to_string(change), error);
}

// ENOENT has two meanings: no such scheduler or server, and no such netlink family, which only the
// family's number tells apart.
bool says_not_found(const BatchOutcome& outcome) {
  return std::any_of(outcome.failed.begin(), outcome.failed.end(),
                     [](const auto& failed) { return failed.second == ENOENT; });
}

class KernelIpvs : public Ipvs {
 public:
  explicit KernelIpvs(OpenNetlink open) : open_(std::move(open)) {}

  Result<std::map<ipvs::Key, ipvs::Service>> services() override {
    std::map<ipvs::Key, ipvs::Service> all;
    const auto asked = dump([](GenlBatch& batch, std::uint16_t family,
                               std::uint32_t sequence) { append_service_dump(batch, family, sequence); },
                            [&] { all.clear(); },
                            [&](const Reply& reply) {
                              if (auto one = read_service(reply.payload)) all.insert(std::move(*one));
                            });
    if (!asked) return asked.error();
    return all;
  }

  Result<std::vector<ipvs::Key>> order() override {
    std::vector<ipvs::Key> all;
    const auto asked = dump([](GenlBatch& batch, std::uint16_t family,
                               std::uint32_t sequence) { append_service_dump(batch, family, sequence); },
                            [&] { all.clear(); },
                            [&](const Reply& reply) {
                              if (const auto one = read_service(reply.payload)) all.push_back(one->first);
                            });
    if (!asked) return asked.error();
    return all;
  }

  Result<std::optional<ipvs::Service>> service(const ipvs::Key& key) override {
    for (int attempt = 1;; ++attempt) {
      std::optional<ipvs::Service> found;
      if (auto ready = resolve(); !ready) return ready.error();
      GenlBatch batch;
      const std::uint32_t sequence = socket_->next_sequence();
      append_service_query(batch, family_, sequence, key);
      const auto asked = socket_->ask(batch, sequence, false, [&](const Reply& reply) {
        if (auto one = read_service(reply.payload)) found = std::move(one->second);
      });
      if (asked) return found;
      if (asked.error().code != Code::kNotFound) return asked.error();
      const auto same = still_the_family();
      if (!same) return same.error();
      if (*same) return std::optional<ipvs::Service>();
      if (attempt == kQueryAttempts) return fail(Code::kUnavailable, "IPVS is loaded anew again and again");
    }
  }

  Result<ipvs::SeenDestinations> destinations(const ipvs::Key& key) override {
    ipvs::SeenDestinations all;
    const auto asked =
        dump([&](GenlBatch& batch, std::uint16_t family,
                 std::uint32_t sequence) { append_destination_dump(batch, family, sequence, key); },
             [&] { all.clear(); },
             [&](const Reply& reply) {
               if (auto one = read_destination(reply.payload, key.address.family()))
                 all.insert(std::move(*one));
             });
    if (!asked) return asked.error();
    return all;
  }

  std::vector<Result<>> apply(const std::vector<ipvs::Change>& changes) override {
    std::vector<Result<>> results;
    results.reserve(changes.size());
    for (std::size_t from = 0; from < changes.size(); from += kBatchSize) {
      const auto begin = changes.begin() + static_cast<std::ptrdiff_t>(from);
      const auto count = std::min(kBatchSize, changes.size() - from);
      apply_batch({begin, begin + static_cast<std::ptrdiff_t>(count)}, results);
    }
    return results;
  }

 private:
  using Append = std::function<void(GenlBatch&, std::uint16_t family, std::uint32_t sequence)>;

  // Opens the socket and looks the family up, unless that is done. The look-up loads ip_vs if it can.
  Result<> resolve() {
    if (!socket_) {
      auto opened = open_(NETLINK_GENERIC);
      if (!opened) return opened.error();
      socket_ = std::make_unique<GenlSocket>(*std::move(opened));
    }
    if (family_ != 0) return Done{};
    GenlBatch batch;
    const std::uint32_t sequence = socket_->next_sequence();
    const std::uint8_t header[sizeof(genlmsghdr)] = {CTRL_CMD_GETFAMILY, 1, 0, 0};
    batch.begin({GENL_ID_CTRL, 0, sequence}, header);
    batch.put_string(CTRL_ATTR_FAMILY_NAME, "IPVS");
    batch.end();
    const auto asked = socket_->ask(batch, sequence, false, [&](const Reply& reply) {
      if (reply.payload.size() < sizeof(genlmsghdr)) return;
      for (const Attribute& attribute : attributes_of(reply.payload.subspan(sizeof(genlmsghdr)))) {
        if (attribute.type == CTRL_ATTR_FAMILY_ID) family_ = u16_of(attribute);
      }
    });
    if (!asked && asked.error().code == Code::kNotFound) {
      return fail(Code::kNotFound, "the kernel has no IPVS: load module ip_vs");
    }
    if (!asked) return asked;
    if (family_ == 0) return fail(Code::kInternal, "netlink family IPVS has no id");
    return Done{};
  }

  // False: the module was unloaded and loaded again, under another number.
  Result<bool> still_the_family() {
    const std::uint16_t before = std::exchange(family_, std::uint16_t{0});
    if (auto ready = resolve(); !ready) return ready.error();
    return family_ == before;
  }

  Result<> dump(const Append& append, const std::function<void()>& start_over,
                const std::function<void(const Reply&)>& on_reply) {
    const TimePoint begun = sys::now();
    for (int attempt = 1;; ++attempt) {
      if (auto ready = resolve(); !ready) return ready;
      start_over();
      GenlBatch batch;
      const std::uint32_t sequence = socket_->next_sequence();
      append(batch, family_, sequence);
      auto asked = socket_->ask(batch, sequence, true, on_reply);
      if (asked || attempt == kDumpAttempts) return asked;
      // Not found: the module was unloaded, and perhaps loaded again under another id.
      if (asked.error().code == Code::kNotFound)
        family_ = 0;
      else if (!worth_asking_again(asked.error(), sys::now() - begun))
        return asked;
    }
  }

  bool still_the_family_for_sure() {
    const auto same = still_the_family();
    return same && *same;
  }

  void apply_batch(const std::vector<ipvs::Change>& changes, std::vector<Result<>>& results) {
    const auto ready = resolve();
    if (!ready) {
      results.insert(results.end(), changes.size(), Result<>(ready.error()));
      return;
    }
    GenlBatch batch;
    std::vector<std::uint32_t> sequences;
    for (const ipvs::Change& change : changes) {
      sequences.push_back(socket_->next_sequence());
      append_change(batch, family_, sequences.back(), change);
    }
    const auto outcome = socket_->send(batch);
    if (!outcome) {
      results.insert(results.end(), changes.size(), Result<>(outcome.error()));
      return;
    }
    const bool gone = says_not_found(*outcome) && !still_the_family_for_sure();
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const auto failed = outcome->failed.find(sequences[i]);
      if (failed != outcome->failed.end() && failed->second == ENOENT && gone) {
        results.emplace_back(fail(Code::kUnavailable, ipvs::to_string(changes[i]) + ": IPVS was unloaded"));
      } else if (failed != outcome->failed.end()) {
        results.push_back(outcome_of(changes[i], failed->second));
      } else if (outcome->complete) {
        results.emplace_back(Done{});
      } else {
        results.emplace_back(fail(Code::kUnavailable, ipvs::to_string(changes[i]) + ": no answer"));
      }
    }
  }

  OpenNetlink open_;
  std::unique_ptr<GenlSocket> socket_;
  std::uint16_t family_ = 0;  // 0: not looked up
};

}  // namespace

std::unique_ptr<Ipvs> open_ipvs() { return open_ipvs(open_netlink); }
std::unique_ptr<Ipvs> open_ipvs(OpenNetlink open) { return std::make_unique<KernelIpvs>(std::move(open)); }

}  // namespace fairlead::kernel
