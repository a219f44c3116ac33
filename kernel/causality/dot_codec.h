#pragma once

#include "kernel/causality/wire.h"
#include "stator/version.h"

namespace stator {

/// Contexts, and the dots that one covers, as records and deltas write them:
///   context := actors:varint actor*                         strictly ascending by (node, epoch)
///   actor   := node:counted epoch:word counter:varint(>=1)
///   dot     := actor:varint(index into the context) counter:varint(1..the context's)
void put_context(ByteWriter& out, const Context& context);
/// Fails the reader for anything else, as do all that take.
Context take_context(ByteReader& in);

/// The context covers the dot.
void put_dot(ByteWriter& out, const Context& context, const Dot& dot);
Dot take_dot(ByteReader& in, const Context& context);

}  // namespace stator
