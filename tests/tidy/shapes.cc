#include "tests/tidy/shapes.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"

namespace vivier::tidy {
namespace {

enum class Kind { kNamespace, kClass, kFunction, kOther };

// Without the <…> of templates, so that "class" and "(" mean what they seem to.
std::string WithoutTemplates(std::string head) {
  static const RE2& arguments = *new RE2("([A-Za-z0-9_])\\s*<[^<>;{}]*>");
  while (RE2::GlobalReplace(&head, arguments, "\\1 ") > 0) {
  }
  return head;
}

// What is called here: the word, or the words with :: between them, before the first "(".
std::string CalledIn(const std::string& head) {
  static const RE2& called = *new RE2("(operator\\s*(?:\\(\\)|[^\\s(]+)|~?[A-Za-z0-9_:~]+)\\s*\\(");
  std::string name;
  RE2::PartialMatch(head, called, &name);
  return name;
}

Kind KindOf(const std::string& head) {
  static const RE2& is_namespace = *new RE2("^\\s*(inline\\s+)?namespace\\b|^\\s*extern\\s*$");
  static const RE2& is_class =
      *new RE2("^\\s*(template\\s+)?(typedef\\s+)?(class|struct|union)\\b");
  static const RE2& assigns = *new RE2("^[^(]*[^=!<>(operator]=[^=]");
  static const RE2& is_other = *new RE2("^\\s*(enum|static_assert|#)\\b");
  if (RE2::PartialMatch(head, is_namespace)) return Kind::kNamespace;
  if (RE2::PartialMatch(head, is_class)) return Kind::kClass;
  if (!absl::StrContains(head, "(") || RE2::PartialMatch(head, is_other)) return Kind::kOther;
  return RE2::PartialMatch(head, assigns) && !absl::StrContains(head, "operator") ? Kind::kOther
                                                                                  : Kind::kFunction;
}

// A walk over the braces of a text; what begins at namespace or class level is looked at, what is
// inside of functions belongs to them.
class Walk {
 public:
  explicit Walk(const std::string& text) : text_(text), code_(Blanked(text)) {}

  Shapes Run() {
    for (at_ = 0; at_ < code_.size(); ++at_) {
      const char c = code_[at_];
      if (c == '\n') ++line_;
      if (inside_ > 0) {
        inside_ += c == '{' ? 1 : c == '}' ? -1 : 0;
        if (inside_ == 0) CloseBody();
      } else if (c == '{') {
        Open();
      } else if (c == '}') {
        if (!scopes_.empty()) CloseScope();
      } else if (c == ';') {
        Declare();
      } else {
        Add(c);
      }
    }
    return std::move(shapes_);
  }

 private:
  struct Scope {
    Kind kind;
    std::string name;
    size_t line;
    size_t functions = 0;
  };

  void Add(char c) {
    if (head_.empty() && absl::ascii_isspace(static_cast<unsigned char>(c))) return;
    if (head_.empty()) head_line_ = line_;
    head_.push_back(c);
    // An access specifier begins nothing.
    if (head_ == "public:" || head_ == "protected:" || head_ == "private:") head_.clear();
  }

  void Open() {
    static const RE2& named =
        *new RE2("(?:class|struct|union)\\s+(?:alignas\\([^)]*\\)\\s*)?([A-Za-z0-9_]+)");
    const std::string head = WithoutTemplates(head_);
    kind_ = KindOf(head);
    if (kind_ == Kind::kNamespace || kind_ == Kind::kClass) {
      std::string name;
      RE2::PartialMatch(head, named, &name);
      scopes_.push_back({kind_, name, head_line_});
      head_.clear();
      return;
    }
    inside_ = 1;
  }

  // The end of a function, or of an initializer, after which its declaration goes on.
  void CloseBody() {
    static const RE2& is_enum = *new RE2("^\\s*enum\\b");
    if (kind_ != Kind::kFunction) {
      if (RE2::PartialMatch(head_, is_enum)) head_.clear();
      return;
    }
    const std::string head = WithoutTemplates(head_);
    std::string name = CalledIn(head);
    if (absl::StartsWith(name, "TEST") || absl::StartsWith(name, "INSTANTIATE"))
      name = std::string(absl::StripAsciiWhitespace(head));
    CountMember(head);
    if (!scopes_.empty() && scopes_.back().kind == Kind::kClass)
      name = absl::StrCat(scopes_.back().name, "::", name);
    shapes_.functions.push_back({name, head_line_, line_ - head_line_ + 1});
    head_.clear();
  }

  void CloseScope() {
    const Scope scope = scopes_.back();
    scopes_.pop_back();
    if (scope.kind == Kind::kClass)
      shapes_.classes.push_back({scope.name, scope.line, scope.functions});
    head_.clear();
  }

  void Declare() {
    CountMember(WithoutTemplates(head_));
    head_.clear();
  }

  void CountMember(const std::string& head) {
    static const RE2& none = *new RE2(
        "^\\s*(friend|using|typedef|static_assert|enum)\\b|\\boperator\\b|^[^(]*=|_\\s+ABSL_"
        "GUARDED");
    if (scopes_.empty() || scopes_.back().kind != Kind::kClass) return;
    const std::string name = CalledIn(head);
    if (name.empty() || RE2::PartialMatch(head, none)) return;
    if (absl::StrContains(name, "~") || name == scopes_.back().name) return;
    ++scopes_.back().functions;
  }

  const std::string& text_;
  const std::string code_;
  size_t at_ = 0;
  size_t line_ = 1;
  std::string head_;  // what was read since the last declaration or scope ended
  size_t head_line_ = 1;
  Kind kind_ = Kind::kOther;  // of the body that we are in
  int inside_ = 0;            // braces open in that body
  std::vector<Scope> scopes_;
  Shapes shapes_;
};

}  // namespace

Shapes ShapesOf(const std::string& text) { return Walk(text).Run(); }

Findings CheckLines(const Tree& tree) {
  static const RE2& files = *new RE2(".*\\.(h|cc|proto|sql)");
  Findings findings;
  for (const auto& [path, text] : tree) {
    if (!RE2::FullMatch(path, files)) continue;
    const std::vector<std::string> lines = LinesOf(text);
    const size_t lines_max = absl::EndsWith(path, ".proto") ? kProtoLinesMax : kFileLinesMax;
    if (lines.size() > lines_max)
      findings.push_back({"FilesAreShort", path, absl::StrCat("has ", lines.size(), " lines")});
    for (size_t i = 0; i < lines.size(); ++i) {
      // A continuation byte of UTF-8 is no column; an address cannot be broken.
      const auto columns = static_cast<size_t>(std::count_if(
          lines[i].begin(), lines[i].end(), [](char c) { return (c & 0xC0) != 0x80; }));
      if (columns > kColumnsMax && !absl::StrContains(lines[i], "://"))
        findings.push_back(
            {"LinesAreShort", path, absl::StrCat("line ", i + 1, " has ", columns, " columns")});
    }
  }
  return findings;
}

Findings CheckFunctions(const Tree& tree) {
  Findings findings;
  for (const auto& [path, text] : tree) {
    if (!IsCode(path)) continue;
    for (const Function& function : ShapesOf(text).functions) {
      if (function.lines > kFunctionLinesMax)
        findings.push_back({"FunctionsFitAScreen", absl::StrCat(path, ":", function.name),
                            absl::StrCat("has ", function.lines, " lines")});
    }
  }
  return findings;
}

Findings CheckClasses(const Tree& tree) {
  Findings findings;
  for (const auto& [path, text] : tree) {
    if (!IsCode(path)) continue;
    for (const Class& type : ShapesOf(text).classes) {
      if (type.functions > kClassFunctionsMax)
        findings.push_back({"ClassesAreSmall", absl::StrCat(path, ":", type.name),
                            absl::StrCat("has ", type.functions, " functions")});
    }
  }
  return findings;
}

Findings CheckUnits(const Tree& tree) {
  static const RE2& file = *new RE2("(.*?)(?:(?:_medium|_long)?_test)?\\.(?:h|cc)");
  std::map<std::string, std::set<std::string>> units;
  for (const auto& [path, text] : tree) {
    std::string unit;
    if (RE2::FullMatch(path, file, &unit)) units[FolderOf(path)].insert(unit);
  }
  Findings findings;
  for (const auto& [folder, names] : units) {
    if (names.size() > kFolderUnitsMax)
      findings.push_back({"FoldersAreSmall", folder, absl::StrCat("has ", names.size(), " units")});
  }
  return findings;
}

}  // namespace vivier::tidy
