#include "controller/app/refusals.h"

#include <algorithm>
#include <set>

#include "controller/app/paths.h"
#include "lib/api/json_write.h"
#include "lib/base/http_code.h"
#include "lib/base/text.h"

namespace fairlead::controller {
namespace {

// Of an apply, and of a JSON patch that does not fit what is there.
constexpr std::string_view kNotInSchema = "failed to create typed ";
constexpr std::string_view kDoesNotApply = "the server rejected our request due to an error in our request";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A number is one, and so is a time, an address or an identifier.
bool is_of_word(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || is_digit(c) || c == '-' || c == '.' || c == ':';
}

std::string without_numbers(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_of_word(text[end])) ++end;
    const std::string_view word = text.substr(at, end - at);
    if (std::none_of(word.begin(), word.end(), is_digit)) out += word;
    if (end < text.size()) out += text[end];
    at = end + 1;
  }
  return out;
}

bool is_of_status(Verb verb) { return verb == Verb::kApplyStatus || verb == Verb::kRemoveEntries; }

}  // namespace

bool Refusals::is_refusal(int status, std::string_view message) {
  if (status == http_code::kInternalError) return message.starts_with(kNotInSchema);
  if (status == http_code::kUnprocessable && message == kDoesNotApply) return false;
  const bool later = status == http_code::kUnauthorized || status == http_code::kTimeout ||
                     status == http_code::kConflict || status == http_code::kTooManyRequests;
  return status >= 400 && status < http_code::kInternalError && !later;
}

Refusals::Subject Refusals::subject_of(const Write& write) { return {write.target, write.key, write.verb}; }

void Refusals::refused(const Write& write, const std::string& why, TimePoint now) {
  const auto [found, is_new] = refused_.try_emplace(subject_of(write));
  Answer& answer = found->second;
  if (is_new) answer.first = now;
  answer.told = answer.told || now - answer.first >= kAfter;
  const std::string line = api::cut_text(printable(why), kMostOfText);
  if (is_new || without_numbers(line) != without_numbers(answer.why)) answer.why = line;
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
