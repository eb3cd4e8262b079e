#include <openssl/evp.h>

#include <array>
#include <cassert>

#include "lib/api/vrrp_group.h"

namespace fairlead::api {

std::string short_hash(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  // Fails only if the library is built without SHA-256, or memory is gone.
  const int ok = EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  assert(ok == 1 && size == 32);
  if (ok != 1) return {};
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < 5; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 0xf];
  }
  return out;
}

std::string cut_name(const std::string& name, std::size_t limit) {
  constexpr std::size_t kTail = 11;  // a dash and ten digits
  assert(limit > kTail);
  if (name.size() <= limit) return name;
  std::string head = name.substr(0, limit - kTail);
  while (!head.empty() && head.back() == '.') head.pop_back();  // ".-" is no DNS name
  return head + "-" + short_hash(name);
}

std::string node_label(const std::string& node) {
  constexpr std::size_t kMaxLabelName = 63;
  return std::string(kNodeLabelPrefix) + cut_name(node, kMaxLabelName);
}

}  // namespace fairlead::api
