// Breaks one law of data types, the one that its option names, and keeps the others; without one it keeps them all.
#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <stdexcept>
#include <thread>

#include "stator/datatype.h"
#include "stator/plugin.h"

namespace {

using namespace stator;

/// An honest data type: one of the two words can be written down, and what was seen of it can be struck out. It knows
/// its arguments to the letter.
struct Notes : DataType {
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    const std::vector<Operation> known = Notes::examples();
    const auto place = std::find(known.begin(), known.end(), operation) - known.begin();
    Change change;
    for (const Item& item : items.at(place % 2 == 0 ? "ink" : "paper")) {
      if (item.observed || (place < 2 && item.dot.actor == signer)) change.replaced.push_back(item.dot);
    }
    if (place < 2) change.added.push_back({place == 0 ? "ink" : "paper", {}});
    if (place == 4) return Status(Code::invalid_argument, "write and strike are what there is");
    return change;
  }
  Result<Bytes> read(const Items& items) const override {
    Bytes json;
    for (const Item& item : items.all()) json += (json.empty() ? "[\"" : ",\"") + Bytes(item.field) + "\"";
    return json + "]";
  }
  std::vector<Operation> examples() const override {
    return {{"write", R"({"op":"write","word":"ink"})"},
            {"write", R"({"op":"write","word":"paper"})"},
            {"strike", R"({"op":"strike","word":"ink"})"},
            {"strike", R"({"op":"strike","word":"paper"})"}};
  }
};

struct Thrower final : Notes {
  Result<Bytes> read(const Items& items) const override {
    if (items.all().size() == 3) throw std::runtime_error("three is too many");
    return Notes::read(items);
  }
};

struct SignsWithItsBirth final : Notes {
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    Result<Change> change = Notes::update(items, operation, signer);
    if (change.is_ok() && !change->added.empty()) change->added.front().value = std::to_string(birth);
    return change;
  }
  static std::atomic<int> births;
  const int birth = ++births;
};
std::atomic<int> SignsWithItsBirth::births = 0;

struct OneAtATime final : Notes {
  Result<Bytes> read(const Items& items) const override {
    const bool alone = inside.fetch_add(1) == 0;
    std::this_thread::yield();
    inside.fetch_sub(1);
    return alone ? Notes::read(items) : Result<Bytes>(Bytes("\"a muddle\""));
  }
  mutable std::atomic<int> inside = 0;
};

struct InventsADot final : Notes {
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    Result<Change> change = Notes::update(items, operation, signer);
    if (change.is_ok() && items.all().size() == 2) change->replaced.push_back({signer, 1'000'000});
    return change;
  }
};

struct StrikesTheUnseen final : Notes {
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    Result<Change> change = Notes::update(items, operation, signer);
    if (!change.is_ok() || operation.name != "strike") return change;
    const auto of_word = items.at(operation.arguments.find("ink") != Bytes::npos ? "ink" : "paper");
    change->replaced.clear();
    for (const Item& item : of_word) change->replaced.push_back(item.dot);
    return change;
  }
};

/// Takes what is found by a word for a part of all that there is.
struct CountsByPlace final : Notes {
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    Result<Change> change = Notes::update(items, operation, signer);
    if (!change.is_ok()) return change;
    const auto all = items.all();
    const auto of_word = items.at(operation.arguments.find("ink") != Bytes::npos ? "ink" : "paper");
    const std::less<const Item*> before;
    const auto is_part = [&](const Item& item) {
      return !before(&item, all.data()) && before(&item, all.data() + all.size());
    };
    if (!std::all_of(of_word.begin(), of_word.end(), is_part)) change->replaced.clear();
    return change;
  }
};

/// Puts a shadow beside each word, which has the next dot: so it need not look for it, it thinks.
struct KnowsTheNextDot final : Notes {
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    Result<Change> change = Notes::update(items, operation, signer);
    if (!change.is_ok()) return change;
    for (const Dot& word : std::vector<Dot>(change->replaced))
      change->replaced.push_back({word.actor, word.counter + 1});
    if (!change->added.empty()) change->added.push_back({"shadow of " + change->added.front().field, {}});
    return change;
  }
};

struct Choosy final : Notes {
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    Result<Change> change = Notes::update(items, operation, signer);
    const bool idle = change.is_ok() && change->added.empty() && change->replaced.empty();
    return idle ? Result<Change>(Status(Code::failed_precondition, "it is not there")) : std::move(change);
  }
};

struct Mumbles final : Notes {
  Result<Bytes> read(const Items& items) const override {
    Bytes json = *Notes::read(items);
    if (items.all().size() > 2) json.pop_back();
    return json;
  }
};

/// Reads in the order in which the items happen to lie in memory.
struct ReadsByAddress final : Notes {
  Result<Bytes> read(const Items& items) const override {
    std::map<const char*, Item, std::greater<>> by_address;
    for (const Item& item : items.all()) by_address.emplace(item.field.data(), item);
    Bytes json;
    for (const auto& [unused, item] : by_address) json += (json.empty() ? "[\"" : ",\"") + Bytes(item.field) + "\"";
    return json + "]";
  }
};

struct HasABackDoor final : Notes {
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    return operation.name == "clear" ? Result<Change>(Change()) : Notes::update(items, operation, signer);
  }
};

struct TakesAnything final : Notes {
  Result<Change> update(const Items& items, const Operation& operation, const Actor& signer) const override {
    for (const Operation& known : Notes::examples()) {
      if (operation.name == known.name && operation.arguments.starts_with(known.arguments))
        return Notes::update(items, known, signer);
    }
    return Notes::update(items, operation, signer);
  }
};

template <typename Liar>
std::unique_ptr<DataType> make() {
  return std::make_unique<Liar>();
}

struct BreaksALaw : Notes {
  static std::unique_ptr<DataType> create(Host&, const Config& config, Status& why) {
    static const std::map<std::string, std::unique_ptr<DataType> (*)()> kLiars = {
        {"none", make<Notes>},
        {"ThrowsNothing", make<Thrower>},
        {"IsDeterministic", make<SignsWithItsBirth>},
        {"BearsParallelCalls", make<OneAtATime>},
        {"ReplacesOnlyWhatIsThere", make<InventsADot>},
        {"ReplacesOnlyWhatWasSeen", make<StrikesTheUnseen>},
        {"BearsItemsOnDemand", make<CountsByPlace>},
        {"BearsItemsOnDemand, the second", make<KnowsTheNextDot>},
        {"TakesItsExamples", make<Choosy>},
        {"ReadsEveryState", make<Mumbles>},
        {"ConvergesHoweverDelivered", make<ReadsByAddress>},
        {"ExamplesNameEveryOperation", make<HasABackDoor>},
        {"RefusesNonsense", make<TakesAnything>},
    };
    const auto liar = kLiars.find(config.text("law"));
    if (liar != kLiars.end()) return liar->second();
    why = Status(Code::invalid_argument, "no liar for the law " + config.text("law"));
    return nullptr;
  }
};

constexpr stator_option kOptions[] = {{"law", "string", "none", "the law that it breaks"}, {}};

}  // namespace

STATOR_PLUGIN(stator::DataType, BreaksALaw, .name = "breaks_a_law", .version = "1.0.0", .options = kOptions);
