#include "storage_history.h"

#include <utility>

namespace stator::testing {
namespace {

std::string shown(BytesView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "\"";
  for (char byte : bytes.substr(0, 24)) {
    const auto number = static_cast<unsigned char>(byte);
    if (number >= 0x20 && number < 0x7f) {
      text += byte;
    } else {
      text.append("\\x").append(1, kDigits[number >> 4]).append(1, kDigits[number & 15]);
    }
  }
  return text + (bytes.size() > 24 ? "\"… (" + std::to_string(bytes.size()) + " bytes)" : "\"");
}

}  // namespace

Status write(Storage& storage, const Changes& changes) {
  std::vector<Mutation> batch;
  for (const Change& change : changes) {
    batch.push_back(
        {.key = change.key, .value = change.value ? BytesView(*change.value) : BytesView(), .remove = !change.value});
  }
  return storage.write(batch);
}

void perform(const Changes& changes, Contents& contents) {
  for (const Change& change : changes) {
    if (change.value) {
      contents[change.key] = *change.value;
    } else {
      contents.erase(change.key);
    }
  }
}

Result<Contents> contents_of(Storage& storage) {
  Contents contents;
  Status status = storage.scan({}, {}, [&](BytesView key, BytesView value) {
    contents.emplace(key, value);
    return true;
  });
  if (!status.is_ok()) return status;
  return contents;
}

std::string difference(const Contents& expected, const Contents& found) {
  auto e = expected.begin();
  auto f = found.begin();
  while (e != expected.end() || f != found.end()) {
    if (f == found.end() || (e != expected.end() && e->first < f->first)) return shown(e->first) + " is missing";
    if (e == expected.end() || f->first < e->first) return shown(f->first) + " should not be there";
    if (e->second != f->second) return shown(e->first) + " is " + shown(f->second) + ", not " + shown(e->second);
    ++e;
    ++f;
  }
  return {};
}

Bytes ChangeSource::key() {
  static constexpr char kBytes[] = {'\x00', '\x01', 'a', '\x7f', '\x80', '\xff'};
  Bytes key;
  for (std::uint64_t size = 1 + below(5); size > 0; --size) key.push_back(kBytes[below(sizeof kBytes)]);
  return key;
}

Bytes ChangeSource::value() {
  Bytes value = "value " + std::to_string(++values_) + " ";
  value.append(below(100), static_cast<char>(below(256)));
  return value;
}

Changes ChangeSource::batch() {
  Changes batch(1 + below(4));
  for (Change& change : batch) {
    change.key = key();
    if (below(4) != 0) change.value = value();
  }
  return batch;
}

Changes ChangeSource::uniform_batch() {
  Bytes value = "value " + std::to_string(++values_);
  value.resize(64, '.');
  return {{"key" + std::to_string(10 + below(30)), value}};
}

std::vector<Changes> ChangeSource::uniform_batches(std::size_t count) {
  std::vector<Changes> batches(count);
  for (Changes& changes : batches) changes = uniform_batch();
  return batches;
}

std::vector<Changes> ChangeSource::batches(std::size_t count) {
  std::vector<Changes> batches(count);
  for (Changes& changes : batches) changes = batch();
  return batches;
}

StorageProcess::StorageProcess(const StorageUnderTest& under_test, ModelledDisk& disk, std::uint64_t seed)
    : files(disk), host(files, {.seed = seed}), storage(under_test.make(host)) {}

Path storage_path(const StorageUnderTest& storage, const std::string& name) {
  return (storage.directory.empty() ? "/data" : storage.directory) + "/" + name;
}

}  // namespace stator::testing
