#include "services/enrolment/files/pdf.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "services/enrolment/files/inflate.h"
#include "services/enrolment/files/limits.h"

namespace vivier::enrolment {
namespace {

using v1::File;

// Of a name: the longest one that is looked for, each letter of it escaped.
constexpr size_t kTokenBytesMax = 64;
constexpr int64_t kEndBytes = 1024;  // in which %%EOF stands

bool IsSpace(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}
bool IsDelimiter(char c) {
  return absl::string_view("()<>[]{}/%").find(c) != absl::string_view::npos;
}
unsigned char Byte(char c) { return static_cast<unsigned char>(c); }
int Digit(char c) {
  return absl::ascii_isdigit(Byte(c)) ? c - '0' : absl::ascii_tolower(Byte(c)) - 'a' + 10;
}

// "Java#53cript" is JavaScript.
std::string Unescaped(const std::string& name) {
  std::string plain;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '#' || i + 2 >= name.size() || !absl::ascii_isxdigit(Byte(name[i + 1])) ||
        !absl::ascii_isxdigit(Byte(name[i + 2]))) {
      plain.push_back(name[i]);
      continue;
    }
    plain.push_back(static_cast<char>(Digit(name[i + 1]) * 16 + Digit(name[i + 2])));
    i += 2;
  }
  return plain;
}

// What the name of an object or an action means for the document.
File::Refusal RefusalOf(absl::string_view name) {
  for (const absl::string_view active : {"JavaScript", "Launch", "SubmitForm", "ImportData", "XFA",
                                         "RichMedia", "Rendition", "AA", "GoToR"})
    if (name == active) return File::ACTIVE_CONTENT;
  for (const absl::string_view embedded :
       {"EmbeddedFile", "EmbeddedFiles", "GoToE", "EF", "AF", "FileAttachment"})
    if (name == embedded) return File::EMBEDDED_FILE;
  return name == "Encrypt" ? File::ENCRYPTED : File::REFUSAL_UNSPECIFIED;
}

// What the dictionary before a stream says.
struct Dictionary {
  void Name(absl::string_view name, int depth) {
    // Bytes of another file; deeper down F is the flags of an annotation or the name of a font.
    if (depth == 1 && (name == "F" || name == "FFilter" || name == "Ref")) outside = true;
    if (name == "ObjStm" || name == "First") of_objects = true;
    if (name == "FlateDecode" || name == "Fl") deflated = true;
    for (const absl::string_view other :
         {"ASCIIHexDecode", "AHx", "ASCII85Decode", "A85", "LZWDecode", "LZW", "RunLengthDecode",
          "RL", "Crypt", "Predictor"})
      if (name == other) filtered = true;
  }

  bool of_objects = false, deflated = false, filtered = false, outside = false;
};

// The last bytes of a text or a stream.
class Window {
 public:
  void Add(char c) {
    if (bytes_.size() > 2 * kTokenBytesMax) bytes_.erase(0, kTokenBytesMax);
    bytes_.push_back(c);
  }
  void Clear() { bytes_.clear(); }
  bool EndsIn(absl::string_view word) const { return absl::EndsWith(bytes_, word); }

  // Whether an object begins here, "7 0 obj", in what is none.
  bool BeginsObject() const {
    if (bytes_.size() < 5 || (!IsSpace(bytes_.back()) && !IsDelimiter(bytes_.back()))) return false;
    absl::string_view before = absl::string_view(bytes_).substr(0, bytes_.size() - 1);
    if (!absl::EndsWith(before, "obj")) return false;
    before.remove_suffix(3);
    if (!IsSpace(before.back())) return false;
    while (!before.empty() && IsSpace(before.back())) before.remove_suffix(1);
    return before.empty() || absl::ascii_isdigit(Byte(before.back()));
  }

 private:
  std::string bytes_;
};

// Reads objects. What it is in the middle of is kept from one piece to the next.
class Reader {
 public:
  enum class Of { kFile, kObjects };  // a stream of objects has no streams
  Reader(Of of, size_t& budget) : of_(of), budget_(budget) {}

  File::Refusal refusal() const { return refusal_; }

  void Take(absl::string_view bytes) {
    while (!bytes.empty() && refusal_ == File::REFUSAL_UNSPECIFIED) {
      if (inflater_ != nullptr) {
        TakeDeflated(bytes);
        continue;
      }
      Step(bytes.front());
      bytes.remove_prefix(1);
    }
  }

 private:
  enum class In { kObject, kName, kComment, kText, kLess, kHex, kGreater, kStreamStart, kStream };

  void Refuse(File::Refusal refusal) {
    if (refusal_ == File::REFUSAL_UNSPECIFIED) refusal_ = refusal;
  }

  void Step(char c) {
    switch (in_) {
      case In::kObject:
        return InObject(c);
      case In::kName:
        return InName(c);
      case In::kComment:
        if (c == '\n' || c == '\r') in_ = In::kObject;
        return;
      case In::kText:
        return InText(c);
      case In::kLess:
      case In::kGreater:
        return InBracket(c);
      case In::kHex:
        if (c == '>') in_ = In::kObject;
        if (c != '>' && !IsSpace(c) && !absl::ascii_isxdigit(Byte(c))) Refuse(File::MALFORMED);
        return;
      case In::kStreamStart:
        if (c == '\n') return BeginStream();
        if (c != '\r' && c != ' ') Refuse(File::MALFORMED);
        return;
      case In::kStream:
        return InStream(c);
    }
  }

  void InObject(char c) {
    if (!IsSpace(c) && !IsDelimiter(c)) {
      if (awaits_action_) Refuse(File::ACTIVE_CONTENT);
      if (token_.empty()) follows_dictionary_ = std::exchange(closed_, false);
      if (token_.size() <= kTokenBytesMax) token_.push_back(c);
      return;
    }
    EndToken();
    if (in_ == In::kStreamStart) return Step(c);
    if (IsSpace(c)) return;
    // A page to be shown first is an array; all else is an action.
    if (awaits_action_ && c != '%') {
      if (c != '[') Refuse(File::ACTIVE_CONTENT);
      awaits_action_ = false;
    }
    if (c != '%') closed_ = false;
    parentheses_ = 1;
    in_ = c == '/'   ? In::kName
          : c == '%' ? In::kComment
          : c == '(' ? In::kText
          : c == '<' ? In::kLess
          : c == '>' ? In::kGreater
                     : In::kObject;
  }

  // The second of "<<" and ">>", or what follows a single one.
  void InBracket(char c) {
    const bool opens = in_ == In::kLess;
    in_ = In::kObject;
    if (opens && c != '<') {
      in_ = In::kHex;
      return Step(c);
    }
    if (opens) {
      if (depth_++ == 0) dictionary_ = Dictionary();
      return;
    }
    if (c != '>' || depth_ == 0) return Refuse(File::MALFORMED);
    --depth_;
    closed_ = true;
  }

  void EndToken() {
    if (token_.empty()) return;
    const std::string token = std::exchange(token_, "");
    if (token == "obj" || token == "endobj") depth_ = 0;
    if (of_ == Of::kObjects || token != "stream") return;
    if (!follows_dictionary_ || depth_ != 0) return Refuse(File::MALFORMED);
    in_ = In::kStreamStart;
  }

  void InName(char c) {
    if (!IsSpace(c) && !IsDelimiter(c)) {
      if (token_.size() <= kTokenBytesMax) token_.push_back(c);
      return;
    }
    const std::string name = Unescaped(std::exchange(token_, ""));
    Refuse(RefusalOf(name));
    awaits_action_ = name == "OpenAction";
    dictionary_.Name(name, depth_);
    in_ = In::kObject;
    Step(c);
  }

  void InText(char c) {
    window_.Add(c);
    if (window_.BeginsObject()) return Refuse(File::MALFORMED);
    if (std::exchange(escaped_, false)) return;
    if (c == '\\') escaped_ = true;
    if (c == '(') ++parentheses_;
    if (c != ')' || --parentheses_ > 0) return;
    in_ = In::kObject;
    window_.Clear();
  }

  void BeginStream() {
    in_ = In::kStream;
    window_.Clear();
    closed_ = false;
    const Dictionary of = std::exchange(dictionary_, Dictionary());
    if (of.outside) return Refuse(File::ACTIVE_CONTENT);
    if (!of.of_objects) return;
    if (of.filtered) return Refuse(File::MALFORMED);
    inside_ = std::make_unique<Reader>(Of::kObjects, budget_);
    if (of.deflated) inflater_ = std::make_unique<Inflater>(Inflater::Wrapping::kZlib);
  }

  void TakeDeflated(absl::string_view& bytes) {
    size_t used = 0;
    const Inflater::Progress progress = inflater_->Take(
        bytes, budget_, [this](absl::string_view piece) { inside_->Take(piece); }, used);
    bytes.remove_prefix(used);
    Refuse(inside_->refusal());
    if (progress == Inflater::Progress::kBroken) Refuse(File::MALFORMED);
    if (progress == Inflater::Progress::kMore) return;
    EndInside();
  }

  // The last name of a stream of objects may end with it.
  void EndInside() {
    if (inside_ == nullptr) return;
    inside_->Take("\n");
    Refuse(inside_->refusal());
    inside_ = nullptr;
    inflater_ = nullptr;
  }

  void InStream(char c) {
    if (inside_ != nullptr) {
      inside_->Take(absl::string_view(&c, 1));
      Refuse(inside_->refusal());
    }
    window_.Add(c);
    if (window_.BeginsObject()) return Refuse(File::MALFORMED);
    if (c != 'm' || !window_.EndsIn("endstream")) return;
    EndInside();
    window_.Clear();
    in_ = In::kObject;
  }

  const Of of_;
  size_t& budget_;
  File::Refusal refusal_ = File::REFUSAL_UNSPECIFIED;
  In in_ = In::kObject;
  std::string token_;  // of a name or a word
  Window window_;
  bool closed_ = false;              // ">>" was the last thing
  bool follows_dictionary_ = false;  // the word that is read
  bool awaits_action_ = false;       // /OpenAction was the last thing
  bool escaped_ = false;             // in a text
  int parentheses_ = 0;
  int depth_ = 0;  // of dictionaries
  Dictionary dictionary_;
  std::unique_ptr<Reader> inside_;  // of the stream that is read
  std::unique_ptr<Inflater> inflater_;
};

}  // namespace

absl::StatusOr<File::Refusal> JudgePdf(ByteSource& source) {
  ASSIGN_OR_RETURN(const std::string end,
                   ReadBytes(source, std::max<int64_t>(0, source.size() - kEndBytes),
                             static_cast<size_t>(kEndBytes)));
  if (!absl::StrContains(end, "%%EOF")) return File::MALFORMED;
  size_t budget = kExpandedBytesMax;
  Reader reader(Reader::Of::kFile, budget);
  RETURN_IF_ERROR(EachPiece(source, 0, source.size(), [&reader](absl::string_view piece) {
    reader.Take(piece);
    return reader.refusal() == File::REFUSAL_UNSPECIFIED;
  }));
  return reader.refusal();
}

}  // namespace vivier::enrolment
