#include "kernel/config/table_reader.h"

#include <algorithm>
#include <charconv>

#include "kernel/config/suggestion.h"
#include "kernel/config/units.h"

namespace stator {
namespace {

std::string shown_range(const TableReader::Range& range) {
  bool bounded = range.most != std::numeric_limits<std::int64_t>::max();
  std::string text = bounded ? std::to_string(range.least) + " to " + std::to_string(range.most)
                             : std::to_string(range.least) + " or more";
  return text + range.unit;
}

}  // namespace

TableReader::TableReader(const Setting& setting, std::string path, Problems& problems)
    : setting_(setting), path_(std::move(path)), problems_(problems) {
  if (!setting_.is_table()) problems_.push_back({setting_.where, path_, setting_.shown(), "a table", ""});
}

std::string TableReader::key_path(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

Position TableReader::where(std::string_view key) const {
  const Setting* found = setting_.find(key);
  return found != nullptr ? found->where : setting_.where;
}

void TableReader::wrong(std::string_view key, std::string allowed, std::string suggestion) {
  const Setting* found = setting_.find(key);
  std::string shown = found != nullptr ? found->shown() : "nothing";
  problems_.push_back({where(key), key_path(key), shown, std::move(allowed), std::move(suggestion)});
}

const Setting* TableReader::raw(std::string_view key) {
  asked_.emplace_back(key);
  return setting_.find(key);
}

std::optional<std::string> TableReader::as_text(const Setting& setting) {
  if (const auto* text = std::get_if<std::string>(&setting.value)) return *text;
  if (!setting.raw.empty()) return setting.raw;
  return std::nullopt;
}

std::string TableReader::required_text(std::string_view key) {
  const Setting* found = raw(key);
  std::optional<std::string> text = found != nullptr ? as_text(*found) : std::nullopt;
  bool good = text && !text->empty();
  if (!good && setting_.is_table()) wrong(key, "a text that is not empty");
  return good ? *text : std::string();
}

std::string TableReader::text(std::string_view key, std::string default_value) {
  const Setting* found = raw(key);
  if (found == nullptr) return default_value;
  if (auto text = as_text(*found)) return *text;
  wrong(key, "a text");
  return default_value;
}

int TableReader::integer(std::string_view key, int default_value, const Range& range) {
  const Setting* found = raw(key);
  if (found == nullptr) return default_value;
  const auto* value = std::get_if<std::int64_t>(&found->value);
  bool good = value != nullptr && *value >= range.least && *value <= range.most && std::in_range<int>(*value);
  if (!good) wrong(key, shown_range(range));
  return good ? static_cast<int>(*value) : default_value;
}

double TableReader::percentage(std::string_view key, double default_value) {
  const Setting* found = raw(key);
  if (found == nullptr) return default_value;
  const auto text = as_text(*found);
  int percent = 0;
  const bool marked = text && text->ends_with('%');
  const char* const end = marked ? text->data() + text->size() - 1 : nullptr;
  const bool whole = marked && std::from_chars(text->data(), end, percent) == std::from_chars_result{end, std::errc()};
  if (whole && percent >= 1 && percent <= 100) return percent / 100.0;
  wrong(key, "a percentage such as \"25%\", 1% to 100%");
  return default_value;
}

bool TableReader::boolean(std::string_view key, bool default_value) {
  const Setting* found = raw(key);
  if (found == nullptr) return default_value;
  if (const auto* value = std::get_if<bool>(&found->value)) return *value;
  wrong(key, "true or false");
  return default_value;
}

Duration TableReader::duration(std::string_view key, Duration default_value, Duration least) {
  const Setting* found = raw(key);
  if (found == nullptr) return default_value;
  auto text = as_text(*found);
  auto parsed = text ? parse_duration(*text) : std::nullopt;
  if (parsed && *parsed >= least) return *parsed;
  wrong(key, std::string(kDurationForm) + (parsed ? ", longer than nothing" : ""));
  return default_value;
}

std::uint64_t TableReader::bytes(std::string_view key, std::uint64_t default_value) {
  const Setting* found = raw(key);
  if (found == nullptr) return default_value;
  if (const auto* value = std::get_if<std::int64_t>(&found->value); value != nullptr && *value > 0) {
    return static_cast<std::uint64_t>(*value);
  }
  const auto* text = std::get_if<std::string>(&found->value);
  auto parsed = text != nullptr ? parse_byte_count(*text) : std::nullopt;
  if (parsed && *parsed > 0) return *parsed;
  wrong(key, std::string(kByteCountForm) + ", more than nothing");
  return default_value;
}

std::optional<std::uint64_t> TableReader::bytes_or_none(std::string_view key) {
  const Setting* found = raw(key);
  if (found == nullptr) return std::nullopt;
  if (const auto* value = std::get_if<std::int64_t>(&found->value); value != nullptr && *value >= 0) {
    return static_cast<std::uint64_t>(*value);
  }
  const auto* text = std::get_if<std::string>(&found->value);
  auto parsed = text != nullptr ? parse_byte_count(*text) : std::nullopt;
  if (!parsed) wrong(key, kByteCountForm);
  return parsed;
}

std::vector<std::string> TableReader::texts(std::string_view key) {
  const Setting* found = raw(key);
  if (found == nullptr) return {};
  if (!std::holds_alternative<Setting::List>(found->value)) {
    if (auto lone = as_text(*found)) return {*lone};
  }
  std::vector<std::string> texts;
  bool good = std::holds_alternative<Setting::List>(found->value);
  for (const Setting& element : found->list()) {
    auto text = as_text(element);
    good = good && text.has_value();
    if (text) texts.push_back(*text);
  }
  if (!good) wrong(key, "a list of texts");
  return texts;
}

std::map<std::string, std::string> TableReader::text_table(std::string_view key) {
  const Setting* found = raw(key);
  if (found == nullptr) return {};
  if (!found->is_table()) wrong(key, "a table of texts");
  std::map<std::string, std::string> entries;
  for (const auto& [name, setting] : found->table()) {
    auto text = as_text(setting);
    if (text) entries.emplace(name, *text);
    if (!text) problems_.push_back({setting.where, key_path(key) + "." + name, setting.shown(), "a text", ""});
  }
  return entries;
}

std::size_t TableReader::choice(std::string_view key, const std::vector<std::string>& words,
                                std::size_t default_place) {
  const Setting* found = raw(key);
  if (found == nullptr) return default_place;
  auto text = as_text(*found);
  auto at = std::find(words.begin(), words.end(), text.value_or(""));
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  wrong(key, one_of(words), suggestion(text.value_or(""), words));
  return default_place;
}

void TableReader::finish() {
  std::sort(asked_.begin(), asked_.end());
  asked_.erase(std::unique(asked_.begin(), asked_.end()), asked_.end());
  for (const auto& [key, setting] : setting_.table()) {
    if (std::binary_search(asked_.begin(), asked_.end(), key)) continue;
    problems_.push_back({setting.where, key_path(key), "an unknown key", one_of(asked_), suggestion(key, asked_)});
  }
}

}  // namespace stator
