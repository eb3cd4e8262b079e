// F-11: the checkpoint reader. Any bytes are refused or read; any payload, with its right checksum, is
// refused with the names of what is wrong, or what was read is written and read as itself. One byte changed
// or what is behind it cut off: refused. And what a later view of the API server shows never takes a plan
// back (I-10).
//
// Input: a byte: 0, the text of a checkpoint; else two bytes that say where to harm it, then its payload, and
// behind a byte 0xff, if there is one, the payload of a second checkpoint: what the API server shows later,
// in full if that first byte is even.

#include <openssl/evp.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "lib/api/checkpoint.h"
#include "node/plan/holding.h"
#include "node/plan/make_plan.h"
#include "tests/fuzz/input.h"

namespace fairlead::plan {
namespace {

using fuzz::require;

std::string framed(std::string_view payload) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  require(EVP_Digest(payload.data(), payload.size(), digest, &size, EVP_sha256(), nullptr) == 1,
          "a checksum");
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = R"({"version":1,"sha256":")";
  for (unsigned int i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 0xf];
  }
  out += R"(","payload":)";
  out += payload;
  out += "}\n";
  return out;
}

// Nothing, if it is refused.
api::Decoded<api::Checkpoint> read(const std::string& text) {
  auto decoded = api::decode_checkpoint(text);
  for (const auto& problem : decoded.problems) require(!problem.message.empty(), "a problem says what");
  if (!decoded.ok()) decoded.value = {};
  return decoded;
}

void check_written(const api::Checkpoint& checkpoint, std::size_t where) {
  std::string text = api::encode_checkpoint(checkpoint);
  const auto again = api::decode_checkpoint(text);
  require(again.ok(), "what is written can be read");
  require(api::encode_checkpoint(again.value) == text, "as what it was");
  where %= text.size();
  require(!api::decode_checkpoint(std::string_view(text).substr(0, where)).ok(), "cut off, it is refused");
  text[where] = static_cast<char>(text[where] ^ 1);
  require(!api::decode_checkpoint(text).ok(), "with a byte changed it is refused");
}

Objects objects_of(const api::Checkpoint& checkpoint) {
  Objects out;
  for (const auto& group : checkpoint.groups) out.groups.insert({group.meta.name, group});
  for (const auto& set : checkpoint.sets) out.sets.insert({api::key_of(set.meta), set});
  return out;
}

// I-10, for one object: never another one, nor an older version of the same, unless configEpoch says so.
bool goes_back(const Version& before, const Version& after) {
  return before.uid == after.uid && after.generation < before.generation &&
         after.config_epoch <= before.config_epoch;
}

void check_order(const Objects& held, const Seen& seen) {
  const Held after = hold(held, seen);
  for (const auto& [name, group] : after.objects.groups) {
    const auto before = held.groups.find(name);
    if (before == held.groups.end()) continue;
    require(!goes_back(version_of(before->second), version_of(group)), "I-10: no group goes back");
    const bool other = before->second.meta.uid != group.meta.uid;
    require(!other || seen.whole, "nor is another one before the first is known to be gone");
  }
  if (seen.whole) return;
  for (const auto& [name, group] : held.groups) {
    require(after.objects.groups.contains(name), "of what is not known in full nothing goes");
  }
  for (const auto& [key, set] : held.sets) {
    require(after.objects.sets.contains(key), "of what is not known in full nothing goes");
  }
}

// Whatever the objects say, a plan comes of them, and of the same ones the same plan.
void check_plan(const api::Checkpoint& checkpoint, const Objects& objects) {
  const NodeIdentity node{checkpoint.node, checkpoint.node_uid};
  const auto made = make_plan(node, objects.groups, objects.sets, {}, {});
  require(make_plan(node, objects.groups, objects.sets, {}, {}).plan == made.plan, "the same plan");
  for (const auto& problem : made.problems) require(!to_string(problem).empty(), "a problem says what");
}

void run(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  const int how = in.byte();
  const std::size_t where = how == 0 ? 0 : in.word();
  const auto bytes = in.rest();
  const std::string text(bytes.begin(), bytes.end());
  if (how == 0) {
    const auto decoded = read(text);
    if (decoded.ok()) check_written(decoded.value, text.size() / 2);
    return;
  }
  const auto border = text.find('\xff');
  const auto first = read(framed(std::string_view(text).substr(0, border)));
  if (!first.ok()) return;
  check_written(first.value, where);
  const Objects held = objects_of(first.value);
  check_plan(first.value, held);
  if (border == std::string::npos) return;
  const auto second = read(framed(std::string_view(text).substr(border + 1)));
  Seen seen;
  seen.objects = objects_of(second.value);
  seen.whole = how % 2 == 0;
  check_order(held, seen);
}

}  // namespace
}  // namespace fairlead::plan

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) fairlead::plan::run(data, size);
  return 0;
}
