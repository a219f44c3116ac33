#include "kernel/plugins/elf_check.h"

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <vector>

namespace stator {
namespace {

#if defined(__x86_64__)
constexpr int kMachine = EM_X86_64;
constexpr const char* kMachineName = "x86-64";
#elif defined(__aarch64__)
constexpr int kMachine = EM_AARCH64;
constexpr const char* kMachineName = "AArch64";
#else
#error "unknown machine: name its ELF number here"
#endif

/// Reads whole structs of a file whose size is known.
class Reader {
 public:
  explicit Reader(const std::string& path) : file_(path, std::ios::binary | std::ios::ate) {
    if (file_) size_ = static_cast<std::uint64_t>(file_.tellg());
  }
  std::uint64_t size() const { return size_; }
  bool holds(std::uint64_t offset, std::uint64_t length) const { return length <= size_ && offset <= size_ - length; }
  template <typename T>
  bool read(std::uint64_t offset, T& into) {
    if (!holds(offset, sizeof into)) return false;
    file_.seekg(static_cast<std::streamoff>(offset));
    return static_cast<bool>(file_.read(reinterpret_cast<char*>(&into), sizeof into));
  }

 private:
  std::ifstream file_;
  std::uint64_t size_ = 0;
};

Status check_header(const Elf64_Ehdr& header) {
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return refusal("an ELF shared object", "a file of another format");
  if (header.e_ident[EI_CLASS] != ELFCLASS64) return refusal("a 64-bit object", "another class of ELF file");
  if (header.e_ident[EI_DATA] != ELFDATA2LSB) return refusal("a little-endian object", "another byte order");
  if (header.e_machine != kMachine) {
    return refusal(std::string("an object for ") + kMachineName,
                   "ELF machine number " + std::to_string(header.e_machine));
  }
  if (header.e_type != ET_DYN) return refusal("a shared object", "ELF type " + std::to_string(header.e_type));
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0) return refusal("program headers", "none");
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum == 0) return refusal("section headers", "none");
  if (header.e_shstrndx >= header.e_shnum) return refusal("a table of section names", "none");
  return Status::ok();
}

Status cut_short(const Reader& file, const std::string& part) {
  return refusal("a whole file",
                 "one cut short: " + part + " lies behind its end at " + std::to_string(file.size()) + " bytes");
}

template <typename Entry, typename Fits>
Status check_table(Reader& file, std::uint64_t offset, std::uint64_t count, const std::string& part, Fits fits) {
  for (std::uint64_t i = 0; i < count; ++i) {
    Entry entry{};
    std::uint64_t at = 0;
    bool addressable = !__builtin_add_overflow(offset, i * sizeof entry, &at);
    if (!addressable || !file.read(at, entry)) return cut_short(file, part + " header " + std::to_string(i));
    if (!fits(entry)) return cut_short(file, part + " " + std::to_string(i));
  }
  return Status::ok();
}

}  // namespace

Status check_elf(const std::string& path) {
  Reader file(path);
  Elf64_Ehdr header{};
  if (!file.read(0, header)) {
    return refusal("an ELF shared object", "a file of " + std::to_string(file.size()) + " bytes");
  }
  Status sane = check_header(header);
  if (!sane.is_ok()) return sane;
  auto segment_fits = [&](const Elf64_Phdr& segment) { return file.holds(segment.p_offset, segment.p_filesz); };
  auto section_fits = [&](const Elf64_Shdr& section) {
    return section.sh_type == SHT_NOBITS || file.holds(section.sh_offset, section.sh_size);
  };
  Status segments = check_table<Elf64_Phdr>(file, header.e_phoff, header.e_phnum, "segment", segment_fits);
  if (!segments.is_ok()) return segments;
  return check_table<Elf64_Shdr>(file, header.e_shoff, header.e_shnum, "section", section_fits);
}

}  // namespace stator
