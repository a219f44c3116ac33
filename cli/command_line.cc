#include "cli/command_line.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <ostream>
#include <sstream>

#include <CLI/CLI.hpp>

#include "cli/backup/arguments.h"
#include "cli/plugin_command_line.h"
#include "cli/storage_command_line.h"
#include "kernel/config/units.h"

namespace stator::cli {
namespace {

constexpr const char* kDefaultUrl = "http://127.0.0.1:8081";
constexpr const char* kUrlDefault = " [STATOR_URL, or http://127.0.0.1:8081]";
constexpr const char* kExitCodes = "Exit codes: 0 done; 1 not found, or failed; 2 wrong usage.";

/// Shows an option as "--keys N [100000]": CLI11's own way repeats every check's bounds in the left column.
class BriefFormatter final : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0) {
      return "";
    }
    const std::string checked = option->get_type_name();  // "INT:INT in [1 - 1000]"
    const std::string type = checked.substr(0, checked.find(':'));
    const std::string shown = type == "INT" || type == "UINT" || type == "FLOAT" ? "N" : type;
    const std::string standard = option->get_default_str();
    return " " + shown + (standard.empty() ? "" : " [" + standard + "]");
  }
};

/// Everything the arguments are written into while they are parsed; the part that the chosen verb uses becomes the
/// Invocation.
struct Arguments {
  std::string url;
  std::string keyspace = "default";
  std::string key;
  std::string pids;
  std::string distribution = "uniform";
  std::string ttl;
  std::string plugin_url;
  std::string patience = "60s";
  PutOptions put;
  UpdateOptions update;
  GetOptions get;
  DeleteOptions remove;
  ExplainOptions explain;
  StatusOptions status;
  HealthOptions health;
  RingOptions ring;
  HintsOptions hints;
  std::string hint_patience = "60s";
  RepairOptions repair;
  PluginListOptions plugins;
  PluginCheckOptions plugin_check;
  PluginSimulateOptions plugin_simulate;
  PluginDescribeOptions describe;
  PluginNewOptions plugin_new;
  StorageConvertOptions convert;
  StorageCheckOptions check;
  StorageQuarantineOptions quarantine;
  BackupOptions backup;
  BenchOptions bench;
  DemoOptions demo;
};

/// A verb of the command line, and how its Invocation is finished once everything is parsed.
struct Verb {
  CLI::App* app;
  std::function<Result<Invocation>()> finish;
};
using Verbs = std::vector<Verb>;

void add_url(CLI::App* verb, Arguments& a, const std::string& help) {
  verb->add_option("--url", a.url, help + kUrlDefault)->type_name("URL");
}

void add_json(CLI::App* verb, bool& json) { verb->add_flag("--json", json, "Print JSON instead of text"); }

void add_quorum(CLI::App* verb, const std::string& name, std::optional<int>& quorum, const std::string& help) {
  verb->add_option(name, quorum, help)->check(CLI::Range(1, 1000))->type_name("N");
}

Result<std::vector<Endpoint>> urls_of(const Arguments& a) {
  if (!a.url.empty()) {
    return parse_endpoints(a.url);
  }
  const char* set = std::getenv("STATOR_URL");
  return parse_endpoints(set != nullptr && *set != '\0' ? set : kDefaultUrl);
}

/// The first of the given URLs: verbs that talk to one node take the same STATOR_URL as those that talk to all.
Result<Endpoint> url_of(const Arguments& a) {
  auto urls = urls_of(a);
  if (!urls.is_ok()) {
    return urls.status();
  }
  return urls->front();
}

/// Fills in what the verbs about one key have in common.
template <typename Options>
Result<Invocation> with_address(Options options, const Arguments& a) {
  auto node = url_of(a);
  if (!node.is_ok()) {
    return node.status();
  }
  if (a.key.empty() || a.key.size() > 4096) {
    return Status(Code::invalid_argument, "a key has 1 to 4096 bytes, this one " + std::to_string(a.key.size()));
  }
  options.address = {std::move(*node), a.keyspace, a.key};
  return Invocation(std::move(options));
}

CLI::App* add_key_verb(CLI::App& app, Arguments& a, const char* name, const char* help) {
  CLI::App* verb = app.add_subcommand(name, help);
  verb->add_option("key", a.key, "The key, 1 to 4096 bytes")->required();
  verb->add_option("--keyspace", a.keyspace, "The keyspace it is in")->capture_default_str();
  add_url(verb, a, "The node to ask");
  return verb;
}

/// Of the verbs that bring something.
template <typename Options>
Result<Invocation> with_ttl(Options options, const Arguments& a) {
  if (!a.ttl.empty()) {
    const auto ttl = parse_duration(a.ttl);
    if (!ttl || *ttl < std::chrono::milliseconds(1)) {
      return Status(Code::invalid_argument, "--ttl: \"" + a.ttl + "\" is not " + kDurationForm + ", of at least 1ms");
    }
    options.ttl = std::chrono::duration_cast<std::chrono::milliseconds>(*ttl);
  }
  return with_address(std::move(options), a);
}

void add_put(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb = add_key_verb(app, a, "put", "Write a value");
  PutOptions& put = a.put;
  verb->add_option("value", put.value, "The value; - reads it from standard input")->required();
  verb->add_option("--context", put.context, "What the write replaces: the context that a get or put has printed");
  verb->add_option("--content-type", put.content_type, "Kept with the value [application/octet-stream]");
  verb->add_option("--op-id", put.op_id, "A UUID that makes retries of this write harmless");
  verb->add_option("--ttl", a.ttl, "The value is gone after this long: 500ms, 90s, 2h, 7d")->type_name("DURATION");
  add_quorum(verb, "--w", put.w, "Replicas that must have written before the answer");
  add_json(verb, put.json);
  verb->footer("A value that begins with a dash goes after --:  stator put temperature -- -5");
  verbs.push_back({verb, [&a] { return with_ttl(a.put, a); }});
}

void add_update(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb = add_key_verb(app, a, "update", "Do an operation of a data type");
  UpdateOptions& update = a.update;
  verb->add_option("op", update.op, "The operation: add, increment …")->required();
  verb->add_option("arguments", update.arguments, "Its arguments, each NAME=TEXT or NAME:=JSON");
  verb->add_option("--context", update.context,
                   "What it takes away at most: the context that a get or update has given");
  verb->add_option("--op-id", update.op_id, "A UUID that makes retries harmless");
  verb->add_option("--ttl", a.ttl, "What it adds is gone after this long: 500ms, 90s, 2h, 7d")->type_name("DURATION");
  add_quorum(verb, "--w", update.w, "Replicas that must have written before the answer");
  add_json(verb, update.json);
  verb->footer(
      "stator update cart add element=milk --keyspace carts\nstator update hits increment by:=3 --keyspace hits");
  verbs.push_back({verb, [&a] { return with_ttl(a.update, a); }});
}

void add_get(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb = add_key_verb(app, a, "get", "Print a value, byte for byte");
  GetOptions& get = a.get;
  add_quorum(verb, "--r", get.r, "Replicas that must answer");
  verb->add_option("--consistency", get.consistency, "The same by name")
      ->check(CLI::IsMember({"one", "quorum", "all"}));
  CLI::Option* raw = verb->add_flag("--raw", get.raw, "Add no newline, even on a terminal");
  verb->add_flag("--json", get.json, "Print the whole answer: context, clock, siblings")->excludes(raw);
  verbs.push_back({verb, [&a] { return with_address(a.get, a); }});
}

void add_delete(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb = add_key_verb(app, a, "delete", "Remove a value");
  DeleteOptions& remove = a.remove;
  verb->add_option("--context", remove.context, "What the removal has seen; versions it has not seen stay");
  verb->add_option("--op-id", remove.op_id, "A UUID that makes retries harmless");
  add_quorum(verb, "--w", remove.w, "Replicas that must have written before the answer");
  add_json(verb, remove.json);
  verbs.push_back({verb, [&a] { return with_address(a.remove, a); }});
}

void add_explain(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb = add_key_verb(app, a, "explain", "Who holds a key, what a reader is shown of it, and why");
  add_json(verb, a.explain.json);
  verbs.push_back({verb, [&a] { return with_address(a.explain, a); }});
}

template <typename Options>
Result<Invocation> with_nodes(Options options, const Arguments& a) {
  auto nodes = urls_of(a);
  if (!nodes.is_ok()) {
    return nodes.status();
  }
  options.nodes = std::move(*nodes);
  return Invocation(std::move(options));
}

void add_status(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb = app.add_subcommand("status", "The cluster's nodes: who is up, and what each of them holds");
  add_url(verb, a, "Nodes to ask, with commas between them; the first that answers names the others");
  add_json(verb, a.status.json);
  verbs.push_back({verb, [&a] { return with_nodes(a.status, a); }});
}

void add_health(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb = app.add_subcommand("health", "Whether each of these nodes is well; ends with 1 if one is not");
  add_url(verb, a, "Nodes to ask, with commas between them");
  add_json(verb, a.health.json);
  verbs.push_back({verb, [&a] { return with_nodes(a.health, a); }});
}

void add_ring(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb = app.add_subcommand("ring", "The ring: tokens, partitions and who owns how much of it");
  verb->add_option("--key", a.ring.key, "Show also which nodes hold this key of the default keyspace, in order");
  verb->add_flag("--tokens", a.ring.tokens, "List every token and its node");
  add_url(verb, a, "The node to ask");
  add_json(verb, a.ring.json);
  verbs.push_back({verb, [&a]() -> Result<Invocation> {
                     auto node = url_of(a);
                     if (!node.is_ok()) {
                       return node.status();
                     }
                     a.ring.node = std::move(*node);
                     return Invocation(a.ring);
                   }});
}

void add_repair(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb =
      app.add_subcommand("repair", "Compare these nodes' copies with their peers' now, and make them equal");
  verb->add_option("keyspace", a.repair.keyspace, "Wait for this keyspace alone [all]");
  verb->add_option("--timeout", a.patience, "Give up after this long: 500ms, 90s, 2h")
      ->type_name("DURATION")
      ->capture_default_str();
  add_url(verb, a, "Nodes to ask, with commas between them");
  add_json(verb, a.repair.json);
  verbs.push_back({verb, [&a]() -> Result<Invocation> {
                     const auto patience = parse_duration(a.patience);
                     if (!patience) {
                       return Status(Code::invalid_argument,
                                     "--timeout: \"" + a.patience + "\" is not " + kDurationForm);
                     }
                     a.repair.patience = std::chrono::duration_cast<std::chrono::milliseconds>(*patience);
                     return with_nodes(a.repair, a);
                   }});
}

Result<Invocation> finish_hints(const Arguments& a, bool wait) {
  HintsOptions hints = a.hints;
  const auto patience = parse_duration(a.hint_patience);
  if (!patience || *patience < std::chrono::milliseconds(1)) {
    return Status(Code::invalid_argument, "--timeout: \"" + a.hint_patience + "\" is not " + kDurationForm);
  }
  hints.wait = wait;
  hints.patience = std::chrono::duration_cast<std::chrono::milliseconds>(*patience);
  return with_nodes(std::move(hints), a);
}

void add_hints(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb = app.add_subcommand("hints", "Show the writes that nodes keep for others that missed them");
  verb->require_subcommand(0, 1);
  add_url(verb, a, "Nodes to ask, with commas between them");
  add_json(verb, a.hints.json);
  CLI::App* wait = verb->add_subcommand("wait", "Return when all that are queued now are delivered");
  wait->add_option("--timeout", a.hint_patience, "Give up after this long: 500ms, 90s, 2h")
      ->type_name("DURATION")
      ->capture_default_str();
  add_url(wait, a, "Nodes to ask, with commas between them");
  verbs.push_back({wait, [&a] { return finish_hints(a, true); }});
  verbs.push_back({verb, [&a] { return finish_hints(a, false); }});
}

void add_plugin(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* plugin = app.add_subcommand("plugin", "Plugins: resolvers, storage, membership, transports");
  plugin->require_subcommand(1);
  CLI::App* verb = plugin->add_subcommand("list", "The plugins of this installation, or of a running node");
  auto* url = verb->add_option("--url", a.plugin_url, "Ask this node which plugins it has loaded")->type_name("URL");
  verb->add_option("--path", a.plugins.directory, "The directory to look into [beside this program]")->excludes(url);
  add_json(verb, a.plugins.json);
  verbs.push_back(
      {add_plugin_check(*plugin, a.plugin_check), [&a] { return Result<Invocation>(Invocation(a.plugin_check)); }});
  verbs.push_back({add_plugin_simulate(*plugin, a.plugin_simulate),
                   [&a] { return Result<Invocation>(Invocation(a.plugin_simulate)); }});
  verbs.push_back(
      {add_plugin_describe(*plugin, a.describe), [&a] { return Result<Invocation>(Invocation(a.describe)); }});
  verbs.push_back(
      {add_plugin_new(*plugin, a.plugin_new), [&a] { return Result<Invocation>(Invocation(a.plugin_new)); }});
  verbs.push_back({verb, [&a]() -> Result<Invocation> {
                     if (a.plugin_url.empty()) {
                       return Invocation(a.plugins);
                     }
                     auto node = parse_endpoint(a.plugin_url);
                     if (!node.is_ok()) {
                       return node.status();
                     }
                     a.plugins.node = std::move(*node);
                     return Invocation(a.plugins);
                   }});
}

template <typename Options>
Result<Invocation> storage_verb(const Options& options) {
  return Invocation(StorageOptions{options});
}

void add_storage(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* storage = app.add_subcommand("storage", "The files of a node that does not run");
  storage->require_subcommand(1);
  verbs.push_back({add_storage_convert(*storage, a.convert), [&a] { return storage_verb(a.convert); }});
  verbs.push_back({add_storage_check(*storage, a.check), [&a] { return storage_verb(a.check); }});
  verbs.push_back({add_storage_quarantine(*storage, a.quarantine), [&a] { return storage_verb(a.quarantine); }});
}

void add_backup(CLI::App& app, Arguments& a, Verbs& verbs) {
  for (const BackupVerb& made : add_backup_verbs(app, a.backup)) {
    if (made.verb != BackupOptions::Verb::verify) add_url(made.app, a, "Nodes to ask, with commas between them");
    verbs.push_back({made.app, [&a, made] {
                       a.backup.verb = made.verb;
                       return with_nodes(a.backup, a);
                     }});
  }
}

Status check_targets(const std::vector<Endpoint>& targets) {
  for (const Endpoint& target : targets) {
    if (target.scheme != targets.front().scheme) {
      return {Code::invalid_argument, "the targets of one benchmark are all http:// or all grpc://"};
    }
  }
  return Status::ok();
}

Result<std::vector<pid_t>> parse_pids(const std::string& text) {
  std::vector<pid_t> pids;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) {
    char* end = nullptr;
    const long pid = std::strtol(part.c_str(), &end, 10);
    if (part.empty() || *end != '\0' || pid <= 0) {
      return Status(Code::invalid_argument, "--pids: \"" + part + "\" is no process id");
    }
    pids.push_back(static_cast<pid_t>(pid));
  }
  return pids;
}

Result<Invocation> finish_bench(const Arguments& a) {
  BenchOptions bench = a.bench;
  auto targets = urls_of(a);
  if (!targets.is_ok()) {
    return targets.status();
  }
  bench.load.targets = std::move(*targets);
  if (Status status = check_targets(bench.load.targets); !status.is_ok()) {
    return status;
  }
  auto pids = parse_pids(a.pids);
  if (!pids.is_ok()) {
    return pids.status();
  }
  bench.pids = std::move(*pids);
  bench.load.keyspace = a.keyspace;
  bench.keys.distribution = a.distribution == "zipfian" ? Distribution::zipfian : Distribution::uniform;
  if (bench.threads > bench.load.connections) {
    return Status(Code::invalid_argument, "--threads is greater than --connections");
  }
  return Invocation(std::move(bench));
}

void add_bench_load(CLI::App* verb, Arguments& a) {
  BenchOptions& bench = a.bench;
  const std::string targets = "Nodes, with commas between them: http://... or grpc://...";
  verb->add_option("--target,--url", a.url, targets + kUrlDefault)->type_name("URLS");
  verb->add_option("--op", bench.op, "put, get or mix")
      ->capture_default_str()
      ->check(CLI::IsMember({"put", "get", "mix"}));
  verb->add_option("--read-share", bench.read_share, "Share of reads in mix")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  verb->add_option("--connections", bench.load.connections, "Requests in flight")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  verb->add_option("--rate", bench.rate, "Operations a second (open loop) [as fast as answers come]")
      ->check(CLI::Range(0.001, 1e9));
  verb->add_option("--seconds", bench.seconds, "How long to measure")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 1e6));
  verb->add_option("--warmup", bench.warmup, "Seconds before that, not counted")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  verb->add_option("--threads", bench.threads, "Threads that make the load")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  verb->add_option("--pids", a.pids,
                   "Server processes on this machine, with commas: print their CPU time per operation");
  add_json(verb, bench.json);
}

void add_bench_data(CLI::App* verb, Arguments& a) {
  BenchOptions& bench = a.bench;
  verb->add_option("--keys", bench.keys.keys, "How many keys")
      ->capture_default_str()
      ->check(CLI::Range(std::uint64_t{1}, kMaxKeys));
  verb->add_option("--value-bytes", bench.load.value_bytes, "Size of a value")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{0}, std::size_t{1} << 30));
  verb->add_option("--distribution", a.distribution, "uniform or zipfian keys")
      ->capture_default_str()
      ->check(CLI::IsMember({"uniform", "zipfian"}));
  verb->add_option("--theta", bench.keys.theta, "Skew of zipfian")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 0.9999));
  verb->add_flag("--preload", bench.preload, "Write every key once before");
  verb->add_option("--seed", bench.seed, "Of keys and operations")->capture_default_str();
  verb->add_option("--keyspace", a.keyspace, "The keyspace to use")->capture_default_str();
  add_quorum(verb, "--w", bench.load.w, "Replicas per write [the keyspace's]");
  add_quorum(verb, "--r", bench.load.r, "Replicas per read [the keyspace's]");
}

void add_bench(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb = app.add_subcommand("bench", "Put a load on a cluster and measure it");
  add_bench_load(verb, a);
  add_bench_data(verb, a);
  verb->footer(
      "A closed loop sends the next request when an answer comes. With --rate the starts are fixed beforehand and\n"
      "latency counts from them, so requests that wait behind a stall are charged for it.");
  verbs.push_back({verb, [&a] { return finish_bench(a); }});
}

void add_demo(CLI::App& app, Arguments& a, Verbs& verbs) {
  CLI::App* verb = app.add_subcommand(
      "demo", "Start three nodes in a temporary directory, and show a failure, a repair and a conflict");
  verb->add_flag("--keep", a.demo.keep, "Leave the nodes running and their directory in place");
  verb->add_flag("--verbose", a.demo.verbose, "Show how the nodes are started, and where their logs are");
  verbs.push_back({verb, [&a] { return Result<Invocation>(Invocation(a.demo)); }});
}

Verbs add_verbs(CLI::App& app, Arguments& a) {
  Verbs verbs;
  for (const auto add : {add_put, add_update, add_get, add_delete, add_explain, add_status, add_ring, add_health,
                         add_hints, add_repair, add_plugin, add_storage, add_backup, add_bench, add_demo}) {
    add(app, a, verbs);
  }
  return verbs;
}

/// CLI11 speaks through exceptions; they end here.
ExitCode report(const CLI::App& app, const CLI::ParseError& error, Terminal& terminal) {
  const bool wrong = error.get_exit_code() != static_cast<int>(CLI::ExitCodes::Success);
  if (!wrong) {
    app.exit(error, terminal.out, terminal.err);
    return ExitCode::ok;
  }
  const auto chosen = app.get_subcommands();
  const std::string verb = chosen.empty() ? "" : " " + chosen.front()->get_name();
  terminal.err << "stator: " << error.what() << "\nRun \"stator" << verb << " --help\" for more.\n";
  return ExitCode::usage;
}

}  // namespace

std::variant<Invocation, ExitCode> parse_command_line(const std::vector<std::string>& arguments, Terminal& terminal) {
  CLI::App app("The command line of Stator, a Dynamo-style distributed key-value server.", "stator");
  app.set_version_flag("--version", "stator " STATOR_VERSION);
  app.formatter(std::make_shared<BriefFormatter>());  // its verbs inherit it
  app.require_subcommand(1);
  app.footer(std::string("STATOR_URL says where the nodes are when --url does not: ") + kDefaultUrl +
             " if neither does.\n" + kExitCodes);
  Arguments a;
  const Verbs verbs = add_verbs(app, a);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them last first
  } catch (const CLI::ParseError& error) {
    return report(app, error, terminal);
  }
  const auto chosen = std::find_if(verbs.begin(), verbs.end(), [](const Verb& verb) { return verb.app->parsed(); });
  auto invocation = chosen->finish();
  if (!invocation.is_ok()) {
    terminal.err << "stator: " << invocation.status().message() << '\n';
    return ExitCode::usage;
  }
  return std::move(*invocation);
}

}  // namespace stator::cli
