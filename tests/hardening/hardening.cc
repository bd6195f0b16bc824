#include "tests/hardening/hardening.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace vivier::testing {
namespace {

// What g++ touches a page with: orq $0, (%rsp).
constexpr absl::string_view kProbe("\x48\x83\x0c\x24\x00", 5);

// A 64-bit ELF file; what lies outside of it reads as empty.
class Elf {
 public:
  explicit Elf(const std::string& bytes) : bytes_(bytes), header_(At<Elf64_Ehdr>(0)) {}

  bool valid() const {
    return absl::StartsWith(bytes_, absl::string_view(ELFMAG, SELFMAG)) &&
           header_.e_ident[EI_CLASS] == ELFCLASS64;
  }
  const Elf64_Ehdr& header() const { return header_; }

  std::vector<Elf64_Phdr> Segments(Elf64_Word type) const {
    std::vector<Elf64_Phdr> found;
    for (const auto& segment : Table<Elf64_Phdr>(header_.e_phoff, header_.e_phnum))
      if (segment.p_type == type) found.push_back(segment);
    return found;
  }

  absl::string_view BytesOf(const Elf64_Phdr& segment) const {
    return Part(segment.p_offset, segment.p_filesz);
  }

  // All values of a tag of the dynamic section, joined bit by bit.
  Elf64_Xword Dynamic(Elf64_Sxword tag) const {
    Elf64_Xword bits = 0;
    for (const Elf64_Phdr& segment : Segments(PT_DYNAMIC))
      for (const auto& entry :
           Table<Elf64_Dyn>(segment.p_offset, segment.p_filesz / sizeof(Elf64_Dyn)))
        if (entry.d_tag == tag) bits |= entry.d_un.d_val;
    return bits;
  }

  // What the program wants of its libraries.
  std::vector<std::string> Imports() const {
    std::vector<std::string> names;
    const auto sections = Table<Elf64_Shdr>(header_.e_shoff, header_.e_shnum);
    for (const Elf64_Shdr& section : sections) {
      if (section.sh_type != SHT_DYNSYM || section.sh_link >= sections.size()) continue;
      const Elf64_Shdr& strings = sections[section.sh_link];
      for (const auto& symbol :
           Table<Elf64_Sym>(section.sh_offset, section.sh_size / sizeof(Elf64_Sym)))
        if (symbol.st_shndx == SHN_UNDEF)
          names.emplace_back(
              Part(strings.sh_offset, strings.sh_size).substr(symbol.st_name).data());
    }
    return names;
  }

 private:
  absl::string_view Part(size_t offset, size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return "";
    return absl::string_view(bytes_).substr(offset, size);
  }

  template <class Record>
  Record At(size_t offset) const {
    Record record = {};
    const absl::string_view part = Part(offset, sizeof(record));
    if (!part.empty()) std::memcpy(&record, part.data(), part.size());
    return record;
  }

  template <class Record>
  std::vector<Record> Table(size_t offset, size_t count) const {
    std::vector<Record> table;
    for (size_t i = 0; i < count; ++i) table.push_back(At<Record>(offset + i * sizeof(Record)));
    return table;
  }

  const std::string& bytes_;
  const Elf64_Ehdr header_;
};

bool IsRandomlyPlaced(const Elf& elf) {
  return elf.header().e_type == ET_DYN && (elf.Dynamic(DT_FLAGS_1) & DF_1_PIE) != 0;
}

bool BindsAtStart(const Elf& elf) {
  return (elf.Dynamic(DT_FLAGS) & DF_BIND_NOW) != 0 || (elf.Dynamic(DT_FLAGS_1) & DF_1_NOW) != 0;
}

bool RunsNoStack(const Elf& elf) {
  const std::vector<Elf64_Phdr> stacks = elf.Segments(PT_GNU_STACK);
  return !stacks.empty() && (stacks[0].p_flags & PF_X) == 0;
}

bool Imports(const Elf& elf, bool (*wanted)(const std::string&)) {
  const std::vector<std::string> names = elf.Imports();
  return std::any_of(names.begin(), names.end(), wanted);
}

bool GuardsFrames(const std::string& name) { return name == "__stack_chk_fail"; }

// __memcpy_chk, __read_chk, …
bool ChecksRoom(const std::string& name) {
  return absl::StartsWith(name, "__") && absl::EndsWith(name, "_chk");
}

bool TouchesLargeFrames(const Elf& elf) {
  const std::vector<Elf64_Phdr> loaded = elf.Segments(PT_LOAD);
  return std::any_of(loaded.begin(), loaded.end(), [&](const Elf64_Phdr& segment) {
    return (segment.p_flags & PF_X) != 0 && absl::StrContains(elf.BytesOf(segment), kProbe);
  });
}

}  // namespace

std::vector<std::string> MissingHardening(const std::string& program) {
  const Elf elf(program);
  if (!elf.valid()) return {"an ELF file"};
  const std::pair<const char*, bool> hardening[] = {
      {"PIE", IsRandomlyPlaced(elf)},
      {"RELRO", !elf.Segments(PT_GNU_RELRO).empty()},
      {"BIND_NOW", BindsAtStart(elf)},
      {"non-executable stack", RunsNoStack(elf)},
      {"stack protector", Imports(elf, &GuardsFrames)},
      {"FORTIFY", Imports(elf, &ChecksRoom)},
      {"stack clash protection", TouchesLargeFrames(elf)},
  };
  std::vector<std::string> missing;
  for (const auto& [name, there] : hardening)
    if (!there) missing.emplace_back(name);
  return missing;
}

}  // namespace vivier::testing
