#include "node/kernel/nft.h"

#include <linux/netfilter.h>
#include <linux/netlink.h>

#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "node/kernel/nft_child.h"

namespace fairlead::kernel {
namespace {

constexpr const char* kProgram = "/usr/sbin/nft";

Result<> run(const std::string& option, const std::string& rules) {
  const auto child = run_nft_child(kProgram, option, rules, kNftPatience);
  if (!child) return child.error();
  if (child->exit_code == 0) return Done{};
  std::string said(trim(child->output));
  std::replace(said.begin(), said.end(), '\n', ' ');
  const bool denied = said.find("Operation not permitted") != std::string::npos;
  return fail(denied ? Code::kDenied : Code::kInvalid,
              "nft ended with " + std::to_string(child->exit_code) + ": " + said);
}

class KernelNft : public Nft {
 public:
  Result<> apply(const std::string& rules) override { return run("--numeric", rules); }

  Result<Generation> generation() override {
    if (auto ready = open(); !ready) return ready.error();
    return read_generation(*socket_);
  }

  Result<std::optional<TableTrace>> trace() override {
    if (auto ready = open(); !ready) return ready.error();
    return read_trace(*socket_, {NFPROTO_INET, "fairlead"});
  }

  Result<NftCounters> counters() override {
    if (auto ready = open(); !ready) return ready.error();
    return read_counters(*socket_, {NFPROTO_INET, "fairlead"});
  }

 private:
  Result<> open() {
    if (socket_) return Done{};
    auto opened = GenlSocket::open(NETLINK_NETFILTER);
    if (!opened) return without_nf_tables(opened.error());
    socket_ = std::make_unique<GenlSocket>(*std::move(opened));
    return Done{};
  }

  std::unique_ptr<GenlSocket> socket_;
};

}  // namespace

Result<> check_rules(const std::string& rules) { return run("--check", rules); }

std::unique_ptr<Nft> open_nft() { return std::make_unique<KernelNft>(); }

}  // namespace fairlead::kernel
