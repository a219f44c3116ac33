#include "cli/plugin_check/exported_symbols.h"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

namespace stator::cli {
namespace {

/// Bytes of a file that may say anything of itself.
class ElfFile {
 public:
  explicit ElfFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  template <typename Part>
  std::optional<Part> at(std::uint64_t offset) const {
    if (offset > bytes_.size() || bytes_.size() - offset < sizeof(Part)) return std::nullopt;
    Part part;
    std::memcpy(&part, bytes_.data() + offset, sizeof part);
    return part;
  }

  /// Empty where there is none.
  std::string text(std::uint64_t offset) const {
    return offset < bytes_.size() ? std::string(bytes_.c_str() + offset) : std::string();
  }

 private:
  std::string bytes_;
};

bool is_defined(const Elf64_Sym& symbol) {
  const unsigned binding = ELF64_ST_BIND(symbol.st_info);
  return symbol.st_shndx != SHN_UNDEF && (binding == STB_GLOBAL || binding == STB_WEAK);
}

}  // namespace

Result<std::vector<std::string>> exported_symbols(const std::string& path) {
  const ElfFile file(path);
  const auto head = file.at<Elf64_Ehdr>(0);
  if (!head || std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64)
    return Status(Code::failed_precondition, path + " is no 64-bit ELF file");
  const auto section = [&](std::uint64_t number) {
    return file.at<Elf64_Shdr>(head->e_shoff + number * sizeof(Elf64_Shdr));
  };
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < head->e_shnum; ++i) {
    const auto symbols = section(i);
    if (!symbols || symbols->sh_type != SHT_DYNSYM) continue;
    const auto strings = section(symbols->sh_link);
    if (!strings) continue;
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= symbols->sh_size; at += sizeof(Elf64_Sym)) {
      const auto symbol = file.at<Elf64_Sym>(symbols->sh_offset + at);
      if (!symbol) break;
      if (is_defined(*symbol)) names.push_back(file.text(strings->sh_offset + symbol->st_name));
    }
  }
  return names;
}

}  // namespace stator::cli
