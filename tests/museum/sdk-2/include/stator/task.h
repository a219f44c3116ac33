#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace stator {

template <typename Signature>
class UniqueFunction;

/// A callable that is owned by exactly one place: movable, not copyable. Captures of up to kInline bytes are
/// held without an allocation, which is why the data path uses it instead of std::function.
/// Calling an empty one is undefined; test with operator bool. [serial]
template <typename R, typename... Args>
class UniqueFunction<R(Args...)> {
 public:
  static constexpr std::size_t kInline = 64;

  UniqueFunction() = default;
  UniqueFunction(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)

  template <typename F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> &&
           std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
      UniqueFunction(F&& callable) {  // NOLINT(google-explicit-constructor,bugprone-forwarding-reference-overload)
    using Held = std::decay_t<F>;
    if constexpr (fits<Held>()) {
      ::new (static_cast<void*>(storage_)) Held(std::forward<F>(callable));
      table_ = &kInlineTable<Held>;
    } else {
      *reinterpret_cast<Held**>(storage_) = new Held(std::forward<F>(callable));
      table_ = &kHeapTable<Held>;
    }
  }

  UniqueFunction(UniqueFunction&& other) noexcept { take(other); }
  UniqueFunction& operator=(UniqueFunction&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~UniqueFunction() { reset(); }

  R operator()(Args... args) { return table_->call(storage_, std::forward<Args>(args)...); }
  explicit operator bool() const { return table_ != nullptr; }

 private:
  struct Table {
    R (*call)(void* self, Args&&... args);
    void (*move)(void* from, void* to);
    void (*destroy)(void* self);
  };

  template <typename Held>
  static constexpr bool fits() {
    return sizeof(Held) <= kInline && alignof(Held) <= alignof(std::max_align_t) &&
           std::is_nothrow_move_constructible_v<Held>;
  }

  template <typename Held>
  static constexpr Table kInlineTable{
      [](void* self, Args&&... args) -> R { return (*static_cast<Held*>(self))(std::forward<Args>(args)...); },
      [](void* from, void* to) {
        ::new (to) Held(std::move(*static_cast<Held*>(from)));
        static_cast<Held*>(from)->~Held();
      },
      [](void* self) { static_cast<Held*>(self)->~Held(); }};

  template <typename Held>
  static constexpr Table kHeapTable{
      [](void* self, Args&&... args) -> R { return (**static_cast<Held**>(self))(std::forward<Args>(args)...); },
      [](void* from, void* to) { *static_cast<Held**>(to) = *static_cast<Held**>(from); },
      [](void* self) { delete *static_cast<Held**>(self); }};

  void take(UniqueFunction& other) {
    table_ = std::exchange(other.table_, nullptr);
    if (table_ != nullptr) table_->move(other.storage_, storage_);
  }
  void reset() {
    if (table_ != nullptr) std::exchange(table_, nullptr)->destroy(storage_);
  }

  const Table* table_ = nullptr;
  alignas(std::max_align_t) std::byte storage_[kInline];
};

/// One piece of work, run once.
using Task = UniqueFunction<void()>;

}  // namespace stator
