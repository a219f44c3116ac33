#include "dot_stores/arguments.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace stator::dot_stores {
namespace {

constexpr std::size_t kDeepest = 256;
constexpr std::size_t kLongestName = 4096;

Status refusal(std::string why) { return {Code::invalid_argument, std::move(why)}; }

/// Builds the value and stops at the first thing that JSON would let pass and we do not.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t& text) override {
    // A whole number arrives here when it has more than 64 bits.
    const bool whole = text.find_first_of(".eE") == string_t::npos;
    return whole ? refuse("the number " + text + " does not fit in 64 bits") : put(value);
  }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return refuse("binary is not JSON"); }
  bool start_object(std::size_t /*size*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*size*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (open_.back()->contains(name)) return refuse("the member " + json_text(name) + " is there twice");
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/, const Json::exception& fault) override {
    return refuse("no JSON, at byte " + std::to_string(position) + (fault.id == 406 ? ": a number out of range" : ""));
  }

  const std::string& why() const { return why_; }
  Json take() { return std::move(root_); }

 private:
  bool put(Json value) { return place(std::move(value)) != nullptr; }
  bool open(Json empty) {
    if (open_.size() == kDeepest) return refuse("nested more than " + std::to_string(kDeepest) + " deep");
    open_.push_back(place(std::move(empty)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }
  Json* place(Json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    Json& parent = *open_.back();
    if (parent.is_object()) return &(parent[key_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }
  bool refuse(std::string why) {
    why_ = std::move(why);
    return false;
  }

  Json root_;
  std::vector<Json*> open_;  ///< the values that are not closed yet, the innermost last
  std::string key_;          ///< of the value that comes next
  std::string why_;
};

std::string named(const Json& call) { return "operation " + json_text(call["op"].get_ref<const std::string&>()); }

Status add_name(Texts& names, const char* member, const Json& name) {
  Status status = expect_name(member, name);
  if (status.is_ok()) names.insert(name.get<std::string>());
  return status;
}

}  // namespace

Result<Json> parse_call(const Operation& operation) {
  Builder builder;
  if (!Json::sax_parse(operation.arguments, &builder)) return refusal(builder.why());
  Json call = builder.take();
  if (!call.is_object()) return refusal("an operation is a JSON object");
  auto op = call.find("op");
  if (op == call.end() || *op != operation.name) return refusal("\"op\" is not " + json_text(operation.name));
  return call;
}

Status expect_members(const Json& call, std::initializer_list<const char*> required,
                      std::initializer_list<const char*> optional) {
  for (const char* name : required) {
    if (!call.contains(name)) return refusal(named(call) + " lacks the member " + json_text(name));
  }
  for (const auto& [name, unused] : call.items()) {
    const auto is = [&name = name](const char* known) { return name == known; };
    const bool known = name == "op" || std::any_of(required.begin(), required.end(), is) ||
                       std::any_of(optional.begin(), optional.end(), is);
    if (!known) return refusal(named(call) + " has no member " + json_text(name));
  }
  return Status::ok();
}

Status expect_name(const char* member, const Json& name) {
  if (!name.is_string()) return refusal(json_text(member) + " takes text");
  const std::size_t size = name.get_ref<const std::string&>().size();
  if (size >= 1 && size <= kLongestName) return Status::ok();
  return refusal(json_text(member) + " takes 1 to " + std::to_string(kLongestName) + " bytes, not " +
                 std::to_string(size));
}

Status expect_fields(const Json& call) {
  Status status = expect_members(call, {"fields"});
  if (!status.is_ok()) return status;
  if (!call["fields"].is_object()) return refusal("\"fields\" takes an object");
  for (const auto& [name, unused] : call["fields"].items()) {
    status = expect_name("fields", name);
    if (!status.is_ok()) return status;
  }
  return status;
}

Result<Texts> only_text(const Json& call, const char* one) {
  Texts names;
  Status status = expect_members(call, {one});
  if (status.is_ok()) status = add_name(names, one, call[one]);
  if (!status.is_ok()) return status;
  return names;
}

Result<Texts> only_list(const Json& call, const char* many) {
  Texts names;
  Status status = expect_members(call, {many});
  if (!status.is_ok()) return status;
  if (!call[many].is_array()) return refusal(json_text(many) + " takes an array of texts");
  for (const Json& each : call[many]) {
    status = add_name(names, many, each);
    if (!status.is_ok()) return status;
  }
  return names;
}

Result<Texts> text_or_list(const Json& call, const char* one, const char* many) {
  return call.contains(many) ? only_list(call, many) : only_text(call, one);
}

Status unknown_operation(const Json& call) { return refusal("there is no " + named(call)); }

Bytes json_text(BytesView text) { return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace stator::dot_stores
