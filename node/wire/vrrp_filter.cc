#include "node/wire/vrrp_filter.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace fairlead::wire {
namespace {

constexpr std::uint32_t kWhole = 0xffffffff;  // bytes of the packet that pass
constexpr std::uint32_t kShortest = 2;        // bytes of a message that has a VRID
constexpr std::uint32_t kVridAt = 1;
constexpr std::uint32_t kScratch = 0;

sock_filter plain(int code, std::uint32_t k) { return BPF_STMT(static_cast<std::uint16_t>(code), k); }
sock_filter jump(int code, std::uint32_t k, std::uint8_t if_true, std::uint8_t if_false) {
  return BPF_JUMP(static_cast<std::uint16_t>(code), k, if_true, if_false);
}

// A = the VRID. A message without one ends the program with `without`.
void load_vrid(Filter& out, net::Family family, std::uint32_t without) {
  if (family == net::Family::kIPv4) {
    out.push_back(plain(BPF_LDX | BPF_B | BPF_MSH, 0));  // X = length of the IP header
    out.push_back(plain(BPF_MISC | BPF_TXA, 0));
    out.push_back(plain(BPF_ALU | BPF_ADD | BPF_K, kShortest));
    out.push_back(plain(BPF_MISC | BPF_TAX, 0));
    out.push_back(plain(BPF_LD | BPF_W | BPF_LEN, 0));
    out.push_back(jump(BPF_JMP | BPF_JGE | BPF_X, 0, 1, 0));
    out.push_back(plain(BPF_RET | BPF_K, without));
    out.push_back(plain(BPF_LDX | BPF_B | BPF_MSH, 0));
    out.push_back(plain(BPF_LD | BPF_B | BPF_IND, kVridAt));
  } else {
    out.push_back(plain(BPF_LD | BPF_W | BPF_LEN, 0));
    out.push_back(jump(BPF_JMP | BPF_JGE | BPF_K, kShortest, 1, 0));
    out.push_back(plain(BPF_RET | BPF_K, without));
    out.push_back(plain(BPF_LD | BPF_B | BPF_ABS, kVridAt));
  }
}

}  // namespace

// The VRIDs are a table of 8 words with 32 bits each, of which only the words with a bit set are in the
// program:
//   X = VRID mod 32; A = VRID / 32; A = that word; A = bit X of it
Filter vrid_filter(net::Family family, const std::set<vrrp::VirtualRouterId>& ours, Passes passes) {
  const std::uint32_t if_ours = passes == Passes::kOurs ? kWhole : 0;
  const std::uint32_t if_other = passes == Passes::kOurs ? 0 : kWhole;
  std::array<std::uint32_t, 8> words{};
  for (const vrrp::VirtualRouterId id : ours) words[id.value() / 32U] |= 1U << (id.value() % 32U);

  Filter out;
  load_vrid(out, family, if_other);
  out.push_back(plain(BPF_ST, kScratch));
  out.push_back(plain(BPF_ALU | BPF_AND | BPF_K, 31));
  out.push_back(plain(BPF_MISC | BPF_TAX, 0));
  out.push_back(plain(BPF_LD | BPF_MEM, kScratch));
  out.push_back(plain(BPF_ALU | BPF_RSH | BPF_K, 5));
  std::vector<std::size_t> to_test;  // jumps whose distance is known below
  for (std::uint32_t i = 0; i < words.size(); ++i) {
    if (words[i] == 0) continue;
    out.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, i, 0, 2));
    out.push_back(plain(BPF_LD | BPF_IMM, words[i]));
    to_test.push_back(out.size());
    out.push_back(plain(BPF_JMP | BPF_JA, 0));
  }
  out.push_back(plain(BPF_RET | BPF_K, if_other));
  if (to_test.empty()) return out;
  for (const std::size_t at : to_test) out[at].k = static_cast<std::uint32_t>(out.size() - at - 1);
  out.push_back(plain(BPF_ALU | BPF_RSH | BPF_X, 0));
  out.push_back(plain(BPF_ALU | BPF_AND | BPF_K, 1));
  out.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1));
  out.push_back(plain(BPF_RET | BPF_K, if_ours));
  out.push_back(plain(BPF_RET | BPF_K, if_other));
  return out;
}

Filter silence() { return {plain(BPF_RET | BPF_K, 0)}; }

}  // namespace fairlead::wire
