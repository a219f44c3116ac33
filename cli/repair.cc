#include <algorithm>
#include <chrono>
#include <ostream>
#include <thread>

#include "cli/answer.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace stator::cli {
namespace {

constexpr std::chrono::milliseconds kPause{200};

/// One node's round: when it was begun there, and the page that said last how far it is.
struct Round {
  const Endpoint* node = nullptr;
  std::string since;
  Json page;
};

std::uint64_t number(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

/// Partitions to compare, and those found equal, of the keyspaces that count.
struct Progress {
  std::uint64_t all = 0;
  std::uint64_t verified = 0;
  std::uint64_t divergent = 0;
};
Progress progress_of(const Json& page, const std::string& keyspace) {
  Progress progress;
  for (const auto& [name, state] : field(page, "keyspaces").items()) {
    if (!keyspace.empty() && name != keyspace) {
      continue;
    }
    progress.all += number(state, "partitions");
    progress.verified += number(state, "partitions_verified");
    progress.divergent += number(state, "divergent");
  }
  return progress;
}

Json report(const std::vector<Round>& rounds, const std::string& keyspace) {
  Json rows = Json::array();
  for (const Round& round : rounds) {
    const Progress progress = progress_of(round.page, keyspace);
    rows.push_back({{"url", round.node->text()},
                    {"partitions", progress.all},
                    {"partitions_verified", progress.verified},
                    {"divergent", progress.divergent},
                    {"pulled", number(round.page, "pulled")},
                    {"pushed", number(round.page, "pushed")}});
  }
  return rows;
}

/// All of them asked once; whether each has verified all that counts.
Result<bool> ask(std::vector<Round>& rounds, const std::string& keyspace) {
  bool done = true;
  for (Round& round : rounds) {
    std::string target = "/admin/repair";
    const bool begins = round.since.empty();
    if (!begins) {
      add_query(target, "key", round.since);
    }
    if (!keyspace.empty()) {
      add_query(target, "keyspace", keyspace);
    }
    auto page = begins ? post_json(*round.node, target) : fetch_json(*round.node, target);
    if (!page.is_ok()) {
      return page.status();
    }
    round.page = std::move(*page);
    round.since = field_text(round.page, "since");
    if (!keyspace.empty() && !field(round.page, "keyspaces").contains(keyspace)) {
      return Status(Code::not_found, "no keyspace \"" + keyspace + "\" on " + round.node->text());
    }
    const Progress progress = progress_of(round.page, keyspace);
    done = done && progress.verified == progress.all;
  }
  return done;
}

std::string line(const std::vector<Round>& rounds, const std::string& keyspace) {
  Progress sum;
  for (const Round& round : rounds) {
    const Progress progress = progress_of(round.page, keyspace);
    sum.all += progress.all;
    sum.verified += progress.verified;
    sum.divergent += progress.divergent;
  }
  return std::to_string(sum.verified) + " of " + std::to_string(sum.all) + " verified, " +
         std::to_string(sum.divergent) + " divergent";
}

void print_counts(const Json& rows, std::ostream& out) {
  using enum Table::Align;
  Table table({{"node", left}, {"partitions", right}, {"verified", right}, {"divergent", right}});
  for (const Json& row : rows) {
    table.add({field_text(row, "url"), field_text(row, "partitions"), field_text(row, "partitions_verified"),
               field_text(row, "divergent")});
  }
  table.print(out);
}

}  // namespace

ExitCode run(const RepairOptions& options, Terminal& terminal) {
  std::vector<Round> rounds;
  for (const Endpoint& node : options.nodes) {
    rounds.push_back({&node, {}, {}});
  }
  const auto deadline = std::chrono::steady_clock::now() + options.patience;
  std::string shown;
  for (;;) {
    const auto done = ask(rounds, options.keyspace);
    if (!done.is_ok()) {
      return fail(terminal, done.status());
    }
    const std::string now = line(rounds, options.keyspace);
    if (!options.json && now != shown) {
      terminal.err << now << '\n';
    }
    shown = now;
    if (*done || std::chrono::steady_clock::now() >= deadline) {
      const Json rows = report(rounds, options.keyspace);
      if (options.json) {
        terminal.out << rows.dump() << '\n';
      } else {
        print_counts(rows, terminal.out);
      }
      return *done ? ExitCode::ok : fail(terminal, Status(Code::unavailable, "not all is verified: " + now));
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace stator::cli
