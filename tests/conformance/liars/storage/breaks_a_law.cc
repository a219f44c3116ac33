// Breaks one law of storages, the one that its option names, and keeps the others; without one it keeps them all.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "kernel/files/posix_files.h"
#include "stator/host.h"
#include "stator/plugin.h"
#include "tests/conformance/storage_plain_log.h"

namespace {

using namespace stator;

#ifdef LIAR_ON_REAL_FILES  // one of the laws kills processes, and so wants files that outlive them
constexpr const char* kName = "breaks_a_law_on_real_files";
constexpr bool kSyncs = false;  // no power is cut, and a sync of a real disk takes long
constexpr const char* kCapabilities = "";
Files& files_of(Host& /*host*/) {
  static PosixFiles files;
  return files;
}
#else
constexpr const char* kName = "breaks_a_law";
constexpr bool kSyncs = true;
constexpr const char* kCapabilities = "deterministic";
Files& files_of(Host& host) { return host.files(); }
#endif

struct Honest : testing::PlainLog {
  explicit Honest(Host& lender, bool checks_generation = true)
      : PlainLog(files_of(lender), checks_generation), host(lender), files(files_of(lender)) {}
  Status sync(File& file) override { return kSyncs ? PlainLog::sync(file) : Status::ok(); }
  Host& host;
  Files& files;
};

struct Imaginative final : Honest {
  using Honest::Honest;
  Result<std::optional<Bytes>> get(BytesView key) override {
    Result<std::optional<Bytes>> found = Honest::get(key);
    return found.is_ok() && !*found ? std::optional(Bytes()) : found;
  }
};

struct ScansOneTooFar final : Honest {
  using Honest::Honest;
  Status scan(BytesView first, BytesView last, const Visitor& visit) override {
    const Bytes behind = Bytes(last) + '\0';
    return Honest::scan(first, last.empty() ? last : BytesView(behind), visit);
  }
};

/// Has a rule of its own for batches that are worth sorting.
struct FirstMutationWins final : Honest {
  using Honest::Honest;
  Status write(WriteBatch batch) override {
    constexpr std::size_t kWorthIt = 6;
    if (batch.size() < kWorthIt) return Honest::write(batch);
    return Honest::write(std::vector<Mutation>(batch.rbegin(), batch.rend()));
  }
};

struct ShortensLargeValues final : Honest {
  using Honest::Honest;
  Status write(WriteBatch batch) override {
    std::vector<Mutation> shortened(batch.begin(), batch.end());
    for (Mutation& mutation : shortened) mutation.value = mutation.value.substr(0, 1 << 20);
    return Honest::write(shortened);
  }
};

/// Shows other threads than the writer's what was there before the last write of a key.
struct OneWriteBehind final : Honest {
  using Honest::Honest;
  Status write(WriteBatch batch) override {
    {
      const std::lock_guard lock(mutex);
      writer = std::this_thread::get_id();
      for (const Mutation& mutation : batch) was[Bytes(mutation.key)] = *Honest::get(mutation.key);
    }
    return Honest::write(batch);
  }
  Result<std::optional<Bytes>> get(BytesView key) override {
    const std::lock_guard lock(mutex);
    const auto before = was.find(Bytes(key));
    if (before == was.end() || std::this_thread::get_id() == writer) return Honest::get(key);
    return before->second;
  }
  std::mutex mutex;
  std::thread::id writer;
  std::map<Bytes, std::optional<Bytes>> was;
};

/// What it has put off is carried out when it is closed, on the files of whoever has opened them since.
struct PutsThingsOff final : Honest {
  using Honest::Honest;
  ~PutsThingsOff() override {
    if (log.empty()) return;
    host.post([&files = files, log = log] { (void)files.open(log, OpenMode::create); });
  }
  Status open(const Path& directory) override {
    log = directory + "/log";
    return Honest::open(directory);
  }
  Path log;
};

struct LetsASecondIn final : Honest {
  using Honest::Honest;
  Result<std::unique_ptr<FileLock>> lock(const Path& /*path*/) override { return std::make_unique<FileLock>(); }
};

struct CopiesAllButOne final : Honest {
  using Honest::Honest;
  Status checkpoint(const Path& directory) override {
    if (Status made = Honest::checkpoint(directory); !made.is_ok()) return made;
    Honest copy(host);
    if (Status opened = copy.open(directory); !opened.is_ok()) return opened;
    Bytes first;
    (void)copy.scan({}, {}, [&first](BytesView key, BytesView) {
      first = key;
      return false;
    });
    const Mutation forgotten{.key = first, .value = {}, .remove = true};
    return copy.write({&forgotten, 1});
  }
};

/// Takes the mark of a process that was killed for one of a process that lives. It is not synced, and so large that a
/// power cut never leaves it whole.
struct FearsTheDead final : Honest {
  using Honest::Honest;
  ~FearsTheDead() override {
    if (!mark.empty()) (void)files.remove(mark);
  }
  Status open(const Path& directory) override {
    if (Status opened = Honest::open(directory); !opened.is_ok()) return opened;
    const Bytes here(16 << 10, 'x');
    auto old = files.open(directory + "/mark", OpenMode::read);
    if (old.is_ok() && *(*old)->read(0, here.size()) == here) return {Code::unavailable, directory + " is in use"};
    auto made = files.open(directory + "/mark", OpenMode::create);
    if (!made.is_ok()) return made.status();
    mark = directory + "/mark";
    return (*made)->write(0, here);
  }
  Path mark;
};

/// Takes it that what replaces a value of the same size is as durable as that was: the file is no longer than before.
struct TrustsThePlace : Honest {
  using Honest::Honest;
  Status write(WriteBatch batch) override {
    const auto was = Honest::get(batch.front().key);
    in_place = batch.size() == 1 && was.is_ok() && *was && (*was)->size() == batch.front().value.size();
    return Honest::write(batch);
  }
  Status sync(File& file) override { return in_place ? Status::ok() : Honest::sync(file); }
  bool in_place = false;
};

struct TrustsTheName final : TrustsThePlace {
  using TrustsThePlace::TrustsThePlace;
  Status sync(File& file) override { return Honest::sync(file); }
  Status sync_directory(const Path& directory) override {
    return in_place ? Status::ok() : Honest::sync_directory(directory);
  }
};

struct PieceByPiece final : Honest {
  using Honest::Honest;
  Status write(WriteBatch batch) override {
    Status written;
    for (std::size_t i = 0; i < batch.size() && written.is_ok(); ++i) written = Honest::write(batch.subspan(i, 1));
    return written;
  }
};

struct SyncsAgain final : Honest {
  using Honest::Honest;
  Status sync(File& file) override {
    Status synced = Honest::sync(file);
    return synced.is_ok() ? synced : Honest::sync(file);
  }
};

struct HidesAFullDisk final : Honest {
  using Honest::Honest;
  Status write(WriteBatch batch) override {
    Status written = Honest::write(batch);
    return written.code() == Code::storage_full ? Status(Code::internal, written.message()) : written;
  }
};

struct TakesOldFramesForNew final : Honest {
  explicit TakesOldFramesForNew(Host& lender) : Honest(lender, false) {}
};

template <typename Liar>
std::unique_ptr<Storage> make(Host& host) {
  return std::make_unique<Liar>(host);
}

struct BreaksALaw : Storage {
  static std::unique_ptr<Storage> create(Host& host, const Config& config, Status& why) {
    static const std::map<std::string, std::unique_ptr<Storage> (*)(Host&)> kLiars = {
        {"none", make<Honest>},
        {"AgreesWithAMap", make<Imaginative>},
        {"ScansHalfOpenRangesInByteOrder", make<ScansOneTooFar>},
        {"LaterMutationOfAKeyWins", make<FirstMutationWins>},
        {"KeepsEmptyAndLargeValues", make<ShortensLargeValues>},
        {"ReadersRunBesideTheWriter", make<OneWriteBehind>},
        {"ReopensAsItWasClosed", make<PutsThingsOff>},
        {"RefusesASecondOpener", make<LetsASecondIn>},
        {"CheckpointsOpenAsTheStorageWas", make<CopiesAllButOne>},
        {"AcknowledgedWritesSurviveAKill", make<FearsTheDead>},
        {"AcknowledgedWritesSurviveAPowerCut", make<TrustsThePlace>},
        {"AcknowledgedWritesSurviveAPowerCut, the second", make<TrustsTheName>},
        {"BatchesAreWholeAfterAPowerCut", make<PieceByPiece>},
        {"StopsAfterAFailedSync", make<SyncsAgain>},
        {"SaysWhenTheDiskIsFull", make<HidesAFullDisk>},
        {"AcknowledgedWritesSurviveKill9", make<FearsTheDead>},
        {"old frames for new", make<TakesOldFramesForNew>},
    };
    const auto liar = kLiars.find(config.text("law"));
    if (liar != kLiars.end()) return liar->second(host);
    why = Status(Code::invalid_argument, "no liar for the law " + config.text("law"));
    return nullptr;
  }
};

constexpr stator_option kOptions[] = {{"law", "string", "none", "the law that it breaks"}, {}};

}  // namespace

STATOR_PLUGIN(stator::Storage, BreaksALaw, .name = kName, .version = "1.0.0", .capabilities = kCapabilities,
              .options = kOptions);
