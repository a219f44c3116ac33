#include "tests/simulation/histories/plugin_trial.h"

#include <algorithm>
#include <utility>

#include "kernel/causality/record_codec.h"
#include "kernel/causality/wire.h"
#include "kernel/invariant.h"
#include "tests/simulation/histories/membership_trial.h"

namespace stator::simulation {
namespace {

/// The siblings and the key, whatever order they came in.
Bytes question_of(BytesView key, std::span<const Version> siblings) {
  Record record;
  record.versions.assign(siblings.begin(), siblings.end());
  std::sort(record.versions.begin(), record.versions.end(),
            [](const Version& a, const Version& b) { return a.dot < b.dot; });
  for (const Version& version : record.versions) record.context.add(version.dot);
  Bytes question;
  ByteWriter(question).counted(key);
  return question + encode_record(record);
}

/// What it says, whatever order the siblings came in.
Bytes text_of(const Resolution& resolution, std::span<const Version> siblings) {
  Bytes text = resolution.resolved_by + ": ";
  if (resolution.unresolved) return text + "nothing is picked";
  if (resolution.winner) {
    const Dot& dot = siblings[*resolution.winner].dot;
    return text + "the version " + dot.actor.node + ":" + std::to_string(dot.counter);
  }
  return text + (resolution.tombstone ? "removed" : "a value, " + resolution.content_type + " " + resolution.value);
}

std::string first_of(const std::vector<std::string>& errors) {
  return errors.empty() ? "the plugin failed" : errors.front();
}

}  // namespace

PluginTrial::PluginTrial(const TriedPlugin* tried) : tried_(tried) {}
PluginTrial::~PluginTrial() = default;

void PluginTrial::install(ClusterOptions& options) {
  if (tried_ == nullptr) return;
  if (tried_->is("resolver")) install_resolver(options);
  if (tried_->is("storage")) install_storage(options);
  if (tried_->is("membership")) {
    memberships_ = std::make_unique<MembershipTrial>(*tried_);
    memberships_->install(options);
  }
}

Host& PluginTrial::host() {
  disks_.push_back(std::make_unique<testing::ModelledDisk>());
  processes_.push_back(std::make_unique<Process>(*disks_.back()));
  return processes_.back()->host;
}

// --- A resolver: of two instances, as two nodes have them, each question is put to one, then to the other. ---

void PluginTrial::install_resolver(ClusterOptions& options) {
  for (int instance = 0; instance < 2; ++instance) {
    Result<std::unique_ptr<ResolverGuard>> made = make_resolver(tried_->plugin(), host(), tried_->config());
    if (!made.is_ok()) return wrong(made.status().text());
    resolvers_.push_back(std::move(*made));
  }
  options.setup.resolve = [this](BytesView key, std::span<const Version> siblings) { return resolve(key, siblings); };
}

Result<Resolution> PluginTrial::resolve(BytesView key, std::span<const Version> siblings) {
  const std::size_t asked = asked_++ % resolvers_.size();
  Result<Resolution> resolution = resolvers_[asked]->try_resolve(key, siblings);
  if (!resolution.is_ok()) {
    wrong(first_of(processes_[asked]->host.logged(LogLevel::error)));
    return resolution;
  }
  const Bytes text = text_of(*resolution, siblings);
  digest_ = record_digest(std::to_string(digest_) + text);
  const auto [earlier, is_new] = answers_.emplace(question_of(key, siblings), text);
  if (!is_new && earlier->second != text)
    wrong("the same " + std::to_string(siblings.size()) + " siblings of " + Bytes(key) +
          " are resolved in two ways: " + earlier->second + "; and " + text);
  return resolution;
}

// --- A data type: the nodes have one instance, the judges another. ---

std::shared_ptr<const DataType> PluginTrial::datatype() {
  Result<std::unique_ptr<DataTypeGuard>> made = make_datatype(tried_->plugin(), host(), tried_->config());
  if (!made.is_ok()) {
    wrong(made.status().text());
    return nullptr;
  }
  datatypes_.push_back(std::move(*made));
  return datatypes_.back();
}

// --- A storage: each node has one, on files of its own. ---

void PluginTrial::install_storage(ClusterOptions& options) {
  options.make_disk = [tried = tried_] {
    return std::make_unique<FilesDisk>([tried](Host& host) -> Result<std::unique_ptr<Storage>> {
      Result<std::unique_ptr<StorageGuard>> made = make_storage(tried->plugin(), host, tried->config());
      if (!made.is_ok()) return made.status();
      return std::unique_ptr<Storage>(std::move(*made));
    });
  };
}

// --- Judgement ---

void PluginTrial::judge(SimNode& node, bool harmed, Chronicle& chronicle) {
  if (tried_ == nullptr) return;
  if (tried_->is("storage")) {
    const auto& store = node.node().stores().front();
    const auto* guard = dynamic_cast<const StorageGuard*>(&store->storage());
    if (guard != nullptr && guard->faults() > 0) wrong(first_of(dynamic_cast<const FilesDisk&>(node.disk()).errors()));
    // One that was found to have lost its disk counts as unclean too.
    if (store->unclean() && !store->forgot() && !harmed)
      wrong("a write failed on " + node.id() + ", and nothing is wrong with its disk");
  }
  for (std::size_t instance = 0; instance < datatypes_.size(); ++instance) {
    if (datatypes_[instance]->faults() > 0) wrong(first_of(processes_[instance]->host.logged(LogLevel::error)));
  }
  if (memberships_ != nullptr) {
    if (const std::optional<std::string> found = memberships_->judge(node)) wrong(*found);
  }
  chronicle.note(digest_);
  if (finding_) chronicle.violated(*finding_);
}

void PluginTrial::judge_healed(Cluster& cluster, Chronicle& chronicle) {
  if (memberships_ == nullptr) return;
  if (const std::optional<std::string> found = memberships_->await_agreement(cluster)) chronicle.violated(*found);
}

}  // namespace stator::simulation
