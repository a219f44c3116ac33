#include "kernel/node/admin_actions.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace stator {
namespace {

using Json = nlohmann::json;

std::string text(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

bool flag(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

void answer(Executor& home, AdminActions::Done done, Outcome<Page> outcome) {
  home.post([done = std::move(done), outcome = std::move(outcome)]() mutable { done(std::move(outcome)); });
}

}  // namespace

void AdminActions::act(const std::string& action, const Bytes& body, Executor& home, Done done) {
  if (action == "restore/records") {
    Result<RestoreBatch> batch = decode_restore_batch(body);
    if (!batch.is_ok()) return answer(home, std::move(done), batch.status());
    return restore_.put(std::move(*batch), home, std::move(done));
  }
  const Json json = Json::parse(body, nullptr, false);
  const std::string id = json.is_object() ? text(json, "id") : std::string();
  if (!is_backup_id(id))
    return answer(home, std::move(done),
                  Status(Code::invalid_argument, "expected JSON with the \"id\" of a backup: 16 to 64 hex digits"));
  if (action == "backup/begin") return answer(home, std::move(done), backup_.begin(id));
  if (action == "backup/piece")
    return backup_.read({id, text(json, "file"), number(json, "offset"), number(json, "length")}, home,
                        std::move(done));
  if (action == "backup/end") return backup_.end(id, home, std::move(done));
  if (action == "restore/begin") return restore_.begin(id, flag(json, "check_only"), home, std::move(done));
  if (action == "restore/end") return restore_.end(id, home, std::move(done));
  answer(home, std::move(done), Status(Code::not_found, "no action \"" + action + "\""));
}

}  // namespace stator
