#include <algorithm>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "stator/membership.h"
#include "stator/plugin.h"

namespace {

using namespace stator;

/// What is known of the members. Outlives the plugin for as long as a task is on its way that knows it.
class Listed {
 public:
  Listed(std::string self, std::vector<Member> configured, Membership::OnChange on_change)
      : self_(std::move(self)), on_change_(std::move(on_change)), members_(std::move(configured)) {}

  std::vector<Member> members() const {
    const std::lock_guard lock(mutex_);
    return members_;
  }
  /// One id a line: who is there. On the first loop.
  void take(const Bytes& text) {
    if (on_change_ == nullptr) return;
    std::set<std::string> there{self_};
    std::istringstream lines(text);
    for (std::string id; lines >> id;) there.insert(id);
    bool changed = false;
    {
      const std::lock_guard lock(mutex_);
      for (Member& member : members_) {
        const MemberState state = there.contains(member.id) ? MemberState::alive : MemberState::dead;
        changed |= state != std::exchange(member.state, state);
      }
    }
    if (changed) on_change_();
  }
  void stop() { on_change_ = nullptr; }

 private:
  const std::string self_;
  Membership::OnChange on_change_;  ///< none: nobody is to be told any more
  mutable std::mutex mutex_;
  std::vector<Member> members_;  ///< ascending by id; only their states change
};

Result<Bytes> text_of(Files& files, const Path& path) {
  const auto file = files.open(path, OpenMode::read);
  if (!file.is_ok()) return file.status();
  const auto size = (*file)->size();
  if (!size.is_ok()) return size.status();
  return (*file)->read(0, *size);
}

/// The configured nodes are the members; those that a file names are alive. While it cannot be read, nothing changes.
class WatchedFile final : public Membership {
 public:
  WatchedFile(Host& host, const Config& config)
      : host_(host), path_(config.text("file")), every_(config.duration("every")) {}
  ~WatchedFile() override { WatchedFile::stop(); }

  Status start(const std::string& self, std::vector<Member> configured, Links& /*links*/, OnChange on_change) override {
    std::sort(configured.begin(), configured.end(), [](const Member& a, const Member& b) { return a.id < b.id; });
    listed_ = std::make_shared<Listed>(self, std::move(configured), std::move(on_change));
    look_later();
    return Status::ok();
  }
  std::vector<Member> members() const override { return listed_->members(); }
  void receive(const std::string& /*from*/, BytesView /*message*/) override {}
  void leave() override {}
  void stop() override {
    host_.cancel(std::exchange(timer_, 0));
    if (listed_ != nullptr) listed_->stop();
  }

 private:
  void look_later() {
    timer_ = host_.after(every_, [this] {
      look();
      look_later();
    });
  }
  /// A loop does not wait for disks: the file is read elsewhere, and what it says comes back to the first loop.
  void look() {
    Task read = [&host = host_, path = path_, listed = listed_] {
      auto text = text_of(host.files(), path);
      if (text.is_ok()) host.post([listed, text = std::move(*text)] { listed->take(text); });
    };
    if (auto* background = extension<Background>(host_)) return background->run(std::move(read));
    read();
  }

  Host& host_;
  const Path path_;
  const Duration every_;
  TimerId timer_ = 0;
  std::shared_ptr<Listed> listed_;
};

constexpr stator_option kOptions[] = {
    {"file", "string", nullptr, "where the nodes stand that are there, one id a line"},
    {"every", "duration", "1s", "how often it is read"},
    {}};

}  // namespace

STATOR_PLUGIN(stator::Membership, WatchedFile, .name = "watched_file", .version = "1.0.0",
              .capabilities = "deterministic", .options = kOptions);
