#include "block.hpp"

namespace pushforward {

bool Plan::is_missing(std::string_view text) const {
  if (text.empty()) return true;
  return text.size() <= longest_missing_text && missing_texts.contains(std::string(text));
}

int64_t Dictionary::code(std::string_view text) {
  if (const auto found = codes_.find(text); found != codes_.end()) return found->second;
  const auto code = static_cast<int64_t>(texts_.size());
  texts_.emplace_back(text);
  codes_.emplace(texts_.back(), code);
  return code;
}

}  // namespace pushforward
