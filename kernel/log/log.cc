#include "kernel/log/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

namespace stator {
namespace {

spdlog::level::level_enum spd(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string json_text(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string shown(const Log::Field& field) {
  if (const auto* number = std::get_if<std::int64_t>(&field.value)) return std::to_string(*number);
  return json_text(std::get<std::string_view>(field.value));
}

}  // namespace

struct Log::Sink {
  std::string node;
  Format format;
  spdlog::logger logger;
};

Log::Log(std::string node, Format format, LogLevel level)
    : sink_(new Sink{std::move(node), format,
                     spdlog::logger("stator", std::make_shared<spdlog::sinks::stderr_sink_mt>())}) {
  // spdlog writes the time and the level; the rest of the line is made in write().
  sink_->logger.set_pattern(
      format == Format::json ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%fZ %l %v",
      spdlog::pattern_time_type::utc);
  set_level(level);
}

Log::~Log() = default;

bool Log::enabled(LogLevel level) const { return sink_->logger.should_log(spd(level)); }

void Log::set_level(LogLevel level) { sink_->logger.set_level(spd(level)); }

void Log::write(LogLevel level, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  const bool json = sink_->format == Format::json;
  std::string line = json ? "\"msg\":" + json_text(message) + ",\"node\":" + json_text(sink_->node)
                          : sink_->node + " " + std::string(message);
  for (const Field& field : fields) {
    line += json ? "," + json_text(field.name) + ":" : " " + std::string(field.name) + "=";
    line += shown(field);
  }
  sink_->logger.log(spd(level), spdlog::string_view_t(line.data(), line.size()));
}

void Log::flush() { sink_->logger.flush(); }

}  // namespace stator
