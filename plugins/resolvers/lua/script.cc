#include "script.h"

#include <cstring>
#include <memory>
#include <utility>

#include <lua.hpp>

#include "memory.h"
#include "prelude.h"

namespace stator::lua {
namespace {

/// Patterns are counted apart, and a step of one costs less than an instruction.
constexpr std::int64_t kStepsPerInstruction = 100;

// Everything from here to `Script` runs under lua_pcall, where an error leaves functions without their destructors:
// their variables have none.

/// Once the instructions are used up every further one fails, so that no pcall of the script's lets it go on.
void stop(lua_State* state, lua_Debug* /*where*/) {
  lua_sethook(state, stop, LUA_MASKCOUNT, 1);
  luaL_where(state, 0);  // a hook has no frame of its own
  lua_pushliteral(state, "more instructions than max_instructions");
  lua_concat(state, 2);
  lua_error(state);
}

void set_field(lua_State* state, const char* name, BytesView text) {
  lua_pushlstring(state, text.data(), text.size());
  lua_setfield(state, -2, name);
}

void push_version(lua_State* state, const Version& version) {
  lua_createtable(state, 0, 6);
  set_field(state, "value", version.value);
  set_field(state, "content_type", version.content_type);
  set_field(state, "node", version.dot.actor.node);
  lua_pushboolean(state, version.tombstone ? 1 : 0);
  lua_setfield(state, -2, "tombstone");
  lua_pushinteger(state, static_cast<lua_Integer>(version.stamp.millis()));
  lua_setfield(state, -2, "stamp_ms");
  lua_pushinteger(state, static_cast<lua_Integer>(version.dot.counter));
  lua_setfield(state, -2, "counter");
}

void open_libraries(lua_State* state) {
  constexpr luaL_Reg kLibraries[] = {{LUA_GNAME, luaopen_base},
                                     {LUA_STRLIBNAME, luaopen_string},
                                     {LUA_TABLIBNAME, luaopen_table},
                                     {LUA_MATHLIBNAME, luaopen_math},
                                     {LUA_UTF8LIBNAME, luaopen_utf8}};
  for (const luaL_Reg& library : kLibraries) {
    luaL_requiref(state, library.name, library.func, 1);
    lua_pop(state, 1);
  }
}

/// Loads and runs a text with the `arguments` on top of the stack.
void run_text(lua_State* state, BytesView text, const char* name, int arguments) {
  if (luaL_loadbufferx(state, text.data(), text.size(), name, "t") != LUA_OK) lua_error(state);
  lua_insert(state, -1 - arguments);
  lua_call(state, arguments, 0);
}

/// The place of the table on top of the stack among the siblings at `list`, from 1; 0 if it is none of them.
lua_Integer place_of(lua_State* state, int list) {
  const auto count = static_cast<lua_Integer>(lua_rawlen(state, list));
  for (lua_Integer place = 1; place <= count; ++place) {
    lua_rawgeti(state, list, place);
    const bool same = lua_rawequal(state, -1, -2) != 0;
    lua_pop(state, 1);
    if (same) return place;
  }
  return 0;
}

/// Leaves a text or nil on the stack: the field of the table there.
void push_text(lua_State* state, int table, const char* name) {
  lua_getfield(state, table, name);
  if (lua_isnil(state, -1)) return;
  if (lua_tolstring(state, -1, nullptr) == nullptr)
    luaL_error(state, "resolve returned a table whose %s is a %s", name, luaL_typename(state, -1));
}

Bytes text_at(lua_State* state, int index) {
  std::size_t size = 0;
  const char* text = lua_tolstring(state, index, &size);
  return text == nullptr ? Bytes() : Bytes(text, size);
}

struct Close {
  void operator()(lua_State* state) const { lua_close(state); }
};

}  // namespace

/// What goes into a call and what comes out; texts that come out are on the stack.
struct Script::Call {
  const Script& script;
  BytesView key;
  std::span<const Version* const> siblings;  ///< none: it is only run, not called
  lua_Integer place = 0;                     ///< of the winner, from 1
  bool tombstone = false;
};

/// The argument is a Call. Leaves value and content type.
int Script::run(lua_State* state) {
  Call& call = *static_cast<Call*>(lua_touserdata(state, 1));
  const Script& script = call.script;
  lua_settop(state, 0);
  open_libraries(state);
  lua_pushinteger(state, script.limits_.instructions * kStepsPerInstruction);
  run_text(state, kPrelude, "=prelude", 1);
  lua_sethook(state, stop, LUA_MASKCOUNT, static_cast<int>(script.limits_.instructions));
  run_text(state, script.text_, script.name_.c_str(), 0);
  if (lua_getglobal(state, "resolve") != LUA_TFUNCTION)
    luaL_error(state, "%s: it defines no function resolve(key, siblings)", script.name_.c_str() + 1);
  if (call.siblings.empty()) return 0;

  lua_createtable(state, static_cast<int>(call.siblings.size()), 0);
  constexpr int kList = 1;
  lua_insert(state, kList);
  for (const Version* version : call.siblings) {
    push_version(state, *version);
    lua_rawseti(state, kList, static_cast<lua_Integer>(lua_rawlen(state, kList)) + 1);
  }
  lua_pushlstring(state, call.key.data(), call.key.size());
  lua_pushvalue(state, kList);
  lua_call(state, 2, 1);
  lua_sethook(state, nullptr, 0, 0);
  constexpr int kAnswer = 2;
  int is_whole = 0;
  if (lua_type(state, kAnswer) == LUA_TNUMBER) call.place = lua_tointegerx(state, kAnswer, &is_whole);
  if (is_whole != 0) {
    const auto count = static_cast<lua_Integer>(call.siblings.size());
    if (call.place < 1 || call.place > count)
      luaL_error(state, "resolve returned %I; there are %I siblings", call.place, count);
    return 0;
  }
  if (!lua_istable(state, kAnswer))
    luaL_error(state, "resolve returned a %s, not an index or a table", luaL_typename(state, kAnswer));
  call.place = place_of(state, kList);
  if (call.place != 0) return 0;
  lua_getfield(state, kAnswer, "tombstone");
  call.tombstone = lua_toboolean(state, -1) != 0;
  push_text(state, kAnswer, "value");
  if (!call.tombstone && lua_isnil(state, -1)) luaL_error(state, "resolve returned a table without value or tombstone");
  push_text(state, kAnswer, "content_type");
  return 2;
}

Result<Answer> Script::made(Call& call) const {
  Memory memory(limits_.memory_bytes);
  const std::unique_ptr<lua_State, Close> state(lua_newstate(Memory::allocate, &memory));
  if (state == nullptr) return Status(Code::internal, "max_memory_bytes is too little for Lua");
  lua_pushcfunction(state.get(), run);
  lua_pushlightuserdata(state.get(), &call);
  if (lua_pcall(state.get(), 1, 2, 0) != LUA_OK) {
    const bool says_why = lua_type(state.get(), -1) == LUA_TSTRING;
    return Status(Code::internal, says_why ? text_at(state.get(), -1) : "an error that is no text");
  }
  Answer answer;
  if (call.place > 0) answer.winner = static_cast<std::size_t>(call.place - 1);
  answer.tombstone = call.tombstone;
  if (!answer.winner && !answer.tombstone) {
    answer.value = text_at(state.get(), -2);
    if (!lua_isnil(state.get(), -1)) answer.content_type = text_at(state.get(), -1);
  }
  return answer;
}

Status Script::check() const {
  Call call{*this, {}, {}};
  const Result<Answer> run = made(call);
  return run.is_ok() ? Status::ok() : Status(Code::invalid_argument, run.status().message());
}

Result<Answer> Script::resolve(BytesView key, std::span<const Version* const> siblings) const {
  Call call{*this, key, siblings};
  return made(call);
}

}  // namespace stator::lua
