#include "cli/backup/manifest.h"

#include <algorithm>
#include <optional>
#include <set>

#include "kernel/files/sha256.h"
#include "kernel/node/restore_batch.h"

namespace stator::cli {
namespace {

constexpr std::size_t kMaxPath = 1024;
constexpr int kDeepest = 8;

std::string checksum(const std::string& text) {
  Sha256 sum;
  sum.add(text);
  return sum.hex();
}

bool is_part(std::string_view part) {
  const bool visible = std::all_of(part.begin(), part.end(), [](unsigned char c) { return c > ' ' && c < 127; });
  return visible && !part.empty() && part != "." && part != ".." && part.find_first_of("/\\") == std::string::npos;
}

bool is_sha256(std::string_view text) { return text.size() == 64 && is_backup_id(text); }

Json json_of(const BackupManifest::Node& node) {
  Json json{{"id", node.id}, {"storages", node.storages}, {"files", Json::array()}};
  for (const BackupManifest::File& file : node.files)
    json["files"].push_back({{"path", file.path}, {"size", file.size}, {"sha256", file.sha256}});
  return json;
}

Status malformed(const std::string& what) {
  return {Code::data_loss, std::string(BackupManifest::kFileName) + ": " + what};
}

/// Reads members of JSON objects; after the first that is missing or of another type, says which.
class Fields {
 public:
  std::string text(const Json& object, const char* name) {
    const Json& value = field(object, name);
    if (value.is_string()) return value.get<std::string>();
    miss(name);
    return "";
  }
  std::uint64_t number(const Json& object, const char* name) {
    const Json& value = field(object, name);
    if (value.is_number_unsigned()) return value.get<std::uint64_t>();
    miss(name);
    return 0;
  }
  const Json& list(const Json& object, const char* name) {
    static const Json kEmpty = Json::array();
    const Json& value = field(object, name);
    if (value.is_array()) return value;
    miss(name);
    return kEmpty;
  }
  std::vector<std::string> texts(const Json& object, const char* name) {
    std::vector<std::string> all;
    for (const Json& value : list(object, name)) {
      if (!value.is_string()) return miss(name), all;
      all.push_back(value.get<std::string>());
    }
    return all;
  }
  const std::string& missed() const { return missed_; }

 private:
  void miss(const char* name) {
    if (missed_.empty()) missed_ = name;
  }
  std::string missed_;
};

BackupManifest::Node read_node(Fields& fields, const Json& json) {
  BackupManifest::Node node{fields.text(json, "id"), fields.texts(json, "storages"), {}};
  for (const Json& file : fields.list(json, "files"))
    node.files.push_back({fields.text(file, "path"), fields.number(file, "size"), fields.text(file, "sha256")});
  return node;
}

Status check_node(const BackupManifest::Node& node) {
  if (!is_node_directory(node.id)) return malformed("\"" + node.id + "\" is no name of a node");
  std::set<std::string> paths;
  for (const BackupManifest::File& file : node.files) {
    if (!is_file_path(file.path)) return malformed("\"" + file.path + "\" is no path of a backup's file");
    if (!is_sha256(file.sha256)) return malformed(file.path + " has no SHA-256");
    if (!paths.insert(file.path).second) return malformed(file.path + " is there twice");
  }
  for (const std::string& storage : node.storages) {
    if (!is_part(storage)) return malformed("\"" + storage + "\" is no name of a storage");
    if (!paths.contains("storage/" + storage + "/PLUGIN"))
      return malformed("storage " + storage + " of " + node.id + " has no file PLUGIN");
  }
  return Status::ok();
}

Status check(const BackupManifest& manifest) {
  if (!is_backup_id(manifest.id)) return malformed("\"" + manifest.id + "\" is no backup's id");
  if (manifest.nodes.empty()) return malformed("there is no node in it");
  std::set<std::string> ids;
  for (const BackupManifest::Node& node : manifest.nodes) {
    if (Status good = check_node(node); !good.is_ok()) return good;
    if (!ids.insert(node.id).second) return malformed("node " + node.id + " is there twice");
  }
  return Status::ok();
}

/// The object without its checksum, if that is right.
Result<Json> open_envelope(std::string_view text) {
  // What is nested deeper is left out, and then the checksum is another.
  Json json = Json::parse(
      text, [](int depth, Json::parse_event_t, Json&) { return depth <= kDeepest; }, false);
  if (!json.is_object() || field_text(json, "kind") != "stator-backup") return malformed("no manifest of a backup");
  const Json& format = field(json, "format");
  if (!format.is_number_unsigned()) return malformed("it does not say of which format it is");
  if (format.get<std::uint64_t>() > BackupManifest::kFormat)
    return Status(Code::failed_precondition, "the backup is of format " + format.dump() +
                                                 ", and this program reads format " +
                                                 std::to_string(BackupManifest::kFormat) + ": use a newer one");
  const std::string sum = field_text(json, "checksum");
  json.erase("checksum");
  if (checksum(json.dump()) != sum) return malformed("its checksum is wrong: it was damaged, or changed");
  return json;
}

}  // namespace

bool is_node_directory(std::string_view name) {
  return is_part(name) && name.size() <= 255 && name != BackupManifest::kFileName;
}

bool is_file_path(std::string_view path) {
  if (!path.starts_with("storage/") || path.size() > kMaxPath) return false;
  for (;;) {
    const std::size_t slash = path.find('/');
    if (!is_part(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::uint64_t BackupManifest::bytes() const {
  std::uint64_t sum = 0;
  for (const Node& node : nodes) {
    for (const File& file : node.files) sum += file.size;
  }
  return sum;
}

std::string encode_manifest(const BackupManifest& manifest) {
  Json json{{"kind", "stator-backup"},     {"format", BackupManifest::kFormat},
            {"id", manifest.id},           {"cluster", manifest.cluster},
            {"taken", manifest.taken},     {"partition_bits", manifest.partition_bits},
            {"ring", manifest.ring},       {"keyspaces", Json::array()},
            {"missing", manifest.missing}, {"nodes", Json::array()}};
  for (const BackupManifest::Keyspace& keyspace : manifest.keyspaces)
    json["keyspaces"].push_back(
        {{"name", keyspace.name}, {"resolver", keyspace.resolver}, {"storage", keyspace.storage}, {"n", keyspace.n}});
  for (const BackupManifest::Node& node : manifest.nodes) json["nodes"].push_back(json_of(node));
  json["checksum"] = checksum(json.dump());
  return json.dump(1) + "\n";
}

Result<BackupManifest> decode_manifest(std::string_view text) {
  const Result<Json> json = open_envelope(text);
  if (!json.is_ok()) return json.status();
  Fields fields;
  BackupManifest manifest;
  manifest.id = fields.text(*json, "id");
  manifest.cluster = fields.text(*json, "cluster");
  manifest.taken = fields.text(*json, "taken");
  manifest.partition_bits = static_cast<int>(fields.number(*json, "partition_bits"));
  manifest.ring = fields.text(*json, "ring");
  manifest.missing = fields.texts(*json, "missing");
  for (const Json& keyspace : fields.list(*json, "keyspaces"))
    manifest.keyspaces.push_back({fields.text(keyspace, "name"), fields.text(keyspace, "resolver"),
                                  fields.text(keyspace, "storage"), static_cast<int>(fields.number(keyspace, "n"))});
  for (const Json& node : fields.list(*json, "nodes")) manifest.nodes.push_back(read_node(fields, node));
  if (!fields.missed().empty()) return malformed("\"" + fields.missed() + "\" is missing, or of another kind");
  if (Status good = check(manifest); !good.is_ok()) return good;
  return manifest;
}

}  // namespace stator::cli
