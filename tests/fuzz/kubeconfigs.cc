// F-10: YAML of any bytes, read as one or two kubeconfig files; and what stands in them: server addresses,
// base64, tokens. What is taken can be used, and holds nothing that a daemon must not do.
//
// Input: the text of the first file; behind a first byte 0xff, if there is one, that of the second.

#include <string>
#include <string_view>
#include <vector>

#include "lib/api/kubeconfig.h"
#include "lib/sys/yaml.h"
#include "tests/fuzz/input.h"

namespace fairlead::api {
namespace {

using fuzz::require;

void check_url(std::string_view text) {
  const auto url = parse_server_url(text);
  if (!url) {
    require(url.error().code == Code::kInvalid && !url.error().message.empty(), "a refusal says why");
    return;
  }
  require(!url->host.empty() && url->port >= 1 && url->port <= 65535, "a server has a host and a port");
  const bool bare_v6 = url->host.find(':') != std::string::npos;
  const auto again = parse_server_url("https://" + (bare_v6 ? "[" + url->host + "]" : url->host) + ":" +
                                      std::to_string(url->port));
  require(again && *again == *url, "a server reads as itself");
}

void check_base64(std::string_view text) {
  const auto decoded = decode_base64(text);
  if (decoded) require(decoded->size() <= text.size(), "base64 grows nothing");
}

void check_token(std::string_view text) {
  const auto claims = claims_of_token(text);
  require(claims.node_name.size() <= text.size(), "a claim comes from the token");
  claims_of_token("e30." + std::string(text) + ".x");
}

void check_config(const std::vector<KubeconfigDocument>& files) {
  const auto config = parse_kubeconfig(files);
  if (!config) {
    require(config.error().code == Code::kInvalid && !config.error().message.empty(), "a refusal says why");
    return;
  }
  require(!config->host.empty() && config->port >= 1 && config->port <= 65535,
          "a server has a host and a port");
  require(!config->ca_data.empty() || !config->ca_file.empty(), "the server can be verified");
  const bool certificate = !config->certificate_data.empty() || !config->certificate_file.empty();
  const bool key = !config->key_data.empty() || !config->key_file.empty();
  require(certificate == key, "certificate and key belong together");
  if (!config->ca_file.empty()) {
    require(config->ca_file.front() == '/' || config->ca_file.rfind("folder", 0) == 0,
            "paths begin at the file's folder");
  }
  const auto again = parse_kubeconfig(files);
  require(again && *again == *config, "the same again");
  auto twice = files;
  twice.insert(twice.end(), files.begin(), files.end());
  const auto merged = parse_kubeconfig(twice);
  require(merged && *merged == *config, "of two entries of a name the first counts");
}

void run(std::string_view text) {
  check_url(text);
  check_url("https://" + std::string(text));
  check_base64(text);
  check_token(text);
  const auto cut = text.find('\xff');
  std::vector<KubeconfigDocument> files;
  for (const auto part :
       {text.substr(0, cut), cut == std::string_view::npos ? std::string_view() : text.substr(cut + 1)}) {
    const auto documents = sys::yaml_to_json(part);
    if (documents && documents->size() == 1)
      files.push_back({"folder" + std::to_string(files.size()), documents->front()});
  }
  check_config(files);
  check_config(std::vector<KubeconfigDocument>{KubeconfigDocument{"folder", std::string(text)}});
}

}  // namespace
}  // namespace fairlead::api

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fairlead::api::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
