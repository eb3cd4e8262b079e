#include "controller/plan/names.h"

#include <algorithm>
#include <cctype>

#include "lib/api/vrrp_group.h"

namespace fairlead::controller {
namespace {

constexpr std::size_t kMaxName = 253;
constexpr std::size_t kMaxLabelValue = 63;

std::string family_word(net::Family family) { return family == net::Family::kIPv4 ? "v4" : "v6"; }

}  // namespace

std::string segment_of(const net::Prefix& network) {
  std::string text = net::to_string(network.network());
  if (!network.address.is_v4()) return api::short_hash(text).substr(0, 8);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '.' || c == '/'; }, '-');
  return text;
}

std::string segment_of_interface(const std::string& interface) {
  std::string text = interface;
  for (char& c : text) {
    if (c == '_' || c == ':' || c == '@') c = '-';
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (text == interface) return text;
  while (!text.empty() && text.back() == '-') text.pop_back();
  while (!text.empty() && text.front() == '-') text.erase(0, 1);
  return (text.empty() ? "if" : text) + "-" + api::short_hash(interface);
}

std::string group_name(const std::string& segment, net::Family family, int virtual_router_id) {
  return api::cut_name(segment + "-" + family_word(family) + "-" + std::to_string(virtual_router_id),
                       kMaxName);
}

std::string real_server_set_name(const std::string& virtual_ip, net::Family family, int slice) {
  return api::cut_name(virtual_ip + "-" + family_word(family) + "-" + std::to_string(slice), kMaxName);
}

std::string label_value(const std::string& name) { return api::cut_name(name, kMaxLabelValue); }

}  // namespace fairlead::controller
