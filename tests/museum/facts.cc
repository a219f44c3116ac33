#include <array>
#include <bit>
#include <cstddef>
#include <iostream>
#include <typeinfo>

#include "stator/config.h"
#include "stator/datatype.h"
#include "stator/disk_space.h"
#include "stator/membership.h"
#include "stator/mending.h"
#include "stator/metrics.h"
#include "stator/plugin.h"
#include "stator/resolver.h"
#include "stator/salvage.h"
#include "stator/scrubbing.h"
#include "stator/storage.h"
#include "stator/transport.h"

// What a plugin has compiled in of the headers it was built with, a line each: where the fields of values are, where
// the methods of interfaces are and what they take. Built with the headers of today, and with those of the museum.

namespace {

using namespace stator;

/// In the C++ ABI of these machines a pointer to a virtual method is its place in the table, and a number of its own.
template <typename Method>
void method(const char* name, Method method) {
  const auto [place, adjustment] = std::bit_cast<std::array<std::ptrdiff_t, 2>>(method);
  std::cout << name << " is at " << place << "/" << adjustment << " and is a " << typeid(Method).name() << '\n';
}

/// An interface with one method more: it stands where the table of the interface ends.
template <typename Interface>
struct Longer : Interface {
  virtual void last() = 0;
};

template <typename Value>
void value(const char* name) {
  std::cout << name << " takes " << sizeof(Value) << " aligned to " << alignof(Value) << '\n';
}

#pragma GCC diagnostic ignored "-Winvalid-offsetof"  // of these values all compilers of one toolchain say the same
#define VALUE(type) value<type>(#type)
#define FIELD(type, member)                                                           \
  std::cout << #type "::" #member " is at " << offsetof(type, member) << " and is a " \
            << typeid(decltype(type::member)).name() << '\n'
#define METHOD(type, name) method(#type "::" #name, &type::name)
#define TABLE(type) method("the end of " #type, &Longer<type>::last)
#define IS(constant) std::cout << #constant " is " << static_cast<long long>(constant) << '\n'
#define TEXT(constant) std::cout << #constant " is " << (constant) << '\n'

void descriptor() {  // may grow at its tail: its size is no fact
  IS(STATOR_ABI);
  FIELD(stator_plugin_descriptor, struct_size);
  FIELD(stator_plugin_descriptor, abi);
  FIELD(stator_plugin_descriptor, toolchain);
  FIELD(stator_plugin_descriptor, interface_id);
  FIELD(stator_plugin_descriptor, name);
  FIELD(stator_plugin_descriptor, version);
  FIELD(stator_plugin_descriptor, capabilities);
  FIELD(stator_plugin_descriptor, options);
  FIELD(stator_plugin_descriptor, create);
  FIELD(stator_plugin_descriptor, destroy);
  VALUE(stator_option);
  FIELD(stator_option, key);
  FIELD(stator_option, type);
  FIELD(stator_option, default_value);
  FIELD(stator_option, help);
}

void host() {
  METHOD(Host, log), METHOD(Host, now), METHOD(Host, stamp), METHOD(Host, random), METHOD(Host, post);
  METHOD(Host, after), METHOD(Host, cancel), METHOD(Host, files), METHOD(Host, extension), TABLE(Host);
  METHOD(Loops, count), METHOD(Loops, current), METHOD(Loops, context), METHOD(Loops, post), TABLE(Loops);
  METHOD(Background, run), TABLE(Background);
  METHOD(PluginMetrics, show), TABLE(PluginMetrics);
  METHOD(SalvageOffers, offer), TABLE(SalvageOffers);
  METHOD(MendingOffers, offer), TABLE(MendingOffers);
  METHOD(ScrubbingOffers, offer), TABLE(ScrubbingOffers);
  METHOD(Files, open), METHOD(Files, rename), METHOD(Files, remove), METHOD(Files, list);
  METHOD(Files, create_directory), METHOD(Files, sync_directory), METHOD(Files, lock), TABLE(Files);
  METHOD(MeasuredFiles, space), TABLE(MeasuredFiles);
  METHOD(File, write), METHOD(File, read), METHOD(File, size), METHOD(File, resize), METHOD(File, sync), TABLE(File);
  TEXT(Loops::kExtensionId), TEXT(Background::kExtensionId), TEXT(PluginMetrics::kExtensionId);
  TEXT(SalvageOffers::kExtensionId), TEXT(MendingOffers::kExtensionId), TEXT(ScrubbingOffers::kExtensionId);
  VALUE(Config), VALUE(Config::Value), VALUE(ConfigFile), VALUE(MetricSeries), VALUE(DiskSpace), VALUE(Task);
  IS(LogLevel::debug), IS(LogLevel::error), IS(OpenMode::read), IS(OpenMode::create), IS(MetricSeries::Kind::counter);
}

void interfaces() {
  TEXT(Resolver::kInterfaceId), TEXT(DataType::kInterfaceId), TEXT(Storage::kInterfaceId);
  TEXT(Membership::kInterfaceId), TEXT(Transport::kInterfaceId);
  METHOD(Resolver, resolve), TABLE(Resolver);
  METHOD(DataType, update), METHOD(DataType, read), METHOD(DataType, examples), TABLE(DataType);
  METHOD(ItemSource, at), METHOD(ItemSource, beneath), METHOD(ItemSource, given), TABLE(ItemSource);
  METHOD(Storage, open), METHOD(Storage, write), METHOD(Storage, get), METHOD(Storage, scan);
  METHOD(Storage, checkpoint), METHOD(Storage, stats), TABLE(Storage);
  METHOD(Salvage, examine), TABLE(Salvage);
  METHOD(Mending, met_damage), METHOD(Mending, survey), METHOD(Mending, give_up), TABLE(Mending);
  VALUE(KeyRange), FIELD(KeyRange, last);
  METHOD(Scrubbing, scrub_piece), TABLE(Scrubbing);
  VALUE(Scrubbing::Piece), FIELD(Scrubbing::Piece, damage), FIELD(Scrubbing::Piece, last);
  METHOD(Membership, start), METHOD(Membership, members), METHOD(Membership, receive), METHOD(Membership, leave);
  METHOD(Membership, stop), TABLE(Membership);
  METHOD(Links, send), TABLE(Links);
  METHOD(Transport, start), METHOD(Transport, address), METHOD(Transport, call), METHOD(Transport, stop);
  TABLE(Transport);
  METHOD(Clients, put), METHOD(Clients, get), METHOD(Clients, inspect), METHOD(Clients, max_value_bytes);
  METHOD(Clients, act), TABLE(Clients);
  METHOD(Peers, hello), METHOD(Peers, meet), METHOD(Peers, receive), TABLE(Peers);
}

void values() {
  VALUE(Status), VALUE(Result<Bytes>), IS(Code::ok), IS(Code::invalid_argument), IS(Code::internal);
  VALUE(Stamp), VALUE(Actor), VALUE(Dot), VALUE(Context), VALUE(Context::Entry), VALUE(OpId), VALUE(Version);
  FIELD(Actor, epoch), FIELD(Dot, counter), FIELD(Version, stamp), FIELD(Version, tombstone), FIELD(Version, value);
  FIELD(Version, content_type), FIELD(Version, op_id), FIELD(Version, expires);
  VALUE(Resolution), FIELD(Resolution, winner), FIELD(Resolution, value), FIELD(Resolution, content_type);
  FIELD(Resolution, tombstone), FIELD(Resolution, unresolved), FIELD(Resolution, resolved_by);
  VALUE(Items), VALUE(Item), FIELD(Item, stamp), FIELD(Item, field), FIELD(Item, value), FIELD(Item, observed);
  VALUE(Operation), FIELD(Operation, arguments), VALUE(Change), FIELD(Change, replaced), FIELD(Change, added);
  VALUE(Change::Addition), FIELD(Change::Addition, value);
  VALUE(Mutation), FIELD(Mutation, value), FIELD(Mutation, remove), VALUE(WriteBatch), VALUE(Visitor);
  VALUE(StorageStats), FIELD(StorageStats, bytes), FIELD(StorageStats, wal_ops), FIELD(StorageStats, wal_bytes);
  FIELD(StorageStats, paths), VALUE(StorageFindings), FIELD(StorageFindings, counts), VALUE(StorageFault);
  FIELD(StorageFault, what), VALUE(Member), FIELD(Member, addresses), FIELD(Member, zone), FIELD(Member, state);
  FIELD(Member, incarnation), IS(MemberState::alive), IS(MemberState::suspect), IS(MemberState::dead);
  IS(MemberState::left), IS(Consistency::keyspace), IS(Consistency::all);
  VALUE(RequestHead), FIELD(RequestHead, key), FIELD(RequestHead, consistency), FIELD(RequestHead, quorum);
  FIELD(RequestHead, deadline), FIELD(RequestHead, trace_id);
  VALUE(PutRequest), FIELD(PutRequest, remove), FIELD(PutRequest, value), FIELD(PutRequest, content_type);
  FIELD(PutRequest, context), FIELD(PutRequest, create_only), FIELD(PutRequest, if_match), FIELD(PutRequest, op_id);
  FIELD(PutRequest, ttl), FIELD(PutRequest, claimed_node);
  VALUE(PutResult), FIELD(PutResult, clock), FIELD(PutResult, stamp), FIELD(PutResult, tombstone);
  VALUE(GetRequest), VALUE(GetResult), FIELD(GetResult, siblings), FIELD(GetResult, resolved);
  FIELD(GetResult, context), FIELD(GetResult, clock), VALUE(Failure), FIELD(Failure, required), FIELD(Failure, acked);
  VALUE(Outcome<PutResult>), VALUE(Page), FIELD(Page, body), VALUE(Frame), VALUE(Transport::Done);
}

}  // namespace

int main() {
  TEXT(STATOR_SDK_REVISION);
  descriptor();
  host();
  interfaces();
  values();
}
