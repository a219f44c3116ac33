#include "prelude.h"

namespace stator::lua {

// What is not in the lists is gone: what loads code, what knows the time, chance, addresses, files or the collector,
// and metatables, whose finalisers no limit reaches. What is left but would differ from call to call, or could run on
// in C where no instruction is counted, is put in order.
const char kPrelude[] = R"lua(
local steps = ...
local byte, find, format, gmatch, gsub = string.byte, string.find, string.format, string.gmatch, string.gsub
local match, rep, insert, remove = string.match, string.rep, table.insert, table.remove
local error, ipairs, next, select, tostring, type = error, ipairs, next, select, tostring, type

local function only(from, names)
  local kept = {}
  for name in gmatch(names, "[^ ]+") do kept[name] = from[name] end
  for name in next, from do from[name] = nil end
  for name, value in next, kept do from[name] = value end
end

only(_G, "_G _VERSION assert error ipairs math pcall select string table tonumber type utf8")
only(string, "byte char len lower pack packsize reverse sub unpack upper")
only(table, "concat pack unpack")
math.random, math.randomseed = nil, nil

local function charge(cost)
  steps = steps - cost
  if not (steps >= 0) then error("patterns and moves that may take too many steps", 3) end
end

-- At worst every repetition of a pattern begins and ends at every place of the text.
local function worst(text, pattern, anchored)
  local size = #text + 1.0
  local cost = anchored and byte(pattern, 1) == 94 and 1.0 or size
  local at = 1
  while at <= #pattern do
    local c = byte(pattern, at)
    at = at + 1
    if c == 37 then                                    -- %
      local class = byte(pattern, at) or 0
      at = at + 1
      if class == 98 then cost = cost * size; at = at + 2 end                  -- %bxy
      if class >= 48 and class <= 57 then cost = cost * size end              -- %1
    elseif c == 91 then                                -- [set]
      if byte(pattern, at) == 94 then at = at + 1 end
      repeat
        at = at + (byte(pattern, at) == 37 and 2 or 1)
      until at > #pattern or byte(pattern, at) == 93
      at = at + 1
    end
    local repeats = c ~= 40 and c ~= 41 and byte(pattern, at)
    if repeats == 42 or repeats == 43 or repeats == 45 then                    -- * + -
      cost = cost * size
      at = at + 1
    elseif repeats == 63 then                          -- ?
      cost = cost * 2
      at = at + 1
    end
  end
  return cost
end

function string.find(text, pattern, init, plain)
  text, pattern = text .. "", pattern .. ""
  charge(plain and #text * (1 + #pattern / 16) or worst(text, pattern, true))
  return find(text, pattern, init, plain)
end

function string.match(text, pattern, init)
  text, pattern = text .. "", pattern .. ""
  charge(worst(text, pattern, true))
  return match(text, pattern, init)
end

function string.gmatch(text, pattern, init)
  text, pattern = text .. "", pattern .. ""
  charge(worst(text, pattern, false))
  return gmatch(text, pattern, init)
end

function string.gsub(text, pattern, by, most)
  text, pattern = text .. "", pattern .. ""
  charge(worst(text, pattern, true))
  return gsub(text, pattern, by, most)
end

function string.rep(text, times, between)
  if times > 0 then charge(times) end
  return rep(text, times, between)
end

function string.format(form, ...)
  form = form .. ""
  for i = 1, select("#", ...) do
    local kind = type((select(i, ...)))
    if kind == "table" or kind == "function" then error("string.format takes no " .. kind, 2) end
  end
  charge(#form)
  for conversion in gmatch(form, "%%[^%a%%]*([%a%%])") do
    if conversion == "p" then error("string.format knows no %p", 2) end
  end
  return format(form, ...)
end

_G.tostring = function(value)
  local kind = type(value)
  if kind == "table" or kind == "function" then return kind end
  return tostring(value)
end

function table.insert(list, ...)
  charge(select("#", ...) > 1 and #list or 1)
  return insert(list, ...)
end

function table.remove(list, ...)
  charge(select("#", ...) > 0 and #list or 1)
  return remove(list, ...)
end

local function less(a, b) return a < b end

local function merge(list, from, first, middle, last, before)
  local left, right = first, middle
  for at = first, last - 1 do
    if left < middle and (right >= last or not before(from[right], from[left])) then
      list[at], left = from[left], left + 1
    else
      list[at], right = from[right], right + 1
    end
  end
end

-- Stable, where Lua's own may leave equal elements in any order.
function table.sort(list, before)
  before = before or less
  local count, width = #list, 1
  while width < count do
    local from = {}
    for i = 1, count do from[i] = list[i] end
    for first = 1, count, 2 * width do
      local middle = first + width
      if middle <= count then
        local last = middle + width
        merge(list, from, first, middle, last <= count and last or count + 1, before)
      end
    end
    width = 2 * width
  end
end
local sort = table.sort

local kinds = {boolean = 1, number = 2, string = 3}
local function key_before(a, b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= kind_b then return kinds[kind_a] < kinds[kind_b] end
  if kind_a == "boolean" then return not a and b end
  return a < b
end

-- In the order of the keys, where Lua's own is another in each state.
function pairs(map)
  local keys, at = {}, 0
  for key in next, map do
    if not kinds[type(key)] then error("pairs takes keys that are texts, numbers or booleans", 2) end
    at = at + 1
    keys[at] = key
  end
  sort(keys, key_before)
  at = 0
  return function()
    at = at + 1
    local key = keys[at]
    if key ~= nil then return key, map[key] end
  end
end
)lua";

}  // namespace stator::lua
