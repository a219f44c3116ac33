#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/answer.h"
#include "stator/status.h"

namespace stator::cli {

/// What a backup is of, and of which files it consists: manifest.json in its directory. A value.
struct BackupManifest {
  static constexpr int kFormat = 1;
  static constexpr const char* kFileName = "manifest.json";

  struct File {
    std::string path;  ///< below the node's directory: "storage/NAME/…"
    std::uint64_t size = 0;
    std::string sha256;
    bool operator==(const File&) const = default;
  };
  struct Node {
    std::string id;  ///< and the name of its directory
    std::vector<std::string> storages;
    std::vector<File> files;
    bool operator==(const Node&) const = default;
  };
  struct Keyspace {
    std::string name;
    std::string resolver;  ///< the plugin
    std::string storage;   ///< NAME of [storage.NAME]
    int n = 0;
    bool operator==(const Keyspace&) const = default;
  };

  std::string id;       ///< 32 hex digits, by chance
  std::string cluster;  ///< its id
  std::string taken;    ///< when it was begun: "2026-11-28T20:30:00Z"
  int partition_bits = 0;
  std::string ring;  ///< its fingerprint
  std::vector<Keyspace> keyspaces;
  std::vector<Node> nodes;
  std::vector<std::string> missing;  ///< nodes that did not answer

  bool operator==(const BackupManifest&) const = default;
  std::uint64_t bytes() const;
};

/// As JSON, with a checksum of it all.
std::string encode_manifest(const BackupManifest& manifest);
/// From any bytes: data_loss if they are not what encode_manifest gives, or were changed since; failed_precondition
/// for one of a newer format, which it names. No path in it leaves the backup's directory.
Result<BackupManifest> decode_manifest(std::string_view text);

/// Whether it may be the name of a node's directory, or the path of a file in that: no "..", no empty part, nothing
/// absolute, nothing hidden from view.
bool is_node_directory(std::string_view name);
bool is_file_path(std::string_view path);

}  // namespace stator::cli
