// meta "format"              := decimal text, of kStoreFormat; missing in some stores of the first
//      "cluster", "node"     := text
//      "partition_bits"      := decimal text
//      "incarnation", "clock", "barrier" := stamp:word
//      "clean"               := empty; there only between a clean shutdown and the next start
//      "heard"               := see peer_clocks.h
//      "forgot"              := empty; there from the discovery that data is missing until it has been caught up
//      "away"                := empty; there from a return after a long absence until it has been caught up
//      "lost"                := (keyspace:varint partition:varint)*; there while copies that were given up are missing
//      "unvouched"           := life:word, zero until it has one; there from the first start on an empty store until
//                               others were met who could say what is missing from it
//      "found"               := first:word begun:word, see FoundLimit; there from the first start on a store that was
//                               not empty, likewise
//      "restoring"           := text; there from the begin of a restore to its end
//      "keyspace/NAME"       := id:varint kind:counted
#include "kernel/node/store_meta.h"

#include <algorithm>
#include <optional>

#include "kernel/causality/wire.h"
#include "kernel/replica/storage_keys.h"
#include "kernel/seeded_bugs.h"

namespace stator {
namespace {

Status write_one(Storage& storage, const Bytes& key, BytesView value) {
  const Mutation mutation{key, value};
  return storage.write({&mutation, 1});
}

// Sees that the store can be read.
Result<bool> has_this_format(Storage& storage) {
  const Result<std::optional<Bytes>> noted = storage.get(format_key());
  if (!noted.is_ok()) return noted.status();
  if (Status known = check_store_format(*noted); !known.is_ok()) return known;
  return *noted == std::to_string(kStoreFormat);
}

// An older program refuses the store from then on: it would misread what is written now.
Status note_format(Storage& storage) { return write_one(storage, format_key(), std::to_string(kStoreFormat)); }

// Writes what is missing, refuses what differs.
Status agree(Storage& storage, const char* name, const Bytes& ours) {
  const Bytes key = meta_key(name);
  Result<std::optional<Bytes>> held = storage.get(key);
  if (!held.is_ok()) return held.status();
  if (!*held) return write_one(storage, key, ours);
  if (**held == ours) return Status::ok();
  const bool printable =
      std::all_of((*held)->begin(), (*held)->end(), [](unsigned char c) { return c >= ' ' && c < 127; });
  return {Code::failed_precondition,
          std::string("the store was made with another ") + name +
              (printable ? ": it says \"" + **held + "\", the configuration \"" + ours + "\"" : "")};
}

Result<Stamp> read_stamp(Storage& storage, const Bytes& key) {
  Result<std::optional<Bytes>> held = storage.get(key);
  if (!held.is_ok()) return held.status();
  if (!*held) return Stamp{};
  ByteReader in(**held);
  const Stamp stamp{in.word()};
  if (!in.ok() || !in.at_end()) return Status(Code::data_loss, "a stamp in the store's meta space is malformed");
  return stamp;
}

// The limit of the clock is the first thing that a start leaves on an empty store but for what is agreed on.
Status read_vouching(Storage& storage, StoreState& state) {
  Result<std::optional<Bytes>> noted = storage.get(unvouched_key());
  if (!noted.is_ok()) return noted.status();
  if (!*noted && state.clock_limit != Stamp{}) return Status::ok();
  const Result<Stamp> life = read_stamp(storage, unvouched_key());
  if (!life.is_ok()) return life.status();
  state.unvouched = *life;
  return *noted ? Status::ok() : write_unvouched(storage, Stamp{});
}

// What a first start that nobody has vouched for since replaced, or else what is there.
Status read_found_limit(Storage& storage, StoreState& state) {
  if (state.unvouched) return Status::ok();
  state.found_limit = {state.clock_limit, {}, state.clock_limit};
  const Result<std::optional<Bytes>> noted = storage.get(found_limit_key());
  if (!noted.is_ok()) return noted.status();
  if (!*noted || STATOR_SEEDED_BUG(old_copy_forgotten_at_second_start)) return Status::ok();
  ByteReader in(**noted);
  for (Stamp* stamp : {&state.found_limit.first, &state.found_limit.begun}) *stamp = Stamp{in.word()};
  if (in.ok() && in.at_end()) return Status::ok();
  return {Code::data_loss, "the note of the limit that was found on the store is malformed"};
}

struct KeyspaceEntry {
  std::uint16_t id = 0;
  std::string kind;
};

Result<std::map<std::string, KeyspaceEntry>> read_keyspaces(Storage& storage) {
  std::map<std::string, KeyspaceEntry> found;
  const Bytes first = meta_key("keyspace/");
  Bytes last = first;
  ++last.back();
  bool malformed = false;
  Status scanned = storage.scan(first, last, [&](BytesView key, BytesView value) {
    ByteReader in(value);
    KeyspaceEntry entry;
    entry.id = static_cast<std::uint16_t>(in.varint());
    entry.kind = in.counted();
    malformed = malformed || !in.ok() || !in.at_end();
    found.emplace(key.substr(first.size()), std::move(entry));
    return !malformed;
  });
  if (!scanned.is_ok()) return scanned;
  if (malformed) return Status(Code::data_loss, "a keyspace in the store's meta space is malformed");
  return found;
}

Result<std::map<std::string, std::uint16_t>> place_keyspaces(Storage& storage,
                                                             const std::vector<StoredKeyspace>& keyspaces) {
  Result<std::map<std::string, KeyspaceEntry>> found = read_keyspaces(storage);
  if (!found.is_ok()) return found.status();
  std::uint16_t next = 1;
  for (const auto& [name, entry] : *found) next = std::max<std::uint16_t>(next, entry.id + 1);
  std::map<std::string, std::uint16_t> ids;
  for (const StoredKeyspace& keyspace : keyspaces) {
    auto known = found->find(keyspace.name);
    if (known == found->end()) {
      Bytes value;
      ByteWriter(value).varint(next);
      ByteWriter(value).counted(keyspace.kind);
      if (Status written = write_one(storage, meta_key("keyspace/" + keyspace.name), value); !written.is_ok())
        return written;
      ids[keyspace.name] = next++;
    } else if (known->second.kind != keyspace.kind) {
      return Status(Code::failed_precondition, "keyspace " + keyspace.name + " was written as \"" + known->second.kind +
                                                   "\", the configuration makes it \"" + keyspace.kind + "\"");
    } else {
      ids[keyspace.name] = known->second.id;
    }
  }
  return ids;
}

Result<std::set<LostCopies>> read_lost(Storage& storage) {
  const Result<std::optional<Bytes>> held = storage.get(lost_key());
  if (!held.is_ok()) return held.status();
  std::set<LostCopies> lost;
  ByteReader in(held->has_value() ? BytesView(**held) : BytesView());
  while (in.ok() && !in.at_end()) {
    const auto keyspace = static_cast<std::uint16_t>(in.varint());
    lost.insert({keyspace, static_cast<Partition>(in.varint())});
  }
  if (!in.ok()) return Status(Code::data_loss, "what the store notes as lost is malformed");
  return lost;
}

// What a node never writes again, and could not do without.
Result<std::map<Bytes, Bytes>> read_fixed(Storage& storage) {
  std::map<Bytes, Bytes> fixed;
  for (const char* name : {"format", "cluster", "node", "partition_bits"}) {
    const Result<std::optional<Bytes>> held = storage.get(meta_key(name));
    if (!held.is_ok()) return held.status();
    if (*held) fixed.emplace(meta_key(name), **held);
  }
  const Bytes first = meta_key("keyspace/");
  Bytes last = first;
  ++last.back();
  Status scanned = storage.scan(first, last, [&](BytesView key, BytesView value) {
    fixed.emplace(key, value);
    return true;
  });
  if (!scanned.is_ok()) return scanned;
  return fixed;
}

}  // namespace

Status check_store_format(const std::optional<Bytes>& noted) {
  const std::string known = std::to_string(kStoreFormat);
  if (!noted || *noted == known) return Status::ok();
  const bool number = !noted->empty() && noted->find_first_not_of("0123456789") == Bytes::npos;
  if (!number) return {Code::data_loss, "the note of the store's format is malformed"};
  if (noted->size() == known.size() && *noted < known) return Status::ok();
  return {Code::failed_precondition, "the store is of format " + *noted + ", this program reads format " + known +
                                         ": it was written by a newer one, start that again"};
}

Bytes format_key() { return meta_key("format"); }

Bytes clock_limit_key() { return meta_key("clock"); }

Bytes heard_key() { return meta_key("heard"); }

Bytes forgot_key() { return meta_key("forgot"); }

Bytes away_key() { return meta_key("away"); }

Bytes lost_key() { return meta_key("lost"); }

Bytes encode_lost(const std::set<LostCopies>& lost) {
  Bytes out;
  for (const LostCopies& each : lost) {
    ByteWriter(out).varint(each.keyspace);
    ByteWriter(out).varint(each.partition);
  }
  return out;
}

Bytes unvouched_key() { return meta_key("unvouched"); }

Bytes found_limit_key() { return meta_key("found"); }

Bytes encode_found_limit(const FoundLimit& found) {
  Bytes out;
  for (Stamp stamp : {found.first, found.begun}) ByteWriter(out).word(stamp.bits);
  return out;
}

Bytes restoring_key() { return meta_key("restoring"); }

Bytes barrier_key() { return meta_key("barrier"); }

Bytes incarnation_key() { return meta_key("incarnation"); }

Bytes encode_stamp(Stamp stamp) {
  Bytes out;
  ByteWriter(out).word(stamp.bits);
  return out;
}

Result<StoreState> open_store(Storage& storage, const StoreIdentity& identity,
                              const std::vector<StoredKeyspace>& keyspaces) {
  const Result<bool> format = has_this_format(storage);
  if (!format.is_ok()) return format.status();
  for (const auto& [name, value] : {std::pair("cluster", identity.cluster), std::pair("node", identity.node),
                                    std::pair("partition_bits", std::to_string(identity.partition_bits))}) {
    if (Status agreed = agree(storage, name, value); !agreed.is_ok()) return agreed;
  }
  StoreState state;
  Result<std::map<std::string, std::uint16_t>> placed = place_keyspaces(storage, keyspaces);
  if (!placed.is_ok()) return placed.status();
  state.keyspaces = std::move(*placed);

  Result<Stamp> incarnation = read_stamp(storage, incarnation_key());
  if (!incarnation.is_ok()) return incarnation.status();
  Result<Stamp> limit = read_stamp(storage, clock_limit_key());
  if (!limit.is_ok()) return limit.status();
  state.incarnation = *incarnation;
  state.clock_limit = *limit;

  Result<std::optional<Bytes>> heard = storage.get(heard_key());
  if (!heard.is_ok()) return heard.status();
  Result<std::map<std::string, HeardClock>> clocks = decode_heard(heard->value_or(Bytes()));
  if (!clocks.is_ok()) return clocks.status();
  state.heard = std::move(*clocks);
  Result<std::optional<Bytes>> forgot = storage.get(forgot_key());
  if (!forgot.is_ok()) return forgot.status();
  state.forgot = forgot->has_value();
  Result<std::optional<Bytes>> away = storage.get(away_key());
  if (!away.is_ok()) return away.status();
  state.away = away->has_value();
  if (Status noted = read_vouching(storage, state); !noted.is_ok()) return noted;
  if (Status noted = read_found_limit(storage, state); !noted.is_ok()) return noted;
  Result<std::optional<Bytes>> restoring = storage.get(restoring_key());
  if (!restoring.is_ok()) return restoring.status();
  state.restoring = restoring->value_or(Bytes());
  Result<Stamp> barrier = read_stamp(storage, barrier_key());
  if (!barrier.is_ok()) return barrier.status();
  state.barrier = *barrier;
  Result<std::set<LostCopies>> lost = read_lost(storage);
  if (!lost.is_ok()) return lost.status();
  state.lost = std::move(*lost);
  Result<std::map<std::string, KeyspaceEntry>> all = read_keyspaces(storage);
  if (!all.is_ok()) return all.status();
  for (const auto& [name, entry] : *all) state.ids.push_back(entry.id);

  if (!*format) {
    if (Status noted = note_format(storage); !noted.is_ok()) return noted;
  }
  Result<std::map<Bytes, Bytes>> fixed = read_fixed(storage);
  if (!fixed.is_ok()) return fixed.status();
  state.fixed = std::move(*fixed);
  const Bytes clean = meta_key("clean");
  Result<std::optional<Bytes>> note = storage.get(clean);
  if (!note.is_ok()) return note.status();
  state.clean = note->has_value();
  if (state.clean && !STATOR_SEEDED_BUG(clean_note_kept)) {
    const Mutation erase{clean, {}, true};
    if (Status erased = storage.write({&erase, 1}); !erased.is_ok()) return erased;
  }
  return state;
}

Status write_incarnation(Storage& storage, Stamp incarnation) {
  return write_one(storage, incarnation_key(), encode_stamp(incarnation));
}

Status write_clock_limit(Storage& storage, Stamp limit) {
  return write_one(storage, clock_limit_key(), encode_stamp(limit));
}

Status write_clock_limit(Storage& storage, Stamp limit, const FoundLimit& found) {
  const Bytes note = found_limit_key();
  const Bytes noted = encode_found_limit(found);
  const Bytes clock = clock_limit_key();
  const Bytes stamp = encode_stamp(limit);
  const Mutation mutations[] = {{note, noted}, {clock, stamp}};
  return storage.write(mutations);
}

Status write_unvouched(Storage& storage, Stamp life) { return write_one(storage, unvouched_key(), encode_stamp(life)); }

Status write_clean_shutdown(Storage& storage, Stamp last_stamp) {
  const Bytes clock = clock_limit_key();
  const Bytes stamp = encode_stamp(last_stamp);
  const Bytes clean = meta_key("clean");
  const Mutation mutations[] = {{clock, stamp}, {clean, {}}};
  return storage.write(mutations);
}

}  // namespace stator
