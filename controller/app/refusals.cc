#include "controller/app/refusals.h"

#include <set>

#include "controller/app/paths.h"
#include "lib/api/json_write.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

constexpr int kUnauthorized = 401;
constexpr int kTimeout = 408;
constexpr int kConflict = 409;
constexpr int kTooManyRequests = 429;

std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

bool is_of_status(Verb verb) { return verb == Verb::kApplyStatus || verb == Verb::kRemoveEntries; }

}  // namespace

bool Refusals::is_refusal(int status) {
  const bool later =
      status == kUnauthorized || status == kTimeout || status == kConflict || status == kTooManyRequests;
  return status >= 400 && status < 500 && !later;
}

Refusals::Subject Refusals::subject_of(const Write& write) { return {write.target, write.key, write.verb}; }

void Refusals::refused(const Write& write, const std::string& why, TimePoint now) {
  const auto [found, is_new] = refused_.try_emplace(subject_of(write));
  Answer& answer = found->second;
  if (is_new) answer.first = now;
  answer.told = answer.told || now - answer.first >= kAfter;
  const std::string line = api::cut_text(printable(why), kMostOfText);
  if (without_digits(line) != without_digits(answer.why)) answer.why = line;
}

void Refusals::over(const Write& write) { refused_.erase(subject_of(write)); }

void Refusals::keep(const std::vector<Write>& wanted) {
  if (refused_.empty()) return;
  std::set<Subject> left;
  for (const auto& write : wanted) left.insert(subject_of(write));
  std::erase_if(refused_, [&](const auto& one) { return !left.contains(one.first); });
}

Refused Refusals::told() const {
  Refused out;
  for (const auto& [subject, answer] : refused_) {
    const auto& [target, key, verb] = subject;
    if (answer.told) out.insert({{plural_of(target), key, is_of_status(verb)}, answer.why});
  }
  return out;
}

}  // namespace fairlead::controller
